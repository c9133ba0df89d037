"""Receipts: each preference held against one item, read off the item alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.items import Item
from core.preferences import Preference, Verdict, quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import ReceiptLine
from core.values import Scalar
from tools.filtering.masks import compare, values_meant
from tools.text import terms


def receipt(preferences: Sequence[Preference], item: Item, schema: CatalogSchema) -> tuple[ReceiptLine, ...]:
    """One line a preference: passed, failed, or unknown where the catalogue does not say."""
    return tuple(line(p, item, schema) for p in preferences)


def line(preference: Preference, item: Item, schema: CatalogSchema) -> ReceiptLine:
    """The verdict on one preference, with the fact it was read from."""
    verdict, evidence = _verdict(preference, item, schema)
    return ReceiptLine(
        preference=preference.id,
        label=preference.label(schema),
        verdict=verdict,
        strength=preference.strength,
        evidence=evidence,
    )


def _verdict(preference: Preference, item: Item, schema: CatalogSchema) -> tuple[Verdict, str]:
    if preference.field is None:
        return _text(preference, item, schema)
    spec = schema.field(preference.field)
    values = item.values(spec.name)
    if not values:
        return "unknown", ""
    if spec.type == "text":
        held = set(terms(str(preference.value))) <= set(terms(" ".join(map(str, values))))
        return _turned(preference, held=held), ""
    held = _holds(preference, spec, values)
    return _turned(preference, held=held), ", ".join(quantity(v, spec) for v in values[:6])


def _holds(preference: Preference, spec: FieldSpec, values: Sequence[Scalar]) -> bool:
    if spec.type == "number":
        return bool(compare(preference, np.asarray([float(values[0])]))[0])
    if spec.type == "flag":
        return bool(values[0]) == bool(preference.values[0])
    wanted = values_meant(preference, spec)
    if preference.op == "all_of":
        return set(wanted) <= {str(v) for v in values}
    return bool(set(wanted) & {str(v) for v in values})


def _turned(preference: Preference, *, held: bool) -> Verdict:
    return "passed" if held == (preference.polarity == "want") else "failed"


def _text(preference: Preference, item: Item, schema: CatalogSchema) -> tuple[Verdict, str]:
    """Free text is settled only where the item's own words say it."""
    asked = set(terms(str(preference.value)))
    said = {t for spec in schema.fields if spec.indexed for v in item.values(spec.name) for t in terms(str(v))}
    if asked and asked <= said:
        return ("passed" if preference.polarity == "want" else "failed"), "said in its description"
    return "unknown", ""
