"""Items nobody has rated: what their text says of who would like them.

People's likes are factorised; a ridge regression maps the vector of an item's text to its factors, so that an item
without ratings gets a place among the rated ones (attribute-to-feature mapping: Gantner et al., ICDM 2010).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from tools.arrays import mapped
from tools.ranking.ranker import Interactions, Scorer

FACTORS = 32
LEAST = 3
"""People who must have liked an item for its own factors to count."""
PENALTY = 3.0
"""Of the ridge regression."""


@dataclass(frozen=True, eq=False)
class ColdItems:
    """Factors of every item, of those rated too little read off their texts."""

    factors: NDArray[np.float32]
    """(items, factors)."""
    cold: NDArray[np.bool_]
    """(items,) whether the factors come from the text."""

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        vectors: NDArray[np.float32],
        factors: int = FACTORS,
        least: int = LEAST,
        penalty: float = PENALTY,
    ) -> ColdItems | None:
        """From likes and the (items, dim) unit vectors of the items' texts; None where too little is rated."""
        matrix = interactions.matrix()
        matrix.data[:] = 1.0
        held = np.asarray(matrix.sum(axis=0)).ravel()
        warm = np.flatnonzero(held >= least)
        rank = min(factors, len(interactions) - 1, len(warm) - 1)
        if rank < 2:
            return None
        weighed = matrix[:, warm] @ sparse.diags(1 / np.sqrt(held[warm]))
        start = np.ones(min(weighed.shape)) / np.sqrt(min(weighed.shape))
        _, sizes, axes = svds(weighed.astype(np.float64), k=rank, v0=start)
        own = axes.T * np.sqrt(sizes)
        texts = np.asarray(vectors[warm], dtype=np.float64)
        middle, mean = own.mean(axis=0), texts.mean(axis=0)
        products = (texts - mean).T @ (texts - mean)
        products[np.diag_indices_from(products)] += penalty
        weights = np.linalg.solve(products, (texts - mean).T @ (own - middle))
        made = (np.asarray(vectors, dtype=np.float64) - mean) @ weights + middle
        made[warm] = own
        cold = np.ones(len(held), dtype=np.bool_)
        cold[warm] = False
        return cls(made.astype(np.float32), cold)

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) the product of each item's factors with those of what is liked, less what is not."""
        person = self.factors[list(liked)].sum(axis=0) - self.factors[list(disliked)].sum(axis=0)
        return np.asarray(self.factors @ person, dtype=np.float32)

    def fill(
        self, scores: NDArray[np.float32], liked: Sequence[int], disliked: Sequence[int] = ()
    ) -> NDArray[np.float32]:
        """Another ranker's (items,) scores, with those of cold items on the same scale, as the factors see them."""
        own = self.score(liked, disliked)
        warm = ~self.cold & (scores > 0)
        if not warm.any():
            return scores
        slope = max(0.0, float(own[warm] @ scores[warm]) / max(float(own[warm] @ own[warm]), 1e-12))
        filled = scores.copy()
        filled[self.cold] = np.maximum(slope * own[self.cold], 0.0)
        return filled

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "factors.npy", self.factors)
        np.save(folder / "cold.npy", self.cold)

    @classmethod
    def load(cls, folder: Path) -> ColdItems:
        """Open memory-mapped."""
        return cls(mapped(folder / "factors.npy"), mapped(folder / "cold.npy"))


@dataclass(frozen=True, eq=False)
class Filled:
    """A ranker whose cold items are scored from their texts."""

    name: ClassVar[str] = "filled"
    ranker: Scorer
    cold: ColdItems

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) the ranker's scores, cold items filled in."""
        return self.cold.fill(self.ranker.score(liked, disliked), liked, disliked)
