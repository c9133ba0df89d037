"""Item to item: how close every row is to a few anchor items, by text vectors and shared values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tools.catalog.columns import CategoryColumn, Column


def vector_closeness(vectors: NDArray[np.float32], anchors: Sequence[int]) -> NDArray[np.float32]:
    """(rows,) mean cosine to the anchors; vectors have unit rows."""
    return np.asarray(vectors @ np.asarray(vectors[list(anchors)]).mean(axis=0), dtype=np.float32)


def value_closeness(columns: Mapping[str, Column], anchors: Sequence[int], rows: int) -> NDArray[np.float32]:
    """(rows,) share, in [0, 1], of the anchors' category values that a row holds, weighted by rarity (idf)."""
    scores = np.zeros(rows, dtype=np.float32)
    total = 0.0
    for column in columns.values():
        if not isinstance(column, CategoryColumn):
            continue
        for anchor in anchors:
            for value in column.values_at(anchor):
                holders = column.rows_with(value)
                weight = float(np.log((rows + 1) / (len(holders) + 1)))
                scores[holders] += weight
                total += weight
    return scores / np.float32(total) if total else scores
