"""The candidates that routes bring to moments, and what the learnt fusion is told of each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.candidates import Rows
from tools.dialogues.encoding import Encoded
from tools.dialogues.moments import Moment, SpokenItems
from tools.dialogues.routes import Floats, Learnt

DEPTH = 100
"""Candidates that each route may bring."""
POPULAR = 120
NEGATIVES = 240
"""Candidates that were not given which a training moment keeps, drawn at random."""
PLACED = ("named together", "named together (ease)", "given to who asks alike", "given after such turns",
          "text asked for", "taste", "co-rated (ease)")  # fmt: skip
"""Routes whose order counts beside their score."""
BROAD = ("groups like those named", "years like those named", "groups asked for")
"""Routes too broad to bring candidates of their own."""
NOBODY = 99
LAST = 400
"""The last place that is told apart from those behind it."""


@dataclass(frozen=True, eq=False)
class Table:
    """Candidates of moments with what is known of them, one row a candidate."""

    values: NDArray[np.float32]
    """(candidates, columns)."""
    rows: NDArray[np.int64]
    """(candidates,) items."""
    sizes: tuple[int, ...]
    """Candidates of each moment, one after the other, and"""
    moments: tuple[Moment, ...]


def tabulate(
    heard: Encoded,
    scores: Mapping[str, Floats],
    pools: Mapping[int, Rows],
    learnt: Learnt,
) -> Table:
    """Pools of candidates, by place in `heard`: scores and places by route, and what is known of moment and item."""
    if not pools:
        return Table(np.zeros((0, 0), np.float32), np.zeros(0, np.int64), (), ())
    values = [_told(heard, scores, learnt, place, pool) for place, pool in pools.items()]
    return Table(
        np.vstack(values),
        np.concatenate(list(pools.values())),
        tuple(map(len, pools.values())),
        tuple(heard.moments[place] for place in pools),
    )


def thinned(pool: Rows, moment: Moment, chance: np.random.Generator) -> Rows:
    """For training: all right candidates and few wrong ones; empty where none is right."""
    given = np.isin(pool, moment.given)
    right, wrong = pool[given], pool[~given]
    if not len(right):
        return right
    return np.concatenate([right, chance.choice(wrong, min(len(wrong), NEGATIVES), replace=False)])


def commonest(learnt: Learnt, items: SpokenItems) -> NDArray[np.int64]:
    """The items given most often; the better known of those given as often."""
    return np.argsort(-learnt.popular - 1e-3 * items.fame.sum(axis=1), kind="stable")[:POPULAR]


def best_known(items: SpokenItems) -> NDArray[np.int64]:
    """The items best known elsewhere."""
    return np.argsort(-items.fame.sum(axis=1), kind="stable")[:POPULAR]


def brought(scores: Mapping[str, Floats], place: int) -> dict[str, Rows]:
    """By route, the candidates that it brings to a moment: its best, those above 0 alone."""
    return {name: _brought(held[place]) for name, held in scores.items()}


def _brought(line: Floats) -> Rows:
    top = np.argpartition(-line, min(DEPTH, len(line) - 1))[:DEPTH]
    return top[line[top] > 0]


def pooled(found: Mapping[str, Rows], moment: Moment, *more: Rows) -> Rows:
    """The candidates of a moment: of every route but the broad ones, what was named, and more."""
    named = np.asarray(moment.known, dtype=np.int64)
    return np.unique(np.concatenate([*more, named, *(rows for name, rows in found.items() if name not in BROAD)]))


def _told(heard: Encoded, scores: Mapping[str, Floats], learnt: Learnt, place: int, pool: Rows) -> NDArray[np.float32]:
    """(candidates, columns) of one moment."""
    items = learnt.outside.items
    moment = heard.moments[place]
    columns: list[Any] = [held[place][pool] for held in scores.values()]
    for name in PLACED:
        if name in scores:
            line = scores[name][place]
            columns.append(np.searchsorted(_first(-line, LAST), -line[pool]))
    since: dict[int, int] = {}
    times: dict[int, int] = {}
    for named in moment.named:
        since[named.row] = moment.turn - named.turn
        times[named.row] = times.get(named.row, 0) + 1
    by = frozenset().union(*(items.people[row] for row in since)) if since else frozenset()
    openings = {opening(items.titles[row]) for row in since}
    words = moment.words.lower()
    columns += [
        learnt.popular[pool],
        learnt.spoken_of[pool],
        [since.get(row, NOBODY) for row in pool.tolist()],
        [times.get(row, 0) for row in pool.tolist()],
        [len(items.people[row] & by) for row in pool.tolist()],
        [sum(name in words for name in items.people[row]) for row in pool.tolist()],
        [opening(items.titles[row]) in openings for row in pool.tolist()],
        items.years[pool],
        np.full(len(pool), moment.turn),
        np.full(len(pool), len(since)),
        np.full(len(pool), len(moment.asked)),
    ]
    plain = np.asarray(columns, dtype=np.float32).T
    return np.hstack([plain, items.fame[pool]])


def _first(line: Floats, count: int) -> Floats:
    """The least values in ascending order."""
    return np.sort(line if len(line) <= count else np.partition(line, count - 1)[:count])


def opening(title: str) -> str:
    """How a title begins: the same for the parts of a series."""
    return title.lower().split(":")[0][:9]
