"""Using a profile: the effective ledger of a conversation, in which the conversation always has the last word."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.ledger import Ledger, LedgerPatch, reconcile
from core.preferences import Preference
from core.profile import Profile
from core.schema import CatalogSchema

CONFIDENCE = 0.5
"""How much a preference of the profile counts beside one said in the conversation."""
MOST_LIKED = 20
"""Liked items of the profile that are used, the latest ones."""
PREFIX = "you"
"""What the ids of preferences from a profile begin with."""
SOURCE = "from your profile"


def with_profile(ledger: Ledger, profile: Profile) -> Ledger:
    """The ledger to retrieve, filter and rank with; show and store the conversation's own.

    Preferences of the profile come behind those of the conversation, with their ids (you1, you2, …) and half
    confidence; soft ones stay soft and hard ones hard. The conversation wins: a wish of the profile is left out where
    the conversation wishes for anything on that field or does not care about it, a refusal where the conversation wants
    what it refuses, and both where the same is said in the conversation. The latest liked items are lent only while the
    conversation names none itself ("something like X" means X, not everything ever liked); the disliked ones are added
    unless the conversation says otherwise. What is at hand (`Profile.has`) is for the rules of the house.
    """
    if profile.empty:
        return ledger
    return ledger.model_copy(
        update={
            "preferences": (*ledger.preferences, *_lent(ledger, profile)),
            "liked": ledger.liked or _merged(profile.liked[-MOST_LIKED:], (), ledger.disliked),
            "disliked": _merged(profile.disliked, ledger.disliked, ledger.liked),
        }
    )


def from_profile(preference_id: str) -> bool:
    """Whether a preference of an effective ledger, or the line of a receipt, comes from the profile."""
    return preference_id.startswith(PREFIX)


def released(patch: LedgerPatch, profile: Profile) -> LedgerPatch:
    """A patch for the conversation's own ledger that does what `patch` means on the effective one.

    Dropping a preference of the profile becomes saying the same softly in the conversation, which then wins over the
    hard one of the profile; the profile itself is not changed.
    """
    lent = [p for key in patch.drop if from_profile(key) and (p := profile.find(key)) is not None]
    if not any(from_profile(key) for key in patch.drop):
        return patch
    soft = (p.model_copy(update={"id": "", "strength": "soft", "scope": "conversation"}) for p in lent)
    own = tuple(key for key in patch.drop if not from_profile(key))
    return patch.model_copy(update={"drop": own, "put": (*patch.put, *soft)})


def fitting(profile: Profile, schema: CatalogSchema, known: Callable[[str], bool]) -> Profile:
    """The profile without the fields and items that the catalogue, as it is now, does not have."""
    return profile.model_copy(
        update={
            "preferences": tuple(p for p in profile.preferences if p.field is None or p.field in schema.by_name),
            "has": {f: values for f, values in profile.has.items() if f in schema.by_name},
            **{name: tuple(i for i in getattr(profile, name) if known(i)) for name in ("liked", "disliked", "seen")},
        }
    )


def _lent(ledger: Ledger, profile: Profile) -> Iterator[Preference]:
    said = ledger.preferences
    wanted = {p.field for p in said if p.polarity == "want" and p.field is not None}
    for preference in profile.preferences:
        if any(p.same_as(preference) for p in said):
            continue
        if preference.polarity == "want" and preference.field in (wanted | set(ledger.declined)):
            continue
        rest: Preference | None = preference
        for newer in said:
            rest = reconcile(rest, newer) if rest is not None else None
        if rest is not None:
            yield rest.model_copy(update={"confidence": CONFIDENCE * rest.confidence, "turn": 0})


def _merged(lent: tuple[str, ...], own: tuple[str, ...], against: tuple[str, ...]) -> tuple[str, ...]:
    """The profile's items first, as the older ones."""
    return (*(i for i in lent if i not in own and i not in against), *own)
