"""The ledger keeps, revises and undoes what a person said."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.ledger import Ledger, LedgerPatch, Mark
from core.preferences import Preference
from tests.strategies import preferences

HORROR = Preference(field="genre", op="any_of", value=("Horror",))
NO_HORROR = HORROR.model_copy(update={"polarity": "avoid"})


def put(ledger: Ledger, *said: Preference) -> Ledger:
    return ledger.apply(LedgerPatch(put=said)).ledger


def state(ledger: Ledger) -> tuple[object, ...]:
    return (ledger.preferences, set(ledger.liked), set(ledger.disliked), set(ledger.seen), set(ledger.declined))


def test_the_latest_word_wins_and_what_gave_way_is_reported() -> None:
    applied = put(Ledger(), NO_HORROR).apply(LedgerPatch(put=(HORROR,)))
    assert [p.polarity for p in applied.ledger.preferences] == ["want"]
    assert [d.old.polarity for d in applied.displaced] == ["avoid"]


def test_refusing_one_of_two_wanted_values_leaves_the_other() -> None:
    either = Preference(field="genre", op="any_of", value=("Horror", "Comedy"))
    ledger = put(put(Ledger(), either), NO_HORROR)
    assert [(p.polarity, p.value) for p in ledger.preferences] == [("want", ("Comedy",)), ("avoid", ("Horror",))]


def test_a_newer_bound_in_the_same_direction_replaces_the_older_one() -> None:
    ledger = put(Ledger(), Preference(field="length", op="lt", value=120))
    ledger = put(ledger, Preference(field="length", op="lt", value=90))
    assert [p.value for p in ledger.preferences] == [90]


def test_bounds_that_leave_numbers_in_common_stay_together() -> None:
    ledger = put(Ledger(), Preference(field="year", op="between", value=(1990, 1999)))
    ledger = put(ledger, Preference(field="year", op="gt", value=1995))
    assert len(ledger.preferences) == 2
    ledger = put(ledger, Preference(field="year", op="ge", value=2005))
    assert [p.value for p in ledger.preferences] == [2005]


def test_saying_it_twice_is_counted_and_hardens_only_when_said_hard() -> None:
    soft = HORROR.model_copy(update={"strength": "soft"})
    ledger = put(put(Ledger(), soft), soft)
    assert [(p.times, p.strength) for p in ledger.preferences] == [(2, "soft")]
    assert put(ledger, HORROR).preferences[0].strength == "hard"


def test_an_opinion_replaces_the_opposite_one() -> None:
    ledger = Ledger().apply(LedgerPatch(marks=(Mark(item="a", opinion="liked"),))).ledger
    ledger = ledger.apply(LedgerPatch(marks=(Mark(item="a", opinion="disliked", seen=True),))).ledger
    assert (ledger.liked, ledger.disliked, ledger.seen) == ((), ("a",), ("a",))


def test_an_anchor_is_liked_and_leaves_with_the_liking() -> None:
    ledger = Ledger().apply(LedgerPatch(marks=(Mark(item="a", opinion="liked", anchor=True),))).ledger
    assert (ledger.liked, ledger.anchors) == (("a",), ("a",))
    disliked = ledger.apply(LedgerPatch(marks=(Mark(item="a", opinion="disliked"),))).ledger
    assert (disliked.liked, disliked.anchors) == ((), ())
    assert state(disliked.apply(LedgerPatch(travel="undo")).ledger) == state(ledger)


def test_start_over_can_be_undone() -> None:
    before = put(Ledger(), HORROR).apply(LedgerPatch(marks=(Mark(item="a", opinion="liked"),))).ledger
    cleared = before.apply(LedgerPatch(clear=True)).ledger
    assert cleared.bare
    assert state(cleared.apply(LedgerPatch(travel="undo")).ledger) == state(before)


marks = st.builds(
    Mark,
    item=st.sampled_from("abc"),
    opinion=st.sampled_from([None, "liked", "disliked", "none"]),
    seen=st.sampled_from([None, True, False]),
    anchor=st.sampled_from([None, True, False]),
)
patches = st.builds(
    LedgerPatch,
    put=st.lists(preferences(), max_size=3).map(tuple),
    drop=st.lists(st.sampled_from(["p1", "p2", "p3"]), max_size=2).map(tuple),
    marks=st.lists(marks, max_size=2).map(tuple),
    decline=st.lists(st.sampled_from(["colour", "price"]), max_size=1).map(tuple),
    clear=st.booleans(),
)


@given(st.lists(patches, max_size=6))
def test_undo_all_the_way_back_and_redo_all_the_way_forth(history: list[LedgerPatch]) -> None:
    states = [Ledger()]
    for patch in history:
        applied = states[-1].apply(patch)
        if applied.changed:
            states.append(applied.ledger)
    ledger = states[-1]
    for earlier in reversed(states[:-1]):
        ledger = ledger.apply(LedgerPatch(travel="undo")).ledger
        assert state(ledger) == state(earlier)
    assert not ledger.apply(LedgerPatch(travel="undo")).changed
    for later in states[1:]:
        ledger = ledger.apply(LedgerPatch(travel="redo")).ledger
        assert state(ledger) == state(later)


@given(st.lists(patches, max_size=4))
def test_a_ledger_survives_json(history: list[LedgerPatch]) -> None:
    ledger = Ledger()
    for patch in history:
        ledger = ledger.apply(patch).ledger
    assert Ledger.model_validate_json(ledger.model_dump_json()) == ledger


class TestOnce:
    """A wish for one list pauses what it breaks; what it breaks holds again when the wish goes."""

    NEVER = Preference(field="kind", op="any_of", value=("green",), polarity="avoid", turn=1)
    ONCE = Preference(field="kind", op="any_of", value=("green",), scope="turn", turn=2)

    def ledger(self) -> Ledger:
        return Ledger().apply(LedgerPatch(put=(self.NEVER,))).ledger.apply(LedgerPatch(put=(self.ONCE,))).ledger

    def test_it_comes_back_by_itself(self) -> None:
        once = self.ledger()
        assert [(p.polarity, p.scope) for p in once.preferences] == [("want", "turn")]
        after = once.apply(LedgerPatch(drop=(once.preferences[0].id,))).ledger
        assert [(p.polarity, p.scope) for p in after.preferences] == [("avoid", "conversation")]
        assert after.paused == ()

    def test_a_lasting_wish_ends_it_for_good(self) -> None:
        lasting = self.ONCE.model_copy(update={"scope": "conversation", "turn": 3})
        once = self.ledger()
        after = once.apply(LedgerPatch(drop=(once.preferences[0].id,), put=(lasting,))).ledger
        assert [(p.polarity, p.scope) for p in after.preferences] == [("want", "conversation")]

    def test_undoing_goes_back_to_both(self) -> None:
        once = self.ledger()
        after = once.apply(LedgerPatch(drop=(once.preferences[0].id,))).ledger
        back = after.apply(LedgerPatch(travel="undo")).ledger
        assert (back.preferences, back.paused) == (once.preferences, once.paused)
        start = back.apply(LedgerPatch(travel="undo")).ledger
        assert [p.polarity for p in start.preferences] == ["avoid"]
        assert start.paused == ()

    def test_what_is_let_go_does_not_come_back(self) -> None:
        once = self.ledger()
        gone = tuple(p.id for p in (*once.preferences, *once.paused))
        assert once.apply(LedgerPatch(drop=gone)).ledger.preferences == ()
        assert once.apply(LedgerPatch(clear=True)).ledger.paused == ()
