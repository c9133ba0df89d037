"""People played by a model: what code decides, what the model may word, and what is never told or let through."""

from __future__ import annotations

import pytest

from core.errors import BadInput, BudgetSpent, ModelRejected, ModelUnavailable
from core.items import Item
from core.ledger import LedgerPatch
from core.preferences import Preference
from core.turn import Choice, Conversation, Question
from simulation.model_user import ModelUser
from simulation.needs import Need
from simulation.personas import Persona
from simulation.population import Member
from simulation.protocol import End, EndReason, Utterance
from simulation.runner import converse
from simulation.tasks import Constraint
from simulation.verdicts import verdict
from tests.evaluation.teahouse import HOUSE, TEAS
from tests.simulation.played import CHEAP, LAMPS, RED, SHOP, SMALL, Scripted, plays, says, talk

HARBOUR, GLOW, OWL, HARBOUR_TWO, MINER, DWARF = SHOP.items
NEED = Need(wants=(RED, CHEAP, SMALL), target="harbour-light", liked=("night-owl",), relevant=("glow",))
STEADY = Persona(cooperativeness=1, knowledge=1, several=0, curiosity=0, noise=0)
PRICE = Question(text="What may it cost?", kind="preference", field="price")


def user(
    *answers: object, need: Need = NEED, persona: Persona = STEADY, free: bool = False, seed: int = 1
) -> ModelUser:
    return ModelUser(Member(id="m", need=need, persona=persona), LAMPS, SHOP.find, Scripted(*answers), seed, free=free)


def last_prompt(person: ModelUser) -> str:
    return person.complete.prompts[-1]  # type: ignore[attr-defined]


def test_it_opens_with_what_is_volunteered_and_the_model_words_it() -> None:
    person = user(says("something in red?", 1), need=NEED.model_copy(update={"liked": ()}))
    assert person.next(talk()) == Utterance(text="something in red?", acts=("tell",), told=(RED,))
    assert "Say wish 1." in last_prompt(person)
    assert "colour: red (must; freely)" in last_prompt(person)


def test_what_is_hidden_is_not_even_in_the_prompt() -> None:
    person = user(says("red", 1))
    person.next(talk())
    assert "size: small" not in last_prompt(person)
    assert "price: at most 10 (must; when asked)" in last_prompt(person)


def test_a_question_is_answered_with_its_wish() -> None:
    person = user(says("ten at most", 2))
    said = person.next(talk(("hi", "What may it cost?", (), PRICE)))
    assert isinstance(said, Utterance)
    assert said.acts == ("answer",)
    assert said.told == (CHEAP,)
    assert "Answer the question with wish 2." in last_prompt(person)


@pytest.mark.parametrize("field", ["maker", None])
def test_where_there_is_no_wish_there_is_no_preference(field: str | None) -> None:
    person = user(says("whatever"), need=Need(wants=(CHEAP,), target="glow"))
    said = person.next(talk(("hi", "…?", (), Question(text="…?", kind="preference", field=field))))
    assert isinstance(said, Utterance)
    assert said.acts == ("no_preference",)
    assert said.told == ()


def test_somebody_who_does_not_cooperate_leaves_the_question() -> None:
    person = user(says("just show me", 1), persona=STEADY.model_copy(update={"cooperativeness": 0.0}))
    said = person.next(talk(("hi", "What may it cost?", (), PRICE)))
    assert isinstance(said, Utterance)
    assert said.acts == ("chat", "tell")


def test_what_breaks_a_wish_is_turned_down_for_it() -> None:
    reasons = {}
    for seed in range(20):
        person = user(says("no, red", 1), seed=seed)
        said = person.next(talk(("hi", "here", (OWL, HARBOUR_TWO))))
        assert isinstance(said, Utterance)
        assert said.acts[0] == "reject"
        reasons[said.acts] = last_prompt(person)
    assert "Turn down what was shown, because of wish 1" in reasons[("reject", "critique")]
    assert "without giving a reason" in reasons[("reject", "tell")]


