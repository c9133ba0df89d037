"""A change of the ledger as a program asks for it: in the catalogue's names and values, checked before it is made."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.wishing import preference_of
from core.errors import BadInput
from core.ledger import Ledger, LedgerPatch, Mark, Opinion
from core.plan import Wish
from core.preferences import Preference
from core.schema import Polarity, Strength
from core.values import Value
from tools.linking.linker import Linker


class Revision(Value):
    """A preference of the ledger made a must or a wish, or turned round."""

    id: str
    """Of the preference, as the ledger names it."""
    strength: Strength | None = None
    """None: as it is."""
    polarity: Polarity | None = None
    """None: as it is."""


class ItemMark(Value):
    """What is said of one item."""

    item: str
    """Its id."""
    opinion: Opinion | Literal["none"] | None = None
    """None: as it is; "none" takes an opinion back."""
    seen: bool | None = None
    """Whether the person knows it already; None: as it is."""


class LedgerEdit(Value):
    """One change of a conversation's ledger; undone and redone as one."""

    wishes: tuple[Wish, ...] = Field(default=(), max_length=50)
    """Preferences to add; what contradicts them gives way."""
    revise: tuple[Revision, ...] = Field(default=(), max_length=50)
    """Preferences to change in their place."""
    drop: tuple[str, ...] = Field(default=(), max_length=50)
    """Ids of preferences to take out."""
    marks: tuple[ItemMark, ...] = Field(default=(), max_length=200)
    """Opinions of items."""
    decline: tuple[str, ...] = Field(default=(), max_length=50)
    """Fields the person does not care about: they are not asked about again."""
    undecline: tuple[str, ...] = Field(default=(), max_length=50)
    """Fields that may be asked about again."""
    adventurous: bool | None = None
    """Whether the less expected is wanted; None: as it is."""
    clear: bool = False
    """Take everything out before the rest is done."""


def patch_of(edit: LedgerEdit, ledger: Ledger, linker: Linker) -> LedgerPatch:
    """The edit over canonical values and known ids; raises BadInput for anything the catalogue or ledger lacks."""
    revised = tuple(_revised(one, ledger) for one in edit.revise)
    for key in edit.drop:
        _held(ledger, key)
    schema = linker.catalog.schema
    unknown = [name for name in (*edit.decline, *edit.undecline) if name not in schema.by_name]
    if unknown:
        raise BadInput(f"There is no field {unknown[0]!r}.", f"There are: {', '.join(schema.by_name)}.")
    named = [mark.item for mark in edit.marks]
    known = {item.id for item in linker.catalog.find(named)}
    missing = [item for item in named if item not in known]
    if missing:
        raise BadInput(f"No item of this catalogue has the id {missing[0][:80]!r}.", "The tool find_title gives ids.")
    wishes = tuple(preference_of(wish, linker) for wish in edit.wishes)
    if revised and (wishes or edit.clear):
        raise BadInput("Wishes and revisions do not go in one edit.", "Make two edits of it.")
    patch = LedgerPatch(
        put=revised or wishes,
        drop=edit.drop,
        marks=tuple(Mark(item=m.item, opinion=m.opinion, seen=m.seen) for m in edit.marks),
        decline=edit.decline,
        undecline=edit.undecline,
        adventurous=edit.adventurous,
        clear=edit.clear,
        exact=bool(revised),
    )
    if patch.empty:
        raise BadInput("The edit would change nothing.", "Name at least one change.")
    return patch


def _revised(revision: Revision, ledger: Ledger) -> Preference:
    held = _held(ledger, revision.id)
    changes = {name: v for name, v in (("strength", revision.strength), ("polarity", revision.polarity)) if v}
    return held.model_copy(update=changes)


def _held(ledger: Ledger, key: str) -> Preference:
    found = ledger.find(key)
    if found is None:
        there = ", ".join(p.id for p in ledger.preferences) or "none"
        raise BadInput(f"There is no preference {key[:40]!r} in the ledger (there are: {there}).")
    return found
