"""Reading a model's plan: the flat record it filled in, as a core plan that fits the catalogue's schema."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from agent.wire import WireAbout, WireEntry, WirePlan, WireSearch
from core.plan import (
    Act,
    Ask,
    Chat,
    Check,
    Compare,
    Count,
    Critique,
    Explain,
    Heard,
    ItemOpinion,
    Look,
    LookUp,
    Recommend,
    Reference,
    Retraction,
    Show,
    Stance,
    TurnPlan,
    Wish,
)
from core.schema import CatalogSchema, Direction, FieldSpec, Op
from core.values import Scalar

WISHES = frozenset({"want", "avoid", "instead"})
CRITIQUES: Mapping[str, Direction | Literal["same", "different"]] = {
    "less": "less",
    "more": "more",
    "same": "same",
    "different": "different",
}
OPINIONS: Mapping[str, tuple[Stance, bool]] = {
    "liked": ("liked", True),
    "keen": ("liked", False),
    "anchor": ("anchor", False),
    "disliked": ("disliked", True),
    "passed": ("disliked", False),
    "seen": ("seen", True),
    "unseen": ("unseen", False),
}
"""What is said of an item: the stance, and whether the item is known to them."""
ADVENTUROUS = {"unexpected": True, "expected": False}
TRAVEL: Mapping[str, Literal["undo", "redo"]] = {"undo": "undo", "redo": "redo"}
MOST_PROPOSED = 12
"""Titles read of those that a model proposes."""
SPREAD = {"focused": 0.1, "balanced": 0.3, "varied": 0.6}
_PLACE = re.compile(r"#\s?(-?\d{1,2})")
_DATED = re.compile(r"(.*\S)\s*\((\d{3,4})\)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RANGE = re.compile(r"(?<=\d)\s*(?:-|–|\.\.|to)\s*(?=\d)")
_BOUNDS: dict[Op, Op] = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
_NO = {"false", "no", "0", "not"}


def read_plan(wire: WirePlan, schema: CatalogSchema) -> TurnPlan:
    """The plan; a wish that no field can hold becomes free text, one without a value counts as not understood."""
    wishes = [(e, _wish(e, schema)) for e in wire.heard if e.kind in WISHES]
    lost = [e.quote or e.field for e, wish in wishes if wish is None]
    unclear = [e.quote or ", ".join(e.values) for e in wire.heard if e.kind == "unclear"]
    heard = Heard(
        wishes=tuple(each for _, wish in wishes if wish is not None for each in _apart(wish)),
        opinions=(*_opinions(wire), *_taken(wire)),
        critiques=tuple(_critique(e) for e in wire.heard if e.kind in CRITIQUES and e.field in schema.by_name),
        retractions=tuple(r for e in wire.heard if e.kind in {"drop", "any"} and (r := _retraction(e, schema))),
        answer=_answer(wire.answer),
        turns_down="turns_down" in wire.signals,
        surprise="surprise" in wire.signals,
        adventurous=next((ADVENTUROUS[s] for s in reversed(wire.signals) if s in ADVENTUROUS), None),
        reset="reset" in wire.signals,
        travel=next((TRAVEL[s] for s in wire.signals if s in TRAVEL), None),
        not_understood=tuple(w for w in (*unclear, *lost) if w.strip()),
    )
    looks = tuple(look for each in wire.looks if (look := _look(each, schema)))
    return TurnPlan(heard=heard, act=_act(wire, schema), looks=looks)


def _answer(number: int) -> int | None:
    """The index of the choice taken; -1 is all of them, as it is in a plan."""
    return number - 1 if number > 0 else -1 if number < 0 else None


def _opinions(wire: WirePlan) -> Iterator[ItemOpinion]:
    for entry in wire.heard:
        if entry.kind in OPINIONS and (item := reference(entry.item)) is not None:
            stance, seen = OPINIONS[entry.kind]
            words = entry.quote or item.quote
            yield ItemOpinion(item=item.model_copy(update={"quote": words}), stance=stance, seen=seen)


def _taken(wire: WirePlan) -> Iterator[ItemOpinion]:
    """The items somebody takes, so that the answer can name them."""
    if wire.act == "chat" and wire.topic == "accepted" and not any(e.kind in OPINIONS for e in wire.heard):
        yield from (ItemOpinion(item=item, stance="mentioned") for item in _references(_about(wire).items))


def _apart(wish: Wish) -> tuple[Wish, ...]:
    """A wish for all of several values as one wish for each, so that one of them can be let go."""
    if wish.op != "all_of" or wish.polarity == "avoid" or not isinstance(wish.value, tuple):
        return (wish,)
    return tuple(wish.model_copy(update={"op": "any_of", "value": (value,)}) for value in wish.value)


def _about(wire: WirePlan) -> WireAbout:
    return wire.about or WireAbout()


def _act(wire: WirePlan, schema: CatalogSchema) -> Act:
    about = _about(wire)
    items = _references(about.items)
    fields = tuple(name for name in about.fields if name in schema.by_name)
    conditions = _conditions(about.conditions, schema)
    pointed = items or (Reference(),)
    match wire.act:
        case "recommend":
            return _recommend(wire.search or WireSearch())
        case "ask":
            return Ask(field=next(iter(fields), None), wording=" ".join(about.text.split()))
        case "look_up":
            return LookUp(items=pointed, fields=fields)
        case "check":
            return Check(items=pointed, wishes=conditions) if conditions else LookUp(items=pointed, fields=fields)
        case "compare":
            superlative = about.most or None
            if superlative is not None and fields and not items and conditions:
                return Compare(items=(), fields=fields, superlative=superlative, wishes=conditions)
            whole = items or (Reference(everything=True),)
            return Compare(items=whole, fields=fields, superlative=superlative if fields else None)
        case "explain":
            return Explain(items=pointed)
        case "count":
            return Count(wishes=conditions, left=not conditions)
        case "show_ledger":
            return Show()
    return Chat(topic=wire.topic or "unclear", items=items if wire.topic == "accepted" else ())


def _recommend(search: WireSearch) -> Recommend:
    chosen: dict[str, object] = {"routes": tuple(dict.fromkeys(search.routes))} if search.routes else {}
    if search.count > 0:
        chosen["count"] = min(search.count, 10)
    return Recommend.model_validate(
        {
            "query": search.query.strip(),
            "ranker": search.ranker,
            "rerank": search.rerank,
            "diversity": SPREAD[search.spread],
            "boost": tuple(dict.fromkeys(search.boost)),
            "proposals": _references(search.titles[:MOST_PROPOSED]),
            **chosen,
        }
    )


def _look(about: WireAbout, schema: CatalogSchema) -> Look | None:
    if not about.look:
        return None
    return Look(
        kind=about.look,
        items=_references(about.items),
        fields=tuple(name for name in about.fields if name in schema.by_name),
        text=about.text.strip(),
        wishes=_conditions(about.conditions, schema),
    )


def _conditions(entries: Iterable[WireEntry], schema: CatalogSchema) -> tuple[Wish, ...]:
    return tuple(w for e in entries if e.kind in WISHES and (w := _wish(e, schema)))


def _references(items: Iterable[str]) -> tuple[Reference, ...]:
    return tuple(r for item in items if (r := reference(item)))


def reference(text: str) -> Reference | None:
    """The item that a string points at: a title, with its year in brackets or without, "#2" by place, or "#all"."""
    text = text.strip()
    if text.casefold() == "#all":
        return Reference(everything=True)
    if place := _PLACE.fullmatch(text):
        return Reference(ordinal=int(place[1])) if int(place[1]) else None
    if dated := _DATED.fullmatch(text):
        return Reference(title=dated[1], year=int(dated[2]), quote=dated[1])
    return Reference(title=text, quote=text) if text else None


def _critique(entry: WireEntry) -> Critique:
    return Critique(
        field=entry.field,
        direction=CRITIQUES[entry.kind],
        value=next((v.strip() for v in entry.values if v.strip()), None),
        anchor=reference(entry.item),
        quote=entry.quote,
    )


def _retraction(entry: WireEntry, schema: CatalogSchema) -> Retraction | None:
    item = reference(entry.item)
    field = entry.field if entry.field in schema.by_name else None
    held = [v.strip() for v in entry.values if v.strip()]
    values: list[Scalar] = list(held)
    if field is not None and schema.field(field).type == "number":
        values = [n for v in held if (n := _number(v)) is not None]
    value = None if not values else values[0] if len(values) == 1 else tuple(values)
    if item is None and field is None and value is None:
        return None
    return Retraction(field=field, value=value, item=item, indifferent=entry.kind == "any", quote=entry.quote)


def _wish(entry: WireEntry, schema: CatalogSchema) -> Wish | None:
    values = [v.strip() for v in entry.values if v.strip()]
    if not values:
        return None
    spec = schema.by_name.get(entry.field)
    shaped = _shape(spec, entry.op, values) if spec is not None else None
    if spec is not None and spec.type == "number" and shaped is None:
        return None  # words are no number; searching texts for them would not help
    op, value = shaped or ("about", ", ".join(values))
    return Wish(
        field=None if shaped is None or spec is None else spec.name,
        op=op,
        value=value,
        polarity="avoid" if entry.kind == "avoid" else "want",
        strength="soft" if entry.soft else "hard",
        scope=entry.scope or "conversation",
        quote=entry.quote or ", ".join(values),
        replaces=entry.kind == "instead",
    )


def _shape(spec: FieldSpec, op: Op, values: list[str]) -> tuple[Op, Scalar | tuple[Scalar, ...]] | None:
    """The operator and value in the form that the field's type takes; None when free text suits better."""
    match spec.type:
        case "number":
            return _numeric(op, values)
        case "flag":
            return "eq", values[0].lower() not in _NO
        case "text":
            return None if op == "about" else ("contains", " ".join(values))
    if op in _BOUNDS and spec.order and len(values) == 1:
        return op, values[0]
    if op == "between" and spec.order and len(values) == 2:
        return "any_of", _between(spec, values)
    return ("all_of" if op == "all_of" and len(values) > 1 else "any_of"), tuple(values)


def _between(spec: FieldSpec, values: list[str]) -> tuple[str, ...]:
    if not set(values) <= set(spec.order):
        return tuple(values)
    low, high = sorted(spec.order.index(v) for v in values)
    return spec.order[low : high + 1]


def _numeric(op: Op, values: list[str]) -> tuple[Op, Scalar | tuple[Scalar, ...]] | None:
    if op == "between" and len(values) == 1:
        values = _RANGE.split(values[0])
    numbers = [n for v in values if (n := _number(v)) is not None]
    if not numbers:
        return None
    if len(numbers) > 1:
        return "between", (min(numbers), max(numbers))
    return _BOUNDS.get(op, "eq"), numbers[0]


def _number(text: str) -> int | float | None:
    found = _NUMBER.search(text.replace(",", ""))
    if found is None:
        return None
    number = float(found[0])
    return int(number) if number.is_integer() else number
