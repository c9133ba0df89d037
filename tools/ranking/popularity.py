"""Ranking by popularity: the same for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from tools.arrays import mapped
from tools.ranking.ranker import Interactions


@dataclass(frozen=True, eq=False)
class Popularity:
    """How often each item was had."""

    name: ClassVar[str] = "popularity"
    counts: NDArray[np.float32]
    """(items,)"""

    @classmethod
    def fit(cls, interactions: Interactions) -> Popularity:
        """Count."""
        return cls(np.bincount(interactions.items, minlength=interactions.count).astype(np.float32))

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:  # noqa: ARG002
        """(items,) the counts, whoever asks."""
        return self.counts

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "counts.npy", self.counts)

    @classmethod
    def load(cls, folder: Path) -> Popularity:
        """Open memory-mapped."""
        return cls(mapped(folder / "counts.npy"))
