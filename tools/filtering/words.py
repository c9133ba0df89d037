"""Words an item says: how a text preference is held against an item's own text."""

from __future__ import annotations

from collections.abc import Sequence

from core.items import Item
from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from tools.text import terms

Text = tuple[tuple[str, ...], ...]
"""The stems of each value, in their order; words without meaning are left out."""
BETWEEN = 1
"""How many other words may stand among those of a phrase."""


def asked(preference: Preference) -> tuple[frozenset[str], ...]:
    """The stems of each phrase a text preference names; phrases without a word that carries meaning are left out."""
    return tuple(stems for value in preference.values if (stems := frozenset(terms(str(value)))))


def said(item: Item, schema: CatalogSchema, spec: FieldSpec | None = None) -> Text:
    """The text of one field, or, with None, of everything that searches read but the fields' labels."""
    specs = [spec] if spec else [f for f in schema.fields if f.indexed or f.role in {"title", "description"}]
    values = [str(value) for f in specs for value in item.values(f.name)]
    return tuple(tuple(terms(value)) for value in (values if spec else [item.title, *values]))


def label_stems(schema: CatalogSchema) -> frozenset[str]:
    """Stems that stand in every item's search text because fields are written there with their labels."""
    return frozenset(stem for f in schema.fields if f.indexed for stem in terms(f.title))


def met(preference: Preference, texts: Text) -> bool | None:
    """Whether the texts hold every phrase (all_of) or one of them (otherwise); None when nothing is asked."""
    hits = [any(says(text, phrase) for text in texts) for phrase in asked(preference)]
    if not hits:
        return None
    return all(hits) if preference.op == "all_of" else any(hits)


def says(text: Sequence[str], phrase: frozenset[str]) -> bool:
    """Whether a text holds all the words of a phrase, in any order, with at most `BETWEEN` other words among them.

    Words far apart are no phrase: "the animals laugh at a man talking to himself" has no talking animals.
    """
    places = [(n, word) for n, word in enumerate(text) if word in phrase]
    last: dict[str, int] = {}
    for place, word in places:
        last[word] = place
        if len(last) == len(phrase) and place - min(last.values()) < len(phrase) + BETWEEN:
            return True
    return False
