"""The best rows of a score array within a mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.candidates import Candidates
from tools.catalog.columns import Mask


def best(scores: NDArray[np.floating], allowed: Mask, count: int, source: str, *, above: float = -np.inf) -> Candidates:
    """Up to `count` allowed rows with the highest scores greater than `above`; NaN never counts."""
    rows = np.flatnonzero(allowed & (scores > above))
    if len(rows) > count:
        part = np.argpartition(-scores[rows], count - 1)[:count]
        rows = rows[part]
    order = np.lexsort((rows, -scores[rows]))
    rows = rows[order]
    return Candidates(rows, scores[rows].astype(np.float64), {source: np.ones(len(rows))})
