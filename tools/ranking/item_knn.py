"""Item k-nearest-neighbour ranking from interactions, folding in a person known by a few items.

Deshpande and Karypis, "Item-based top-N recommendation algorithms", TOIS 2004: cosine between the items' columns of the
rating matrix, shrunk towards zero for pairs seen together by few people, only the nearest neighbours kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tools.ranking.ranker import Interactions
from tools.ranking.sparse_rows import fold_in, load_rows, save_rows, strongest

BLOCK = 512


@dataclass(frozen=True)
class ItemKNN:
    """A fitted neighbourhood: (items, items) sparse similarities, row i = the neighbours of item i."""

    name: ClassVar[str] = "item-knn"
    neighbours: sparse.csr_matrix

    @classmethod
    def fit(cls, ratings: Interactions | sparse.csr_matrix, neighbours: int = 100, shrinkage: float = 10.0) -> ItemKNN:
        """Fit from interactions or (people, items) non-negative strengths, in blocks of items that bound the memory."""
        matrix = ratings.matrix() if isinstance(ratings, Interactions) else ratings
        columns = matrix.tocsc().astype(np.float32)
        norms = np.sqrt(np.asarray(columns.multiply(columns).sum(axis=0)).ravel()) + 1e-9
        alike = bool((columns.data == 1.0).all())
        binary = sparse.csc_matrix((np.ones_like(columns.data), columns.indices, columns.indptr), shape=columns.shape)
        blocks = []
        for start in range(0, columns.shape[1], BLOCK):
            block = slice(start, min(start + BLOCK, columns.shape[1]))
            products = (columns[:, block].T @ columns).toarray()
            together = products if alike else (binary[:, block].T @ binary).toarray()
            similar = products / np.outer(norms[block], norms) * (together / (together + shrinkage))
            similar[np.arange(similar.shape[0]), np.arange(block.start, block.stop)] = 0.0
            blocks.append(strongest(np.maximum(similar, 0.0), neighbours))
        return cls(sparse.vstack(blocks).tocsr())

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) summed similarity to the liked rows minus that to the disliked ones; zeros without any."""
        return fold_in(self.neighbours, liked, disliked)

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        save_rows(self.neighbours, folder)

    @classmethod
    def load(cls, folder: Path) -> ItemKNN:
        """Open memory-mapped."""
        return cls(load_rows(folder))

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """(items,) True for items with at least one neighbour."""
        return np.asarray(np.diff(self.neighbours.indptr) > 0, dtype=np.bool_)
