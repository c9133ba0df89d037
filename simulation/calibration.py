"""A logistic regression that turns scores into a probability: Platt's scaling (1999) with several scores at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RIDGE = 1e-3
LEAST_SPREAD = 1e-3
"""Scores that differ by less than this count as constant, so that nothing rests on them."""


@dataclass(frozen=True)
class Logistic:
    """Weights of scores, on the scale that they had when fitted."""

    centre: Floats
    spread: Floats
    weights: Floats
    intercept: float

    @classmethod
    def fit(cls, scores: Floats, labels: Floats) -> Logistic:
        """Fit from (cases, scores) and (cases,) labels of 0 or 1; no cases at all give one half everywhere."""
        from scipy.optimize import minimize

        width = scores.shape[1]
        if not len(labels):
            return cls(np.zeros(width), np.ones(width), np.zeros(width), 0.0)
        centre, spread = scores.mean(axis=0), scores.std(axis=0)
        spread = np.where(spread < LEAST_SPREAD, 1.0, spread)
        scaled = (scores - centre) / spread

        def loss(free: Floats) -> tuple[float, Floats]:
            weights, odds = free[:-1], scaled @ free[:-1] + free[-1]
            missed = _probability(odds) - labels
            slope = np.append(scaled.T @ missed / len(labels) + 2 * RIDGE * weights, missed.mean())
            return float(np.mean(np.logaddexp(0, odds) - labels * odds) + RIDGE * weights @ weights), slope

        best = minimize(loss, np.zeros(width + 1), jac=True, method="L-BFGS-B").x
        return cls(centre, spread, best[:-1], float(best[-1]))

    def __call__(self, scores: Floats) -> Floats:
        """(cases,) probabilities of (cases, scores)."""
        return _probability(((scores - self.centre) / self.spread) @ self.weights + self.intercept)


def _probability(odds: Floats) -> Floats:
    found: Floats = 0.5 * (1 + np.tanh(odds / 2))
    return found
