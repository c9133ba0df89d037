"""Receipts: each preference held against one item, read off the item alone and without the masks' code."""

from __future__ import annotations

import math
from collections.abc import Sequence

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
    return tuple(line(p, item, schema) for p in preferences)


def line(preference: Preference, item: Item, schema: CatalogSchema) -> ReceiptLine:
    """The verdict on one preference, with the fact it was read from."""
    gone = preference.field is not None and preference.field not in schema.by_name
    held, evidence = (None, "") if gone else _held(preference, item, schema)
    verdict: Verdict = "unknown"
    if held is not None:
        verdict = "passed" if held == (preference.polarity == "want") else "failed"
    return ReceiptLine(
        preference=preference.id,
        label=str(preference.field).replace("_", " ") if gone else preference.label(schema),
        verdict=verdict,
        strength=preference.strength,
        evidence=evidence,
    )


def _held(preference: Preference, item: Item, schema: CatalogSchema) -> tuple[bool | None, str]:
    """Whether the item has what is named, whatever the polarity; None where the catalogue cannot tell."""
    if preference.field is None:
        says = met(preference, said(item, schema))
        return (True, "said in its description") if says else (None, "")
    spec = schema.field(preference.field)
    values = item.values(spec.name)
    if spec.type == "text":
        return (met(preference, said(item, schema, spec)) if values else None), ""
    held = _fact(preference, spec, values) if values else None
    return held, "" if held is None else ", ".join(quantity(v, spec) for v in values[:SHOWN])


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
