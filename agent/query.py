"""The query: what of the ledger is searched for as text."""

from __future__ import annotations

from core.ledger import Ledger
from core.preferences import Preference
from core.schema import CatalogSchema


def free_text(ledger: Ledger, schema: CatalogSchema) -> str:
    """The wishes that no field holds, as a search text; also the words for whom something is to be ("for kids")."""
    held = (p for p in ledger.preferences if p.polarity == "want")
    return " ".join(t for p in held if (t := str(p.value) if p.field is None else _for_whom(p, schema)))


def query_text(ledger: Ledger, schema: CatalogSchema) -> str:
    """The wanted preferences that are words, as a search text."""
    words = [
        v
        for p in ledger.preferences
        if p.polarity == "want" and (p.field is None or p.op in {"any_of", "all_of", "contains", "about"})
        for v in _spoken(p, schema)
    ]
    return " ".join(dict.fromkeys(words))


def _spoken(preference: Preference, schema: CatalogSchema) -> list[str]:
    whom = _for_whom(preference, schema)
    return [whom] if whom else [str(v) for v in preference.values]


def _for_whom(preference: Preference, schema: CatalogSchema) -> str:
    """The person's own words for some levels of an ordered category, where they do not name these: "for kids" for PG.

    The levels are labels that no text speaks of; the words say what to look for among the items that have them.
    """
    spec = schema.by_name.get(preference.field or "")
    named = {v.casefold() for v in spec.order} if spec is not None else set()
    said = preference.quote.casefold().replace(",", " ").split()
    return preference.quote if named and said and not named & set(said) else ""
