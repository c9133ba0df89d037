"""Receipts: each preference held against one item, read off the item alone and without the masks' code."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from core.items import Item
from core.preferences import Preference, Verdict, quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import ReceiptLine
from core.values import Scalar
from tools.filtering.words import met, said
from tools.text import word_set

SHOWN = 6
"""Values of a field quoted as evidence."""


def receipt(preferences: Sequence[Preference], item: Item, schema: CatalogSchema) -> tuple[ReceiptLine, ...]:
    """One line a preference: passed, failed, or unknown where the catalogue does not say."""
    return next(receipts(preferences, (item,), schema))


def receipts(
    preferences: Sequence[Preference], items: Iterable[Item], schema: CatalogSchema
) -> Iterator[tuple[ReceiptLine, ...]]:
    """The receipt of each item."""
    named = [(p, _label(p, schema)) for p in preferences]
    return (tuple(_line(p, label, item, schema) for p, label in named) for item in items)


def verdict(preference: Preference, item: Item, schema: CatalogSchema) -> Verdict:
    """Whether the item has what is wanted, or lacks what is refused; "unknown" where the catalogue cannot tell."""
    held = _held(preference, item, schema)
    if held is None:
        return "unknown"
    return "passed" if held == (preference.polarity == "want") else "failed"


def _line(preference: Preference, label: str, item: Item, schema: CatalogSchema) -> ReceiptLine:
    said = verdict(preference, item, schema)
    return ReceiptLine(
        preference=preference.id,
        label=label,
        verdict=said,
        strength=preference.strength,
        evidence="" if said == "unknown" else _evidence(preference, item, schema),
        generated="" if said == "unknown" else written_by(preference, item, schema),
    )


def written_by(preference: Preference, item: Item, schema: CatalogSchema) -> str:
    """The model that wrote the fact a verdict is read from; empty when the catalogue's own facts tell as much."""
    if not item.generated:
        return ""
    if preference.field is not None:
        held = item.generated.get(preference.field)
        return held.model if held is not None else ""
    own = item.model_copy(update={"fields": {n: v for n, v in item.fields.items() if n not in item.generated}})
    if bool(met(preference, said(own, schema))) == bool(met(preference, said(item, schema))):
        return ""
    return next(iter(item.generated.values())).model


def _label(preference: Preference, schema: CatalogSchema) -> str:
    gone = preference.field is not None and preference.field not in schema.by_name
    return str(preference.field).replace("_", " ") if gone else preference.label(schema)


def _evidence(preference: Preference, item: Item, schema: CatalogSchema) -> str:
    """The fact that a verdict was read from."""
    if preference.field is None:
        return "said in its description"
    spec = schema.field(preference.field)
    return "" if spec.type == "text" else ", ".join(quantity(v, spec) for v in item.values(spec.name)[:SHOWN])


def _held(preference: Preference, item: Item, schema: CatalogSchema) -> bool | None:
    """Whether the item has what is named, whatever the polarity; None where the catalogue cannot tell."""
    if preference.field is None:
        return met(preference, said(item, schema)) or None
    spec = schema.by_name.get(preference.field)
    values = item.values(spec.name) if spec is not None else ()
    if spec is None or not values:
        return None
    if spec.type == "text":
        return met(preference, said(item, schema, spec))
    return _fact(preference, spec, values)


def _fact(preference: Preference, spec: FieldSpec, values: Sequence[Scalar]) -> bool | None:
    if spec.type == "number":
        return _number(preference, values[0])
    if spec.type == "flag":
        return bool(values[0]) in {bool(v) for v in preference.values}
    held, wanted = ([str(v).casefold() for v in side] for side in (values, preference.values))
    if preference.op in {"lt", "le", "gt", "ge", "between"}:
        return _ordered(preference, [v.casefold() for v in spec.order], held, wanted)
    if preference.op == "all_of":
        return set(wanted) <= set(held)
    if set(wanted) & set(held):
        return True
    if preference.polarity == "want" or not spec.nests:
        return False
    refused = [w for w in map(word_set, wanted) if w]
    return any(w <= word_set(h) for h in held for w in refused)


def _ordered(preference: Preference, order: list[str], held: list[str], wanted: list[str]) -> bool | None:
    """A bound on an ordered category; None where either side has no place in the order."""
    places = [float(order.index(v)) for v in held if v in order]
    bounds = [float(order.index(v)) for v in wanted if v in order]
    if not places or len(bounds) != len(wanted):
        return None
    return any(_within(preference.op, p, bounds) for p in places)


def _number(preference: Preference, value: Scalar) -> bool | None:
    sides = (value, *preference.values)
    if not preference.values or any(isinstance(v, str) for v in sides) or math.isnan(float(value)):
        return None
    return _within(preference.op, float(value), [float(v) for v in preference.values])


def _within(op: str, value: float, bounds: Sequence[float]) -> bool:
    match op:
        case "lt":
            return value < bounds[0]
        case "le":
            return value <= bounds[0]
        case "gt":
            return value > bounds[0]
        case "ge":
            return value >= bounds[0]
        case "between":
            return bounds[0] <= value <= bounds[1]
        case "any_of":
            return value in bounds
    return value == bounds[0]
