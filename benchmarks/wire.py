"""A plan in the form in which a language model writes it down: what `agent.plan_reading.read_plan` takes back.

What the form has no place for is left out: the scope of a wish, confidences, what was named but is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.plan_reading import SPREAD
from agent.wire import WireCritique, WireOpinion, WirePlan, WireReference, WireRetraction, WireWish
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
    LookUp,
    Recommend,
    Reference,
    Retraction,
    TurnPlan,
    Wish,
)
from core.values import Scalar


def wire_of(plan: TurnPlan) -> WirePlan:
    """The flat record of a plan."""
    heard, act = plan.heard, plan.act
    return WirePlan.model_validate(
        {
            "wishes": [_wish(w) for w in heard.wishes],
            "opinions": [
                WireOpinion(item=_reference(o.item), stance=o.stance, seen=o.seen)
                for o in heard.opinions
                if o.stance != "mentioned"
            ],
            "critiques": [_critique(c) for c in heard.critiques],
            "retractions": [w for r in heard.retractions for w in _retractions(r)],
            **_said(heard),
            **_act(act),
        }
    )


def _said(heard: Heard) -> dict[str, object]:
    return {
        "answer": 0 if heard.answer is None else heard.answer + 1,
        "surprise": heard.surprise,
        "adventurous": {True: "more", False: "less", None: ""}[heard.adventurous],
        "reset": heard.reset,
        "travel": heard.travel or "none",
        "not_understood": list(heard.not_understood),
    }


def _act(act: Act) -> dict[str, object]:
    base: dict[str, object] = {"act": act.kind}
    match act:
        case Recommend():
            return base | _recommend(act)
        case Ask():
            return base | {"ask_field": act.field or ""}
        case LookUp():
            return base | {"items": _references(act.items), "fields": list(act.fields)}
        case Check():
            return base | {"items": _references(act.items), "conditions": [_wish(w) for w in act.wishes]}
        case Compare():
            conditions = [_wish(w) for w in act.wishes]
            told = {"items": _references(act.items), "fields": list(act.fields), "conditions": conditions}
            return base | told | {"superlative": act.superlative or "none"}
        case Explain():
            return base | {"items": _references(act.items)}
        case Count():
            return base | {"conditions": [_wish(w) for w in act.wishes]}
        case Chat():
            return base | {"topic": act.topic, "items": _references(act.items)}
    return base


def _recommend(act: Recommend) -> dict[str, object]:
    plain = Recommend()
    spread = min(SPREAD, key=lambda name: abs(SPREAD[name] - act.diversity))
    return {
        "query": act.query,
        "routes": [] if act.routes == plain.routes else list(act.routes),
        "ranker": act.ranker,
        "rerank": act.rerank,
        "count": 0 if act.count == plain.count else act.count,
        "spread": spread,
        "items": _references(act.anchors),
    }


def _wish(wish: Wish) -> WireWish:
    return WireWish(
        field=wish.field or "",
        op=wish.op,
        values=_values(wish.value),
        polarity=wish.polarity,
        strength=wish.strength,
        replaces=wish.replaces,
        quote=wish.quote,
    )


def _critique(critique: Critique) -> WireCritique:
    anchor = WireReference() if critique.anchor is None else _reference(critique.anchor)
    return WireCritique(
        field=critique.field,
        direction=critique.direction,
        value=critique.value or "",
        item=anchor,
        quote=critique.quote,
    )


def _retractions(retraction: Retraction) -> Iterator[WireRetraction]:
    """One for each value, since the form holds one."""
    item = WireReference() if retraction.item is None else _reference(retraction.item)
    values = [""] if retraction.value is None else _values(retraction.value)
    for value in values:
        yield WireRetraction(field=retraction.field or "", value=value, item=item, indifferent=retraction.indifferent)


def _references(items: Iterable[Reference]) -> list[WireReference]:
    return [_reference(item) for item in items]


def _reference(item: Reference) -> WireReference:
    return WireReference(
        title=item.title or "", year=item.year or 0, ordinal=item.ordinal or 0, everything=item.everything
    )


def _values(value: Scalar | tuple[Scalar, ...]) -> list[str]:
    held = value if isinstance(value, tuple) else (value,)
    return [str(v).lower() if isinstance(v, bool) else str(v) for v in held]
