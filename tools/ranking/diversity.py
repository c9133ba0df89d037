"""Diversity: maximal marginal relevance, with every wish met by something.

Carbonell and Goldstein, SIGIR 1998, for likeness; the coverage of wishes follows xQuAD (Santos, Macdonald and Ounis,
WWW 2010) with each soft wish as an aspect.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

COVERAGE = 0.8
"""What meeting a wish that nothing chosen meets yet is worth, beside relevance scaled to [0, 1]."""


def mmr(
    relevance: Sequence[float],
    closeness: NDArray[np.float32],
    count: int,
    diversity: float,
    meets: NDArray[np.float32] | None = None,
) -> list[int]:
    """Positions chosen, in order: each maximises (1 - diversity) * relevance - diversity * (closeness to those chosen).

    `relevance` (n,) is scaled to [0, 1] here; `closeness` (n, n) in [0, 1]. `meets` (wishes, n) holds what share of the
    wishing each wish makes up where an item meets it, else 0; it adds diversity * COVERAGE * (the share of wishes met
    that no chosen one meets). With diversity 0 the order of relevance stays as it is.
    """
    scores = np.asarray(relevance, dtype=np.float64)
    if not len(scores):
        return []
    low, high = scores.min(), scores.max()
    scaled = (scores - low) / (high - low) if high > low else np.ones_like(scores)
    open_wishes = np.zeros((0, len(scores))) if meets is None else np.asarray(meets, dtype=np.float64)
    left = np.ones(len(open_wishes))
    chosen: list[int] = []
    nearest = np.zeros(len(scores))
    while len(chosen) < min(count, len(scores)):
        value = (1 - diversity) * scaled - diversity * (nearest - COVERAGE * (left @ open_wishes))
        value[chosen] = -np.inf
        pick = int(np.argmax(value))
        chosen.append(pick)
        nearest = np.maximum(nearest, closeness[pick])
        left = np.where(open_wishes[:, pick] > 0, 0.0, left)
    return chosen
