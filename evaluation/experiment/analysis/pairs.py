"""Paired differences between systems that served the same members, and which of them are real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from core.values import Value
from evaluation.experiment.analysis.scores import Key, Scores, shared
from evaluation.experiment.episodes import UserKind
from evaluation.metrics import Figure, difference

FLIPS = 9_999
BLOCK = 500
ALPHA = 0.05


class Paired(Value):
    """How much more of a measure the first system has than the second, on the same members."""

    user: UserKind
    measure: str
    first: str
    second: str
    difference: Figure
    p: float
    """Chance of a difference this far from zero if the two were exchangeable."""
    holm: float
    """The same, corrected over all pairs of this measure and kind of user."""

    @property
    def real(self) -> bool:
        """Whether the difference survives the correction at 5 %."""
        return self.holm < ALPHA

    def turned(self) -> Paired:
        """The same seen from the second system."""
        held = self.difference
        back = Figure(value=-held.value, low=-held.high, high=-held.low, n=held.n)
        return self.model_copy(update={"first": self.second, "second": self.first, "difference": back})


def paired(held: Mapping[Key, Scores], user: UserKind, name: str, seed: int = 0) -> list[Paired]:
    """Every pair of systems with one kind of user; pairs without a member scored in both are left out."""
    systems = [key.system for key in held if key.user == user]
    drafts: list[tuple[str, str, list[str], list[float], list[float]]] = []
    for first, second in combinations(systems, 2):
        one, other = held[Key(user, first)], held[Key(user, second)]
        if members := shared(one, other):
            drafts.append((first, second, members, [one[m] for m in members], [other[m] for m in members]))
    chances = sign_flips([_by_member(*draft[2:]) for draft in drafts], seed)
    return [
        Paired(
            user=user,
            measure=name,
            first=first,
            second=second,
            difference=difference(one, other, seed),
            p=p,
            holm=corrected,
        )
        for (first, second, _, one, other), p, corrected in zip(drafts, chances, holm(chances), strict=True)
    ]


def sign_flip(differences: Sequence[float], seed: int = 0) -> float:
    """Two-sided p-value of mean(differences) = 0 by a sign-flip permutation test with 9,999 draws.

    Fisher (1935), The Design of Experiments; one is added to both counts, as by Phipson and Smyth (2010), so that p is
    never zero.
    """
    return sign_flips([{str(place): d for place, d in enumerate(differences)}], seed)[0]


def sign_flips(differences: Sequence[Mapping[str, float]], seed: int = 0) -> list[float]:
    """The test for several sets of differences by member; the same signs are drawn for all of them."""
    members = sorted({m for one in differences for m, d in one.items() if d})
    held = np.asarray([[one.get(m, 0.0) for one in differences] for m in members], dtype=np.float64)
    held = held.reshape(len(members), len(differences))
    total = held.sum(axis=0)
    seen = np.abs(total) * (1 - 1e-9) - 1e-12
    random = np.random.default_rng(seed)
    as_far = np.zeros(len(differences), dtype=np.int64)
    for start in range(0, FLIPS, BLOCK):
        flipped = random.integers(0, 2, size=(min(BLOCK, FLIPS - start), len(members)), dtype=np.int8)
        as_far += (np.abs(total - 2 * (flipped.astype(np.float64) @ held)) >= seen).sum(axis=0)
    return [round((1 + int(count)) / (1 + FLIPS), 5) for count in as_far]


def _by_member(members: Sequence[str], one: Sequence[float], other: Sequence[float]) -> dict[str, float]:
    return {m: a - b for m, a, b in zip(members, one, other, strict=True)}


def holm(chances: Sequence[float]) -> list[float]:
    """The p-values corrected for there being several, in their order (Holm 1979)."""
    corrected = [0.0] * len(chances)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(chances)), key=chances.__getitem__)):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = round(highest, 5)
    return corrected
