"""The long-term profile: what enters it by which rule, how it is used, and how it reads."""

from __future__ import annotations

import pytest

from agent.profile import edits
from agent.profile.apply import fitting, released, with_profile
from agent.profile.promote import promote, promote_edit
from agent.profile.tally import Kept, Tally
from agent.profile.words import describe
from core.errors import BadInput
from core.ledger import Ledger, LedgerPatch, Mark
from core.plan import Chat, Critique, Heard, TurnPlan
from core.preferences import Preference
from core.profile import Profile
from core.turn import Conversation, Turn
from tests.agent.samples import TEAS

NOVEMBER_12 = 1762952400.0


def kind(value: str, *, avoid: bool = False, hard: bool = True, **more: object) -> Preference:
    return Preference(
        field="kind",
        op="any_of",
        value=(value,),
        polarity="avoid" if avoid else "want",
        strength="hard" if hard else "soft",
        **more,
    )


NOTHING = LedgerPatch()


class Person:
    """Someone who talks in several conversations; keeps what a store would keep."""

    def __init__(self, name: str = "me") -> None:
        self.kept = Kept(profile=Profile(person=name))
        self.talks: dict[str, Conversation] = {}

    @property
    def profile(self) -> Profile:
        return self.kept.profile

    def say(self, talk: str, message: str, patch: LedgerPatch = NOTHING, **heard: object) -> None:
        before = self.talks.setdefault(talk, Conversation(id=talk, catalog="teas"))
        number = len(before.turns) + 1
        put = tuple(p if p.turn else p.model_copy(update={"turn": number}) for p in patch.put)
        turn = Turn(
            conversation=talk,
            number=number,
            catalog="teas",
            controller="rules",
            message=message,
            plan=TurnPlan(heard=Heard(**heard), act=Chat(topic="unclear")),
            reply="",
            ledger=before.ledger.apply(patch.model_copy(update={"put": put})).ledger,
        )
        after = promote(self.kept.profile, self.kept.tally, before.ledger, turn, at=NOVEMBER_12)
        self.kept = Kept(profile=after.profile, tally=after.tally)
        self.talks[talk] = before.plus(turn)

    def refuse(self, talk: str, message: str, value: str, quote: str = "") -> None:
        self.say(talk, message, LedgerPatch(put=(kind(value, avoid=True, quote=quote or value),)))

    def want(self, talk: str, message: str, value: str, *, hard: bool = True) -> None:
        self.say(talk, message, LedgerPatch(put=(kind(value, hard=hard, quote=value),)))

    def undo(self, talk: str) -> None:
        self.say(talk, "undo", LedgerPatch(travel="undo"), travel="undo")

    def redo(self, talk: str) -> None:
        self.say(talk, "redo", LedgerPatch(travel="redo"), travel="redo")

    def press(self, talk: str, patch: LedgerPatch) -> None:
        before = self.talks.setdefault(talk, Conversation(id=talk, catalog="teas"))
        after = before.edit(patch)
        done = promote_edit(
            self.kept.profile, self.kept.tally, talk, before.ledger, after.ledger, patch, at=NOVEMBER_12
        )
        self.kept = Kept(profile=done.profile, tally=done.tally)
        self.talks[talk] = after


@pytest.fixture
def me() -> Person:
    return Person()


class TestSaidAsLasting:
    def test_a_hard_refusal_stays_hard(self, me: Person) -> None:
        me.refuse("a", "I never drink green, something strong please", "green")
        (kept,) = me.profile.preferences
        assert (kept.id, kept.polarity, kept.strength, kept.scope) == ("you1", "avoid", "hard", "person")
        assert kept.quote == "I never drink green"

    def test_a_wish_becomes_soft(self, me: Person) -> None:
        me.want("a", "I always like green", "green")
        assert [p.strength for p in me.profile.preferences] == ["soft"]

    @pytest.mark.parametrize("words", ["I only ever drink organic", "I'm vegan, it must always be organic"])
    def test_a_wish_without_exception_stays_hard(self, me: Person, words: str) -> None:
        organic = Preference(field="organic", op="eq", value=True, quote="organic")
        me.say("a", words, LedgerPatch(put=(organic,)))
        assert [p.strength for p in me.profile.preferences] == ["hard"]

    def test_a_habit_is_soft(self, me: Person) -> None:
        me.refuse("a", "usually no green", "green")
        assert [p.strength for p in me.profile.preferences] == ["soft"]

    def test_a_planner_may_say_so_itself(self, me: Person) -> None:
        me.say("a", "bez zielonej", LedgerPatch(put=(kind("green", avoid=True, scope="person", quote="bez zielonej"),)))
        assert [(p.strength, p.quote) for p in me.profile.preferences] == [("hard", "bez zielonej")]

    def test_the_rest_of_the_message_does_not_last(self, me: Person) -> None:
        put = (kind("green", avoid=True, quote="green"), kind("black", quote="black"))
        me.say("a", "I never drink green, something black please", LedgerPatch(put=put))
        assert [p.value for p in me.profile.preferences] == [("green",)]

    def test_the_latest_lasting_word_wins(self, me: Person) -> None:
        me.refuse("a", "I never drink green", "green")
        me.want("b", "I always drink green", "green")
        assert [(p.polarity, p.strength) for p in me.profile.preferences] == [("want", "soft")]


