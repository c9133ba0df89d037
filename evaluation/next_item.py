"""The next item of a history: one is left out, and ranked among all items that the history lacks.

Full ranking, as sampled candidates put systems in another order (Krichene and Rendle, "On sampled metrics for item
recommendation", KDD 2020). HR@k is the share of targets among the first k, NDCG@k discounts them by their place. Ties
count against a ranker.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import Figure, difference, mean
from evaluation.next_item_lists import LISTED, Listed, Lists
from evaluation.report import as_metrics
from tools.ranking.holding_out import Asked

if TYPE_CHECKING:
    from rich.table import Table

AT = (10, 50)
LEADING = "NDCG@10"
Places = NDArray[np.int64]


class Scoring(Protocol):
    """What is measured."""

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) higher is better."""
        ...


class Standing(NamedTuple):
    """One ranker beside the best of the others."""

    figures: Mapping[str, Figure]
    other: str
    """The best of the others, by the leading measure."""
    ahead: Mapping[str, Figure]
    """Paired differences from that one."""


class Reached(NamedTuple):
    """What a ranker does with the cases."""

    places: Places
    """(cases,) the place of each target, from 1, among the items that are not in the history."""
    lists: Lists
    """(cases, LISTED) rows of the items put first, the best first; -1 where the history leaves no more."""


def reached(
    ranker: Scoring, cases: Iterable[Asked], favoured: NDArray[np.int64], advance: Callable[[], None] = lambda: None
) -> Reached:
    """Rank every case. Of items that score the same, a list takes those earlier in `favoured`, (items,) rows."""
    stood, lists = [], []
    for history, target in cases:
        scores = np.array(ranker.score(history), dtype=np.float64)
        own = scores[target]
        scores[list(history)] = -np.inf
        stood.append(int(np.count_nonzero(scores >= own)))
        lists.append(_first(scores[favoured], favoured))
        advance()
    return Reached(np.asarray(stood, dtype=np.int64), np.asarray(lists, dtype=np.int32).reshape(-1, LISTED))


def _first(scores: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(LISTED,) the rows with the highest scores, of equal ones the earlier; -1 in place of any at -inf."""
    count = min(LISTED, len(scores))
    least = np.partition(scores, -count)[-count]
    above = np.flatnonzero(scores > least)
    level = np.flatnonzero(scores == least)[: count - len(above)]
    best = np.concatenate([above[np.argsort(-scores[above], kind="stable")], level])
    found = np.full(LISTED, -1, dtype=np.int64)
    found[: len(best)] = np.where(np.isneginf(scores[best]), -1, rows[best])
    return found


def gains(stood: Places) -> dict[str, list[float]]:
    """What each case earns, by measure."""
    held: dict[str, list[float]] = {}
    for k in AT:
        held[f"HR@{k}"] = (stood <= k).astype(np.float64).tolist()
        held[f"NDCG@{k}"] = np.where(stood <= k, 1.0 / np.log2(stood + 1.0), 0.0).tolist()
    return held


def standings(stood: Mapping[str, Places], seed: int = 0) -> dict[str, Standing]:
    """Every ranker's figures over people, and how far it is from the best of the others, the best ranker first."""
    earned = {name: gains(found) for name, found in stood.items()}
    order = sorted(earned, key=lambda name: -float(np.mean(earned[name][LEADING])))
    told = {}
    for name in order:
        other = next((o for o in order if o != name), name)
        told[name] = Standing(
            {measure: mean(values, seed) for measure, values in earned[name].items()},
            other,
            {m: difference(values, earned[other][m], seed) for m, values in earned[name].items()},
        )
    return told


def table(told: Mapping[str, Standing], title: str, left_out: Mapping[str, str]) -> Table:
    """One row a ranker, with intervals, and the paired difference from the best of the others; then those left out."""
    from rich.table import Table

    drawn = Table(title=title, title_justify="left")
    columns = ("HR@10", "NDCG@10", "HR@50", "NDCG@50")
    drawn.add_column("ranker", no_wrap=True)
    for name in columns:
        drawn.add_column(name, justify="right")
    drawn.add_column(f"{LEADING} against the best other", no_wrap=True)
    for ranker, standing in told.items():
        ahead = standing.ahead[LEADING]
        against = f"{ahead.value:+.4f} [{ahead.low:+.4f}, {ahead.high:+.4f}] {standing.other}"
        drawn.add_row(ranker, *(narrow(standing.figures[c]) for c in columns), against)
    for ranker, why in left_out.items():
        drawn.add_row(ranker, *("\N{EN DASH}" for _ in columns), f"left out: {why}")
    return drawn


def lists_table(lists: Mapping[str, Listed], unlike: str) -> Table:
    """One row a ranker: what its lists are like; `unlike` says how the distance of two items is measured."""
    from rich.table import Table

    drawn = Table(title=f"The {LISTED} put first; diversity is {unlike}", title_justify="left")
    drawn.add_column("ranker", no_wrap=True)
    for name in ("coverage", "Gini", "novelty (bits)", "diversity"):
        drawn.add_column(name if "(" in name else f"{name}@{LISTED}", justify="right")
    for ranker, held in lists.items():
        drawn.add_row(
            ranker, f"{held.coverage:.2%}", f"{held.gini:.3f}", narrow(held.novelty, 2), narrow(held.diversity, 3)
        )
    return drawn


def narrow(figure: Figure, places: int = 4) -> str:
    """A figure and its interval, the interval with three decimals at most."""
    ends = min(places, 3)
    return f"{figure.value:.{places}f} [{figure.low:.{ends}f}, {figure.high:.{ends}f}]"


def spread(figure: Figure) -> str:
    """A figure and its interval."""
    return f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"


def metrics_of(told: Mapping[str, Standing], lists: Mapping[str, Listed]) -> dict[str, dict[str, Figure]]:
    """Every figure that has an interval, by ranker and measure."""
    return {
        name: {**s.figures, f"novelty@{LISTED}": lists[name].novelty, f"diversity@{LISTED}": lists[name].diversity}
        for name, s in told.items()
    }


def as_json(told: Mapping[str, Standing], lists: Mapping[str, Listed], main: str, **about: object) -> str:
    """The figures in the shared convention; beside them what describes all lists at once, and paired differences."""
    body: dict[str, Any] = as_metrics(metrics_of(told, lists), main, **about)
    body["of_all_lists"] = {
        name: {f"coverage@{LISTED}": held.coverage, f"gini@{LISTED}": held.gini} for name, held in lists.items()
    }
    body["against_best_other"] = {
        name: {"other": s.other, **{m: f.model_dump() for m, f in s.ahead.items()}} for name, s in told.items()
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
