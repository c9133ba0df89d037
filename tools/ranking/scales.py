"""Scales: counts, ranks and scores as numbers in [0, 1], so that they can be weighed against each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.catalog.columns import Mask


def standing(data: NDArray[np.float64]) -> NDArray[np.float32]:
    """Ranks as shares in [0, 1]; unknown values count as the middle."""
    known = ~np.isnan(data)
    ranks = np.full(len(data), 0.5, dtype=np.float32)
    order = np.argsort(np.argsort(data[known], kind="stable"), kind="stable")
    if known.any():
        ranks[known] = (order / max(1, known.sum() - 1)).astype(np.float32)
    return ranks


def fame(data: NDArray[np.float64]) -> NDArray[np.float32]:
    """Counts as shares of the largest on a logarithmic scale, in [0, 1]; unknown counts are 0.5, negative ones 0."""
    logs = np.log1p(np.maximum(data, 0.0))
    most = float(np.nanmax(logs)) if np.isfinite(logs).any() else 0.0
    scaled = logs / most if most > 0 else np.zeros(len(data))
    return np.where(np.isnan(data), 0.5, scaled).astype(np.float32)


def scaled(values: NDArray[np.floating], among: Mask) -> NDArray[np.float32]:
    """The values so that the largest among these rows is 1; beyond them it may be more."""
    most = float(values[among].max()) if among.any() else 0.0
    return np.asarray(values / most, dtype=np.float32) if most > 0 else np.zeros(len(values), dtype=np.float32)


def unit(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """The values moved and stretched to [0, 1]; zeros where they are all the same."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(len(values), dtype=np.float32)
    return np.asarray((values - low) / (high - low), dtype=np.float32)


def standing_out(values: NDArray[np.floating]) -> NDArray[np.float32]:
    """How far each value stands out: the largest is 1, the median and what lies below it 0."""
    if not len(values):
        return np.zeros(0, dtype=np.float32)
    middle = float(np.median(values))
    return np.asarray(np.clip((values - middle) / max(float(values.max()) - middle, 1e-9), 0.0, 1.0), dtype=np.float32)
