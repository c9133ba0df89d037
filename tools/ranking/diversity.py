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
    relevance: Sequence[float] | NDArray[np.float64],
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
    plain = (1 - diversity) * scaled
    open_wishes = None if meets is None or not len(meets) else np.asarray(meets, dtype=np.float64)
    left = np.ones(0 if open_wishes is None else len(open_wishes))
    wishing = open_wishes is not None
    chosen: list[int] = []
    nearest = np.zeros(len(scores))
    for _ in range(min(count, len(scores))):
        value = plain - diversity * nearest
        if open_wishes is not None and wishing:
            value += diversity * COVERAGE * (left @ open_wishes)
            left[open_wishes[:, pick := int(value.argmax())] > 0] = 0.0
            wishing = bool(left.any())
        else:
            pick = int(value.argmax())
        chosen.append(pick)
        plain[pick] = -np.inf
        np.maximum(nearest, closeness[pick], out=nearest)
    return chosen
