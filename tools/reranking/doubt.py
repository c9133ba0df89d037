"""Doubt: how little the conventional scores of ranked candidates tell the slate from what stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Signal = Literal["margin", "cut", "entropy"]


def margin(scores: NDArray[np.float64], slate: int) -> float:
    """The mean score behind the slate less that of the slate."""
    return float(scores[slate:].mean() - scores[:slate].mean())


def cut(scores: NDArray[np.float64], slate: int) -> float:
    """The score of the first one behind the slate less that of the slate's last."""
    return float(scores[slate] - scores[slate - 1])


def entropy(scores: NDArray[np.float64], slate: int) -> float:
    """Entropy of the softmax of all scores, as a share of the largest there can be."""
    del slate
    raised = np.exp(scores - scores.max())
    chances = raised / raised.sum()
    return float(-(chances * np.log(chances + 1e-12)).sum() / np.log(len(scores)))


SIGNALS: Mapping[Signal, Callable[[NDArray[np.float64], int], float]] = {
    "margin": margin,
    "cut": cut,
    "entropy": entropy,
}


def doubt(signal: Signal, scores: Sequence[float], slate: int) -> float:
    """Higher: less sure. `scores` in the conventional order, more of them than the slate holds; else -inf."""
    held = np.asarray(scores, dtype=np.float64)
    return SIGNALS[signal](held, slate) if len(held) > slate else float("-inf")
