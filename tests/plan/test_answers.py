"""Answers that go on: a yes or a no with more behind it, and what is no answer."""

from __future__ import annotations

import pytest

from agent.plan.answers import read_answer
from core.ledger import Ledger, LedgerPatch
from core.plan import Ask, TurnPlan
from core.turn import Choice, Conversation, Question, Turn
from tests.worlds import World, demo_world


@pytest.fixture(scope="module")
def world() -> World:
    return demo_world("films")


def asked(question: Question) -> Conversation:
    turn = Turn(
        conversation="c",
        number=1,
        catalog="films",
        controller="rules",
        message="an action film",
        plan=TurnPlan(act=Ask()),
        reply=question.text,
        ledger=Ledger(),
        question=question,
    )
    return Conversation(id="c", catalog="films").plus(turn)


RESTRICTED = Question(
    text="Some of what fits has the age rating R. Is that all right for you?",
    kind="confirm",
    field="age_rating",
    choices=(Choice(label="yes, R is fine"), Choice(label="no, not R")),
)


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ("R is fine, go ahead.", 0),
        ("Yep R is fine. The rest is up to you.", 0),
        ("R is ok. And something that moves along.", 0),
        ("no, not R. And nothing slow", 1),
    ],
)
def test_a_yes_or_no_with_more_behind_it(world: World, said: str, choice: int) -> None:
    assert world.planner.plan(asked(RESTRICTED), said).heard.answer == choice


def test_one_of_several_things_that_would_have_to_go_is_no_choice_of_all(world: World) -> None:
    gone = Choice(label="without horror, romance", patch=LedgerPatch(drop=("p1", "p2")))
    question = Question(text="Which may go?", kind="relax", choices=(gone, Choice(label="leave it")))
    reading = world.planner.read(asked(question), "ok then drop the horror")
    assert read_answer(reading, question).choice is None
