"""Matrix factorisation learnt from pairs, folding in a person by one small solve.

Rendle et al., "BPR: Bayesian personalized ranking from implicit feedback", UAI 2009: what a person had should score
above what they had not. Fitted in mini-batches of pairs, every number with a step size of its own (AdaGrad: Duchi et
al., JMLR 2011).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tools.arrays import mapped
from tools.ranking.ranker import Interactions

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
SPREAD = 0.1
"""Length of a factor vector at the start."""
FIRST = 0.01
"""Squared gradient that a number is held to have had at the start."""


@dataclass(frozen=True, eq=False)
class Bpr:
    """Item factors and biases, and what a fold-in needs of the fit."""

    name: ClassVar[str] = "bpr"
    factors: Floats
    """(items, dim) less their mean, which no ranking depends on"""
    biases: Floats
    """(items,) how much each item is liked by everybody, beyond the one liked least"""
    spread: Floats
    """(dim, dim) mean over items of factors' factors"""
    doubt: float
    """How strongly a person's factors are held to be near zero before anything is known of them."""

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        dim: int = 64,
        epochs: int = 15,
        rate: float = 0.1,
        regularization: float = 0.01,
        doubt: float = 0.3,
        batch: int = 1024,
        seed: int = 0,
    ) -> Bpr:
        """Climb over pairs of an item had and one drawn evenly from all; pairs whose second was had too are skipped."""
        rng = np.random.default_rng(seed)
        people = _Table.drawn(len(interactions), dim, rng)
        items = _Table.drawn(interactions.count, dim, rng)
        biases = _Table(np.zeros((interactions.count, 1), dtype=np.float32))
        for person, had, lacked in pairs(interactions, epochs, batch, rng):
            who, better, worse = people.numbers[person], items.numbers[had], items.numbers[lacked]
            apart = better - worse
            ahead = np.einsum("bd,bd->b", who, apart) + (biases.numbers[had] - biases.numbers[lacked])[:, 0]
            push = (1.0 / (1.0 + np.exp(ahead)))[:, None]
            both, pull = np.concatenate([had, lacked]), np.concatenate([push, -push])
            shrink = regularization * np.concatenate([better, worse])
            people.climb(person, push * apart - regularization * who, rate)
            items.climb(both, pull * np.concatenate([who, who]) - shrink, rate)
            biases.climb(both, pull - regularization * biases.numbers[both], rate)
        factors = items.numbers - items.numbers.mean(axis=0)
        level = biases.numbers[:, 0] - biases.numbers.min()
        return cls(factors, level, factors.T @ factors / np.float32(len(factors)), doubt)

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> Floats:
        """(items,) biases, and products with the factors that one Newton step from zero finds; zeros without any.

        The step climbs the criterion of the fit over all pairs: liked items above every item, every item above disliked
        ones. At zero, where each pair is as likely either way, their sums are those of the items' mean and spread.
        """
        seen = self.factors[[*liked, *disliked]]
        if not len(seen):
            return np.zeros(len(self.factors), dtype=np.float32)
        left = seen.T @ seen + len(seen) * self.spread
        left[np.diag_indices_from(left)] += 4.0 * self.doubt
        right = 2.0 * (seen[: len(liked)].sum(axis=0) - seen[len(liked) :].sum(axis=0))
        return np.asarray(self.biases + self.factors @ np.linalg.solve(left, right), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "factors.npy", self.factors)
        np.save(folder / "biases.npy", self.biases)
        np.save(folder / "spread.npy", self.spread)
        np.save(folder / "doubt.npy", np.float64(self.doubt))

    @classmethod
    def load(cls, folder: Path) -> Bpr:
        """Open memory-mapped."""
        factors, biases, spread = (mapped(folder / f"{n}.npy") for n in ("factors", "biases", "spread"))
        return cls(factors, biases, spread, float(np.load(folder / "doubt.npy")))


class _Table:
    """Numbers that are learnt, a row for each person or item, and the squared gradients they have had."""

    def __init__(self, numbers: Floats) -> None:
        self.numbers = numbers
        self._squares = np.full_like(numbers, FIRST)

    @classmethod
    def drawn(cls, rows: int, dim: int, rng: np.random.Generator) -> _Table:
        """From normal numbers, so that a row is about SPREAD long."""
        return cls(rng.standard_normal((rows, dim), dtype=np.float32) * np.float32(SPREAD / np.sqrt(dim)))

    def climb(self, rows: Rows, gradients: Floats, rate: float) -> None:
        """One step along the (pairs, dim) gradients, those of the same row added up."""
        which, places = np.unique(rows, return_inverse=True)
        ones, ends = np.ones(len(rows), dtype=np.float32), np.arange(len(rows) + 1)
        gathered = sparse.csc_matrix((ones, places, ends), shape=(len(which), len(rows))) @ gradients
        squares = self._squares[which] + gathered**2
        self._squares[which] = squares
        self.numbers[which] += np.float32(rate) * gathered / np.sqrt(squares)


def pairs(
    interactions: Interactions, epochs: int, batch: int, rng: np.random.Generator
) -> Iterator[tuple[Rows, Rows, Rows]]:
    """(person, item had, item not had), row by row, in batches; every epoch meets what was had once, in a new order."""
    matrix = interactions.matrix()
    matrix.sort_indices()
    people = np.repeat(np.arange(len(interactions)), np.diff(matrix.indptr))
    items = matrix.indices.astype(np.int64)
    taken = people * interactions.count + items
    for _ in range(epochs):
        drawn = rng.integers(0, interactions.count, len(items))
        asked = people * interactions.count + drawn
        nearest = np.minimum(np.searchsorted(taken, asked), len(taken) - 1)
        order = rng.permutation(np.flatnonzero(taken[nearest] != asked))
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            yield people[rows], items[rows], drawn[rows]
