"""People's stored ratings as histories: what is known of each person, and the latest part, which is held out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from core.errors import BadInput
from core.values import Value
from ingest.ratings import Ratings

Rows = NDArray[np.int64]
Grades = NDArray[np.float64]
"""1 where an item was liked, 0 where it was not, 0.5 in between."""
LIKED, NEITHER, DISLIKED = 1.0, 0.5, 0.0

SHRINKAGE = 5.0
"""Ratings of everybody's mean that a person's own mean starts from."""
APART = 0.2
"""How far below their own mean somebody dislikes, as a share of the scale's span."""


class Rated(Protocol):
    """A catalogue that may have stored ratings."""

    name: str

    @property
    def interactions_path(self) -> Path: ...  # noqa: D102


class Split(Value):
    """How histories are divided."""

    held: float = Field(default=0.2, gt=0, lt=1)
    """Share of a person's ratings that is held out, the latest ones; at least one where they have two or more."""
    seed: int = 0
    """Decides between ratings of the same second, and everything where the data have no times."""


class Scale(Value):
    """The scale that ratings are given on, read off the ratings themselves."""

    low: float
    high: float
    mean: float

    @classmethod
    def of(cls, ratings: NDArray[np.floating]) -> Scale:
        """Of these ratings; NaN (only a visit is known) does not count."""
        given = ratings[~np.isnan(ratings)]
        if not len(given):
            return cls(low=1.0, high=1.0, mean=1.0)
        return cls(low=float(given.min()), high=float(given.max()), mean=float(given.mean(dtype=np.float64)))

    @property
    def implicit(self) -> bool:
        """Whether nothing tells liking from disliking: all that is known is what somebody chose."""
        return self.high <= self.low

    def grade(self, ratings: NDArray[np.floating], by: NDArray[np.floating]) -> Grades:
        """Ratings of a person as grades, by their own mean over the ratings `by`.

        Liked: at or above their own mean (shrunk to everybody's by 5 ratings) and in the upper half of the scale.
        Disliked: below their own mean by a fifth of the scale or more. A visit without a rating counts as liked, and so
        does everything in data without differences.
        """
        if self.implicit:
            return np.full(len(ratings), LIKED)
        given = by[~np.isnan(by)].astype(np.float64)
        own = (given.sum() + SHRINKAGE * self.mean) / (len(given) + SHRINKAGE)
        grades = np.full(len(ratings), NEITHER)
        grades[(ratings >= own) & (ratings >= (self.low + self.high) / 2)] = LIKED
        grades[ratings <= own - APART * (self.high - self.low)] = DISLIKED
        grades[np.isnan(ratings)] = LIKED
        return grades


@dataclass(frozen=True)
class History:
    """One person's items, oldest first, with how each was liked; graded by the known part alone."""

    person: int
    known: Rows
    known_grades: Grades
    known_ratings: NDArray[np.float32]
    held: Rows
    held_grades: Grades

    @property
    def liked(self) -> Rows:
        """Known items they like, the best first; of equals the latest."""
        order = np.lexsort((-np.arange(len(self.known)), -np.nan_to_num(self.known_ratings)))
        found: Rows = self.known[order][self.known_grades[order] == LIKED]
        return found

    @property
    def disliked(self) -> Rows:
        """Known items they do not like."""
        found: Rows = self.known[self.known_grades == DISLIKED]
        return found

    @property
    def held_liked(self) -> Rows:
        """Held-out items they like."""
        found: Rows = self.held[self.held_grades == LIKED]
        return found

    @property
    def held_disliked(self) -> Rows:
        """Held-out items they do not like."""
        found: Rows = self.held[self.held_grades == DISLIKED]
        return found


@dataclass(frozen=True)
class Histories:
    """Everybody's history, divided."""

    ratings: Ratings
    split: Split = Split()

    def __len__(self) -> int:
        """Number of people."""
        return len(self.ratings.indptr) - 1

    def of(self, person: int) -> History:
        """The history of a person by number."""
        known, held = self._places[person]
        given, rows = self.ratings.data, self.ratings.indices
        return History(
            person=person,
            known=rows[known].astype(np.int64),
            known_grades=self.scale.grade(given[known], given[known]),
            known_ratings=given[known],
            held=rows[held].astype(np.int64),
            held_grades=self.scale.grade(given[held], given[known]),
        )

    def without_held(self, people: Iterable[int]) -> Ratings:
        """All ratings but the held-out ones of these people; its `matrix` is a CSR over people and catalogue rows."""
        keep = np.ones(len(self.ratings), dtype=np.bool_)
        for person in people:
            keep[self._places[person][1]] = False
        return kept(self.ratings, keep)

    @cached_property
    def scale(self) -> Scale:
        """The scale of the known parts."""
        return Scale.of(np.concatenate([self.ratings.data[known] for known, _ in self._places]))

    @cached_property
    def _places(self) -> Sequence[tuple[Rows, Rows]]:
        """For each person, the places of the known and of the held-out ratings, each oldest first."""
        found = []
        for person, (start, end) in enumerate(zip(self.ratings.indptr[:-1], self.ratings.indptr[1:], strict=True)):
            places = np.arange(start, end)
            drawn = np.random.default_rng([self.split.seed, person]).random(len(places))
            ordered = places[np.lexsort((drawn, self.ratings.times[places]))]
            last = max(1, round(self.split.held * len(places))) if len(places) > 1 else 0
            found.append((ordered[: len(places) - last], ordered[len(places) - last :]))
        return found


def read_ratings(catalog: Rated) -> Ratings:
    """The stored ratings of a catalogue; raises BadInput when it has none."""
    if not catalog.interactions_path.exists():
        raise BadInput(
            f"Catalogue {catalog.name!r} has no ratings, so there are no people to simulate from them.",
            "Import a source that has ratings (`tastemaker catalog import movielens …`), or install a demo.",
        )
    return Ratings.load(catalog.interactions_path)


def kept(ratings: Ratings, keep: NDArray[np.bool_]) -> Ratings:
    """The ratings at the (stored,) places that `keep` marks; people keep their numbers."""
    before = np.concatenate([[0], np.cumsum(keep)])
    return Ratings(
        indptr=before[ratings.indptr].astype(np.int64),
        indices=ratings.indices[keep],
        data=ratings.data[keep],
        times=ratings.times[keep],
        items=ratings.items,
    )


def only_known(ratings: Ratings, known: Mapping[int, Iterable[int]]) -> Ratings:
    """All ratings, but of the people named only those of the rows that are known of them."""
    keep = np.ones(len(ratings), dtype=np.bool_)
    for person, rows in known.items():
        place = slice(int(ratings.indptr[person]), int(ratings.indptr[person + 1]))
        keep[place] = np.isin(ratings.indices[place], np.fromiter(rows, dtype=np.int64))
    return kept(ratings, keep)


def graded(ratings: Ratings) -> sparse.csr_matrix:
    """(people, items) grades of all ratings, each person's by their own mean; a stored 0 is a dislike."""
    scale, grades = Scale.of(ratings.data), np.empty(len(ratings))
    for start, end in zip(ratings.indptr[:-1], ratings.indptr[1:], strict=True):
        grades[start:end] = scale.grade(ratings.data[start:end], ratings.data[start:end])
    shape = (len(ratings.indptr) - 1, ratings.items)
    return sparse.csr_matrix((grades, ratings.indices, ratings.indptr), shape=shape)
