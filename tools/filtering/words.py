"""Words an item says: how a text preference is held against an item's own text."""

from __future__ import annotations

from core.items import Item
from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from tools.text import terms


def asked(preference: Preference) -> tuple[frozenset[str], ...]:
    """The stems of each phrase a text preference names; phrases without a word that carries meaning are left out."""
    return tuple(stems for value in preference.values if (stems := frozenset(terms(str(value)))))


def said(item: Item, schema: CatalogSchema, spec: FieldSpec | None = None) -> frozenset[str]:
    """The stems of one field, or, with None, of everything that searches read but the fields' labels."""
    specs = [spec] if spec else [f for f in schema.fields if f.indexed or f.role in {"title", "description"}]
    held = {stem for f in specs for value in item.values(f.name) for stem in terms(str(value))}
    return frozenset(held.union(terms(item.title)) if spec is None else held)


def label_stems(schema: CatalogSchema) -> frozenset[str]:
    """Stems that stand in every item's search text because fields are written there with their labels."""
    return frozenset(stem for f in schema.fields if f.indexed for stem in terms(f.title))


def met(preference: Preference, words: frozenset[str]) -> bool | None:
    """Whether the words hold every phrase (all_of) or one of them (otherwise); None when nothing is asked."""
    hits = [stems <= words for stems in asked(preference)]
    if not hits:
        return None
    return all(hits) if preference.op == "all_of" else any(hits)
