"""Next items held out of a fitting part, to choose settings and to learn blends on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from tools.ranking.ranker import Interactions

MOST = 1000
SHARE = 5
"""One person in so many is asked at most."""


class Asked(NamedTuple):
    """What comes after the history."""

    history: tuple[int, ...]
    target: int


def hold_out(
    interactions: Interactions, rng: np.random.Generator, most: int = MOST
) -> tuple[Interactions, list[Asked]]:
    """The interactions without the last item of some people with three or more, drawn at random, and those items."""
    histories = [interactions.history(p).tolist() for p in range(len(interactions))]
    long = [p for p, history in enumerate(histories) if len(history) > 2]
    out = sorted(rng.permutation(long)[: min(most, len(long) // SHARE)].tolist())
    held = [Asked(tuple(histories[p][:-1]), histories[p][-1]) for p in out]
    kept = np.ones(len(interactions.items), dtype=np.bool_)
    kept[interactions.indptr[np.asarray(out, dtype=np.int64) + 1] - 1] = False
    sizes = np.diff(interactions.indptr)
    sizes[out] -= 1
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    strengths = None if interactions.strengths is None else interactions.strengths[kept]
    return Interactions(indptr, interactions.items[kept], interactions.count, strengths), held
