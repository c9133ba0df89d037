"""A person beyond one conversation: what lasts, in typed form and in their own words."""

from __future__ import annotations

from pydantic import Field

from core.preferences import Preference
from core.values import Scalar, Value


class Profile(Value):
    """What holds for a person in one catalogue. Theirs to see, edit, export and delete."""

    person: str = ""
    """Who; empty for a guest, of whom nothing is kept."""
    preferences: tuple[Preference, ...] = ()
    """With scope "person"; used as soft evidence unless the person said otherwise."""
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    has: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    """By field name, what the person has at hand: the services they subscribe to, the formats they can read."""

    @property
    def guest(self) -> bool:
        """Whether nothing of this person is kept."""
        return not self.person
