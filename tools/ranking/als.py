"""Implicit alternating least squares, folding in a person by one small solve.

Hu, Koren and Volinsky, ICDM 2008, in the form of Rendle et al., "Revisiting the performance of iALS on item
recommendation benchmarks", RecSys 2022: squared error to 1 on what was had, `unobserved` times the squared score on
everything, and a penalty that grows with how much is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from tools.arrays import mapped
from tools.ranking.ranker import Interactions

Floats = NDArray[np.float32]
AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Als:
    """Item factors, and what a fold-in needs of the fit."""

    name: ClassVar[str] = "als"
    factors: Floats
    """(items, dim)"""
    gram: Floats
    """(dim, dim) `unobserved` * factors' factors"""
    unobserved: float
    regularization: float

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        dim: int = 64,
        rounds: int = 12,
        unobserved: float = 0.1,
        regularization: float = 0.005,
        seed: int = 0,
    ) -> Als:
        """Solve for people and items in turn, on one thread: more are many times slower on matrices so small."""
        had = interactions.matrix()
        had.data[:] = 1.0
        by_item = had.T.tocsr()
        rng = np.random.default_rng(seed)
        items = (rng.standard_normal((had.shape[1], dim)) * 0.1 / np.sqrt(dim)).astype(np.float32)
        with threadpool_limits(1, "blas"):
            for _ in range(rounds):
                people = _solved(had, items, unobserved, regularization)
                items = _solved(by_item, people, unobserved, regularization)
        return cls(items, unobserved * items.T @ items, unobserved, regularization)

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> Floats:
        """(items,) products with the factors of the person that fits best: liked items at 1, disliked ones at -1."""
        seen = self.factors[[*liked, *disliked]]
        if not len(seen):
            return np.zeros(len(self.factors), dtype=np.float32)
        left = self.gram + seen.T @ seen
        left[np.diag_indices_from(left)] += self.regularization * (len(seen) + self.unobserved * len(self.factors))
        right = seen[: len(liked)].sum(axis=0) - seen[len(liked) :].sum(axis=0)
        return np.asarray(self.factors @ np.linalg.solve(left, right), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "factors.npy", self.factors)
        np.save(folder / "gram.npy", self.gram)
        np.save(folder / "penalties.npy", np.asarray([self.unobserved, self.regularization]))

    @classmethod
    def load(cls, folder: Path) -> Als:
        """Open memory-mapped."""
        unobserved, regularization = np.load(folder / "penalties.npy").tolist()
        return cls(mapped(folder / "factors.npy"), mapped(folder / "gram.npy"), unobserved, regularization)


def _solved(had: sparse.csr_matrix, others: Floats, unobserved: float, regularization: float) -> Floats:
    """(rows, dim) the factors of each row that fit best, given those of its columns."""
    gram = unobserved * others.T @ others
    known = np.diff(had.indptr)
    penalties = regularization * (known + unobserved * len(others))
    made = np.empty((had.shape[0], others.shape[1]), dtype=np.float32)
    for start in range(0, had.shape[0], AT_ONCE):
        block = range(start, min(start + AT_ONCE, had.shape[0]))
        left = np.repeat(gram[None], len(block), axis=0)
        for place, row in enumerate(block):
            seen = others[had.indices[had.indptr[row] : had.indptr[row + 1]]]
            left[place] += seen.T @ seen
        diagonal = np.arange(others.shape[1])
        left[:, diagonal, diagonal] += penalties[block.start : block.stop, None]
        right = had[block.start : block.stop] @ others
        made[block.start : block.stop] = np.linalg.solve(left, right[..., None])[..., 0]
    return made
