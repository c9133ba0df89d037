"""How far from the expected a person wants to go, and what it does to a slate."""

from __future__ import annotations

import pytest

from agent.build import Tastemaker
from core.ledger import LedgerPatch
from core.turn import Conversation, Turn


def answered(demo: Tastemaker, catalog: str, *messages: str) -> Turn:
    """The turn of the last message."""
    held = Conversation(id="c", catalog=catalog)
    for message in messages:
        held = held.plus(demo.answer(held, message))
    return held.turns[-1]


@pytest.mark.parametrize(
    ("catalog", "said"),
    [
        ("films", "surprise me"),
        ("films", "a drama, not the usual suspects"),
        ("films", "something off the beaten track"),
        ("films", "I want something different from what I usually watch"),
        ("films", "a bit more variety please"),
        ("books", "something out of my comfort zone"),
        ("books", "a fantasy book, and be adventurous: surprise me"),
        ("books", "something less obvious"),
    ],
)
def test_the_less_expected_is_asked_for(demo: Tastemaker, catalog: str, said: str) -> None:
    turn = answered(demo, catalog, said)
    assert turn.ledger.adventurous
    assert not [p for p in turn.ledger.preferences if p.field is None]  # nothing of it is searched for
    assert turn.slate
    assert "the less expected" in turn.reply.lower()


@pytest.mark.parametrize("said", ["a comedy", "I hated the surprise party in it", "you choose", "The Usual Suspects"])
def test_nothing_is_said_of_it(demo: Tastemaker, said: str) -> None:
    assert not answered(demo, "films", said).ledger.adventurous


def test_it_is_taken_back_in_words_and_undone(demo: Tastemaker) -> None:
    assert not answered(demo, "films", "surprise me", "rather play it safe").ledger.adventurous
    back = answered(demo, "films", "surprise me", "rather play it safe", "undo")
    assert back.ledger.adventurous
    assert not answered(demo, "films", "surprise me", "start over").ledger.adventurous
    cleared = back.ledger.apply(LedgerPatch(adventurous=False)).ledger
    assert cleared.apply(LedgerPatch(travel="undo")).ledger.adventurous


@pytest.mark.parametrize(("catalog", "wish"), [("films", "a drama"), ("books", "a fantasy book")])
def test_less_known_items_are_shown(demo: Tastemaker, catalog: str, wish: str) -> None:
    schema = demo.room(catalog).catalog.schema
    fame = schema.role("popularity")
    assert fame is not None

    def known(turn: Turn) -> float:
        return sum(float(r.item.values(fame.name)[0]) for r in turn.slate) / len(turn.slate)

    assert known(answered(demo, catalog, f"{wish}, surprise me")) < known(answered(demo, catalog, wish))


@pytest.mark.parametrize(
    ("said", "wanted", "refused"),
    [
        ("a less violent crime film", {"Crime"}, {"violent"}),
        ("a less dark thriller", {"Thriller"}, {"dark"}),
        ("less famous comedies please", {"Comedy"}, set()),
        ("less gore and violence", set(), {"gory", "violent"}),
        ("no violent crime films", set(), {"violent", "Crime"}),
    ],
)
def test_less_of_one_thing_is_no_less_of_the_next(
    demo: Tastemaker, said: str, wanted: set[str], refused: set[str]
) -> None:
    told = [p for p in answered(demo, "films", said).ledger.preferences if p.field != "ratings"]
    assert {str(v) for p in told if p.polarity == "want" for v in p.values} == wanted
    assert {str(v) for p in told if p.polarity == "avoid" for v in p.values} == refused
