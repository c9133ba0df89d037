"""Write tasks for the task benchmark from a demo catalogue: what somebody wants, and what of it they say when.

    python data/make_tasks.py data/books --seed 7 --tasks 48

Each task is one JSON file in the shape of the tau-rec benchmark: constraints over the catalogue's fields, each
volunteered, told only when asked, or hidden (felt only through rejections); items used before; whether anything fits.

Constraints are drawn around an item (so that something fits) and rounded to what a person would say. Each of them must
rule something out that the others let through, and between one item and a third of the catalogue must fit. A task with
no valid item is drawn until nothing fits, and its constraints are all volunteered, so that giving up is the right end.
Everything is checked against the items again before it is written. One generator draws everything: a seed gives the
same files again.
"""

import argparse
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Row = Mapping[str, Any]
Constraint = dict[str, Any]
REVEALS = {
    "volunteer": ("volunteer",),
    "mixed": ("volunteer", "on_ask", "on_ask", "hidden"),
    "hidden": ("hidden",),
}
SIZES = {"simple": (1, 2), "medium": (3, 3), "complex": (4, 5)}
MOST = 1 / 3
"""Largest share of the catalogue that may fit a task."""
COMMON = 8
"""Items that must hold a value before somebody asks for it."""
PERSONAS = (
    "You have an evening to yourself and want something good without much searching. You answer in short sentences.",
    "You are choosing for a long journey and know quite well what you like.",
    "You are curious but impatient, and you say at once when something is not for you.",
    "You have not had much time lately and want to get back into it with something that fits.",
    "You are picking for the next meeting of a small club and take the choice seriously.",
    "You are friendly and chatty, and a little vague until somebody asks.",
)
LIKES = (
    "a strong sense of place",
    "memorable characters",
    "a good ending",
    "dry humour",
    "a clever structure",
    "warmth",
)


@dataclass(frozen=True)
class Fields:
    """The fields of a catalogue that constraints are made over, by what can be said of them."""

    main: str
    """The category with several values that opens a wish."""
    numbers: Mapping[str, int]
    """Number fields, and the step their bounds are rounded to."""
    single: tuple[str, ...]
    """Categories of one value."""
    several: tuple[str, ...]
    """Other categories of several values."""
    askable: frozenset[str]
    """Fields the catalogue has a question for."""


def read(folder: Path) -> tuple[list[Row], Fields]:
    """The items and the fields, sorted out by the schema's types and roles."""
    schema = yaml.safe_load((folder / "schema.yaml").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (folder / "items.jsonl").read_text(encoding="utf-8").splitlines() if line]
    specs = {f["name"]: f for f in schema["fields"] if not f.get("derived")}
    main = next(n for n, f in specs.items() if f.get("role") == "genre")
    firm = {n: f for n, f in specs.items() if f["type"] == "category" and f.get("strength", "hard") == "hard"}
    firm = {n: f for n, f in firm.items() if n != main and f.get("role") != "series"}
    numbers = {n: 10 if f.get("role") == "release" else 50 for n, f in specs.items() if f["type"] == "number"}
    return rows, Fields(
        main=main,
        numbers=numbers,
        single=tuple(n for n, f in firm.items() if not f.get("many")),
        several=tuple(n for n, f in firm.items() if f.get("many")),
        askable=frozenset(n for n, f in specs.items() if f.get("ask")),
    )


def holds(constraint: Constraint, row: Row) -> bool:
    """Whether an item satisfies a constraint; an unknown fact satisfies none."""
    held, value = row.get(constraint["field"]), constraint["value"]
    if held is None:
        return False
    tests: dict[str, Callable[[], bool]] = {
        "contains": lambda: value in held,
        "not_contains": lambda: value not in held,
        "contains_any": lambda: bool(set(value) & set(held)),
        "==": lambda: held == value,
        "in": lambda: held in value,
        "<=": lambda: held <= value,
        ">=": lambda: held >= value,
    }
    return tests[constraint["op"]]()


