"""Candidates: an ordered, duplicate-free, immutable list of items on their way to a slate, as arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


class Candidate(NamedTuple):
    """A catalogue row with its score and where it came from."""

    row: int
    score: float
    """Higher is better; only comparable within one Candidates."""
    sources: tuple[str, ...] = ()
    """Names of the routes that brought it, strongest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Candidates best first, ties by row; every row once."""

    rows: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    """(n,)"""
    scores: Scores = field(default_factory=lambda: np.empty(0))
    """(n,)"""
    routes: Mapping[str, Scores] = field(default_factory=dict)
    """By route, (n,) what it contributed to each candidate; 0 where it did not bring it."""

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Candidate:
        return self.at([place])[0]

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.at(range(len(self))))

    def at(self, places: Sequence[int]) -> list[Candidate]:
        """The candidates at these places."""
        chosen = list(places)
        names, shares = tuple(self.routes), [share[chosen].tolist() for share in self.routes.values()]
        found = []
        for n, (row, score) in enumerate(zip(self.rows[chosen].tolist(), self.scores[chosen].tolist(), strict=True)):
            brought = {name: share[n] for name, share in zip(names, shares, strict=True) if share[n] > 0}
            found.append(Candidate(row, score, tuple(sorted(brought, key=brought.__getitem__, reverse=True))))
        return found

    def scored(self, scores: NDArray[np.floating]) -> Candidates:
        """The same candidates in the order of other scores, (n,)."""
        ordered = np.lexsort((self.rows, -scores))
        return Candidates(
            self.rows[ordered],
            np.asarray(scores, dtype=np.float64)[ordered],
            {name: share[ordered] for name, share in self.routes.items()},
        )

    def top(self, count: int) -> Candidates:
        """The first `count`."""
        first = {name: share[:count] for name, share in self.routes.items()}
        return Candidates(self.rows[:count], self.scores[:count], first)
