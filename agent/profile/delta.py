"""The difference between two profiles, so that what a turn brought into a profile can be taken back exactly."""

from __future__ import annotations

from core.preferences import Preference
from core.profile import Opinions, Origin, Profile
from core.values import Value

LISTS: tuple[Opinions, ...] = ("liked", "disliked", "seen")


class Delta(Value):
    """A change of a profile; what other conversations changed meanwhile is left alone when it is applied."""

    drop: tuple[str, ...] = ()
    """Ids of preferences to take out."""
    replace: tuple[Preference, ...] = ()
    """Preferences to put in the place of those with the same id, where they are still there."""
    insert: tuple[tuple[int, Preference], ...] = ()
    """Preferences to put back, with their places."""
    origins: dict[str, Origin] = {}
    """Origins of the preferences replaced and put back."""
    unmark: tuple[tuple[Opinions, str], ...] = ()
    """Items to take off a list."""
    mark: tuple[tuple[Opinions, int, str], ...] = ()
    """Items to put back on a list, with their places."""

    @property
    def empty(self) -> bool:
        """Whether applying it changes nothing."""
        return self == Delta()


def leading(start: Profile, end: Profile) -> Delta:
    """The delta that turns `start` into `end`; both list what they share in the same order."""
    held = {p.id: p for p in start.preferences}
    wanted = {p.id: p for p in end.preferences}
    replace = tuple(
        p
        for key, p in wanted.items()
        if key in held and (held[key] != p or start.origins.get(key) != end.origins.get(key))
    )
    insert = tuple((n, p) for n, p in enumerate(end.preferences) if p.id not in held)
    touched = [p.id for p in (*replace, *(p for _, p in insert))]
    return Delta(
        drop=tuple(key for key in held if key not in wanted),
        replace=replace,
        insert=insert,
        origins={key: end.origins[key] for key in touched if key in end.origins},
        unmark=tuple((n, i) for n in LISTS for i in getattr(start, n) if i not in set(getattr(end, n))),
        mark=tuple(
            (n, at, i) for n in LISTS for at, i in enumerate(getattr(end, n)) if i not in set(getattr(start, n))
        ),
    )


def applied(profile: Profile, delta: Delta) -> Profile:
    """The profile after a delta; preferences that are gone meanwhile are not replaced, and nothing comes in twice."""
    swap = {p.id: p for p in delta.replace}
    preferences = [swap.get(p.id, p) for p in profile.preferences if p.id not in delta.drop]
    for place, preference in delta.insert:
        if preference.id not in {p.id for p in preferences}:
            preferences.insert(place, preference)
    lists: dict[str, list[str]] = {
        n: [i for i in getattr(profile, n) if (n, i) not in set(delta.unmark)] for n in LISTS
    }
    for name, place, item in delta.mark:
        if item not in lists[name]:
            lists[name].insert(place, item)
    kept = {p.id for p in preferences}
    origins = {k: o for k, o in (profile.origins | delta.origins).items() if k in kept}
    fresh = {name: tuple(items) for name, items in lists.items()}
    return profile.model_copy(update={"preferences": tuple(preferences), "origins": origins, **fresh})
