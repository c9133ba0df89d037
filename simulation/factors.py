"""Biases and factors of graded items: a mean, a bias an item, and a regularised matrix factorisation of what is left.

Koren, Bell and Volinsky, "Matrix factorization techniques for recommender systems", Computer 2009; alternating least
squares. A person is never stored: whoever is known by a few graded items is folded in, by the same ridge regression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from simulation.histories import Grades, Rows

Floats = NDArray[np.float64]

BIAS_ROUNDS = 5


@dataclass(frozen=True)
class FactorSettings:
    """How much is learned, and how far it is held back."""

    size: int = 20
    """Factors."""
    ridge: float = 5.0
    """Weight of the squared factors against the squared errors."""
    damping: float = 8.0
    """Imagined average grades that every bias starts from."""
    rounds: int = 8


@dataclass(frozen=True)
class Folded:
    """A person known by some items."""

    bias: float
    factors: Floats
    """(size,)"""
    residuals: Floats
    """(known items,) their grades less what is usual for the items and for them."""


@dataclass(frozen=True)
class Factors:
    """A fitted model of grades."""

    mean: float
    item_bias: Floats
    """(items,)"""
    counts: Floats
    """(items,) grades each was fitted from."""
    items: Floats
    """(items, size)"""
    settings: FactorSettings

    @classmethod
    def fit(cls, grades: sparse.csr_matrix, seed: int, settings: FactorSettings) -> Factors:
        """Fit from (people, items) grades, stored zeros included; raises ValueError when nothing is stored."""
        people, rows = grades.shape
        given = grades.data.astype(np.float64)
        if not len(given):
            raise ValueError("there are no grades to fit")
        whose = np.repeat(np.arange(people), np.diff(grades.indptr))
        counts = np.bincount(grades.indices, minlength=rows).astype(np.float64)
        many = np.bincount(whose, minlength=people)
        mean = float(given.mean())
        of_items, of_people = np.zeros(rows), np.zeros(people)
        for _ in range(BIAS_ROUNDS):
            rest = given - mean - of_people[whose]
            of_items = np.bincount(grades.indices, rest, minlength=rows) / (counts + settings.damping)
            rest = given - mean - of_items[grades.indices]
            of_people = np.bincount(whose, rest, minlength=people) / (many + settings.damping)
        left = sparse.csr_matrix(
            (given - mean - of_items[grades.indices] - of_people[whose], grades.indices, grades.indptr), grades.shape
        )
        drawn = np.random.default_rng(seed).normal(0, 0.1, (rows, settings.size))
        return cls(mean, of_items, counts, _alternate(left, drawn, settings), settings)

    def fold_in(self, rows: Rows, grades: Grades) -> Folded:
        """A person known by these graded items."""
        rest = grades - self.mean - self.item_bias[rows]
        bias = float(rest.sum() / (len(rows) + self.settings.damping))
        return Folded(bias, _ridge(self.items[rows], rest - bias, self.settings.ridge), rest - bias)


def _alternate(left: sparse.csr_matrix, items: Floats, settings: FactorSettings) -> Floats:
    """(items, size) factors of what the biases leave."""
    by_item = left.T.tocsr()
    for _ in range(settings.rounds):
        people = _side(left, items, settings.ridge)
        items = _side(by_item, people, settings.ridge)
    return items


def _side(matrix: sparse.csr_matrix, other: Floats, ridge: float) -> Floats:
    found: Floats = np.zeros((matrix.shape[0], other.shape[1]))
    for row, (start, end) in enumerate(zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True)):
        if end > start:
            found[row] = _ridge(other[matrix.indices[start:end]], matrix.data[start:end], ridge)
    return found


def _ridge(features: Floats, target: Floats, ridge: float) -> Floats:
    normal = features.T @ features + ridge * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(normal, features.T @ target), dtype=np.float64)
