"""Likeness to what is refused: catalogues tag unevenly, and what lacks a refused tag may be what it stands for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tools.catalog.columns import CategoryColumn

PRIOR = 5.0
"""Items that a value must be held by for what it is seen with to count as much as the catalogue at large."""
FEW = 3
"""Items with a value, below which its text is no guide."""
STEEP = 3.0
"""Standard deviations of closeness that count as certain."""


def likeness_to(
    value: str, column: CategoryColumn, beside: Iterable[CategoryColumn], vectors: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """(rows,) in [0, 1]: how much each item is like those that hold a value, by what else it holds and by its text.

    By values: the largest share, smoothed, of the holders of one of its values that hold the refused one too, beyond
    the share in the catalogue. By text: how far the text lies towards the mean of theirs, in standard deviations.
    """
    holders = column.mask_any([value])
    if not holders.any() or holders.all():
        return np.zeros(column.size, dtype=np.float32)
    told = np.zeros(column.size, dtype=np.float32)
    for other in beside:
        own = other.code_of.get(value) if other is column else None
        told = np.maximum(told, _told_by_values(other, holders, own))
    if vectors is None or int(holders.sum()) < FEW:
        return told
    middle = vectors[holders].mean(axis=0)
    close = vectors @ middle
    text = np.clip((close - close.mean()) / (close.std() + 1e-6) / STEEP, 0.0, 1.0)
    return np.asarray((told + text) / 2, dtype=np.float32)


def _told_by_values(column: CategoryColumn, holders: NDArray[np.bool_], own: int | None) -> NDArray[np.float32]:
    """(rows,) the most telling value of each row; `own`, the value itself, tells nothing."""
    base = float(holders.mean())
    rows = np.repeat(np.arange(column.size), np.diff(column.indptr))
    together = np.bincount(column.codes, weights=holders[rows], minlength=len(column.vocabulary))
    share = (together + PRIOR * base) / (column.counts + PRIOR)
    beyond = np.clip((share - base) / (1.0 - base), 0.0, 1.0)
    if own is not None:
        beyond[own] = 0.0
    told = np.zeros(column.size, dtype=np.float32)
    if len(column.codes):
        told[column.known] = np.maximum.reduceat(beyond[column.codes], column.indptr[:-1][column.known])
    return told