def test_what_is_told_when_asked_may_be_the_reason_for_a_rejection_too() -> None:
    for seed in range(20):
        person = user(*[says("too dear", 2)] * 2, seed=seed, need=NEED.model_copy(update={"target": "red-dwarf"}))
        said = person.next(talk(("hi", "here", (GLOW,))))
        if isinstance(said, Utterance):
            assert (said.acts, said.told) == (("reject", "critique"), (CHEAP,))
            assert "Turn down what was shown, because of wish 2" in last_prompt(person)
            return
    pytest.fail("no seed gave the reason")


def test_the_target_is_taken_and_the_place_is_told() -> None:
    person = user(says("that one!"))
    end = person.next(talk(("hi", "here", (OWL, HARBOUR))))
    assert end == End(reason=EndReason.accepted, item="harbour-light", last_word="that one!")
    assert "Take item 2" in last_prompt(person)


def test_the_verdict_is_the_needs_and_not_the_models() -> None:
    assert verdict(NEED, HARBOUR).fits
    assert not verdict(NEED, MINER).fits  # meets every want, but is neither the target nor known to be liked
    assert not verdict(NEED, GLOW).fits  # known to be liked, but too dear
    assert verdict(NEED.model_copy(update={"target": None, "relevant": ()}), MINER).fits
    assert not verdict(NEED.model_copy(update={"target": None, "relevant": (), "known": ("old-miner",)}), MINER).fits
    tea = Need(wants=(Constraint(field="price", op="<=", value=5),))
    assert [i.id for i in TEAS.items if verdict(tea, i).fits] == ["earl-grey", "gold-leaf", "sencha"]


def test_a_model_that_would_take_or_leave_too_early_is_asked_again_and_then_fails() -> None:
    eager = says("oh yes, I take it", leaves=True)
    person = user(eager, says("no thanks, red"), need=NEED.model_copy(update={"liked": ()}))
    said = person.next(talk(("hi", "here", (OWL,))))
    assert isinstance(said, Utterance)
    assert "said or did more" in last_prompt(person)
    person = user(eager, eager)
    assert person.next(talk(("hi", "here", (OWL,)))) == End(reason=EndReason.person_failed)
    assert person.record.unusable == 2
    assert "not_due" in person.record.fault


def test_a_wish_that_is_not_due_is_not_let_through() -> None:
    person = user(says("red and under ten", 1, 2), says("red", 1))
    said = person.next(talk())
    assert isinstance(said, Utterance)
    assert said.told == (RED,)
    assert person.record.unusable == 1


@pytest.mark.parametrize(
    "bad", ["no JSON", '{"say": "hi"}', says("  "), '{"say": 3, "told": [], "leaves": false}', ModelUnavailable("slow")]
)
def test_an_answer_of_no_use_is_asked_for_once_more(bad: object) -> None:
    person = user(bad, says("red", 1))
    assert isinstance(person.next(talk()), Utterance)
    assert (person.record.asked, person.record.unusable, person.record.fault) == (2, 1, "")
    person = user(bad, bad)
    assert person.next(talk()) == End(reason=EndReason.person_failed)
    assert person.record.fault


def test_a_refusal_is_not_asked_again_and_a_spent_budget_is_for_whoever_runs_it() -> None:
    person = user(ModelRejected("The model refused to answer."))
    assert person.next(talk()) == End(reason=EndReason.person_failed)
    assert person.record.fault == "The model refused to answer."
    with pytest.raises(BudgetSpent):
        user(BudgetSpent("no calls left")).next(talk())


LEAK = says("you know, like Harbour Light", 1)


def test_a_title_held_back_is_caught_once_and_fails_the_second_time() -> None:
    person = user(LEAK, says("red", 1))
    assert isinstance(person.next(talk()), Utterance)
    assert person.record.caught == 1
    assert "named a title that has not come up" in last_prompt(person)
    assert "harbour" not in last_prompt(person).casefold()
    person = user(LEAK, LEAK)
    assert person.next(talk()) == End(reason=EndReason.person_failed)


def test_a_title_may_be_named_once_it_was_shown() -> None:
    person = user(says("Harbour Light it is"))
    end = person.next(talk(("hi", "here", (HARBOUR,))))
    assert isinstance(end, End)
    assert end.reason is EndReason.accepted
    assert person.record.caught == 0


