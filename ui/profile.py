"""What the doors do with a profile: read words into it, take a line out, check one that is brought back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.listen import Listener
from agent.profile import edits
from agent.profile.delta import LISTS
from agent.profile.exchange import Document, imported, kept_from
from agent.profile.lasting import lasting
from agent.profile.people import person_named
from agent.profile.promote import strength_kept
from agent.profile.tally import Kept
from agent.profile.words import INTERESTS
from core.errors import BadInput
from core.ledger import Ledger, LedgerPatch, Mark
from core.plan import Wish
from core.preferences import Preference
from core.profile import Profile
from core.schema import CatalogSchema, FieldSpec
from core.turn import Conversation
from core.values import Scalar, Value
from tools.text import fold

if TYPE_CHECKING:
    from agent.room import Room
    from core.items import Catalog

HAS = "has:"
"""What the key of a line about what is at hand begins with."""
_ID = re.compile(r"you[1-9]\d{0,8}")


class Noted(Value):
    """What was understood of words that are meant to last."""

    preferences: tuple[Preference, ...] = ()
    marks: tuple[Mark, ...] = ()
    not_understood: tuple[str, ...] = ()


def note(room: Room, words: str) -> Noted:
    """Words read by the rule planner and linked like a message; raises BadInput when they hold nothing to keep.

    A refusal that was meant hard stays hard, a wish only when said to hold without exception ("must", "only").
    """
    empty = Conversation(id="", catalog=room.catalog.name)
    listener = Listener(room.linker)
    listened = listener.listen(empty, room.planner.plan(empty, words).heard)
    if listened.question is not None:
        meant = "; ".join(c.label for c in listened.question.choices)
        raise BadInput(f"{listened.question.text} There are: {meant}.", "Say which, for example with the year.")
    remarks = listened.remarks
    said = Noted(
        preferences=tuple(_kept(p, words) for p in listened.applied.ledger.preferences),
        marks=listened.patch.marks,
        not_understood=(*remarks.not_understood, *remarks.unknown_titles),
    )
    if not (said.preferences or said.marks):
        missed = " and ".join(f"“{m}”" for m in said.not_understood)
        raise BadInput(
            f"I did not get {missed}." if missed else f"“{words[:80]}” holds nothing to remember.",
            'Say what you like or never want, such as "never …", "I like …", "under …" or "I loved TITLE".',
        )
    return said


def _kept(preference: Preference, words: str) -> Preference:
    said = lasting(f"always {words}", preference.quote)
    return preference.model_copy(
        update={"strength": strength_kept(preference, said), "scope": "person", "quote": preference.quote or words}
    )


def put_in(kept: Kept, noted: Noted, *, at: float) -> Kept:
    """The profile with what was understood; what contradicts it gives way."""
    for preference in noted.preferences:
        kept = edits.add(kept, preference, at=at)
    profile = kept.profile
    before = Ledger(liked=profile.liked, disliked=profile.disliked, seen=profile.seen)
    after = before.apply(LedgerPatch(marks=noted.marks)).ledger
    lists: dict[str, object] = {name: getattr(after, name) for name in LISTS}
    return kept.model_copy(update={"profile": profile.model_copy(update=lists)})


def without(kept: Kept, key: str) -> Kept:
    """The profile without what one of its lines is about (agent.profile.words); raises BadInput."""
    if key.startswith(HAS) and key.removeprefix(HAS) in kept.profile.has:
        return edits.have(kept, key.removeprefix(HAS), ())
    if key in LISTS:
        return kept.model_copy(update={"profile": kept.profile.model_copy(update={key: ()})})
    if key == INTERESTS and kept.profile.interests is not None:
        return kept.model_copy(update={"profile": kept.profile.model_copy(update={"interests": None})})
    if kept.profile.find(key) is None:
        there = ", ".join(keys(kept.profile)) or "none"
        raise BadInput(f"There is no line {key[:80]!r} in the profile.", f"Name one of its keys; there are: {there}.")
    return edits.remove(kept, key)


def keys(profile: Profile) -> tuple[str, ...]:
    """The keys of a profile's lines."""
    lists = (n for n in LISTS if getattr(profile, n))
    summary = (INTERESTS,) if profile.interests is not None else ()
    return (*(p.id for p in profile.preferences), *(f"{HAS}{f}" for f in profile.has), *lists, *summary)


def titles_of(catalog: Catalog, profile: Profile) -> dict[str, str]:
    """The titles of the items in a profile, by id; those the catalogue does not have any more are missing."""
    return {i.id: i.title for i in catalog.find((*profile.liked, *profile.disliked, *profile.seen))}


