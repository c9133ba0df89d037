"""A profile in natural language: short sentences made of labels, quotes and dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from agent.profile.interests import version_of
from core.preferences import Preference, quantity
from core.profile import Interests, Opinions, Origin, Profile
from core.schema import CatalogSchema
from core.values import Value

INTERESTS = "interests"
"""Key of the line that a model wrote."""
MOST_NAMED = 8
"""Items of a list named one by one, the latest ones."""
_OPENINGS = {
    ("want", "hard"): "You always want",
    ("want", "soft"): "You like",
    ("avoid", "hard"): "You never want",
    ("avoid", "soft"): "You would rather not have",
}


class Line(Value):
    """One sentence, and what it is about."""

    text: str
    key: str
    """Id of a preference, name of a list of items (liked, disliked, seen), has:FIELD, or interests."""


def lines(profile: Profile, schema: CatalogSchema, titles: Mapping[str, str] | None = None) -> tuple[Line, ...]:
    """What the profile says, a sentence each; `titles` by item id, ids stand in for those that are missing."""
    said = [Line(key=p.id, text=sentence(p, schema, profile.origins.get(p.id))) for p in profile.preferences]
    for field, values in profile.has.items():
        spec = schema.by_name.get(field)
        named = _list([quantity(v, spec) if spec else str(v) for v in values])
        said.append(Line(key=f"has:{field}", text=f"You have {named} ({spec.title if spec else field})."))
    used = schema.consumption.past[0]
    openings: dict[Opinions, str] = {"liked": "You liked", "disliked": "You did not like", "seen": f"You have {used}"}
    for name, opening in openings.items():
        ids: tuple[str, ...] = getattr(profile, name)
        if ids:
            said.append(Line(key=name, text=f"{opening} {_named(ids, titles or {})}."))
    if profile.interests is not None:
        said.append(Line(key=INTERESTS, text=_summed_up(profile, profile.interests)))
    return tuple(said)


def describe(profile: Profile, schema: CatalogSchema, titles: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The sentences alone; one that says so when there is nothing."""
    if profile.guest:
        return ("You are a guest: nothing is kept.",)
    return tuple(line.text for line in lines(profile, schema, titles)) or ("Nothing is kept yet.",)


def sentence(preference: Preference, schema: CatalogSchema, origin: Origin | None = None) -> str:
    """One preference: "You never want green (said 12 November 2025: “I never drink green”)."."""
    spec = schema.by_name.get(preference.field) if preference.field else None
    opening = _OPENINGS[preference.polarity, preference.strength]
    if spec is not None and (spec.type in {"number", "flag"} or preference.op in {"lt", "le", "gt", "ge"}):
        opening += " it"
    gone = preference.field is not None and spec is None
    label = (
        f"{preference.field}: {', '.join(str(v) for v in preference.values)}"
        if gone
        else preference.model_copy(update={"polarity": "want"}).label(schema)
    )
    return f"{opening} {label}{_why(preference, origin)}."


def _summed_up(profile: Profile, held: Interests) -> str:
    by = f"written by {held.model}{f' on {day}' if (day := _day(held.at)) else ''}"
    changed = "" if held.version == version_of(profile) else "; your profile has changed since"
    into = [f"{i.name} ({_list(list(i.titles))})" for i in held.interests]
    return f"In short: {held.text}{f' You are into {_list(into)}.' if into else ''} ({by}{changed})"


def _why(preference: Preference, origin: Origin | None) -> str:
    if origin is None:
        return ""
    day = _day(origin.at)
    match origin.rule:
        case "hand":
            return f" (set by hand{f' on {day}' if day else ''})"
        case "repeated":
            return f" (said in several conversations{f', up to {day}' if day else ''})"
    quote = f": “{preference.quote}”" if preference.quote else ""
    return f" (said{f' {day}' if day else ''}{quote})" if day or quote else ""


def _day(at: float) -> str:
    if not at:
        return ""
    when = datetime.fromtimestamp(at, UTC)
    return f"{when.day} {when:%B %Y}"


def _named(ids: tuple[str, ...], titles: Mapping[str, str]) -> str:
    latest = [titles.get(i, i) for i in reversed(ids[-MOST_NAMED:])]
    more = len(ids) - len(latest)
    return _list([*latest, f"{more} more"] if more else latest)


def _list(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
