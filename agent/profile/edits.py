"""Changes of a profile made by the person's own hand."""

from __future__ import annotations

from typing import Literal

from agent.profile.delta import LISTS
from agent.profile.promote import enter
from agent.profile.tally import Kept, Tally
from core.errors import BadInput
from core.preferences import Preference
from core.profile import Origin, Profile
from core.values import Scalar


def add(kept: Kept, preference: Preference, *, at: float = 0.0) -> Kept:
    """Put a preference in, with the strength it has; what contradicts it gives way."""
    return enter(kept, preference, Origin(rule="hand", at=at))[0]


def remove(kept: Kept, preference_id: str) -> Kept:
    """Take a preference out; repetition is counted from nothing again. Raises BadInput."""
    gone = _held(kept.profile, preference_id)
    profile = kept.profile.model_copy(
        update={
            "preferences": tuple(p for p in kept.profile.preferences if p.id != preference_id),
            "origins": {key: o for key, o in kept.profile.origins.items() if key != preference_id},
        }
    )
    return Kept(profile=profile, tally=kept.tally.forget(gone))


def strengthen(kept: Kept, preference_id: str, strength: Literal["hard", "soft"], *, at: float = 0.0) -> Kept:
    """Make a preference a must, or merely welcome. Raises BadInput."""
    held = _held(kept.profile, preference_id)
    if held.strength == strength:
        return kept
    changed = held.model_copy(update={"strength": strength})
    profile = kept.profile.model_copy(
        update={
            "preferences": tuple(changed if p.id == preference_id else p for p in kept.profile.preferences),
            "origins": kept.profile.origins | {preference_id: Origin(rule="hand", at=at)},
        }
    )
    return kept.model_copy(update={"profile": profile})


def forget(kept: Kept, item: str) -> Kept:
    """Take an item off every list. Raises BadInput when it is on none."""
    lists = {name: getattr(kept.profile, name) for name in LISTS}
    if not any(item in items for items in lists.values()):
        raise BadInput(f"The profile does not mention {item!r}.", "`tastemaker profile show` lists what it does.")
    fresh: dict[str, object] = {name: tuple(i for i in items if i != item) for name, items in lists.items()}
    return kept.model_copy(update={"profile": kept.profile.model_copy(update=fresh)})


def have(kept: Kept, field: str, values: tuple[Scalar, ...]) -> Kept:
    """Say what is at hand on a field; no values: nothing is said about it any more."""
    has = {key: v for key, v in kept.profile.has.items() if key != field}
    if values:
        has[field] = values
    return kept.model_copy(update={"profile": kept.profile.model_copy(update={"has": has})})


def clear(kept: Kept) -> Kept:
    """Forget everything, also what was only counted, and how to undo it."""
    return Kept(profile=Profile(person=kept.profile.person), tally=Tally(next_id=kept.tally.next_id))


def _held(profile: Profile, preference_id: str) -> Preference:
    found = profile.find(preference_id)
    if found is None:
        ids = ", ".join(p.id for p in profile.preferences) or "none"
        raise BadInput(f"There is no preference {preference_id!r} in the profile (there are: {ids}).", "Name one.")
    return found
