"""EASE: a linear model that predicts each item from the others, in closed form; blind to order or favouring the latest.

Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019: with P = (X'X + lambda I)^-1, B = -P / diag(P)
and a zero diagonal. A person is folded in as the sum of the rows of what they had.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from tools.arrays import mapped
from tools.ranking.ranker import Interactions
from tools.ranking.recency import recency

MOST = 8_000
"""Items that are modelled, the most frequent ones: time grows with their cube, memory with their square."""


def weights_of(matrix: sparse.csr_matrix, regularization: float) -> NDArray[np.float32]:
    """(items, items) what having each item, a row, says of every other, from (people, items) strengths."""
    gram = (matrix.T @ matrix).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += regularization
    inverse = linalg.inv(gram, overwrite_a=True, assume_a="pos")
    inverse /= -np.diag(inverse).copy()
    np.fill_diagonal(inverse, 0.0)
    return np.asarray(inverse, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Ease:
    """Weights from what was had to what may come."""

    name: ClassVar[str] = "ease"
    weights: NDArray[np.float32]
    """(modelled, modelled) row i: what having item i says of every other"""
    modelled: NDArray[np.int64]
    """(modelled,) their rows in the catalogue, ascending"""
    count: int

    @classmethod
    def fit(cls, interactions: Interactions, regularization: float = 1000.0, most: int = MOST) -> Self:
        """Invert the Gram matrix of the `most` most frequent items, in float64."""
        matrix = interactions.matrix()
        held = np.bincount(interactions.items, minlength=interactions.count)
        modelled = np.sort(np.argsort(-held, kind="stable")[:most])
        part = matrix[:, modelled].astype(np.float64)
        return cls(weights_of(part, regularization), modelled.astype(np.int64), interactions.count)

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) what the liked items say, less what the disliked ones do; zeros without any."""
        rows = np.asarray([*disliked, *liked], dtype=np.int64)
        told = np.concatenate([np.full(len(disliked), -1.0, dtype=np.float32), self.worth(len(liked))])
        places = np.minimum(np.searchsorted(self.modelled, rows), len(self.modelled) - 1)
        known = self.modelled[places] == rows if len(rows) else np.zeros(0, dtype=np.bool_)
        total = np.zeros(self.count, dtype=np.float32)
        total[self.modelled] = told[known] @ self.weights[places[known]]
        return total

    def worth(self, length: int) -> NDArray[np.float32]:
        """(length,) what each item of a history counts, the earliest first."""
        return np.ones(length, dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "weights.npy", self.weights)
        np.save(folder / "modelled.npy", self.modelled)
        np.save(folder / "count.npy", np.int64(self.count))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open memory-mapped."""
        return cls(mapped(folder / "weights.npy"), mapped(folder / "modelled.npy"), int(np.load(folder / "count.npy")))


@dataclass(frozen=True, eq=False)
class RecencyEase(Ease):
    """EASE whose fold-in lets the latest items weigh most."""

    name: ClassVar[str] = "recency-ease"
    decay: float = 0.8
    floor: float = 0.03
    """What the oldest items weigh beside the latest."""

    @classmethod
    def of(cls, blind: Ease) -> RecencyEase:
        """The same weights, folded in with recency."""
        return cls(blind.weights, blind.modelled, blind.count)

    def worth(self, length: int) -> NDArray[np.float32]:
        """(length,) falling with age."""
        return recency(length, self.decay, self.floor)
