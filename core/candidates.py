"""Candidates: an ordered, duplicate-free, immutable list of items on their way to a slate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple


class Candidate(NamedTuple):
    """A catalogue row with its score and where it came from."""

    row: int
    score: float
    """Higher is better; only comparable within one Candidates."""
    sources: tuple[str, ...] = ()
    """Names of the routes that brought it, strongest first."""
    parts: Mapping[str, float] = {}
    """The scores that made up `score`, by name."""


_ROW, _SCORE = itemgetter(Candidate._fields.index("row")), itemgetter(Candidate._fields.index("score"))


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidates best first; the first of two with the same row stays."""

    rows: tuple[Candidate, ...] = field(default=())

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> Candidates:
        """Build from any order of candidates: sorted by score, ties by row, duplicates dropped."""
        ordered = sorted(candidates, key=_ROW)
        ordered.sort(key=_SCORE, reverse=True)
        best: dict[int, Candidate] = {}
        for candidate in ordered:
            best.setdefault(candidate.row, candidate)
        return cls(tuple(best.values()))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.rows)

    def top(self, count: int) -> Candidates:
        """The first `count`."""
        return Candidates(self.rows[:count])

    def keep(self, test: Callable[[Candidate], bool]) -> Candidates:
        """Those that pass `test`, in the same order."""
        return Candidates(tuple(c for c in self.rows if test(c)))
