"""What is never wanted, and the exception for one list, after which it holds again."""

from __future__ import annotations

import pytest

from agent.build import Tastemaker
from core.turn import Conversation, Turn


def held(demo: Tastemaker, catalog: str, *messages: str) -> list[Turn]:
    conversation = Conversation(id="c", catalog=catalog)
    for message in messages:
        conversation = conversation.plus(demo.answer(conversation, message))
    return list(conversation.turns)


def labels(demo: Tastemaker, turn: Turn) -> list[str]:
    return [p.label(demo.catalog(turn.catalog).schema) for p in turn.ledger.preferences]


@pytest.mark.parametrize(
    ("catalog", "said", "meant"),
    [
        ("films", "I never watch horror", ["no horror"]),
        ("films", "I never ever watch horror.", ["no horror"]),
        ("films", "we never watch anything over two hours", ["at most 2 h"]),
        ("books", "I never read horror", ["no horror"]),
        ("books", "I never read romance novels", ["no romance"]),
        ("books", "I never read anything over 500 pages", ["at most 500 pages"]),
        ("books", "a Discworld I have never read", ["Discworld"]),
    ],
)
def test_what_is_never_wanted_is_refused(demo: Tastemaker, catalog: str, said: str, meant: list[str]) -> None:
    assert labels(demo, held(demo, catalog, said)[-1]) == meant


def test_an_exception_is_for_one_list_and_is_not_asked_about(demo: Tastemaker) -> None:
    turns = held(demo, "films", "I never watch horror", "just this once show me a horror film", "a comedy please")
    assert [labels(demo, t) for t in turns] == [["no horror"], ["horror"], ["no horror", "comedy"]]
    assert turns[1].question is None or turns[1].question.kind != "confirm"
    assert all("Horror" in r.item.fields["genres"] for r in turns[1].slate)
    assert turns[2].slate
    assert not any("Horror" in r.item.fields["genres"] for r in turns[2].slate)
