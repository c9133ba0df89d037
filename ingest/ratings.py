"""Interactions of a catalogue being built: collected in packed arrays, stored by person, summed into derived fields."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.items import Interaction

DAMPING = 5.0
"""Pseudo-ratings of average size that every mean starts from."""
REPORT_EVERY = 50_000


@dataclass(frozen=True)
class Ratings:
    """People's ratings, as a compressed sparse row matrix with the rows of each person in ascending order."""

    indptr: NDArray[np.int64]
    """(people + 1,)"""
    indices: NDArray[np.int32]
    """(stored,) catalogue rows"""
    data: NDArray[np.float32]
    """(stored,) ratings on the source's scale; NaN where only the visit is known"""
    times: NDArray[np.float64]
    """(stored,) seconds since 1970; NaN where unknown"""
    items: int

    @classmethod
    def load(cls, file: Path) -> Ratings:
        """What `save` wrote."""
        with np.load(file) as held:
            return cls(held["indptr"], held["indices"], held["data"], held["times"], int(held["shape"][1]))

    def __len__(self) -> int:
        """Number of stored interactions."""
        return len(self.indices)

    @property
    def matrix(self) -> sparse.csr_matrix:
        """(people, items) ratings; a bare visit counts as 1."""
        shape = (len(self.indptr) - 1, self.items)
        return sparse.csr_matrix((np.nan_to_num(self.data, nan=1.0), self.indices, self.indptr), shape=shape)

    def counts(self) -> NDArray[np.float64]:
        """(items,) how many people rated or visited each item."""
        return np.bincount(self.indices, minlength=self.items).astype(np.float64)

    def means(self) -> NDArray[np.float64]:
        """(items,) damped mean rating on a scale of 0 to 10; NaN for items nobody rated.

        mean = s * (sum + d * m) / (n + d), with m the mean of all ratings, d = 5 and s = 2, 1 or 0.1 for sources whose
        highest rating is at most 5, at most 10, or more. An item with few ratings stays near the mean of all.
        """
        rated = ~np.isnan(self.data)
        rows, values = self.indices[rated], self.data[rated].astype(np.float64)
        if not len(values):
            return np.full(self.items, np.nan)
        number = np.bincount(rows, minlength=self.items)
        total = np.bincount(rows, weights=values, minlength=self.items)
        highest = float(values.max())
        scale = 2.0 if highest <= 5 else 1.0 if highest <= 10 else 0.1
        damped = scale * (total + DAMPING * values.mean()) / (number + DAMPING)
        return np.where(number > 0, np.round(damped, 2), np.nan)

    def digest(self) -> bytes:
        """SHA-256 over all arrays."""
        found = hashlib.sha256()
        for part in (self.indptr, self.indices, self.data, self.times):
            found.update(np.ascontiguousarray(part).tobytes())
        return found.digest()

    def save(self, file: Path) -> None:
        """Write as an .npz file (data, indices, indptr, times, shape)."""
        matrix = self.matrix
        np.savez(
            file,
            data=self.data,
            indices=self.indices,
            indptr=self.indptr,
            times=self.times,
            shape=np.asarray(matrix.shape),
        )


def collect(
    interactions: Iterable[Interaction], row_of: Mapping[str, int], progress: Callable[[int], Any]
) -> tuple[Ratings, int]:
    """The ratings and how many were dropped because they name an unknown item.

    A person's later rating of the same item replaces the earlier one: later by time where both have one, otherwise
    later in the source. People are numbered in order of first appearance.
    """
    users: dict[str, int] = {}
    people, rows, given, times = array("i"), array("i"), array("f"), array("d")
    unknown = 0
    nothing = float("nan")
    for count, one in enumerate(interactions):
        row = row_of.get(one.item)
        if row is None:
            unknown += 1
            continue
        people.append(users.setdefault(one.user, len(users)))
        rows.append(row)
        given.append(nothing if one.rating is None else one.rating)
        times.append(nothing if one.timestamp is None else one.timestamp)
        if count % REPORT_EVERY == 0:
            progress(count)
    return _packed(people, rows, given, times, len(users), len(row_of)), unknown


def _packed(
    people: array[int], rows: array[int], given: array[float], times: array[float], users: int, items: int
) -> Ratings:
    if not rows:
        empty = np.empty(0)
        return Ratings(np.zeros(1, np.int64), empty.astype(np.int32), empty.astype(np.float32), empty, items)
    keys = np.frombuffer(people, np.int32).astype(np.int64) * items + np.frombuffer(rows, np.int32)
    stamps = np.frombuffer(times, np.float64)
    order = np.lexsort((np.nan_to_num(stamps, nan=-np.inf), keys))
    keys = keys[order]
    last = np.append(keys[1:] != keys[:-1], True)
    order, keys = order[last], keys[last]
    indptr = np.zeros(users + 1, np.int64)
    np.cumsum(np.bincount(keys // items, minlength=users), out=indptr[1:])
    given_now = np.frombuffer(given, np.float32)[order]
    return Ratings(indptr, (keys % items).astype(np.int32), given_now, stamps[order], items)


def strengths(ratings: Ratings) -> sparse.csr_matrix:
    """(people, items) how much an interaction counts for the neighbours of items: 1 from the median on, else 0.25."""
    matrix = ratings.matrix
    matrix.data = np.where(matrix.data >= float(np.median(matrix.data)), 1.0, 0.25).astype(np.float32)
    return matrix
