"""What follows what: item-to-item transitions within a window, nearer ones counting more.

Directed, windowed neighbourhoods as in sequence-aware item kNN (Ludewig and Jannach, "Evaluation of session-based
recommendation algorithms", UMUAI 2018: sequential rules with weights that fall with distance).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tools.ranking.ranker import Interactions
from tools.ranking.recency import recency
from tools.ranking.sparse_rows import load_rows, save_rows, strongest

BLOCK = 512


@dataclass(frozen=True, eq=False)
class Directed:
    """What follows each item, and what comes right after it."""

    name: ClassVar[str] = "directed"
    follows: sparse.csr_matrix
    """(items, items) row i: what follows item i within the window"""
    adjacent: sparse.csr_matrix
    """(items, items) row i: what comes right after item i"""
    decay: float = 0.8
    """What an item of the history weighs beside the next later one."""
    latest: int = 30
    """Items of the history that count."""

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        window: int = 20,
        fading: float = 0.85,
        popularity: float = 0.1,
        keep: int = 500,
    ) -> Directed:
        """Sum fading ** (distance - 1) over pairs at most `window` apart, and pairs side by side once more.

        A row is divided by how often its item was had, a column by that to the power `popularity`; the `keep` strongest
        of a row stay.
        """
        items = interactions.items
        people = np.repeat(np.arange(len(interactions)), np.diff(interactions.indptr))
        held = np.maximum(np.bincount(items, minlength=interactions.count), 1.0)
        left, right = sparse.diags(1.0 / held), sparse.diags(held**-popularity)
        total = adjacent = sparse.csr_matrix((interactions.count, interactions.count), dtype=np.float32)
        for distance in range(1, window + 1):
            same = people[distance:] == people[:-distance]
            if not same.any():
                break
            pairs = (items[:-distance][same], items[distance:][same])
            weights = np.full(len(pairs[0]), fading ** (distance - 1), dtype=np.float32)
            total = total + sparse.csr_matrix((weights, pairs), shape=total.shape)
            adjacent = total if distance == 1 else adjacent
        return cls(_strongest(left @ total @ right, keep), _strongest(left @ adjacent @ right, keep))

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) what follows the latest liked items, less what follows the disliked ones; zeros without any."""
        near = list(liked)[-self.latest :]
        total = np.zeros(self.follows.shape[1], dtype=np.float32)
        for row in near[-1:]:
            _add(total, self.adjacent, row, 1.0)
        for row, worth in zip(near, recency(len(near), self.decay), strict=True):
            _add(total, self.follows, row, worth)
        for row in disliked:
            _add(total, self.follows, row, -1.0)
        return total

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        save_rows(self.follows, folder / "follows")
        save_rows(self.adjacent, folder / "adjacent")

    @classmethod
    def load(cls, folder: Path) -> Directed:
        """Open memory-mapped."""
        return cls(load_rows(folder / "follows"), load_rows(folder / "adjacent"))


def _add(total: NDArray[np.float32], matrix: sparse.csr_matrix, row: int, worth: float) -> None:
    """Add a row, times its worth, to a total (items,)."""
    start, end = matrix.indptr[row : row + 2]
    total[matrix.indices[start:end]] += np.float32(worth) * matrix.data[start:end]


def _strongest(matrix: sparse.csr_matrix, keep: int) -> sparse.csr_matrix:
    """Each row's `keep` largest entries off the diagonal."""
    plain = matrix.tocsr().astype(np.float32)
    blocks = []
    for start in range(0, plain.shape[0], BLOCK):
        block = plain[start : start + BLOCK].toarray()
        places = np.arange(len(block))
        block[places, start + places] = 0.0
        blocks.append(strongest(block, keep))
    return sparse.vstack(blocks).tocsr()
