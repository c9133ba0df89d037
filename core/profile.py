"""A person beyond one conversation: what lasts, in typed form and in their own words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.preferences import Preference
from core.values import Scalar, Value

Opinions = Literal["liked", "disliked", "seen"]
Rule = Literal["lasting", "repeated", "hand"]


class Origin(Value):
    """Why a preference is in a profile, and since when."""

    rule: Rule
    """lasting: said as lasting; repeated: said in several conversations; hand: put there by the person."""
    at: float = 0.0
    """Seconds since 1970; 0 when unknown."""
    conversation: str = ""
    """Id of the conversation that brought it; empty when none did."""


class Profile(Value):
    """What holds for a person in one catalogue. Theirs to see, edit, export and delete."""

    person: str = ""
    """Who; empty for a guest, of whom nothing is kept."""
    preferences: tuple[Preference, ...] = ()
    """With scope "person" and ids you1, you2, …; used as soft evidence unless the person said otherwise."""
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    has: dict[str, tuple[Scalar, ...]] = Field(default_factory=dict)
    """By field name, what the person has at hand: the services they subscribe to, the formats they can read."""
    origins: dict[str, Origin] = Field(default_factory=dict)
    """By id of a preference, where it comes from."""

    @property
    def guest(self) -> bool:
        """Whether nothing of this person is kept."""
        return not self.person

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return self == Profile(person=self.person)

    def find(self, preference_id: str) -> Preference | None:
        """The preference with this id, or None."""
        return next((p for p in self.preferences if p.id == preference_id), None)
