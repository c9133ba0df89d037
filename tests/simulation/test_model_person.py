"""The person played by a model: what it is told, and what its answers come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.turn import Conversation
from simulation.model_person import ModelPerson
from simulation.protocol import End, EndReason, Utterance
from tests.simulation.test_reveal import FITS, SCHEMA, TASK, TOO_YOUNG, after, turn


class Scripted:
    """Answers in order, and keeps what was asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = [a if isinstance(a, str) else json.dumps(a) for a in answers]
        self.asked: list[str] = []

    def __call__(self, system: str, user: str, schema: dict[str, Any], prompt_hash: str) -> str:
        self.asked.append(user)
        assert schema["properties"].keys() == {"say", "decision", "item"}
        assert prompt_hash
        return self.answers.pop(0)


def play(conversation: Conversation, *answers: object) -> tuple[Utterance | End, Scripted]:
    model = Scripted(*answers)
    return ModelPerson(TASK, SCHEMA, model).next(conversation), model


def test_it_knows_its_wants_with_when_to_tell_them_and_no_right_item() -> None:
    said, model = play(after(), {"say": "a fantasy please", "decision": "go_on"})
    assert said == Utterance(text="a fantasy please")
    assert "genre contains Fantasy (volunteer)" in model.asked[0]
    assert "audience == adult (hidden)" in model.asked[0]
    assert "Begin the conversation" in model.asked[0]


def test_it_judges_what_is_shown_by_its_facts() -> None:
    taken, model = play(after(turn(slate=(TOO_YOUNG, FITS))), {"say": "that one", "decision": "take", "item": 2})
    assert isinstance(taken, End)
    assert (taken.reason, taken.item) == (EndReason.accepted, "a")
    assert "audience: children" in model.asked[0]


@pytest.mark.parametrize("bad", ["no JSON at all", {"say": "x", "decision": "take", "item": 7}, {"say": ""}])
def test_an_answer_that_cannot_be_used_is_asked_for_once_more(bad: object) -> None:
    good = {"say": "no", "decision": "go_on"}
    assert play(after(turn(slate=(TOO_YOUNG,))), bad, good)[0] == Utterance(text="no")
    ended, _ = play(after(turn(slate=(TOO_YOUNG,))), bad, bad)
    assert isinstance(ended, End)
    assert ended.reason is EndReason.person_failed


def test_it_can_leave() -> None:
    ended, _ = play(after(turn()), {"say": "ok, bye", "decision": "leave"})
    assert isinstance(ended, End)
    assert ended.reason is EndReason.nothing_fits
