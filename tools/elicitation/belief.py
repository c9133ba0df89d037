"""A belief over candidates: how likely each is the one looked for, updated exactly by answers and by refusals.

Bayesian item search with yes/no questions; the answer model is a symmetric noise channel. Arrays are never written to
after construction, so a belief can be kept, branched and thrown away freely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NEGLIGIBLE = 1e-12
"""A candidate whose probability falls below this is dropped."""
CERTAIN = 1e-12
"""A chance closer to one than this is a rounding error away from certain: its question tells nothing."""


@dataclass(frozen=True)
class Members:
    """Which candidate holds which attribute: candidates × attributes as compressed sparse rows."""

    indptr: Ints
    """(candidates + 1,) where each candidate's attributes start."""
    codes: Ints
    """(held,) attribute codes, candidate after candidate; none twice for one candidate."""
    width: int
    """Number of attributes, held or not."""

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @cached_property
    def owners(self) -> Ints:
        """(held,) the candidate that each entry of `codes` belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.indptr))

    def take(self, positions: Ints) -> Members:
        """The rows at `positions`, in that order."""
        sizes = np.diff(self.indptr)[positions]
        indptr = np.concatenate([[0], np.cumsum(sizes)])
        within = np.arange(indptr[-1]) - np.repeat(indptr[:-1], sizes)
        return Members(indptr, self.codes[np.repeat(self.indptr[positions], sizes) + within], self.width)

    def mass(self, weights: Floats) -> Floats:
        """(attributes,) total weight of the candidates that hold each attribute."""
        return np.bincount(self.codes, weights=weights[self.owners], minlength=self.width).astype(
            np.float64, copy=False
        )

    def columns(self, attributes: Ints) -> Flags:
        """(candidates, len(attributes)) dense membership of a few attributes."""
        place = np.full(self.width, -1, dtype=np.int64)
        place[attributes] = np.arange(len(attributes))
        at = place[self.codes]
        inside = at >= 0
        dense = np.zeros((len(self), len(attributes)), dtype=np.bool_)
        dense[self.owners[inside], at[inside]] = True
        return dense


@dataclass(frozen=True)
class Belief:
    """Candidates, likeliest first, with probabilities that sum to one; empty when nothing fits."""

    rows: Ints
    """(candidates,) catalogue rows."""
    weights: Floats
    """(candidates,) probability of each, falling."""
    members: Members
    noise: float = 0.0
    """Chance that an answer about an attribute is the wrong way round, below one half; 0 believes every answer."""

    @classmethod
    def of(cls, rows: Ints, scores: Floats, members: Members, noise: float = 0.0, temperature: float = 1.0) -> Belief:
        """Probabilities by softmax of `scores` / `temperature`; `members` has one row for each of `rows`.

        Raises ValueError when the shapes differ, when `noise` is outside 0..1/2 or the temperature is not positive.
        """
        if not len(rows) == len(scores) == len(members):
            raise ValueError(f"{len(rows)} rows, {len(scores)} scores, {len(members)} rows of attributes")
        if not 0 <= noise < 0.5 or temperature <= 0:
            raise ValueError("noise lies in 0..1/2, and a temperature is positive")
        if not len(rows):
            return cls(rows, scores, members, noise)
        weights = np.exp((scores - scores.max()) / temperature)
        return cls(rows, weights, members, noise).settled(weights)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def entropy(self) -> float:
        """Bits that are missing until the one candidate is known."""
        held = self.weights[self.weights > 0]
        return float(-(held * np.log2(held)).sum())

    @cached_property
    def chances(self) -> Floats:
        """(attributes,) chance of a yes to each attribute, before noise."""
        return np.minimum(self.members.mass(self.weights), 1.0)

    @cached_property
    def gains(self) -> Floats:
        """(attributes,) bits each question is expected to bring: what the answer tells beyond its noise."""
        open_ = (self.chances > 0) & (self.chances < 1 - CERTAIN)
        heard = self.chances[open_] * (1 - self.noise) + (1 - self.chances[open_]) * self.noise
        gains = np.zeros(len(self.chances))
        gains[open_] = _bits(heard) - (_bits(np.array([self.noise]))[0] if self.noise else 0.0)
        return gains

    def answer(self, attribute: int, *, yes: bool, known: Flags | None = None) -> Belief:
        """The belief after an answer; an answer that leaves nothing leaves an empty belief.

        `known` (candidates,) says of which candidates the catalogue tells whether they hold the attribute; one it does
        not tell of fits either answer half and half.
        """
        holds = self.members.columns(np.array([attribute]))[:, 0]
        fits = np.where(holds == yes, 1 - self.noise, self.noise)
        return self.settled(self.weights * (fits if known is None else np.where(known, fits, 0.5)))

    def refuse(self, rows: Sequence[int] | Ints, likeness: Floats | None = None, spread: float = 0.0) -> Belief:
        """The belief after `rows` were shown and refused: they are gone.

        `likeness` (candidates,) in 0..1 says how alike each candidate is to what was refused; those lose weight by
        exp(-spread × likeness).
        """
        left = np.where(np.isin(self.rows, rows), 0.0, self.weights)
        if likeness is not None and spread:
            left = left * np.exp(-spread * likeness)
        return self.settled(left)

    def likeness_to(self, rows: Sequence[int] | Ints) -> Floats:
        """(candidates,) cosine of each candidate's attributes with the mean of those of `rows`."""
        profile = self.members.mass(np.isin(self.rows, rows).astype(np.float64))
        sizes = np.maximum(np.diff(self.members.indptr), 1)
        shared = np.bincount(self.members.owners, weights=profile[self.members.codes], minlength=len(self))
        return shared / np.sqrt(sizes) / max(float(np.linalg.norm(profile)), NEGLIGIBLE)

    def settled(self, weights: Floats) -> Belief:
        """Normalised, sorted, and without what has become negligible."""
        total = float(weights.sum())
        if total <= 0:
            keep = np.empty(0, dtype=np.int64)
            return Belief(self.rows[keep], weights[keep], self.members.take(keep), self.noise)
        order = np.argsort(-weights, kind="stable")
        order = order[weights[order] > NEGLIGIBLE * total]
        kept = weights[order]
        return Belief(self.rows[order], kept / kept.sum(), self.members.take(order), self.noise)


def _bits(chance: Floats) -> Floats:
    """Entropy of a yes/no with these chances, strictly between 0 and 1, in bits."""
    bits: Floats = -(chance * np.log2(chance) + (1 - chance) * np.log2(1 - chance))
    return bits
