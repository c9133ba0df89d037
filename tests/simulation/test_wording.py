"""What a simulated person says holds every number and value of the wish, and turns no bound round."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

import pytest

from core.schema import CatalogSchema
from simulation import wording
from simulation.amounts import amounts, decades
from simulation.tasks import Constraint, Task, read_tasks
from simulation.wording import Wording, templates
from tests.simulation.worlds import BOOKS, DATA, FILMS

KINDS = ["genre", "category", "available", "people", "creator", "avoid", "all", "flag_yes", "flag_no", "text"]
BOUNDS = ["at_least", "over", "at_most", "under", "between", "exactly", "other_than"]
SEEDS = range(50)


def words(schema: CatalogSchema, constraint: Constraint, seed: int) -> str:
    """A wish as said by itself or in a request, in small letters."""
    voice = Wording(schema, random.Random(seed))
    return (voice.request([constraint]) if seed % 2 else voice.wish(constraint)).lower()


def equals(value: object, said: str) -> bool:
    """Whether a value, or a decade it begins or ends, is in the words."""
    plain = str(value).lower().removesuffix(".0")
    if re.search(rf"(?<![\d.]){re.escape(plain)}(?!\d)", said):
        return True
    starts = [int(plain), int(plain) - 9] if plain.isdigit() else []
    return any(d in said for s in starts for d in decades(s, None))


@pytest.mark.parametrize("task", read_tasks(DATA / "books" / "tasks", BOOKS), ids=lambda t: t.id)
def test_no_number_and_no_value_is_lost_in_words(task: Task) -> None:
    for constraint in task.wants:
        for seed in SEEDS:
            said = words(BOOKS, constraint, seed)
            assert all(equals(v, said) for v in constraint.values), (str(constraint), said)
            assert not re.search(r"[={}_<>]", said), said
    for seed in SEEDS:
        said = Wording(BOOKS, random.Random(seed), task.persona).request(task.wants).lower()
        assert all(equals(v, said) for c in task.wants for v in c.values), said


@pytest.mark.parametrize(
    ("amount", "ways"),
    [
        (90, {"90 minutes", "an hour and a half", "1 hour 30", "one hour and 30 minutes", "1h30"}),
        (120, {"120 minutes", "two hours", "2 hours"}),
        (150, {"150 minutes", "two and a half hours", "2 hours 30", "two hours and 30 minutes", "2h30"}),
        (45, {"45 minutes"}),
        (60, {"60 minutes", "an hour", "one hour"}),
    ],
)
def test_a_length_of_time_may_be_said_in_hours(amount: int, ways: set[str]) -> None:
    assert set(amounts(amount, FILMS.field("runtime"))) == ways
    limit = Constraint(field="runtime", op="<=", value=amount)
    assert all(any(w in words(FILMS, limit, n) for w in ways) for n in SEEDS)


def test_a_year_may_be_said_as_a_decade_only_where_that_is_the_same() -> None:
    assert decades(1990, None) == ["the 1990s", "the nineties"]
    assert decades(1990, 1999) == ["the 1990s", "the nineties"]
    assert decades(1990, 1998) == decades(1991, None) == decades(2000, None) == []
    for op, value in ((">=", 1990), ("<", 1990), ("<=", 1989), (">", 1989)):
        ways = {words(BOOKS, Constraint.model_validate({"field": "year", "op": op, "value": value}), n) for n in SEEDS}
        decade = "the nineties" if value == 1990 else "the eighties"
        assert any(decade in w for w in ways), op
    for op, value in ((">", 1990), ("<=", 1990), (">=", 1989), ("==", 1990)):
        ways = {words(BOOKS, Constraint.model_validate({"field": "year", "op": op, "value": value}), n) for n in SEEDS}
        assert all(str(value) in w for w in ways), op


def test_a_lower_and_an_upper_bound_may_be_said_as_a_range() -> None:
    both = [Constraint(field="pages", op=">=", value=300), Constraint(field="pages", op="<=", value=350)]
    said = [Wording(BOOKS, random.Random(n)).wishes(both) for n in SEEDS]
    assert all("300" in s and "350" in s for s in said)
    assert any("between 300 pages and 350 pages" in s for s in said)


def test_bounds_are_never_said_in_the_words_of_others() -> None:
    for style in templates()["at_least"]:
        seen: dict[str, str] = {}
        for bound in ("at_least", "over", "at_most", "under"):
            for way in (*templates()[bound][style]["fits"], *templates()[bound][style]["says"]):
                assert seen.setdefault(way, bound) == bound, way


@pytest.mark.parametrize("kind", KINDS)
def test_there_are_a_dozen_ways_to_say_what_is_wanted(kind: str) -> None:
    ways = templates()[kind]
    assert len({w for forms in ways.values() for w in forms}) >= 12
    assert all("{value}" in w for forms in ways.values() for w in forms)


@pytest.mark.parametrize("bound", BOUNDS)
def test_there_are_a_dozen_ways_to_say_a_number(bound: str) -> None:
    for style, ways in templates()[bound].items():
        cores = {*ways["fits"], *ways["says"]}
        assert len(cores) >= 12, style
        numbers = {"{low}", "{high}"} if bound == "between" else {"{value}"}
        assert all(n in w for w in cores for n in numbers)
        assert all("{q}" in w for forms in templates()["frames"][style].values() for w in forms)


def leaves(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for inner in node.values():
            yield from leaves(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from leaves(inner)


@pytest.mark.parametrize("schema", [BOOKS, FILMS], ids=lambda s: s.name)
def test_no_template_names_a_domain(schema: CatalogSchema) -> None:
    noun = schema.noun
    units = [f.unit for f in schema.fields if f.unit is not None and f.unit.style in {"plain", "duration"}]
    titles = {f.title for f in schema.fields if f.role in {"creator", "length", "genre", "age_rating"}}
    domain = {noun.one, noun.many, *schema.consumption.bare, *titles, *(u.plural for u in units)} - {"ratings"}
    for way in leaves(dict(templates())):
        spoken = set(re.findall(r"(?<!{)\b[a-z]+\b(?!})", way.lower()))
        assert not spoken & domain, way


def test_slips_spare_numbers_values_and_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "SLIPS", 1.0)
    wish = Constraint(field="authors", op="contains", value="Ursula K. Le Guin")
    limit = Constraint(field="pages", op="<=", value=300)
    voice = Wording(BOOKS, random.Random(1))
    for _ in SEEDS:
        assert "Ursula K. Le Guin" in voice.wish(wish)
        assert "300 pages" in voice.wish(limit)
        assert voice.say("agrees").casefold().strip(".") in [w.casefold() for w in templates()["agrees"]]


def test_about_three_words_in_a_hundred_are_mistyped() -> None:
    voice = Wording(BOOKS, random.Random(0))
    long_words = voice._fill(" ".join(["something"] * 4000)).split()
    assert 0.02 < sum(w != "something" for w in long_words) / 4000 < 0.04


@pytest.mark.parametrize(
    ("field", "op", "value", "all_said"),
    [
        ("directors", "contains", "Agnès Varda", {"Agnès Varda"}),
        ("cast", "contains_any", ("Cate Blanchett", "Setsuko Hara"), {"Cate Blanchett or Setsuko Hara"}),
        ("genres", "contains_all", ("Crime", "Comedy"), {" and "}),
        ("genres", "not_contains", "Horror", {"orror"}),
        ("rating", ">=", 7.5, {"7.5"}),
        ("rating", "between", (6.5, 8.0), {"6.5", "8"}),
        ("runtime", "==", 95, {"95", "35"}),
        ("ratings", ">", 1000000, {"1000000"}),
    ],
)
def test_every_kind_of_wish_can_be_said(field: str, op: str, value: object, all_said: set[str]) -> None:
    constraint = Constraint.model_validate({"field": field, "op": op, "value": value})
    for seed in SEEDS:
        voice = Wording(FILMS, random.Random(seed))
        said = voice.wish(constraint)
        held = [part in said for part in all_said]
        assert any(held) if field == "runtime" else all(held), said
