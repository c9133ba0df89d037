"""What the ten items put first are like, whether or not the target is there: coverage, Gini, novelty and diversity.

Novelty is the mean self-information of what is listed, -log2 of the share of people of the fitting part who had it
(Zhou et al., PNAS 2010; Vargas and Castells, "Rank and relevance in novelty and diversity metrics for recommender
systems", RecSys 2011). Diversity is the mean distance of two items of a list (Ziegler et al., WWW 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.errors import BadInput
from evaluation.experiment.analysis.exposure import gini
from evaluation.metrics import Figure, mean
from tools.ranking.ranker import Interactions

LISTED = 10
"""Items of a list."""
BLOCK = 512
Lists = NDArray[np.int32]
Floats = NDArray[np.float64]


class Listed(NamedTuple):
    """What all lists of one ranker are like. The first two describe the whole set, so they carry no interval."""

    coverage: float
    """The share of all items that stand in at least one list; more lists can hold more of them."""
    gini: float
    """Of how often each item is listed. 0: all equally often; near 1: few take all places."""
    novelty: Figure
    """Bits."""
    diversity: Figure
    """From 0, all the same, to 1, nothing in common (up to 2 where texts can point in opposite directions)."""


@dataclass(frozen=True, eq=False)
class Backdrop:
    """What lists are seen against."""

    surprise: Floats
    """(items,) bits; an item that nobody had counts as had by one."""
    likeness: NDArray[np.float32] | sparse.csr_matrix
    """(items, dimensions) rows of length 1, whose products are cosines; zeros where nothing is known of an item."""
    unlike: str
    """How the distance of two items is measured, in words."""

    @classmethod
    def of(cls, seen: Interactions, texts: NDArray[np.float32] | None = None) -> Backdrop:
        """From the fitting part, and (items, dim) vectors of texts where there are any."""
        had = seen.matrix()
        had.data[:] = 1.0
        people = np.asarray(had.sum(axis=0), dtype=np.float64).ravel()
        surprise = -np.log2(np.maximum(people, 1.0) / len(seen))
        if texts is not None:
            unit = texts / np.maximum(np.linalg.norm(texts, axis=1, keepdims=True), 1e-12)
            return cls(surprise, unit.astype(np.float32), "1 - cosine of the items' text vectors")
        columns = sparse.csr_matrix(sparse.diags(1.0 / np.sqrt(np.maximum(people, 1.0))) @ had.T)
        return cls(surprise, columns, "1 - cosine of who had the items in the fitting part")


def listed(lists: Lists, backdrop: Backdrop, seed: int = 0) -> Listed:
    """All measures of (cases, LISTED) rows, -1 where a list is shorter; raises BadInput when none holds two items."""
    count = len(backdrop.surprise)
    shown = np.bincount(lists[lists >= 0], minlength=count)
    long = lists[(lists >= 0).sum(axis=1) > 1]
    if not len(long):
        raise BadInput("No history leaves two items that could be listed.", "Give histories over more items.")
    return Listed(
        round(float(np.count_nonzero(shown) / count), 5),
        gini(shown[shown > 0].tolist(), count),
        mean(novelty(lists, backdrop.surprise).tolist(), seed),
        mean(diversity(long, backdrop.likeness).tolist(), seed),
    )


def novelty(lists: Lists, surprise: Floats) -> Floats:
    """(cases,) mean surprise of the items of each list."""
    held = lists >= 0
    return np.asarray(np.where(held, surprise[lists], 0.0).sum(axis=1) / held.sum(axis=1))


def diversity(lists: Lists, likeness: NDArray[np.float32] | sparse.csr_matrix) -> Floats:
    """(cases,) mean of 1 - cosine over the pairs of each list of two or more.

    The cosines of all ordered pairs add up to the squared length of the list's sum less those of its items.
    """
    own = _squared(likeness)
    found = []
    for start in range(0, len(lists), BLOCK):
        block = lists[start : start + BLOCK]
        place, column = np.nonzero(block >= 0)
        ones = np.ones(len(place), dtype=np.float32)
        chosen = sparse.csr_matrix((ones, (place, block[place, column])), shape=(len(block), len(own)))
        size = np.bincount(place, minlength=len(block))
        found.append(1.0 - (_squared(chosen @ likeness) - chosen @ own) / (size * (size - 1)))
    return np.concatenate(found)


def _squared(rows: NDArray[np.float32] | sparse.csr_matrix) -> Floats:
    """(rows,) squared lengths."""
    if isinstance(rows, sparse.csr_matrix):
        return np.asarray(rows.multiply(rows).sum(axis=1), dtype=np.float64).ravel()
    return np.asarray(np.square(rows, dtype=np.float64).sum(axis=1))