def test_what_a_free_model_gives_away_or_takes_too_early_is_counted() -> None:
    person = user(
        plays("red like the Harbour Light", 1, acts=["open", "tell"]), plays("ok!", decision="take", item=1), free=True
    )
    said = person.next(talk())
    assert isinstance(said, Utterance)
    assert (said.acts, said.told) == (("open", "tell"), (RED,))
    assert person.record.leaked == ("Harbour Light",)
    assert "size: small (must; hidden)" in last_prompt(person)
    end = person.next(talk(("hi", "here", (OWL,))))
    assert end == End(reason=EndReason.accepted, item="night-owl", last_word="ok!")
    assert person.record.early_accept
    assert "for you)" not in last_prompt(person)


def test_a_free_model_that_takes_what_fits_took_nothing_too_early() -> None:
    person = user(plays("ok!", decision="take", item=1), free=True)
    person.next(talk(("hi", "here", (HARBOUR,))))
    assert not person.record.early_accept


@pytest.mark.parametrize("item", [0, 2])
def test_a_free_model_can_take_only_what_is_there(item: int) -> None:
    bad = plays("ok!", decision="take", item=item)
    assert user(bad, bad, free=True).next(talk(("hi", "here", (OWL,)))) == End(reason=EndReason.person_failed)


@pytest.mark.parametrize("free", [False, True])
def test_patience_ends_it_whoever_decides(free: bool) -> None:
    short = STEADY.model_copy(update={"patience": 2})
    answer = plays("no") if free else says("no")
    person = user(answer, answer, answer, persona=short, free=free)
    ended = converse(lambda c, _: talk(*[("x", "y", (OWL,))] * (len(c.turns) + 1)).turns[-1], talk(), person, 9)
    assert ended.ending is EndReason.given_up
    assert len(ended.turns) == 2


def test_leave_is_given_truthfully() -> None:
    def asked(preference: Preference) -> bool | None:
        yes = Choice(label="yes", patch=LedgerPatch(put=(preference,)))
        question = Question(text="…?", kind="confirm", choices=(yes, Choice(label="no")))
        person = user(says("answer"))
        said = person.next(talk(("hi", "…?", (), question)))
        assert isinstance(said, Utterance)
        assert said.acts == ("confirm",)
        return said.agrees

    assert asked(Preference(field="size", op="any_of", value=("small",))) is True  # hidden, and truthfully confirmed
    assert asked(Preference(field="size", op="any_of", value=("large",))) is False


def test_a_wrong_guess_is_put_right_where_the_wish_may_be_told() -> None:
    dear = Preference(field="price", op="ge", value=50)
    yes = Choice(label="yes", patch=LedgerPatch(put=(dear,)))
    person = user(says("no, ten at most", 2))
    said = person.next(talk(("hi", "…?", (), Question(text="…?", kind="confirm", choices=(yes,)))))
    assert said == Utterance(text="no, ten at most", acts=("confirm", "answer"), told=(CHEAP,), agrees=False)


def test_a_question_without_a_known_answer_is_left_to_the_model() -> None:
    person = user(says("yes"))
    said = person.next(talk(("hi", "…?", (), Question(text="…?", kind="confirm"))))
    assert isinstance(said, Utterance)
    assert said.agrees is None
    assert "as your wishes have it" in last_prompt(person)


def test_what_is_shown_and_known_already_is_said_so() -> None:
    person = user(says("had that", 1), need=NEED.model_copy(update={"known": ("night-owl",)}))
    said = person.next(talk(("hi", "here", (HARBOUR_TWO, OWL))))
    assert isinstance(said, Utterance)
    assert said.acts == ("say_known", "tell")
    assert "know item 2 of <shown> already" in last_prompt(person)


