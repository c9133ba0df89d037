"""The simulated person: says what is volunteered, tells what is asked, keeps what is hidden, and means what it says."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Recommend, TurnPlan
from core.preferences import Preference
from core.turn import Choice, Conversation, Question, Recommendation, Turn
from ingest.demo import read_schema
from simulation.protocol import End, EndReason, Utterance
from simulation.reveal import RevealUser
from simulation.runner import converse
from simulation.tasks import Constraint, Task, holds, read_tasks
from simulation.wording import Wording, templates

DATA = Path(__file__).resolve().parents[2] / "data" / "books"
SCHEMA = read_schema(DATA / "schema.yaml")
SHORT = Constraint(field="pages", op="<=", value=300)
NOVEL = Constraint(field="genres", op="contains", value="Fantasy")
ADULT = Constraint(field="audience", op="==", value="adult", reveal="hidden")
OLD = Constraint(field="year", op="<=", value=1990, reveal="on_ask")
TASK = Task(id="t", wants=(NOVEL, SHORT, OLD, ADULT))
FITS = Item(
    id="a", title="A", fields={"genres": ("Fantasy",), "pages": 200, "year": 1980, "audience": "adult"}
)  # fmt: skip
TOO_YOUNG = FITS.model_copy(update={"id": "b", "fields": FITS.fields | {"audience": "children"}})


def turn(number: int = 1, *, slate: tuple[Item, ...] = (), question: Question | None = None) -> Turn:
    return Turn(
        conversation="c",
        number=number,
        catalog="books",
        controller="rules",
        message="…",
        plan=TurnPlan(act=Recommend()),
        reply="…",
        question=question,
        slate=tuple(Recommendation(item=i) for i in slate),
        ledger=Ledger(),
    )


def after(*turns: Turn) -> Conversation:
    return Conversation(id="c", catalog="books", turns=turns)


def opened(task: Task = TASK, seed: int = 1, **more: bool) -> tuple[RevealUser, str]:
    user = RevealUser(task, SCHEMA, seed, **more)
    first = user.next(after())
    assert isinstance(first, Utterance)
    return user, first.text


def said(user: RevealUser, *turns: Turn) -> str:
    following = user.next(after(*turns))
    assert isinstance(following, Utterance)
    return following.text


@pytest.mark.parametrize("seed", range(30))
def test_the_opening_tells_what_is_volunteered_and_nothing_else(seed: int) -> None:
    _, text = opened(seed=seed)
    assert "fantasy" in text.lower()
    assert "300" in text
    assert "1990" not in text
    assert "adult" not in text


@pytest.mark.parametrize("seed", range(10))
def test_a_question_is_answered_with_what_is_told_on_asking(seed: int) -> None:
    user, _ = opened(seed=seed)
    assert "1990" in said(user, turn(question=Question(text="When?", kind="preference", field="year")))


@pytest.mark.parametrize("seed", range(10))
def test_what_is_hidden_is_not_told_on_asking(seed: int) -> None:
    user, _ = opened(seed=seed)
    assert "adult" not in said(user, turn(question=Question(text="For whom?", kind="preference", field="audience")))


def test_a_suspicion_is_answered_truthfully() -> None:
    def guess(value: str) -> Question:
        put = Preference(field="audience", op="any_of", value=(value,))
        yes = Choice(label="yes", patch=LedgerPatch(put=(put,)))
        return Question(text="Is it that?", kind="confirm", field="audience", choices=(yes, Choice(label="no")))

    ways = templates()
    assert said(opened()[0], turn(question=guess("adult"))) in ways["right_guess"]
    assert said(opened()[0], turn(question=guess("children"))) in ways["wrong_guess"]
    assert said(opened(answers_suspicions=False)[0], turn(question=guess("adult"))) in ways["no_idea"]


def test_an_item_is_taken_when_everything_holds_and_passed_on_otherwise() -> None:
    user, _ = opened()
    assert isinstance(user.next(after(turn(slate=(TOO_YOUNG,)))), Utterance)
    end = user.next(after(turn(slate=(TOO_YOUNG, FITS))))
    assert isinstance(end, End)
    assert (end.reason, end.item) == (EndReason.accepted, "a")


def test_who_is_told_that_nothing_fits_insists_and_then_leaves_it() -> None:
    user, _ = opened()
    relax = Question(text="Which may go?", kind="relax", choices=(Choice(label="without fantasy"),))
    assert said(user, turn(question=relax)) in templates()["insists"]
    end = user.next(after(turn(question=relax), turn(2)))
    assert isinstance(end, End)
    assert end.reason is EndReason.nothing_fits


def test_the_same_seed_says_the_same_and_others_differ() -> None:
    assert opened(seed=5)[1] == opened(seed=5)[1]
    assert len({opened(seed=n)[1] for n in range(20)}) > 15


def test_there_are_many_ways_to_say_everything() -> None:
    for what, ways in templates().items():
        for each in ways.values() if isinstance(ways, dict) else [ways]:
            assert len(set(each)) >= 4, what
    for what in (
        "want",
        "any",
        "any_single",
        "avoid",
        "all",
        "between",
        "flag_yes",
        "flag_no",
        "passes",
        "indifferent",
    ):
        assert len(set(templates()[what])) >= 8, what
    for bound in ("at_least", "at_most"):
        assert all(len(set(ways)) >= 8 for ways in templates()[bound].values())


@pytest.mark.parametrize("task", read_tasks(DATA / "tasks", SCHEMA), ids=lambda t: t.id)
def test_no_number_and_no_value_is_lost_in_words(task: Task) -> None:
    for constraint in task.wants:
        for seed in range(20):
            words = Wording(SCHEMA, random.Random(seed)).wish(constraint).lower()
            assert all((str(v)).lower().removesuffix(".0") in words for v in constraint.values), words
            assert "=" not in words


def test_a_length_of_time_may_be_said_in_hours() -> None:
    films = read_schema(DATA.parent / "films" / "schema.yaml")
    limit = Constraint(field="runtime", op="<=", value=150)
    ways = {Wording(films, random.Random(n)).wish(limit) for n in range(200)}
    assert any("two and a half hours" in way for way in ways)
    assert any("150 minutes" in way for way in ways)


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
    taken = converse(lambda c, m: turn(len(c.turns) + 1, slate=(FITS,)), after(), RevealUser(TASK, SCHEMA, 0), 5)
    assert (taken.ending, taken.accepted, len(taken.turns)) == (EndReason.accepted, "a", 1)
    endless = converse(lambda c, m: turn(len(c.turns) + 1, slate=(TOO_YOUNG,)), after(), RevealUser(TASK, SCHEMA, 0), 5)
    assert (endless.ending, endless.accepted, len(endless.turns)) == (EndReason.turn_limit, None, 5)
