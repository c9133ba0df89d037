"""Conventional rankers: fitted from interactions, they score every item for a person known by a few items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who had which items, person by person, each person's in the order in which they happened."""

    indptr: NDArray[np.int64]
    """(people + 1,)"""
    items: NDArray[np.int64]
    """(stored,) the items of person p: items[indptr[p]:indptr[p + 1]], the earliest first."""
    count: int
    """Number of items of the catalogue."""
    strengths: NDArray[np.float32] | None = None
    """(stored,) how much each was liked, positive; None: all the same."""

    @classmethod
    def of(cls, histories: Sequence[Sequence[int]], count: int) -> Interactions:
        """From one list of item rows a person, the earliest first."""
        sizes = [len(h) for h in histories]
        indptr = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]).astype(np.int64)
        items = np.fromiter((i for h in histories for i in h), dtype=np.int64, count=int(indptr[-1]))
        return cls(indptr, items, count)

    def __len__(self) -> int:
        """Number of people."""
        return len(self.indptr) - 1

    def history(self, person: int) -> NDArray[np.int64]:
        """The items of one person, the earliest first."""
        return self.items[self.indptr[person] : self.indptr[person + 1]]

    def only(self, people: Sequence[int]) -> Interactions:
        """The part of these people, in the order given."""
        chosen = np.asarray(people, dtype=np.int64)
        sizes = np.diff(self.indptr)[chosen]
        indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        places = np.repeat(self.indptr[chosen] - indptr[:-1], sizes) + np.arange(int(indptr[-1]))
        held = None if self.strengths is None else self.strengths[places]
        return Interactions(indptr, self.items[places], self.count, held)

    def matrix(self) -> sparse.csr_matrix:
        """(people, items) strengths, repeats summed."""
        held = np.ones(len(self.items), dtype=np.float32) if self.strengths is None else self.strengths
        made = sparse.csr_matrix((held, self.items.astype(np.int32), self.indptr), shape=(len(self), self.count))
        made.sum_duplicates()
        return made


class Scorer(Protocol):
    """What scores every item for a person known by a few."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) a score for every item, higher is better, from item rows in the order in which they were had.

        Only comparable within one call; zeros where nothing is known.
        """
        ...


class Ranker(Protocol):
    """A fitted ranker. It keeps nothing of the people it was fitted on that a score would need."""

    name: ClassVar[str]

    @classmethod
    def fit(cls, interactions: Interactions) -> Self:
        """Fit; the settings that matter are keyword arguments with defaults tuned on validation data."""
        ...

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) a score for every item, higher is better, from item rows in the order in which they were had.

        Only comparable within one call; zeros where nothing is known.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write under `folder`."""
        ...

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Open, memory-mapped where arrays are large."""
        ...