class TestSaidRepeatedly:
    def test_the_third_conversation_counts(self, me: Person) -> None:
        for talk in ("a", "b"):
            me.refuse(talk, "no green", "green")
        assert not me.profile.preferences
        me.refuse("c", "no green", "green")
        assert [(p.value, p.strength) for p in me.profile.preferences] == [(("green",), "soft")]
        assert me.profile.origins["you1"].rule == "repeated"

    def test_saying_it_often_in_one_conversation_counts_once(self, me: Person) -> None:
        for _ in range(5):
            me.want("a", "green", "green")
        assert not me.profile.preferences
        assert me.kept.tally.heard(kind("green")) == ("a",)

    def test_it_does_not_overrule_what_was_said_as_lasting(self, me: Person) -> None:
        me.refuse("z", "I never drink green", "green")
        for talk in "abcd":
            me.want(talk, "green today", "green")
        assert [p.polarity for p in me.profile.preferences] == ["avoid"]

    def test_lasting_words_make_it_firm(self, me: Person) -> None:
        for talk in "abc":
            me.refuse(talk, "no green", "green")
        me.refuse("d", "I never drink green", "green")
        assert [p.strength for p in me.profile.preferences] == ["hard"]
        assert me.profile.origins["you1"].rule == "lasting"

    def test_a_bound_read_off_what_was_shown_is_not_counted(self, me: Person) -> None:
        bound = Preference(field="steep", op="lt", value=4, quote="shorter")
        me.say(
            "a",
            "shorter",
            LedgerPatch(put=(bound,)),
            critiques=(Critique(field="steep", direction="less", quote="shorter"),),
        )
        assert not me.kept.tally.said


class TestOpinions:
    def test_enter_at_once_and_leave_when_taken_back(self, me: Person) -> None:
        me.say("a", "I loved the sencha", LedgerPatch(marks=(Mark(item="t1", opinion="liked", seen=True),)))
        assert (me.profile.liked, me.profile.seen) == (("t1",), ("t1",))
        me.press("a", LedgerPatch(marks=(Mark(item="t1", opinion="none"),)))
        assert (me.profile.liked, me.profile.seen) == ((), ("t1",))

    def test_another_conversation_may_change_them(self, me: Person) -> None:
        me.press("a", LedgerPatch(marks=(Mark(item="t1", opinion="liked"),)))
        me.press("b", LedgerPatch(marks=(Mark(item="t1", opinion="disliked"),)))
        assert (me.profile.liked, me.profile.disliked) == ((), ("t1",))

    def test_starting_over_takes_nothing_back(self, me: Person) -> None:
        me.say("a", "I loved the sencha", LedgerPatch(marks=(Mark(item="t1", opinion="liked"),)))
        me.say("a", "start over", LedgerPatch(clear=True), reset=True)
        assert me.profile.liked == ("t1",)


class TestUndo:
    def test_takes_back_what_the_turn_brought_and_what_gave_way(self, me: Person) -> None:
        me.refuse("a", "I never drink green", "green")
        before = me.profile
        me.want("b", "I always drink green", "green")
        me.undo("b")
        assert me.profile == before
        me.redo("b")
        assert [p.polarity for p in me.profile.preferences] == ["want"]

    def test_takes_back_a_button_pressed(self, me: Person) -> None:
        me.press("a", LedgerPatch(marks=(Mark(item="t1", opinion="liked"),)))
        me.press("a", LedgerPatch(travel="undo"))
        assert me.profile.liked == ()

    def test_leaves_what_came_from_elsewhere(self, me: Person) -> None:
        me.refuse("a", "I never drink green", "green")
        me.refuse("b", "I never drink black", "black")
        me.undo("a")
        assert [p.value for p in me.profile.preferences] == [("black",)]

    def test_does_not_bring_back_what_was_cleared_by_hand(self, me: Person) -> None:
        me.refuse("a", "I never drink green", "green")
        me.want("b", "I always drink green", "green")
        me.kept = edits.clear(me.kept)
        me.undo("b")
        assert me.profile.empty


class TestByHand:
    def test_a_preference_is_made_harder_softer_and_removed(self, me: Person) -> None:
        me.kept = edits.add(me.kept, kind("green", avoid=True, hard=False))
        me.kept = edits.strengthen(me.kept, "you1", "hard")
        assert me.profile.preferences[0].hard
        me.kept = edits.remove(me.kept, "you1")
        assert me.profile.empty

    def test_what_was_removed_must_be_repeated_from_nothing(self, me: Person) -> None:
        for talk in "abc":
            me.refuse(talk, "no green", "green")
        me.kept = edits.remove(me.kept, "you1")
        me.refuse("d", "no green", "green")
        assert not me.profile.preferences

    def test_ids_are_not_used_twice(self, me: Person) -> None:
        me.kept = edits.remove(edits.add(me.kept, kind("green")), "you1")
        me.kept = edits.add(me.kept, kind("black"))
        assert [p.id for p in me.profile.preferences] == ["you2"]

    def test_what_is_not_there_is_said_not_to_be_there(self, me: Person) -> None:
        for change in (
            lambda: edits.remove(me.kept, "you9"),
            lambda: edits.strengthen(me.kept, "you9", "soft"),
            lambda: edits.forget(me.kept, "t1"),
        ):
            with pytest.raises(BadInput):
                change()


