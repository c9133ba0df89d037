"""The simulated person: says what is volunteered, tells what is asked, keeps what is hidden, and means what it says."""

from __future__ import annotations

import pytest

from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Recommend, TurnPlan
from core.preferences import Preference
from core.turn import Choice, Conversation, Question, Recommendation, Turn
from simulation.protocol import End, EndReason, Utterance
from simulation.reveal import RevealUser
from simulation.runner import converse
from simulation.tasks import Constraint, Task, holds
from simulation.wording import templates
from tests.simulation.worlds import BOOKS

SCHEMA = BOOKS
SHORT = Constraint(field="pages", op="<=", value=300)
FANTASY = Constraint(field="genres", op="contains", value="Fantasy")
ADULT = Constraint(field="audience", op="==", value="adult", reveal="hidden")
OLD = Constraint(field="year", op="<=", value=1990, reveal="on_ask")
TASK = Task(id="t", wants=(FANTASY, SHORT, OLD, ADULT))
FITS = Item(
    id="a", title="A", fields={"genres": ("Fantasy",), "pages": 200, "year": 1980, "audience": "adult"}
)  # fmt: skip
TOO_YOUNG = FITS.model_copy(update={"id": "b", "fields": FITS.fields | {"audience": "children"}})
TOO_NEW = FITS.model_copy(update={"id": "c", "fields": FITS.fields | {"year": 2020}})
TOO_LONG = FITS.model_copy(update={"id": "d", "fields": FITS.fields | {"pages": 900}})


def turn(
    *, slate: tuple[Item, ...] = (), question: Question | None = None, reply: str = "…", ledger: Ledger | None = None
) -> Turn:
    return Turn(
        conversation="c",
        number=1,
        catalog="books",
        controller="rules",
        message="…",
        plan=TurnPlan(act=Recommend()),
        reply=reply,
        question=question,
        slate=tuple(Recommendation(item=i) for i in slate),
        ledger=ledger or Ledger(),
    )


def after(*turns: Turn) -> Conversation:
    return Conversation(id="c", catalog="books", turns=turns, ledger=turns[-1].ledger if turns else Ledger())


def opened(task: Task = TASK, seed: int = 1, *, answers_suspicions: bool = True) -> tuple[RevealUser, str]:
    user = RevealUser(task, SCHEMA, seed, answers_suspicions=answers_suspicions)
    first = user.next(after())
    assert isinstance(first, Utterance)
    return user, first.text


def said(user: RevealUser, last: Turn) -> str:
    following = user.next(after(last))
    assert isinstance(following, Utterance)
    return following.text


def asking(field: str | None) -> Turn:
    return turn(question=Question(text="…?", kind="preference", field=field))


def one_of(ways: str, text: str) -> bool:
    """Whether `text` is one of these ways, in whatever capitals, full stops and slips."""
    plain = text.casefold().strip(".!")
    return any(len(w) - 3 <= len(plain) <= len(w) + 3 and w[:1].casefold() == plain[:1] for w in templates()[ways])


@pytest.mark.parametrize("seed", range(40))
def test_the_opening_tells_what_is_volunteered_and_nothing_else(seed: int) -> None:
    _, text = opened(seed=seed)
    assert "fantasy" in text.lower()
    assert "300" in text
    assert "1990" not in text
    assert "adult" not in text


@pytest.mark.parametrize("seed", range(20))
def test_with_nothing_to_volunteer_the_opening_is_general(seed: int) -> None:
    _, text = opened(Task(id="t", wants=(OLD, ADULT)), seed)
    assert "1990" not in text
    assert SCHEMA.noun.one in text or SCHEMA.noun.many in text or SCHEMA.consumption.bare[0] in text


def test_three_wishes_or_more_are_sometimes_told_in_two_messages_and_none_is_forgotten() -> None:
    task = Task(id="t", wants=(FANTASY, SHORT, OLD.model_copy(update={"reveal": "volunteer"})))
    parts = {"fantasy": 0, "300": 0, "1990": 0}
    split = 0
    for seed in range(30):
        user, first = opened(task, seed)
        second = said(user, asking("audience"))
        heard = [w for w in parts if w in first.lower() or (w == "1990" and "eighties" in first)]
        if len(heard) < 3:
            split += 1
            assert all(w in f"{first} {second}".lower() for w in parts), (first, second)
    assert 3 < split < 27


@pytest.mark.parametrize("seed", range(20))
def test_a_question_is_answered_with_what_is_told_on_asking(seed: int) -> None:
    assert "1990" in said(opened(seed=seed)[0], asking("year"))


@pytest.mark.parametrize("seed", range(20))
def test_asked_in_general_what_matters_the_person_tells_what_was_not_said(seed: int) -> None:
    answer = said(opened(seed=seed)[0], asking(None))
    assert "1990" in answer
    assert "adult" not in answer


def test_asked_why_an_item_was_turned_down_the_person_names_what_it_breaks() -> None:
    user, _ = opened()
    said(user, turn(slate=(TOO_NEW,)))
    answer = said(user, asking(None))
    assert "1990" in answer
    assert "300" not in answer