def fitting(constraints: Sequence[Constraint], rows: Sequence[Row]) -> list[Row]:
    """The items that satisfy every constraint."""
    return [r for r in rows if all(holds(c, r) for c in constraints)]


class Maker:
    """Draws constraints that a person might have."""

    def __init__(self, rows: Sequence[Row], fields: Fields, rng: random.Random) -> None:
        self.rows, self.fields, self.rng = rows, fields, rng
        self.common = {n: self._common(n) for n in (fields.main, *fields.single, *fields.several)}
        self.usual = {n: self._usual(n) for n in fields.numbers}

    def _common(self, name: str) -> list[str]:
        counts: dict[str, int] = {}
        for row in self.rows:
            held = row.get(name) or ()
            for value in (held,) if isinstance(held, str) else held:
                counts[value] = counts.get(value, 0) + 1
        return sorted(v for v, n in counts.items() if n >= COMMON)

    def _usual(self, name: str) -> tuple[float, float]:
        """The range somebody would draw a bound in: without the lowest and the highest tenth."""
        held = sorted(r[name] for r in self.rows if r.get(name) is not None)
        return held[len(held) // 10], held[-len(held) // 10]

    def around(self, item: Row, count: int) -> list[Constraint]:
        """Up to `count` constraints the item satisfies, the first of them on the main category."""
        first = [v for v in item[self.fields.main] if v in self.common[self.fields.main]]
        if not first:
            return []
        drawn = [{"field": self.fields.main, "op": "contains", "value": self.rng.choice(first)}]
        others = list(self._others(item))
        self.rng.shuffle(others)
        for constraint in others:
            same = [c for c in drawn if (c["field"], c["op"]) == (constraint["field"], constraint["op"])]
            if len(drawn) < count and not same:
                drawn.append(constraint)
        return drawn

    def _others(self, item: Row) -> Iterator[Constraint]:
        for name, step in self.fields.numbers.items():
            if (held := item.get(name)) is None:
                continue
            slack = self.rng.choice((0, 1, 2)) * step
            lowest, highest = self.usual[name]
            if lowest <= (most := -(-held // step) * step + slack):
                yield {"field": name, "op": "<=", "value": most}
            if highest >= (least := held // step * step - slack):
                yield {"field": name, "op": ">=", "value": least}
        main = self.fields.main
        absent = [v for v in self.common[main] if v not in item[main]]
        yield {"field": main, "op": "not_contains", "value": self.rng.choice(absent)}
        for name in self.fields.single:
            if item.get(name) in self.common[name]:
                other = self.rng.choice([v for v in self.common[name] if v != item[name]])
                if self.rng.random() < 0.5:
                    yield {"field": name, "op": "==", "value": item[name]}
                else:
                    yield {"field": name, "op": "in", "value": sorted((item[name], other))}
        for name in self.fields.several:
            shared = [v for v in item.get(name) or () if v in self.common[name]]
            if shared:
                more = self.rng.sample(self.common[name], k=min(2, len(self.common[name])))
                yield {"field": name, "op": "contains_any", "value": sorted({shared[0], *more[:1]})}

    def solvable(self, count: int) -> tuple[list[Constraint], list[Row]]:
        """`count` constraints and the items that fit them: at least one, at most a third of all."""
        while True:
            drawn = self.around(self.rng.choice(self.rows), count)
            found = fitting(drawn, self.rows) if len(drawn) == count else []
            if 1 <= len(found) <= MOST * len(self.rows) and _each_counts(drawn, self.rows):
                return drawn, found

    def hopeless(self) -> list[Constraint]:
        """Three constraints that each fit something and together fit nothing."""
        while True:
            drawn = [c for item in self.rng.sample(self.rows, 3) for c in self.around(item, 2)[-1:]]
            drawn = [{"field": self.fields.main, "op": "contains", "value": self._main()}, *drawn[:2]]
            distinct = {(c["field"], c["op"] == "<=") for c in drawn}
            if len(drawn) == 3 == len(distinct) and not fitting(drawn, self.rows) and not _contradict(drawn):
                return drawn

    def _main(self) -> str:
        return self.rng.choice(self.common[self.fields.main])


def _each_counts(constraints: Sequence[Constraint], rows: Sequence[Row]) -> bool:
    """Whether every constraint rules out something that the others let through."""
    found = len(fitting(constraints, rows))
    return all(len(fitting([c for c in constraints if c is not one], rows)) > found for one in constraints)


def _contradict(constraints: Sequence[Constraint]) -> bool:
    """Whether two bounds on one field leave no number: nobody asks for that."""
    low = {c["field"]: c["value"] for c in constraints if c["op"] == ">="}
    return any(c["op"] == "<=" and c["value"] <= low.get(c["field"], float("-inf")) for c in constraints)


def revealed(constraints: Sequence[Constraint], how: str, fields: Fields, rng: random.Random) -> list[dict[str, Any]]:
    """Each constraint with when it is told: the first is volunteered; only what has a question is told on asking."""
    told: list[dict[str, Any]] = [{"constraint": constraints[0], "reveal": "volunteer"}]
    for constraint in constraints[1:]:
        reveal = rng.choice(REVEALS[how])
        if reveal == "on_ask" and constraint["field"] not in fields.askable:
            reveal = "volunteer"
        told.append({"constraint": constraint, "reveal": reveal})
    if how == "mixed" and len({t["reveal"] for t in told}) == 1:
        told[-1]["reveal"] = "on_ask" if told[-1]["constraint"]["field"] in fields.askable else "hidden"
    return told


def make(rows: Sequence[Row], fields: Fields, count: int, seed: int) -> Iterator[dict[str, Any]]:
    """`count` tasks; every eighth has no valid item."""
    rng = random.Random(seed)  # noqa: S311 (tasks, not secrets)
    maker = Maker(rows, fields, rng)
    sizes = tuple(SIZES)
    ways: tuple[str, ...] = ("volunteer", "mixed", "mixed", "hidden")
    for number in range(1, count + 1):
        none = number % 8 == 0
        size = "medium" if none else sizes[number % 3]
        how = "volunteer" if none else ways[number // 3 % 4]
        low, high = SIZES[size]
        needed = max(low, 1 if how == "volunteer" else 2)
        constraints, found = (maker.hopeless(), []) if none else maker.solvable(rng.randint(needed, high))
        used = [r["id"] for r in rng.sample(found, k=min(len(found) // 3, 2))] if number % 2 else []
        assert none == (not [r for r in fitting(constraints, rows) if r["id"] not in used])
        yield task(number, revealed(constraints, how, fields, rng), (size, how), used, none=none, rng=rng)


def task(
    number: int,
    constraints: list[dict[str, Any]],
    kind: tuple[str, str],
    used: list[str],
    *,
    none: bool,
    rng: random.Random,
) -> dict[str, Any]:
    """One task as it is written."""
    flags = ["watch_history"] * bool(used) + ["transparency"] * none
    return {
        "id": f"task_{number:03}",
        "constraints": constraints,
        "persona": rng.choice(PERSONAS),
        "soft_preferences": rng.sample(LIKES, k=rng.randint(1, 2)),
        "policy_flags": flags,
        "no_valid_recommendation": none,
        "complexity": kind[0],
        "reveal_difficulty": kind[1],
        "user_id": "user_1",
        "user_history": {"user_1": {"watched": used, "ratings": {}}},
        "user_services": [],
    }


def main() -> None:
    """Write the tasks beside the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tasks", type=int, default=48)
    args = parser.parse_args()
    rows, fields = read(args.folder)
    out = args.folder / "tasks"
    out.mkdir(exist_ok=True)
    for old in out.glob("task_*.json"):
        old.unlink()
    made = list(make(rows, fields, args.tasks, args.seed))
    for one in made:
        body = json.dumps(one, indent=2, ensure_ascii=False)
        (out / f"{one['id']}.json").write_text(body + "\n", encoding="utf-8")
    print(f"{len(made)} tasks in {out}, {sum(t['no_valid_recommendation'] for t in made)} of them without a valid item")


if __name__ == "__main__":
    main()
