"""Items told of as liked, and items that new ones are to be like."""

from __future__ import annotations

import pytest

from agent.build import Tastemaker
from agent.plan.likeness import asks_alike
from core.turn import Conversation


@pytest.mark.parametrize(
    "before",
    [
        "something like ", "i want a film like", "movies like the", "more like", "similar to", "in the vein of",
        "anything like", "it should be much like", "reminiscent of", "a cross between", "as good as", "books such as",
    ],
)  # fmt: skip
def test_likeness_is_asked_for(before: str) -> None:
    assert asks_alike(before)


@pytest.mark.parametrize(
    "before", ["i like", "i really like", "we both like the", "i liked", "people who like", "my favourite is", ""]
)
def test_liking_alone_asks_for_nothing_alike(before: str) -> None:
    assert not asks_alike(before)


@pytest.mark.parametrize(
    ("catalog", "said", "liked", "anchors"),
    [
        ("films", "something like Alien", 1, 1),
        ("films", "I loved Alien and Jaws. What should I watch?", 2, 0),
        ("films", "movies like Alien or Jaws", 2, 2),
        ("films", "I loved Alien, something along those lines", 1, 1),
        ("books", "I enjoyed Emma and Persuasion", 2, 0),
        ("books", "a book in the vein of Emma", 1, 1),
    ],
)
def test_anchors_are_told_from_what_is_liked(
    demo: Tastemaker, catalog: str, said: str, liked: int, anchors: int
) -> None:
    ledger = demo.answer(Conversation(id="c", catalog=catalog), said).ledger
    assert (len(ledger.liked), len(ledger.anchors)) == (liked, anchors)


def test_new_items_are_like_the_anchor_rather_than_like_all_that_is_liked(demo: Tastemaker) -> None:
    talk = Conversation(id="c", catalog="films")
    talk = talk.plus(demo.answer(talk, "I liked Paddington 2"))
    turn = demo.answer(talk, "now something like Alien")
    assert "Aliens" in {r.item.title for r in turn.slate}
    assert "Paddington" not in {r.item.title for r in turn.slate}


def test_what_is_liked_after_an_anchor_counts_too(demo: Tastemaker) -> None:
    talk = Conversation(id="c", catalog="films")
    talk = talk.plus(demo.answer(talk, "something like Alien"))
    turn = demo.answer(talk, "I also loved Spirited Away, what else is there?")
    assert any("Spirited Away" in r.like for r in turn.slate)
    assert any("similar" in r.sources and "Alien" not in r.like for r in turn.slate)
