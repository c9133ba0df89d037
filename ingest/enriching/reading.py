"""What of a model's answer may enter the catalogue: each item's part checked on its own, by the fields' bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue, TypeAdapter, ValidationError

from core.items import Item
from core.values import Value
from ingest.enriching.targets import Target
from tools.markup import without_markup

Written = dict[str, tuple[str, ...]]
"""By field name, the values a model gave; fields it left empty are missing."""
_BODY = TypeAdapter(dict[str, JsonValue])


class Reading(Value):
    """An answer, item by item."""

    kept: dict[str, Written] = {}
    """By item id."""
    failed: dict[str, str] = {}
    """By item id, why its part cannot be kept."""
    strangers: int = 0
    """Entries about numbers that were not asked for."""


class _Fault(ValueError):
    """Why an item's part cannot be kept."""


def read(text: str, items: Sequence[Item], targets: Sequence[Target], *, alone: bool) -> Reading:
    """Check an answer against the items it was asked for, in their order.

    An item asked alone has had its second chance: links and markup are then taken out of its values instead of being
    held against it.
    """
    entries, strangers, fault = _entries(text, len(items))
    kept: dict[str, Written] = {}
    failed: dict[str, str] = {}
    for number, item in enumerate(items, start=1):
        lacking = [t for t in targets if t.lacking(item)]
        try:
            kept[item.id] = _written(entries.get(number, []), lacking, fault, mend=alone)
        except _Fault as why:
            failed[item.id] = str(why)
    return Reading(kept=kept, failed=failed, strangers=strangers)


def _entries(text: str, asked: int) -> tuple[Mapping[int, list[dict[str, Any]]], int, str]:
    """The entries by number, how many are about other numbers, and what is wrong with the whole answer."""
    try:
        held = _BODY.validate_json(text).get("items")
    except ValidationError:
        return {}, 0, "the answer is not JSON"
    if not isinstance(held, list):
        return {}, 0, "the answer holds no list of items"
    found: dict[int, list[dict[str, Any]]] = {}
    strangers = 0
    for entry in held:
        number = entry.get("number") if isinstance(entry, dict) else None
        if isinstance(entry, dict) and type(number) is int and 1 <= number <= asked:
            found.setdefault(number, []).append(entry)
        else:
            strangers += 1
    return found, strangers, ""


def _written(entries: list[dict[str, Any]], lacking: Sequence[Target], fault: str, *, mend: bool) -> Written:
    if len(entries) != 1:
        raise _Fault(fault or ("the answer lacks it" if not entries else "the answer has it more than once"))
    found: Written = {}
    for target in lacking:
        if target.spec.name not in entries[0]:
            raise _Fault(f"{target.spec.name} is missing")
        values = _values(entries[0][target.spec.name], target, mend=mend)
        if values:
            found[target.spec.name] = values
    return found


def _values(given: object, target: Target, *, mend: bool) -> tuple[str, ...]:
    name = target.spec.name
    held = [given] if target.spec.type == "text" else given
    if not isinstance(held, list) or not all(isinstance(v, str) for v in held):
        raise _Fault(f"{name} is not of its type")
    values = tuple(dict.fromkeys(v for raw in held if (v := _value(raw, target, mend=mend))))
    if len(values) > target.most:
        raise _Fault(f"{name} has {len(values)} values, {target.most} are allowed")
    return values


def _value(raw: str, target: Target, *, mend: bool) -> str:
    name, bare = target.spec.name, without_markup(raw)
    if not mend and bare != " ".join(raw.split()):
        raise _Fault(f"{name} holds a link or markup")
    if not bare:
        return ""
    if target.vocabulary:
        spelled = {v.casefold(): v for v in target.vocabulary}.get(bare.casefold())
        if spelled is None:
            raise _Fault(f"{name} has a value outside its vocabulary: {bare[:40]!r}")
        return spelled
    if len(bare) > target.longest:
        raise _Fault(f"{name} is longer than {target.longest} letters")
    return bare if target.spec.type == "text" else bare.lower().strip(" .,;:")
