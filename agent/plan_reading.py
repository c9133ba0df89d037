"""Reading a model's plan: the flat record it filled in, as a core plan that fits the catalogue's schema."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agent.wire import WireCritique, WirePlan, WireReference, WireRetraction, WireWish
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
    LookUp,
    Recommend,
    Reference,
    Retraction,
    Show,
    TurnPlan,
    Wish,
)
from core.schema import CatalogSchema, FieldSpec, Op
from core.values import Scalar

SPREAD = {"focused": 0.1, "balanced": 0.3, "varied": 0.6}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_RANGE = re.compile(r"(?<=\d)\s*(?:-|–|\.\.|to)\s*(?=\d)")
_BOUNDS: dict[Op, Op] = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}
_NO = {"false", "no", "0", "not"}


def read_plan(wire: WirePlan, schema: CatalogSchema) -> TurnPlan:
    """The plan; a wish that no field can hold becomes free text, one without a value counts as not understood."""
    read = [(w, _wish(w, schema)) for w in wire.wishes]
    lost = [w.quote or w.field for w, wish in read if wish is None]
    heard = Heard(
        wishes=tuple(each for _, wish in read if wish is not None for each in _apart(wish)),
        opinions=(*_opinions(wire), *_taken(wire)),
        critiques=tuple(_critique(c) for c in wire.critiques if c.field in schema.by_name),
        retractions=tuple(r for w in wire.retractions if (r := _retraction(w, schema))),
        answer=wire.answer - 1 if wire.answer > 0 else None,
        surprise=wire.surprise,
        adventurous={"more": True, "less": False}.get(wire.adventurous),
        reset=wire.reset,
        travel=None if wire.travel == "none" else wire.travel,
        not_understood=tuple(w for w in (*wire.not_understood, *lost) if w.strip()),
    )
    return TurnPlan(heard=heard, act=_act(wire, schema))


def _opinions(wire: WirePlan) -> Iterator[ItemOpinion]:
    for said in wire.opinions:
        item = _reference(said.item)
        if item is not None:
            yield ItemOpinion(item=item, stance=said.stance, seen=said.seen)


def _taken(wire: WirePlan) -> Iterator[ItemOpinion]:
    """The items somebody takes, so that the answer can name them."""
    if wire.act == "chat" and wire.topic == "accepted" and not wire.opinions:
        yield from (ItemOpinion(item=r, stance="mentioned") for item in wire.items if (r := _reference(item)))


def _apart(wish: Wish) -> tuple[Wish, ...]:
    """A wish for all of several values as one wish for each, so that one of them can be let go."""
    if wish.op != "all_of" or wish.polarity == "avoid" or not isinstance(wish.value, tuple):
        return (wish,)
    return tuple(wish.model_copy(update={"op": "any_of", "value": (value,)}) for value in wish.value)


def _act(wire: WirePlan, schema: CatalogSchema) -> Act:
    items = tuple(r for item in wire.items if (r := _reference(item)))
    fields = tuple(name for name in wire.fields if name in schema.by_name)
    conditions = tuple(w for c in wire.conditions if (w := _wish(c, schema)))
    pointed = items or (Reference(),)
    match wire.act:
        case "recommend":
            return _recommend(wire, items)
        case "ask":
            return Ask(field=wire.ask_field if wire.ask_field in schema.by_name else None)
        case "look_up":
            return LookUp(items=pointed, fields=fields)
        case "check":
            return Check(items=pointed, wishes=conditions) if conditions else LookUp(items=pointed, fields=fields)
        case "compare":
            superlative = None if wire.superlative == "none" else wire.superlative
            if superlative is not None and fields and conditions and not items:
                return Compare(items=(), fields=fields, superlative=superlative, wishes=conditions)
            whole = items or (Reference(everything=True),)
            return Compare(items=whole, fields=fields, superlative=superlative if fields else None)
        case "explain":
            return Explain(items=pointed)
        case "count":
            return Count(wishes=conditions)
        case "show_ledger":
            return Show()
    return Chat(topic="unclear" if wire.topic == "none" else wire.topic)


def _recommend(wire: WirePlan, anchors: tuple[Reference, ...]) -> Recommend:
    chosen: dict[str, object] = {"routes": tuple(dict.fromkeys(wire.routes))} if wire.routes else {}
    if wire.count > 0:
        chosen["count"] = min(wire.count, 10)
    return Recommend.model_validate(
        {
            "query": wire.query.strip(),
            "ranker": wire.ranker,
            "rerank": wire.rerank,
            "diversity": SPREAD[wire.spread],
            "anchors": anchors,
            **chosen,
        }
    )


def _reference(wire: WireReference) -> Reference | None:
    title = wire.title.strip() or None
    if title is None and not wire.ordinal and not wire.everything:
        return None
    return Reference(
        title=title,
        year=wire.year or None,
        ordinal=wire.ordinal if wire.ordinal and title is None else None,
        everything=wire.everything and title is None,
        quote=title or "",
    )


def _critique(wire: WireCritique) -> Critique:
    return Critique(
        field=wire.field,
        direction=wire.direction,
        value=wire.value.strip() or None,
        anchor=_reference(wire.item),
        quote=wire.quote,
    )


def _retraction(wire: WireRetraction, schema: CatalogSchema) -> Retraction | None:
    item = _reference(wire.item)
    field = wire.field if wire.field in schema.by_name else None
    value: Scalar | None = wire.value.strip() or None
    if item is None and field is None and value is None:
        return None
    if field is not None and value is not None and schema.field(field).type == "number":
        value = _number(str(value))
    return Retraction(field=field, value=value, item=item, indifferent=wire.indifferent)


def _wish(wire: WireWish, schema: CatalogSchema) -> Wish | None:
    values = [v.strip() for v in wire.values if v.strip()]
    if not values:
        return None
    spec = schema.by_name.get(wire.field)
    shaped = _shape(spec, wire.op, values) if spec is not None else None
    if spec is not None and spec.type == "number" and shaped is None:
        return None  # words are no number; searching texts for them would not help
    op, value = shaped or ("about", ", ".join(values))
    return Wish(
        field=None if shaped is None or spec is None else spec.name,
        op=op,
        value=value,
        polarity=wire.polarity,
        strength=wire.strength,
        quote=wire.quote or ", ".join(values),
        replaces=wire.replaces,
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
