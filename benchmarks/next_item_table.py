r"""The next item of a history on several data sets: one table, rankers by data sets, as Markdown.

    python -m benchmarks.next_item_table --data "MovieLens latest-small=ml" --data "Amazon Games=PATH/sequences.txt" \
        --data "Amazon Office=PATH/histories.csv" --work out/table --json benchmarks/results/next-item-table.json

Each data set is what `tastemaker evaluate histories --train` takes, under the name it has in the table: the last item
of each history is asked for and fitted without. `--without "NAME=RANKER"` leaves a ranker out of one data set and
`--count N` measures N people of each at most; what is printed says both. The same command goes on from what `--work`
keeps.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.settings import load_settings
from benchmarks.turn_speed import machine
from core.errors import BadInput
from evaluation.next_item import Standing, metrics_of
from evaluation.next_item_fitting import CHANCE, RANKERS
from evaluation.next_item_lists import LISTED, Listed
from evaluation.next_item_running import Outcome, Run, Source, run

ROWS = (CHANCE, *RANKERS)
MEASURES = ("NDCG@10", "HR@10")
OF_LISTS: Mapping[str, Callable[[Listed], str]] = {
    "coverage": lambda held: f"{held.coverage:.1%}",
    "novelty": lambda held: f"{held.novelty.value:.1f}",
    "diversity": lambda held: f"{held.diversity.value:.2f}",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", required=True, metavar="NAME=FILE or NAME=CATALOGUE")
    parser.add_argument("--without", action="append", default=[], metavar="NAME=RANKER")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    home = args.home or load_settings().home
    data, less = [_pair(held) for held in args.data], [_pair(held) for held in args.without]
    found = {}
    for name, part in data:
        without = frozenset(ranker for where, ranker in less if where == name)
        asked = Run(Source.named(part, home), without=without, count=args.count, seed=args.seed, work=args.work)
        found[name] = run(asked)
    print("\n\n".join([sizes(found), accuracy(found), of_lists(found)]))
    if args.json:
        told = ["python -m benchmarks.next_item_table", f"--seed {args.seed}"]
        told += [f'--data "{name}={"PATH/" * Path(part).exists()}{Path(part).name}"' for name, part in data]
        told += [f'--without "{held}"' for held in args.without]
        told += [f"--count {args.count}"] if args.count else []
        body = as_json(found) | {"command": " ".join(told), "machine": machine()}
        args.json.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def sizes(found: Mapping[str, Outcome]) -> str:
    """What each data set is, a line each."""
    return "\n".join(
        "; ".join(
            [
                f"- {name}: the next of {outcome.items:,} items, {outcome.people:,} people",
                f"diversity is {outcome.unlike}",
                *(f"{ranker} {limit}" for ranker, limit in outcome.limits.items()),
            ]
        )
        for name, outcome in found.items()
    )


def accuracy(found: Mapping[str, Outcome]) -> str:
    """NDCG and HR at 10 with their intervals.

    Bold are the best by NDCG and those whose paired difference from it may be nought.
    """

    def row(ranker: str) -> list[str]:
        held = [outcome.told.get(ranker) for outcome in found.values()]
        bests = [next(iter(outcome.told)) for outcome in found.values()]
        return [ranker, *(_cell(s, m, best == ranker) for s, best in zip(held, bests, strict=True) for m in MEASURES)]

    head = [f"{name} {measure}" for name in found for measure in MEASURES]
    return _table(["ranker", *head], [row(ranker) for ranker in ROWS])


def of_lists(found: Mapping[str, Outcome]) -> str:
    """What the items put first are like; intervals stand in the JSON."""

    def row(ranker: str) -> list[str]:
        held = [outcome.lists.get(ranker) for outcome in found.values()]
        return [ranker, *("left out" if one is None else told(one) for one in held for told in OF_LISTS.values())]

    head = [f"{name} {measure}@{LISTED}" for name in found for measure in OF_LISTS]
    return _table(["ranker", *head], [row(ranker) for ranker in ROWS])


def as_json(found: Mapping[str, Outcome]) -> dict[str, Any]:
    """The shared convention, names being "DATA SET/RANKER/MEASURE"; what describes all lists has no interval."""
    metrics: dict[str, object] = {}
    whole: dict[str, object] = {}
    ahead: dict[str, object] = {}
    for name, outcome in found.items():
        for ranker, figures in metrics_of(outcome.told, outcome.lists).items():
            metrics |= {f"{name}/{ranker}/{measure}": figure.model_dump() for measure, figure in figures.items()}
            held = outcome.lists[ranker]
            whole[f"{name}/{ranker}"] = {f"coverage@{LISTED}": held.coverage, f"gini@{LISTED}": held.gini}
            standing = outcome.told[ranker]
            paired = {measure: figure.model_dump() for measure, figure in standing.ahead.items()}
            ahead[f"{name}/{ranker}"] = {"other": standing.other, **paired}
    return {
        "metrics": metrics,
        "of_all_lists": whole,
        "against_best_other": ahead,
        "about": {name: dict(outcome.about) for name, outcome in found.items()},
        "left_out": {name: dict(outcome.left_out) for name, outcome in found.items()},
    }


def _cell(standing: Standing | None, measure: str, best: bool) -> str:
    if standing is None:
        return "left out"
    figure = standing.figures[measure]
    value, low, high = (f"{number:.3f}".removeprefix("0") for number in (figure.value, figure.low, figure.high))
    return f"{f'**{value}**' if best or standing.ahead[measure].high >= 0 else value} [{low}, {high}]"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _pair(held: str) -> tuple[str, str]:
    name, found, what = held.partition("=")
    if not (name and found and what):
        raise BadInput(f"{held!r} lacks a name or what it names.", 'Write "NAME=FILE", or "NAME=RANKER" to leave out.')
    return name, what


if __name__ == "__main__":
    main()
