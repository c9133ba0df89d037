"""What a planning prompt says of a conversation, within a budget."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.context import context_of, shortened
from core.ledger import LedgerPatch
from core.preferences import Preference
from core.turn import Conversation, Recommendation
from tests.agent.samples import PUERH, SENCHA, Shelf, turn_after


def words(text: str) -> int:
    """A tokenizer that all machines have."""
    return len(text.split())


def long_conversation(turns: int) -> Conversation:
    """Wishes in every turn, and a slate in the last."""
    held = Conversation(id="c", catalog="teas")
    for n in range(turns):
        wish = Preference(field=None, op="about", value=f"wish {n}", strength="soft")
        bound = Preference(field="steep", op="lt", value=120 + n)
        ledger = held.ledger.apply(LedgerPatch(put=(wish, bound))).ledger
        slate = (Recommendation(item=SENCHA), Recommendation(item=PUERH)) if n == turns - 1 else ()
        held = held.plus(turn_after(held, f"message number {n}", ledger, slate=slate))
    return held


def test_what_fits_is_told_in_full() -> None:
    context = context_of(long_conversation(2), "and now?", Shelf(), ["You never want smoke."], count=words)
    assert context.cut == ()
    assert [line.split(" / ")[0] for line in context.history] == [
        "person: message number 0",
        "person: message number 1",
    ]
    assert context.ledger[0] == "under 2 h 01 (hard)"
    assert context.ledger[-1] == "of this person: You never want smoke."
    assert context.shown == ("Morning Sencha (1974)", "The Long Night (1991)")


def test_older_turns_go_first_then_soft_wishes_and_the_message_stays() -> None:
    context = context_of(long_conversation(9), "and now?", Shelf(), turns=3, budget=60, count=words)
    assert "6 older turns" in context.cut
    assert context.message == "and now?"
    assert context.ledger[0].endswith("(hard)")
    assert len(context.history) < 3
    tight = context_of(long_conversation(9), "and now?", Shelf(), turns=3, budget=20, count=words)
    assert tight.history == ()
    assert any(c.startswith("known 10 to ") for c in tight.cut)
    assert tight.ledger[0].endswith("(hard)")


def test_a_long_message_keeps_its_beginning_and_its_end() -> None:
    text = "first words " + "filler " * 500 + "last words"
    cut = shortened(text, 50, words)
    assert cut.startswith("first words")
    assert cut.endswith("last words")
    assert words(cut) <= 60
    assert shortened("short enough", 50, words) == "short enough"


@given(st.text(max_size=400), st.integers(1, 60))
def test_shortening_never_adds_and_never_fails(text: str, budget: int) -> None:
    assert len(shortened(text, budget, words)) <= max(len(text), 60)


@given(st.integers(0, 12), st.integers(20, 300))
def test_the_budget_holds(turns: int, budget: int) -> None:
    context = context_of(long_conversation(turns), "and now?", Shelf(), ["x y z"] * 20, budget=budget, count=words)
    told = (context.message, *context.ledger, *context.history, *context.shown)
    assert sum(words(t) for t in told) <= max(budget, 14)
