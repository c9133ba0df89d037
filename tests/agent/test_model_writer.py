"""The model writer: the slate and the reply in what a model wrote."""

from __future__ import annotations

import pytest

from agent.model_writer import must_say_of, parse_say
from agent.outcome import Remarks
from agent.streaming import ProseFilter
from core.errors import ModelBrokeSchema
from core.ledger import Displaced
from core.preferences import Preference
from tests.agent.samples import TEAS

CARDS = {1: "Morning Sencha", 2: "The Long Night", 3: "Smoke"}


def test_the_order_of_first_mention_is_the_slate() -> None:
    said = parse_say("Two:\n- [[3]] is smoky\n- [[1]] is not, unlike [[3]]", CARDS)
    assert said.order == (3, 1)
    assert said.reply == "Two:\n- **Smoke** is smoky\n- **Morning Sencha** is not, unlike **Smoke**"


def test_a_title_in_bold_counts_as_its_card() -> None:
    assert parse_say("Try **the long night**.", CARDS) == ((2,), "Try [[2]].", "Try **the long night**.")


def test_no_more_cards_than_asked_for_are_picked() -> None:
    assert parse_say("[[1]] [[2]] [[3]]", CARDS, 2).order == (1, 2)


@pytest.mark.parametrize("text", ["Nothing suits.", "Try [[9]].", "", "**Klute**"])
def test_a_reply_without_a_card_is_refused(text: str) -> None:
    with pytest.raises(ModelBrokeSchema):
        parse_say(text, CARDS)


def test_what_listening_has_to_say_becomes_notes() -> None:
    old, new = (Preference(id=f"p{n}", field="steep", op="lt", value=n) for n in (3, 5))
    gone = Preference(id="p9", field="kind", op="any_of", value=("green",))
    remarks = Remarks(
        unknown_titles=("Klute",),
        not_understood=("brigadeiro",),
        displaced=(Displaced(old=old, new=new),),
        dropped=(old, gone),
        undone="nothing",
        reset=True,
        cut=True,
    )
    assert must_say_of(remarks, TEAS) == [
        "not in this catalogue: Klute",
        "could not be used: brigadeiro",
        "under 5 minutes now replaces under 3 minutes",
        "dropped: green",
        "there was nothing to undo",
        "started over",
        "the message was long; only its beginning was read",
    ]


def test_a_wish_that_was_partly_let_go_is_told_with_what_is_left() -> None:
    old = Preference(id="p1", field="kind", op="any_of", value=("green", "aged"), polarity="avoid")
    left = Preference(id="p2", field="kind", op="any_of", value=("aged",), polarity="avoid")
    remarks = Remarks(dropped=(old,), understood=(left,))
    assert must_say_of(remarks, TEAS) == ["of “no green or aged” only “no aged” still counts"]


def test_nothing_to_say_makes_no_notes() -> None:
    assert must_say_of(Remarks(), TEAS) == []


def test_a_reply_without_end_is_not_read() -> None:
    with pytest.raises(ModelBrokeSchema, match="far too long"):
        parse_say("[" * 20_000, {1: "Smoke"})


def test_what_is_no_prose_is_not_streamed_however_long_it_goes_on() -> None:
    prose = ProseFilter({1: "Smoke"})
    shown = "".join(prose.feed("[[[[[[") for _ in range(5_000)) + prose.finish()
    assert shown == ""
