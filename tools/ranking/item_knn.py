"""Item k-nearest-neighbour ranking from interactions, folding in a person known by a few items.

Deshpande and Karypis, "Item-based top-N recommendation algorithms", TOIS 2004: cosine between the items' columns of the
rating matrix, shrunk towards zero for pairs seen together by few people, only the nearest neighbours kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True)
class ItemKNN:
    """A fitted neighbourhood: (items, items) sparse similarities, row i = the neighbours of item i."""

    neighbours: sparse.csr_matrix

    @classmethod
    def fit(cls, ratings: sparse.csr_matrix, neighbours: int = 100, shrinkage: float = 10.0) -> ItemKNN:
        """Fit from (people, items) non-negative strengths; work and memory are bounded by blocks of items."""
        columns = ratings.tocsc().astype(np.float32)
        norms = np.sqrt(np.asarray(columns.multiply(columns).sum(axis=0)).ravel()) + 1e-9
        binary = columns.copy()
        binary.data[:] = 1.0
        blocks = []
        for start in range(0, columns.shape[1], 512):
            block = slice(start, min(start + 512, columns.shape[1]))
            products = (columns[:, block].T @ columns).toarray()
            together = (binary[:, block].T @ binary).toarray()
            similar = products / np.outer(norms[block], norms) * (together / (together + shrinkage))
            similar[np.arange(similar.shape[0]), np.arange(block.start, block.stop)] = 0.0
            blocks.append(_strongest(similar, neighbours))
        return cls(sparse.vstack(blocks).tocsr())

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) summed similarity to the liked rows minus that to the disliked ones; zeros without any."""
        total = np.zeros(self.neighbours.shape[1], dtype=np.float32)
        for rows, sign in ((liked, 1.0), (disliked, -1.0)):
            for row in rows:
                start, end = self.neighbours.indptr[row : row + 2]
                total[self.neighbours.indices[start:end]] += sign * self.neighbours.data[start:end]
        return total

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("data", "indices", "indptr"):
            np.save(folder / f"{name}.npy", getattr(self.neighbours, name))

    @classmethod
    def load(cls, folder: Path) -> ItemKNN:
        """Open memory-mapped."""
        data, indices, indptr = (np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("data", "indices", "indptr"))
        size = len(indptr) - 1
        matrix = sparse.csr_matrix((size, size), dtype=np.float32)
        matrix.data, matrix.indices, matrix.indptr = data, indices, np.asarray(indptr)
        return cls(matrix)

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(items,) True for items with at least one neighbour."""
        return np.asarray(np.diff(self.neighbours.indptr) > 0, dtype=np.bool_)


def _strongest(similar: NDArray[np.float32], keep: int) -> sparse.csr_matrix:
    if similar.shape[1] > keep:
        cut = np.partition(similar, -keep, axis=1)[:, -keep][:, None]
        similar = np.where(similar >= cut, similar, 0.0)
    return sparse.csr_matrix(np.maximum(similar, 0.0), dtype=np.float32)
