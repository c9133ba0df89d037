"""Critiques as preferences: less or more than an item has, the same, or anything but that."""

from __future__ import annotations

from collections.abc import Sequence

from core.items import Item
from core.ledger import Ledger
from core.plan import Critique, Reference, Wish
from core.preferences import Preference
from core.schema import FieldSpec
from core.turn import Conversation
from core.values import Scalar
from tools.linking.linker import Linker


def preference_of(
    critique: Critique, conversation: Conversation, linker: Linker, refused: Sequence[Preference]
) -> Preference | None:
    """What a critique asks for; None when nothing is known of the field it names, or of the items it points at.

    "The same mood" is without what is `refused`, before or in the same message.
    """
    spec = linker.catalog.schema.by_name.get(critique.field)
    if spec is None:
        return None
    turn = len(conversation.turns) + 1
    if critique.value is not None:
        return linker.preference(_by_value(critique, critique.value), turn)
    if critique.direction in {"same", "different"}:
        gone = {v for p in refused if p.field == spec.name for v in p.values}
        found = _likeness(critique, spec, conversation, linker, gone)
    else:
        found = _bound(spec, _anchors(critique.anchor, conversation, linker), critique)
    return None if found is None else found.model_copy(update={"turn": turn})


def _by_value(critique: Critique, value: str) -> Wish:
    """More or less of one value of a category: "funnier"."""
    less = critique.direction == "less"
    return Wish(
        field=critique.field,
        op="any_of",
        value=(value,),
        polarity="avoid" if less else "want",
        strength="hard" if less else "soft",
        quote=critique.quote,
    )


def _likeness(
    critique: Critique, spec: FieldSpec, conversation: Conversation, linker: Linker, gone: set[Scalar]
) -> Preference | None:
    """The same as an item, or as what was shown or spoken of last, on a field, less what is gone; or else not that."""
    found = linker.resolve(critique.anchor or Reference(), conversation)
    known = [v for item in linker.catalog.at(found.rows) for v in item.values(spec.name)]
    same = critique.direction == "same"
    if spec.type == "number" and not same:
        known = _span_now(conversation.ledger, spec) or known
    if not known or spec.type == "text":
        return None
    value: tuple[Scalar, ...] = tuple(v for v in dict.fromkeys(known) if not (same and v in gone))
    if not value:
        return None
    if spec.type == "number":
        numbers = [float(v) for v in known]
        value = _around(numbers, spec) if same else (min(numbers), max(numbers))
    return Preference(
        field=spec.name,
        op="between" if spec.type == "number" else "any_of",
        value=value,
        polarity="want" if same else "avoid",
        strength="soft" if spec.type == "number" and same else spec.strength,
        quote=critique.quote,
    )


def _anchors(anchor: Reference | None, conversation: Conversation, linker: Linker) -> list[Item]:
    if anchor is None and conversation.slate:
        return [r.item for r in conversation.slate]
    if anchor is None:
        return linker.catalog.at(linker.resolve(Reference(), conversation).rows)
    rows = linker.resolve(anchor, conversation).rows
    return linker.catalog.at(rows[:1] if anchor.title else rows)


def _bound(spec: FieldSpec, anchors: Sequence[Item], critique: Critique) -> Preference | None:
    """Beyond every anchor in the direction asked for; None when the catalogue knows none of their values."""
    known = [v for item in anchors for v in item.values(spec.name)]
    less = critique.direction == "less"
    if spec.order:
        places = [spec.order.index(str(v)) for v in known if str(v) in spec.order]
        if not places:
            return None
        edge = spec.order[min(places) if less else max(places)]
        return Preference(field=spec.name, op="lt" if less else "gt", value=edge, quote=critique.quote)
    numbers = [float(v) for v in known if isinstance(v, int | float)]
    if not numbers:
        return None
    number = min(numbers) if less else max(numbers)
    value = int(number) if number.is_integer() else number
    return Preference(field=spec.name, op="lt" if less else "gt", value=value, quote=critique.quote)


def _span_now(ledger: Ledger, spec: FieldSpec) -> list[Scalar]:
    """Both ends of the range wanted so far on a number field; empty when there is none."""
    found = [
        p.values for p in ledger.preferences if p.field == spec.name and p.op == "between" and p.polarity == "want"
    ]
    return list(found[-1]) if found else []


def _around(numbers: Sequence[float], spec: FieldSpec) -> tuple[Scalar, ...]:
    """The range of "the same" on a number field: three years, or a tenth, either way."""
    margin = 3.0 if spec.unit is not None and spec.unit.style == "year" else 0.1 * max(map(abs, numbers))
    return round(min(numbers) - margin, 2), round(max(numbers) + margin, 2)