def item_named(profile: Profile, titles: dict[str, str], named: str) -> str:
    """The id of an item of the profile, named by id or title; raises BadInput when it is none or several."""
    held = tuple(dict.fromkeys((*profile.liked, *profile.disliked, *profile.seen)))
    if named in held:
        return named
    found = [i for i in held if fold(titles.get(i, i)) == fold(named)]
    if len(found) > 1:
        raise BadInput(f"The profile holds several {named[:80]!r}.", f"Name one by its id: {', '.join(found)}.")
    if not found:
        raise BadInput(f"The profile does not mention {named[:80]!r}.", "Give the title as the profile shows it.")
    return found[0]


def at_hand(room: Room, field: str, values: list[str]) -> tuple[str, tuple[Scalar, ...]]:
    """A field and values of it, as the catalogue spells them; raises BadInput for what it does not have."""
    schema = room.catalog.schema
    spec = next((f for f in schema.fields if fold(field) in {fold(f.name), fold(f.title)}), None)
    if spec is None or spec.type not in {"category", "people"}:
        lists = ", ".join(f.name for f in schema.fields if f.type in {"category", "people"})
        raise BadInput(f"{field[:80]!r} is no field of {schema.name} that one can have.", f"There are: {lists}.")
    known: list[Scalar] = []
    for value in values:
        linked = room.linker.preference(Wish(field=spec.name, op="any_of", value=(value,)), 0)
        if linked is None:
            raise BadInput(f"{schema.title} has no {spec.title} {value[:80]!r}.", "Name one as the catalogue does.")
        known += [v for v in linked.values if v not in known]
    return spec.name, tuple(known)


def brought_back(
    text: str, schemas: dict[str, CatalogSchema], person: str | None = None, catalog: str | None = None
) -> tuple[str, dict[str, Kept]]:
    """Whose an exported document is and what to store of it, by catalogue; `person` and `catalog` narrow it down.

    Raises BadInput, before anything is stored, when any part of what is asked for cannot be used.
    """
    whose = person_named(imported(text).person if person is None else person)
    document = imported(text, whose)
    if catalog is not None:
        if catalog not in document.catalogs:
            there = ", ".join(document.catalogs) or "none"
            raise BadInput(f"The file holds nothing about {catalog!r}.", f"There are: {there}.")
        document = document.model_copy(update={"catalogs": {catalog: document.catalogs[catalog]}})
    document = checked(document, schemas)
    return whose, {name: kept_from(one) for name, one in document.catalogs.items()}


def checked(document: Document, schemas: dict[str, CatalogSchema]) -> Document:
    """An imported document when all of it can be used; `schemas` by installed catalogue. Raises BadInput.

    Fields and items a catalogue does not have are no fault: they are left out of use until it has them.
    """
    if not document.person:
        raise BadInput("A guest has no profile.", "Name the person it is for with --person.")
    if not document.catalogs:
        raise BadInput("The file holds no profile: it lists no catalogue.", "Export it again.")
    for name, one in document.catalogs.items():
        problem = _problem(one.profile, schemas.get(name))
        if problem:
            raise BadInput(
                f"The profile for {name!r} cannot be used: {problem}. Nothing was changed.", "Mend the file."
            )
    return document


def _problem(profile: Profile, schema: CatalogSchema | None) -> str:
    ids = [p.id for p in profile.preferences]
    if wrong := next((i for i in ids if not _ID.fullmatch(i) or ids.count(i) > 1), None):
        return f"{wrong[:40]!r} is no id of its own (you1, you2, …)"
    if not all(ids):
        return "a preference has no id"
    if any(p.scope != "person" for p in profile.preferences):
        return "a preference has another scope than person"
    if stray := next((k for k in profile.origins if k not in ids), None):
        return f"there is an origin for {stray[:40]!r}, which is not there"
    for name in LISTS:
        if len(set(getattr(profile, name))) < len(getattr(profile, name)):
            return f"an item stands twice in {name!r}"
    if both := set(profile.liked) & set(profile.disliked):
        return f"{min(both)[:80]!r} is both liked and disliked"
    fields = schema.by_name if schema else {}
    odd = next((p for p in profile.preferences if p.field in fields and not _fits(p, fields[p.field or ""])), None)
    return f"{odd.id} has a value that does not fit the field {odd.field!r}" if odd else ""


def _fits(preference: Preference, spec: FieldSpec) -> bool:
    kinds: dict[str, type | tuple[type, ...]] = {"number": (int, float), "flag": bool}
    kind = kinds.get(spec.type, str)
    for value in preference.values:
        if not isinstance(value, kind) or (spec.type == "number" and isinstance(value, bool)):
            return False
    if preference.op in {"lt", "le", "gt", "ge", "between"}:
        return spec.type == "number" or all(str(v) in spec.order for v in preference.values)
    return preference.op != "contains" or spec.type == "text"