@pytest.mark.parametrize("seed", range(20))
def test_what_is_hidden_is_not_told_on_asking(seed: int) -> None:
    user, _ = opened(seed=seed)
    assert one_of("no_idea", said(user, asking("audience")))
    assert "adult" not in said(user, turn(slate=(TOO_YOUNG,)))


def test_what_does_not_matter_is_said_not_to_matter() -> None:
    answers = {said(opened(seed=n)[0], asking("countries")).casefold() for n in range(60)}
    assert len(answers) > 12
    assert any("matter" in a for a in answers)
    assert any("no idea" in a or "not sure" in a for a in answers), "having no idea must not give hidden wishes away"


def test_an_item_is_taken_when_everything_holds_and_passed_on_otherwise() -> None:
    user, _ = opened()
    assert isinstance(user.next(after(turn(slate=(TOO_YOUNG,)))), Utterance)
    end = user.next(after(turn(slate=(TOO_YOUNG, FITS))))
    assert isinstance(end, End)
    assert (end.reason, end.item) == (EndReason.accepted, "a")


def test_what_was_told_is_sometimes_said_again_and_what_was_not_is_not() -> None:
    reminded = ["300" in said(opened(seed=n)[0], turn(slate=(TOO_LONG,))) for n in range(40)]
    assert 10 < sum(reminded) < 38
    assert not any("1990" in said(opened(seed=n)[0], turn(slate=(TOO_NEW,))) for n in range(40))


def relaxing(*held: Preference) -> Turn:
    choices = tuple(Choice(label=f"without {p.field}", patch=LedgerPatch(drop=(p.id,))) for p in held)
    question = Question(text="Which may go?", kind="relax", choices=choices)
    return turn(question=question, ledger=Ledger(preferences=held))


def test_who_is_told_that_nothing_fits_insists_and_then_leaves_it() -> None:
    user, _ = opened()
    wanted = Preference(id="p1", field="genres", op="any_of", value=("Fantasy",))
    assert one_of("insists", said(user, relaxing(wanted)))
    end = user.next(after(turn(reply="Then I have nothing for you.")))
    assert isinstance(end, End)
    assert end.reason is EndReason.nothing_fits


def test_what_was_never_asked_for_may_go() -> None:
    misheard = Preference(id="p1", field="moods", op="any_of", value=("dark",))
    assert "without moods" in said(opened()[0], relaxing(misheard)).lower()
    stricter = Preference(id="p1", field="pages", op="le", value=100)
    answer = said(opened()[0], relaxing(stricter))
    assert "without pages" in answer.lower()
    assert "300" in answer, "what is wanted instead is said with it"
    exactly = Preference(id="p1", field="pages", op="eq", value=300)
    assert "without pages" in said(opened()[0], relaxing(exactly)).lower(), "it was misheard"


def test_a_reply_that_shows_and_asks_nothing_is_met_by_asking_again_and_then_by_going() -> None:
    user, _ = opened()
    for _ in range(3):
        assert "300" in said(user, turn(reply="I can help you."))
    end = user.next(after(turn(reply="I can help you.")))
    assert isinstance(end, End)
    assert end.reason is EndReason.given_up


def test_the_same_seed_says_the_same_and_others_differ() -> None:
    assert opened(seed=5)[1] == opened(seed=5)[1]
    assert len({opened(seed=n)[1] for n in range(40)}) > 35


def test_a_persona_of_few_words_says_less() -> None:
    def length(persona: str) -> int:
        task = TASK.model_copy(update={"persona": persona})
        return sum(len(opened(task, n)[1]) for n in range(40))

    assert length("You answer in short sentences.") < length("You are friendly and chatty.") - 40 * 10


@pytest.mark.parametrize(
    ("op", "value", "fits"),
    [("contains", "Fantasy", True), ("not_contains", "Fantasy", False), ("contains_any", ("Drama", "Fantasy"), True)],
)
def test_constraints_on_many_valued_fields(op: str, value: object, fits: bool) -> None:
    assert holds(Constraint.model_validate({"field": "genres", "op": op, "value": value}), FITS) is fits


def test_an_unknown_fact_satisfies_only_what_forbids() -> None:
    bare = Item(id="c", title="C", fields={})
    assert not holds(SHORT, bare)
    assert holds(Constraint(field="genres", op="not_contains", value="Fantasy"), bare)


def test_a_dialogue_ends_with_the_item_or_at_the_limit() -> None:
    taken = converse(lambda c, m: turn(slate=(FITS,)), after(), RevealUser(TASK, SCHEMA, 0), 5)
    assert (taken.ending, taken.accepted, len(taken.turns)) == (EndReason.accepted, "a", 1)
    endless = converse(lambda c, m: turn(slate=(TOO_YOUNG,)), after(), RevealUser(TASK, SCHEMA, 0), 5)
    assert (endless.ending, endless.accepted, len(endless.turns)) == (EndReason.turn_limit, None, 5)
