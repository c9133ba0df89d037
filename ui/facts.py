"""What a card says about an item, drawn from the schema: key facts, description, marks of the receipt."""

from __future__ import annotations

from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference, quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Recommendation

MARKS = {"passed": "✔", "failed": "✘", "unknown": "?"}
SAID = {"passed": "fits", "failed": "does not fit", "unknown": "the catalogue does not say"}
GENERATED = "generated"
"""Said of a value that a model wrote."""
MOST_VALUES = 3
ALL = 30


def key_facts(item: Item, schema: CatalogSchema) -> list[str]:
    """The facts that stand on a card, in the schema's order; facts the catalogue does not have are left out."""
    return [text for spec in schema.fields if spec.card and (text := fact(item, spec))]


def fact(item: Item, spec: FieldSpec, most: int = MOST_VALUES) -> str:
    """One field of an item in words, at most `most` of its values; empty when the catalogue does not say."""
    values = item.values(spec.name)
    if not values:
        return ""
    if spec.type == "flag":
        return spec.title if values[0] else f"not {spec.title}"
    notes = ", ".join(n for n in (spec.note, GENERATED if spec.name in item.generated else "") if n)
    text = ", ".join(quantity(v, spec) for v in values[:most])
    if spec.type == "number" and not spec.unit:
        text = f"{spec.title} {text}"
    more = f" +{len(values) - most}" if len(values) > most else ""
    return f"{text}{more} ({notes})" if notes else f"{text}{more}"


def details(item: Item, schema: CatalogSchema) -> list[tuple[str, str]]:
    """Every other fact, as (name, value), for whoever wants to know more."""
    told = {schema.title_field, *(f.name for f in schema.fields if f.card or f.role == "description")}
    return [(spec.title, text) for spec in schema.fields if spec.name not in told and (text := fact(item, spec, ALL))]


def description(item: Item, schema: CatalogSchema) -> str:
    """The item's description; empty when it has none."""
    spec = schema.role("description")
    text = " ".join(str(v) for v in item.values(spec.name)) if spec else ""
    return f"{text} ({GENERATED})" if text and spec and spec.name in item.generated else text


def marks(recommendation: Recommendation) -> list[tuple[str, str, str]]:
    """The receipt as (mark, label, explanation)."""
    return [
        (
            MARKS[line.verdict],
            line.label,
            f"{line.label} ({'must' if line.strength == 'hard' else 'nice to have'}): {SAID[line.verdict]}"
            + (f" — {line.evidence}" if line.evidence else "")
            + (f" ({GENERATED} by {line.generated})" if line.generated else ""),
        )
        for line in recommendation.receipt
    ]


def chip(preference: Preference, schema: CatalogSchema) -> tuple[str, str]:
    """A preference as (label, signs): ! hard, ~ soft, ✕ avoided (a soft avoidance is ✕~)."""
    wanted = preference.model_copy(update={"polarity": "want"}).label(schema)
    strength = "!" if preference.hard else "~"
    if preference.polarity == "want":
        return wanted, strength
    return wanted, "✕" if preference.hard else "✕~"


def opinions(ledger: Ledger) -> list[tuple[str, tuple[str, ...]]]:
    """What was said of items, as (name of the list, ids)."""
    return [(n, ids) for n in ("liked", "disliked", "seen") if (ids := getattr(ledger, n))]
