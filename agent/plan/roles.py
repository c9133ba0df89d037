"""What a stretch of a message does, as the tagger reads it: wanted, refused, told as background, asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tools.tagging.labels import MARKS, Mark

Role = Literal[
    "want", "avoid", "more", "less", "like", "dislike", "seen", "unseen", "back", "indifferent", "asked", "compared",
    "taken", "passed", "aside",
]  # fmt: skip
"""more, less: than in what was shown. back: taken back. compared: only pointed at. aside: no condition at all."""

ROLE_OF: Mapping[Mark, Role] = {
    "none": "aside", "B": "aside", "O": "aside",
    "W": "want", "W?": "want", "W!": "want",
    "A": "avoid", "A?": "avoid",
    "C+": "more", "C-": "less",
    "L": "like", "D": "dislike", "S": "seen", "U": "unseen",
    "F": "back", "I": "indifferent", "Q": "asked", "R": "compared", "P": "taken", "N": "passed",
}  # fmt: skip
ROLES: tuple[Role, ...] = tuple(dict.fromkeys(ROLE_OF.values()))
_PLACES = {role: [n for n, mark in enumerate(MARKS) if ROLE_OF[mark] == role] for role in ROLES}
_AT = {mark: n for n, mark in enumerate(MARKS)}
OF_ITEMS: frozenset[Role] = frozenset({"like", "dislike", "seen", "unseen", "asked", "compared", "taken", "passed"})
"""Roles that only an item, a person or a series plays."""


@dataclass(frozen=True)
class Weighed:
    """A stretch of a message with the probability of each role."""

    marks: NDArray[np.float32]
    """(marks,)"""

    def chance(self, *roles: Role) -> float:
        """Probability that it plays one of these roles."""
        return float(sum(self.marks[n] for role in roles for n in _PLACES[role]))

    @property
    def best(self) -> tuple[Role, float]:
        """The likeliest role and its probability."""
        role = max(ROLES, key=self.chance)
        return role, self.chance(role)

    @property
    def background(self) -> bool:
        """Whether it is told as background, rather than standing where words say nothing."""
        return bool(self.marks[_AT["B"]] >= 0.4)

    @property
    def softness(self) -> float:
        """Of what is wanted or refused, the share that is put softly."""
        soft = float(self.marks[_AT["W?"]] + self.marks[_AT["A?"]])
        return soft / max(self.chance("want", "avoid"), 1e-6)

    @property
    def insistence(self) -> float:
        """Of what is wanted, the share that is insisted on."""
        return float(self.marks[_AT["W!"]]) / max(self.chance("want"), 1e-6)

    @property
    def soft(self) -> bool:
        """Whether what is wanted or refused is put softly."""
        return self.softness > 0.5

    @property
    def insisted(self) -> bool:
        """Whether what is wanted is insisted on."""
        return self.insistence > 0.5


SURE = 0.6
"""Probability from which the tagger overrules what the words around a mention say."""
CLEAR = 0.3
"""By how much it must exceed that of the role the words say."""


def settled(weighed: Weighed | None, said: Role, sure: float = SURE) -> Role:
    """The role of a mention for which the words around it say `said`: the tagger's where it is sure of another."""
    if weighed is None:
        return said
    role, chance = weighed.best
    return role if chance >= sure and chance - weighed.chance(said) >= CLEAR else said
