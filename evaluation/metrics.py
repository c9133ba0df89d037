"""Figures with intervals: pass^k by its unbiased estimator, and means, each with a bootstrap over tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.values import Value

DRAWS = 1_000
LEVEL = 0.95


class Figure(Value):
    """A measured value with its interval."""

    value: float
    low: float
    high: float
    n: int
    """What it was averaged over: tasks, or whatever the bootstrap draws."""


def pass_k(right: int, trials: int, k: int) -> float:
    """Chance that k trials drawn without putting back are all right: C(right, k) / C(trials, k).

    The unbiased estimator of "right in all of k trials" (tau-bench, Yao et al. 2024). Raises ValueError when fewer than
    k trials were made or when `right` is not in 0..trials.
    """
    if not 0 <= right <= trials or not 1 <= k <= trials:
        raise ValueError(f"pass^{k} needs {k} trials or more, and 0..trials right ones; got {right} of {trials}")
    return math.comb(right, k) / math.comb(trials, k)


def pass_hat(rewards: Sequence[Sequence[bool]], k: int, seed: int = 0) -> Figure | None:
    """pass^k over tasks: `rewards` holds the trials of each task. None when some task has fewer than k trials."""
    if not rewards or any(len(trials) < k for trials in rewards):
        return None
    return mean([pass_k(sum(trials), len(trials), k) for trials in rewards], seed)


def mean(values: Sequence[float], seed: int = 0) -> Figure:
    """The mean with its percentile bootstrap interval; raises ValueError when there is nothing to average."""
    if not values:
        raise ValueError("there is nothing to average")
    held = np.asarray(values, dtype=np.float64)
    low, high = interval(held, seed)
    return Figure(value=round(float(held.mean()), 4), low=low, high=high, n=len(held))


def difference(first: Sequence[float], second: Sequence[float], seed: int = 0) -> Figure:
    """Mean of first - second, paired: the same task stands at the same place in both."""
    return mean([a - b for a, b in zip(first, second, strict=True)], seed)


def ratio(hits: NDArray[np.float64], of: NDArray[np.float64], groups: Sequence[str], seed: int = 0) -> Figure:
    """sum(hits) / sum(of) with a percentile bootstrap over groups: what belongs together is drawn together."""
    names, places = np.unique(np.asarray(groups), return_inverse=True)
    if not len(names):
        raise ValueError("there is nothing to average")
    above, below = (np.bincount(places, weights=w, minlength=len(names)) for w in (hits, of))
    drawn = np.random.default_rng(seed).integers(0, len(names), size=(DRAWS, len(names)))
    ratios = above[drawn].sum(axis=1) / below[drawn].sum(axis=1)
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = round(float(above.sum() / below.sum()), 4)
    return Figure(value=value, low=round(float(low), 4), high=round(float(high), 4), n=len(of))


def interval(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """(low, high): the middle 95 % of 1,000 resampled means, the same for the same seed."""
    drawn = np.random.default_rng(seed).integers(0, len(values), size=(DRAWS, len(values)))
    means = values[drawn].mean(axis=1)
    low, high = np.quantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return round(float(low), 4), round(float(high), 4)
