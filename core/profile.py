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


class Interest(Value):
    """Something a person is into, and the liked items that show it."""

    name: str = Field(max_length=60)
    items: tuple[str, ...] = Field(min_length=1)
    """Item ids."""
    titles: tuple[str, ...]
    """Their titles, in the same order."""


class Interests(Value):
    """What a model made of a profile when the person asked for it."""

    text: str = Field(max_length=400)
    """One or two sentences."""
    interests: tuple[Interest, ...] = ()
    model: str
    prompt: str
    """Hash of the prompt."""
    at: float = 0.0
    """Seconds since 1970."""
    version: str
    """Hash of the profile it was made from."""
    sources: tuple[str, ...] = ()
    """What it was made from, piece by piece; when one of them leaves the profile, this goes too."""


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
    interests: Interests | None = Field(default=None, exclude_if=lambda held: held is None)
    """A summary by a model; None unless the person asked for one."""

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
