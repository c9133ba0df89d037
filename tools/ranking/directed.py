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
    """(items, items) sparse weights, row i = what follows item i."""

    name: ClassVar[str] = "directed"
    follows: sparse.csr_matrix
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
        keep: int = 1000,
    ) -> Directed:
        """Sum fading ** (distance - 1) over pairs at most `window` apart.

        A row is divided by how often its item was had, a column by that to the power `popularity`; the `keep` strongest
        of a row stay.
        """
        items = interactions.items
        people = np.repeat(np.arange(len(interactions)), np.diff(interactions.indptr))
        total = sparse.csr_matrix((interactions.count, interactions.count), dtype=np.float32)
        for distance in range(1, window + 1):
            same = people[distance:] == people[:-distance]
            if not same.any():
                break
            pairs = (items[:-distance][same], items[distance:][same])
            weights = np.full(len(pairs[0]), fading ** (distance - 1), dtype=np.float32)
            total = total + sparse.csr_matrix((weights, pairs), shape=total.shape)
        held = np.maximum(np.bincount(items, minlength=interactions.count), 1.0)
        scaled = sparse.diags(1.0 / held) @ total @ sparse.diags(held**-popularity)
        scaled = scaled.tocsr().astype(np.float32)
        scaled.setdiag(0.0)
        blocks = [strongest(scaled[s : s + BLOCK].toarray(), keep) for s in range(0, interactions.count, BLOCK)]
        return cls(sparse.vstack(blocks).tocsr())

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) what follows the latest liked items, less what follows the disliked ones; zeros without any."""
        near = list(liked)[-self.latest :]
        rows = [*disliked, *near]
        told = np.concatenate([np.full(len(disliked), -1.0, dtype=np.float32), recency(len(near), self.decay)])
        total = np.zeros(self.follows.shape[1], dtype=np.float32)
        for row, worth in zip(rows, told, strict=True):
            start, end = self.follows.indptr[row : row + 2]
            total[self.follows.indices[start:end]] += worth * self.follows.data[start:end]
        return total

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        save_rows(self.follows, folder)

    @classmethod
    def load(cls, folder: Path) -> Directed:
        """Open memory-mapped."""
        return cls(load_rows(folder))
