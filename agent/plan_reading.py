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
    Ranker,
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
RANKERS: Mapping[str, Ranker] = {"histories": "collaborative", "fame": "popular"}
SPREAD = {"focused": 0.1, "varied": 0.6}
BALANCED = 0.3
_PLACE = re.compile(r"#\s?(-?\d{1,2})")
_DATED = re.compile(r"(.*\S)\s*\((\d{3,4})\)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RANGE = re.compile(r"(?<=\d)\s*(?:-|–|\.\.|to)\s*(?=\d)")
_DECADE = re.compile(r"(\d{3}0)['’]?s")
_OPERATOR = re.compile(r"\s*(<=|>=|<|>|≤|≥|=)")
_OPERATORS: Mapping[str, Op] = {"<=": "le", "≤": "le", ">=": "ge", "≥": "ge", "<": "lt", ">": "gt", "=": "eq"}
SCOPES: Mapping[str, Literal["turn", "person"]] = {"once": "turn", "always": "person"}
_NO = {"false", "no", "0", "not"}


def read_plan(wire: WirePlan, schema: CatalogSchema) -> TurnPlan:
    """The plan; a wish that no field can hold becomes free text, one without a value counts as not understood."""
    wishes = [(e, _wish(e, schema)) for e in wire.heard if e.kind in WISHES]
    lost = [e.quote or e.field for e, wish in wishes if wish is None]
    unclear = [e.quote or ", ".join(e.values) for e in wire.heard if e.kind == "unclear"]
    heard = Heard(
        wishes=tuple(wish for _, wish in wishes if wish is not None),
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
    if wire.act == "accepted" and not any(e.kind in OPINIONS for e in wire.heard):
        yield from (ItemOpinion(item=item, stance="mentioned") for item in _references(_about(wire).items))


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
        case "accepted":
            return Chat(topic="accepted", items=items)
        case topic:
            return Chat(topic=topic)


def _recommend(search: WireSearch) -> Recommend:
    chosen: dict[str, object] = {"routes": tuple(dict.fromkeys(search.routes))} if search.routes else {}
    if search.count > 0:
        chosen["count"] = min(search.count, 10)
    return Recommend.model_validate(
        {
            "query": search.query.strip(),
            "ranker": next((RANKERS[h] for h in search.how if h in RANKERS), "fused"),
            "rerank": "in_order" not in search.how,
            "diversity": next((SPREAD[h] for h in search.how if h in SPREAD), BALANCED),
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
    shaped = _shape(spec, values) if spec is not None else None
    if spec is not None and spec.type == "number" and shaped is None:
        return None  # words are no number; searching texts for them would not help
    op, value = shaped or ("about", ", ".join(values))
    return Wish(
        field=None if shaped is None or spec is None else spec.name,
        op=op,
        value=value,
        polarity="avoid" if entry.kind == "avoid" else "want",
        strength="soft" if "soft" in entry.mods else "hard",
        scope=next((SCOPES[m] for m in entry.mods if m in SCOPES), "conversation"),
        quote=entry.quote or ", ".join(values),
        replaces=entry.kind == "instead",
    )


def _shape(spec: FieldSpec, values: list[str]) -> tuple[Op, Scalar | tuple[Scalar, ...]] | None:
    """The operator and value in the form that the field's type takes; None when free text suits better."""
    match spec.type:
        case "number":
            return _numeric(values)
        case "flag":
            return "eq", values[0].lower() not in _NO
        case "text":
            return "contains", " ".join(values)
    if spec.order and len(values) == 1:
        return _placed(spec, values[0])
    return "any_of", tuple(values)


def _placed(spec: FieldSpec, value: str) -> tuple[Op, Scalar | tuple[Scalar, ...]]:
    """A value of an ordered category, a bound ("<= PG") or a range of two ("PG - R")."""
    op, rest = _bound(value)
    if op is not None:
        return op, rest
    low, found, high = (part.strip() for part in rest.partition("-"))
    if found and {low, high} <= set(spec.order) and rest not in spec.order:
        first, last = sorted((spec.order.index(low), spec.order.index(high)))
        return "any_of", spec.order[first : last + 1]
    return "any_of", (rest,)


def _numeric(values: list[str]) -> tuple[Op, Scalar | tuple[Scalar, ...]] | None:
    """One number, a bound ("<= 120"), a range ("1970-1979", "1970s"), or the range that two numbers or bounds span."""
    if len(values) == 1:
        op, rest = _bound(values[0])
        decade = _DECADE.fullmatch(rest)
        if decade is not None and op is None:
            return "between", (int(decade[1]), int(decade[1]) + 9)
        parts = [rest] if op is not None else _RANGE.split(rest)
        numbers = [n for part in parts if (n := _number(part)) is not None]
        if len(numbers) == 1:
            return op or "eq", numbers[0]
    else:
        numbers = [n for value in values if (n := _number(_bound(value)[1])) is not None]
    return ("between", (min(numbers), max(numbers))) if numbers else None


def _bound(text: str) -> tuple[Op | None, str]:
    """A leading operator, and what stands behind it."""
    found = _OPERATOR.match(text)
    return (_OPERATORS[found[1]], text[found.end() :].strip()) if found is not None else (None, text)


def _number(text: str) -> int | float | None:
    found = _NUMBER.search(text.replace(",", ""))
    if found is None:
        return None
    number = float(found[0])
    return int(number) if number.is_integer() else number
