"""Moments of recorded dialogues at which something was recommended, and the items they speak of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to their unit vectors, (texts, dim)."""


@dataclass(frozen=True, eq=False)
class SpokenItems:
    """The items that dialogues speak of, with what is known of them outside the dialogues; rows are 0..n-1."""

    titles: tuple[str, ...]
    texts: tuple[str, ...]
    """What describes each item, for search by words."""
    vectors: NDArray[np.float32]
    """(n, dim) unit vectors of those texts."""
    groups: NDArray[np.float32]
    """(n, groups) 1 where an item belongs to a group, such as a genre."""
    people: tuple[frozenset[str], ...]
    """Names, in lower case, of those who made each item."""
    years: NDArray[np.float64]
    """(n,) NaN where unknown."""
    fame: NDArray[np.float32]
    """(n, sources) logarithms of how often other sources count or rate an item; 0 where they do not know it."""
    ratings: sparse.csr_matrix
    """(people, n) what people outside the dialogues liked, 1 where they did."""

    def __len__(self) -> int:
        return len(self.titles)


class Named(NamedTuple):
    """An item named before a moment."""

    row: int
    turn: int
    by_seeker: bool


@dataclass(frozen=True)
class Moment:
    """All that stood before one message that recommends, and what that message names."""

    dialogue: str
    turn: int
    """Turns before it."""
    named: tuple[Named, ...]
    asked: str
    """The seeker's words so far, without the items."""
    lately: str
    """The last three turns, with titles."""
    words: str
    """Everything said so far, without the items."""
    given: tuple[int, ...] = ()
    """Rows of the items that the message names; empty where nobody knows."""

    @property
    def known(self) -> tuple[int, ...]:
        """Rows named so far, each once, the latest first."""
        return tuple(dict.fromkeys(n.row for n in reversed(self.named)))

    @property
    def fresh(self) -> tuple[int, ...]:
        """Rows given that had not been named."""
        return tuple(row for row in self.given if row not in set(self.known))


@dataclass(frozen=True)
class Corpus:
    """Recorded dialogues: their moments, and the items that each of them names at all."""

    moments: tuple[Moment, ...]
    mentions: tuple[tuple[str, tuple[int, ...]], ...]
    """(dialogue, rows)."""

    def only(self, dialogues: Sequence[str]) -> Corpus:
        """The part of these dialogues."""
        kept = set(dialogues)
        return Corpus(
            tuple(m for m in self.moments if m.dialogue in kept), tuple(d for d in self.mentions if d[0] in kept)
        )

    @property
    def dialogues(self) -> tuple[str, ...]:
        """Their names, in order."""
        return tuple(name for name, _ in self.mentions)