def test_what_is_wanted_is_kept_and_what_is_not_may_go() -> None:
    held = Preference(id="p1", field="colour", op="any_of", value=("red",))
    other = Preference(id="p2", field="maker", op="any_of", value=("Ada Moss",))
    conversation = talk(("hi", "hm")).edit(LedgerPatch(put=(held, other), exact=True))
    conversation = conversation.model_copy(update={"turns": talk(("hi", "Nothing fits.")).turns})

    def relax(*drops: str) -> Conversation:
        choices = tuple(Choice(label=f"drop {d}", patch=LedgerPatch(drop=(d,))) for d in drops)
        turn = conversation.turns[0].model_copy(
            update={"question": Question(text="Which may go?", kind="relax", choices=choices)}
        )
        return conversation.model_copy(update={"turns": (turn,)})

    person = user(says("maker is fine"))
    said = person.next(relax("p1", "p2"))
    assert isinstance(said, Utterance)
    assert said.acts == ("release",)
    assert "number 2 of <choices>" in last_prompt(person)
    person = user(*[says("no way")] * 3)
    assert [person.next(relax("p1")).acts for _ in range(2)] == [("insist",)] * 2  # type: ignore[union-attr]
    assert person.next(relax("p1")) == End(reason=EndReason.nothing_fits, last_word="no way")


def test_it_may_leave_when_it_reads_that_nothing_fits() -> None:
    person = user(says("red!", 1), says("red, I said", 1), says("ok then", leaves=True))
    for _ in range(2):
        assert isinstance(person.next(talk(("hi", "There is nothing."))), Utterance)
    assert person.next(talk(("hi", "There is nothing."))) == End(reason=EndReason.nothing_fits, last_word="ok then")


def test_a_curious_person_asks_before_taking() -> None:
    person = user(says("how much is it?"), says("mine"), persona=STEADY.model_copy(update={"curiosity": 1.0}))
    shown = ("hi", "here", (OWL, HARBOUR))
    said = person.next(talk(shown))
    assert isinstance(said, Utterance)
    assert said.acts == ("ask",)
    assert "of item 2 of <shown>" in last_prompt(person)
    end = person.next(talk(shown, ("how much is it?", "8")))
    assert end == End(reason=EndReason.accepted, item="harbour-light", last_word="mine")


def asks_about(need: Need, reply: str, *shown: Item) -> set[tuple[int | None, str | None]]:
    """(place, field) of what a curious person may ask about items shown."""
    curious = STEADY.model_copy(update={"curiosity": 1.0})
    moves = [user(need=need, persona=curious, seed=s).control.decide(talk(("hi", reply, shown))) for s in range(30)]
    return {(m.place, m.field) for m in moves if "ask" in m.acts}


def test_nothing_is_asked_about_what_is_liked_or_known() -> None:
    known = NEED.model_copy(update={"known": ("harbour-light-two",)})
    assert {place for place, _ in asks_about(known, "here", OWL, HARBOUR_TWO, MINER)} == {3}
    assert not asks_about(known, "here", OWL, HARBOUR_TWO)


def test_nothing_is_asked_that_was_just_said() -> None:
    assert asks_about(NEED, "here", MINER) == {(1, "colour"), (1, "size"), (1, "price")}
    assert asks_about(NEED, "Old Miner: red, for 9", MINER) == {(1, "size")}
    assert not asks_about(NEED, "Old Miner: red, small, for 9", MINER)


def test_nothing_is_asked_that_stands_on_the_card() -> None:
    shown = LAMPS.model_copy(update={"fields": tuple(f.model_copy(update={"card": True}) for f in LAMPS.fields)})
    person = ModelUser(
        Member(id="m", need=NEED, persona=STEADY.model_copy(update={"curiosity": 1.0})), shown, SHOP.find, Scripted(), 1
    )
    assert "ask" not in person.control.decide(talk(("hi", "here", (MINER,)))).acts


def test_the_same_seed_decides_the_same() -> None:
    def acts(seed: int) -> list[object]:
        person = user(*[says("hm")] * 6, seed=seed, persona=Persona(patience=20))
        return [person.next(talk(*[("hi", "here", (OWL,))] * n)).acts for n in range(6)]  # type: ignore[union-attr]

    assert acts(3) == acts(3)
    assert len({str(acts(s)) for s in range(8)}) > 1


def test_a_population_of_another_catalogue_is_refused() -> None:
    with pytest.raises(BadInput, match="does not have: glow"):
        ModelUser(Member(id="m", need=Need(target="glow")), HOUSE, TEAS.find, Scripted(), 1)
