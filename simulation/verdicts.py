"""What a need says of an item shown: the judgement of a person whose words a model finds."""

from __future__ import annotations

from core.items import Item
from core.values import Value
from simulation.needs import Need
from simulation.tasks import Constraint, holds


class Verdict(Value):
    """What the need says of an item shown."""

    fits: bool
    known: bool = False
    broken: tuple[Constraint, ...] = ()
    """What is wanted and not met, hidden wants too."""


def verdict(need: Need, item: Item) -> Verdict:
    """The target fits; so does what meets every want, if it is one of the relevant items or no right item is known."""
    broken = tuple(c for c in need.wants if not holds(c, item))
    if item.id == need.target:
        return Verdict(fits=True, broken=broken)
    known = item.id in need.known or item.id in need.disliked
    open_ended = need.target is None and not need.relevant
    right = item.id in need.relevant or (open_ended and item.id not in need.irrelevant)
    return Verdict(fits=right and not known and not broken, known=known, broken=broken)
