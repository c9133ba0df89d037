"""How far two ways of speaking lie apart: distances between histograms, with intervals over dialogues."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import DRAWS, LEVEL, Figure

Counts = NDArray[np.float64]
"""(dialogues, bins): how often each thing occurs in each dialogue."""
Distance = Callable[[Counts, Counts], NDArray[np.float64]]
"""From histograms (…, bins) of one side and the other to distances (…)."""
SPLITS = 200


def jensen_shannon(one: Counts, other: Counts) -> NDArray[np.float64]:
    """The Jensen-Shannon divergence in bits, 0..1, of histograms along the last axis (Lin 1991)."""
    p, q = _shares(one), _shares(other)
    middle = (p + q) / 2
    return (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2


def kolmogorov_smirnov(one: Counts, other: Counts) -> NDArray[np.float64]:
    """The largest gap, 0..1, between the cumulative shares along the last axis, whose bins have an order."""
    gaps = np.abs(np.cumsum(_shares(one), axis=-1) - np.cumsum(_shares(other), axis=-1))
    return np.asarray(gaps.max(axis=-1))


def apart(distance: Distance, one: Counts, other: Counts, seed: int = 0) -> Figure:
    """The distance of the pooled histograms, with the percentile bootstrap over the dialogues of both sides.

    The bootstrap of a distance leans upwards when the truth is near zero: hold it against `noise`. Raises ValueError
    when a side is empty.
    """
    if not len(one) or not len(other) or not one.sum() or not other.sum():
        raise ValueError("a distance needs something on both sides")
    random = np.random.default_rng(seed)
    drawn = distance(_redrawn(one, random), _redrawn(other, random))
    value = float(distance(one.sum(axis=0), other.sum(axis=0)))
    return _figure(value, drawn, min(len(one), len(other)))


def noise(distance: Distance, one: Counts, seed: int = 0) -> Figure | None:
    """What the distance is between two random halves of one side: mean and middle 95 % of 200 splits.

    None for fewer than four dialogues.
    """
    if len(one) < 4:
        return None
    random = np.random.default_rng(seed)
    half = len(one) // 2
    orders = [random.permutation(len(one)) for _ in range(SPLITS)]
    first = np.stack([one[o[:half]].sum(axis=0) for o in orders])
    second = np.stack([one[o[half:]].sum(axis=0) for o in orders])
    there = (first.sum(axis=-1) > 0) & (second.sum(axis=-1) > 0)
    if not there.any():
        return None
    split = distance(first[there], second[there])
    return _figure(float(split.mean()), split, len(one))


def histogram(values: list[list[int]], bins: int) -> Counts:
    """Counts of whole numbers 0..bins-1, one row a dialogue; what is larger falls into the last bin."""
    held = np.zeros((len(values), bins))
    for row, numbers in enumerate(values):
        np.add.at(held[row], np.minimum(np.asarray(numbers, dtype=np.int64), bins - 1), 1)
    return held


def _redrawn(counts: Counts, random: np.random.Generator) -> Counts:
    """(draws, bins): pooled histograms of resampled dialogues; draws that hold nothing take the whole instead."""
    drawn = random.integers(0, len(counts), size=(DRAWS, len(counts)))
    weights = np.stack([np.bincount(row, minlength=len(counts)) for row in drawn])
    pooled = weights @ counts
    return np.where(pooled.sum(axis=-1, keepdims=True) > 0, pooled, counts.sum(axis=0))


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> NDArray[np.float64]:
    """In bits, along the last axis; q is nowhere zero where p is not."""
    there = p > 0
    ratio = np.divide(p, q, out=np.ones_like(p), where=there)
    return np.asarray((p * np.log2(ratio)).sum(axis=-1))


def _figure(value: float, drawn: NDArray[np.float64], n: int) -> Figure:
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4), n=n)
