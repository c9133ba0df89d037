"""What a simulated person is looking for, and what they bring along."""

from __future__ import annotations

from core.values import Value
from simulation.tasks import Constraint


class Need(Value):
    """An information need. Nothing in it is ever shown to the agent but what the person says of it."""

    wants: tuple[Constraint, ...] = ()
    """What an item must meet, each with when it is told."""
    soft: tuple[Constraint, ...] = ()
    """What would be welcome, and is said as such."""
    target: str | None = None
    """Id of the item in mind; None: there is no single right answer."""
    liked: tuple[str, ...] = ()
    """Ids of items they know and like, the best first; they may be named."""
    disliked: tuple[str, ...] = ()
    """Ids of items they know and do not like."""
    known: tuple[str, ...] = ()
    """Ids of everything they know, liked or not; nothing of it is new to them."""
    relevant: tuple[str, ...] = ()
    """Ids of held-out items that they are known to like: what slates are measured against. Never told."""
    irrelevant: tuple[str, ...] = ()
    """Ids of held-out items that they are known not to like."""
