"""Diversity: maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def mmr(relevance: Sequence[float], closeness: NDArray[np.float32], count: int, diversity: float) -> list[int]:
    """Positions chosen, in order: each maximises (1 - diversity) * relevance - diversity * closeness to those chosen.

    `relevance` (n,) is scaled to [0, 1] here; `closeness` (n, n) in [0, 1]. With diversity 0 the order of relevance
    stays as it is.
    """
    scores = np.asarray(relevance, dtype=np.float64)
    if not len(scores):
        return []
    low, high = scores.min(), scores.max()
    scaled = (scores - low) / (high - low) if high > low else np.ones_like(scores)
    chosen: list[int] = []
    nearest = np.zeros(len(scores))
    while len(chosen) < min(count, len(scores)):
        value = (1 - diversity) * scaled - diversity * nearest
        value[chosen] = -np.inf
        pick = int(np.argmax(value))
        chosen.append(pick)
        nearest = np.maximum(nearest, closeness[pick])
    return chosen