class TestUse:
    def profile(self, *preferences: Preference, **more: object) -> Profile:
        named = (p.model_copy(update={"id": f"you{n}", "scope": "person"}) for n, p in enumerate(preferences, 1))
        return Profile(person="me", preferences=tuple(named), **more)

    def test_soft_evidence_behind_what_was_said(self) -> None:
        ledger = Ledger().apply(LedgerPatch(put=(Preference(field="steep", op="lt", value=5),))).ledger
        used = with_profile(ledger, self.profile(kind("green", hard=False)))
        assert [(p.id, p.strength, p.confidence) for p in used.preferences] == [
            ("p1", "hard", 1.0),
            ("you1", "soft", 0.5),
        ]

    def test_a_guest_changes_nothing(self) -> None:
        ledger = Ledger(liked=("t1",))
        assert with_profile(ledger, Profile()) is ledger

    def test_another_wish_on_the_field_wins(self) -> None:
        ledger = Ledger().apply(LedgerPatch(put=(kind("black"),))).ledger
        assert with_profile(ledger, self.profile(kind("green", hard=False))) == ledger

    def test_a_field_that_does_not_matter_here_wins_over_a_wish(self) -> None:
        ledger = Ledger(declined=("kind",))
        assert with_profile(ledger, self.profile(kind("green", hard=False))) == ledger

    def test_a_refusal_stands_beside_another_wish_and_falls_to_its_own(self) -> None:
        never_green = self.profile(kind("green", avoid=True))
        beside = Ledger().apply(LedgerPatch(put=(kind("black"),))).ledger
        assert [p.id for p in with_profile(beside, never_green).hard] == ["p1", "you1"]
        against = Ledger().apply(LedgerPatch(put=(kind("green"),))).ledger
        assert with_profile(against, never_green) == against

    def test_items_unless_the_conversation_says_otherwise(self) -> None:
        used = with_profile(Ledger(disliked=("t1",)), self.profile(liked=("t1", "t2"), disliked=("t3", "t4")))
        assert (used.liked, used.disliked) == (("t2",), ("t3", "t4", "t1"))

    def test_no_liked_items_where_the_conversation_names_its_own(self) -> None:
        used = with_profile(Ledger(liked=("t3",)), self.profile(liked=("t1", "t2"), disliked=("t3", "t4")))
        assert (used.liked, used.disliked) == (("t3",), ("t4",))

    def test_only_the_latest_liked_items(self) -> None:
        used = with_profile(Ledger(), self.profile(liked=tuple(f"t{n}" for n in range(50))))
        assert used.liked == tuple(f"t{n}" for n in range(30, 50))

    def test_releasing_a_hard_one_makes_it_soft_here(self) -> None:
        profile = self.profile(kind("green", avoid=True))
        patch = released(LedgerPatch(drop=("you1", "p7")), profile)
        assert patch.drop == ("p7",)
        used = with_profile(Ledger().apply(patch).ledger, profile)
        assert [(p.id, p.strength) for p in used.preferences] == [("p1", "soft")]

    def test_what_the_catalogue_does_not_have_any_more_is_left_out(self) -> None:
        profile = self.profile(
            Preference(field="colour", op="any_of", value=("red",)), kind("green"), liked=("t1", "x")
        )
        fits = fitting(profile, TEAS, {"t1"}.__contains__)
        assert ([p.field for p in fits.preferences], fits.liked) == (["kind"], ("t1",))


def test_it_reads_as_sentences(me: Person) -> None:
    me.refuse("a", "I never drink green, something strong please", "green")
    quick = Preference(field="steep", op="le", value=3, strength="soft")
    me.kept = edits.have(edits.add(me.kept, quick, at=NOVEMBER_12), "growers", ("Aiko Mori",))
    me.press("a", LedgerPatch(marks=(Mark(item="t1", opinion="liked", seen=True), Mark(item="t2", opinion="disliked"))))
    assert describe(me.profile, TEAS, {"t1": "Morning Sencha"}) == (
        "You never want green (said 12 November 2025: “I never drink green”).",
        "You like it at most 3 minutes (set by hand on 12 November 2025).",
        "You have Aiko Mori (grower).",
        "You liked Morning Sencha.",
        "You did not like t2.",
        "You have drunk Morning Sencha.",
    )
    assert describe(Profile(person="me"), TEAS) == ("Nothing is kept yet.",)
    assert describe(Profile(), TEAS) == ("You are a guest: nothing is kept.",)


def test_a_guest_leaves_no_trace() -> None:
    guest = Person("")
    guest.refuse("a", "I never drink green", "green")
    guest.press("a", LedgerPatch(marks=(Mark(item="t1", opinion="liked"),)))
    assert guest.kept == Kept(profile=Profile(), tally=Tally())
