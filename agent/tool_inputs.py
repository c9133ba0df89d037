"""What tools that work under preferences take."""

from __future__ import annotations

from core.plan import Wish
from core.values import Value


class Wishes(Value):
    """Preferences and opinions a tool works under."""

    wishes: tuple[Wish, ...] = ()
    """Preferences as spoken or canonical; values are linked to the catalogue."""
    liked: tuple[str, ...] = ()
    """Item ids."""
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
