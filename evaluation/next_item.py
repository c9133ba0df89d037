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


def places(ranker: Scoring, cases: Iterable[Asked], advance: Callable[[], None] = lambda: None) -> Places:
    """(cases,) the place of each target, from 1, among the items that are not in the history."""
    found = []
    for history, target in cases:
        scores = np.array(ranker.score(history), dtype=np.float64)
        own = scores[target]
        scores[list(history)] = -np.inf
        found.append(int(np.count_nonzero(scores >= own)))
        advance()
    return np.asarray(found, dtype=np.int64)


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


def table(told: Mapping[str, Standing], title: str) -> Table:
    """One row a ranker, with intervals, and the paired difference from the best of the others."""
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
        drawn.add_row(ranker, *(_narrow(standing.figures[c]) for c in columns), against)
    return drawn


def _narrow(figure: Figure) -> str:
    return f"{figure.value:.4f} [{figure.low:.3f}, {figure.high:.3f}]"


def spread(figure: Figure) -> str:
    """A figure and its interval."""
    return f"{figure.value:.4f} [{figure.low:.4f}, {figure.high:.4f}]"


def as_json(told: Mapping[str, Standing], main: str, **about: object) -> str:
    """The figures in the shared convention, and the paired differences beside them."""
    body: dict[str, Any] = as_metrics({name: s.figures for name, s in told.items()}, main, **about)
    body["against_best_other"] = {
        name: {"other": s.other, **{m: f.model_dump() for m, f in s.ahead.items()}} for name, s in told.items()
    }
    return json.dumps(body, indent=2, ensure_ascii=False) + "\n"
