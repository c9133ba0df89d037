"""A plan in the form in which a language model writes it down: what `agent.plan_reading.read_plan` takes back.

What the form has no place for is left out: confidences, and what was named but is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agent.plan_reading import BALANCED, OPINIONS
from agent.wire import How, WireAbout, WireEntry, WirePlan, WireSearch
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
    TurnPlan,
    Wish,
)
from core.values import Scalar


def wire_of(plan: TurnPlan) -> WirePlan:
    """The record of a plan."""
    heard, act = plan.heard, plan.act
    entries = [
        *map(_wish, heard.wishes),
        *(_opinion(o) for o in heard.opinions if o.stance != "mentioned"),
        *map(_critique, heard.critiques),
        *map(_retraction, heard.retractions),
        *(WireEntry(kind="unclear", quote=words) for words in heard.not_understood),
    ]
    return WirePlan.model_validate(
        {
            "heard": [e.model_dump() for e in entries],
            "answer": 0 if heard.answer is None else heard.answer + 1 if heard.answer >= 0 else -1,
            "signals": list(_signals(heard)),
            "act": _named(act),
            "about": _about(act),
            "search": _search(act) if isinstance(act, Recommend) else None,
        }
    )


def _signals(heard: Heard) -> Iterator[str]:
    if heard.turns_down:
        yield "turns_down"
    if heard.surprise:
        yield "surprise"
    if heard.adventurous is not None:
        yield "unexpected" if heard.adventurous else "expected"
    if heard.reset:
        yield "reset"
    if heard.travel is not None:
        yield heard.travel


def _named(act: Act) -> str:
    """The act; talk goes by its topic, and an empty message is never put before a model."""
    if isinstance(act, Chat):
        return "unclear" if act.topic == "empty" else act.topic
    return act.kind


def _about(act: Act) -> dict[str, object] | None:
    match act:
        case Ask(field=None, wording=""):
            return None
        case Ask():
            about = WireAbout(fields=[act.field] if act.field else [], text=act.wording)
        case LookUp():
            about = WireAbout(items=_items(act.items), fields=list(act.fields))
        case Check():
            about = WireAbout(items=_items(act.items), conditions=[_wish(w) for w in act.wishes])
        case Compare():
            conditions = [_wish(w) for w in act.wishes]
            items, fields = _items(act.items), list(act.fields)
            about = WireAbout(items=items, fields=fields, conditions=conditions, most=act.superlative or "")
        case Explain():
            about = WireAbout(items=_items(act.items))
        case Count() if not act.left:
            about = WireAbout(conditions=[_wish(w) for w in act.wishes])
        case Chat() if act.items:
            about = WireAbout(items=_items(act.items))
        case _:
            return None
    return about.model_dump()


def _search(act: Recommend) -> dict[str, object] | None:
    plain = Recommend()
    search = WireSearch(
        query=act.query,
        routes=[] if act.routes == plain.routes else list(act.routes),
        boost=list(act.boost),
        how=list(_how(act)),
        count=act.count if "count" in act.model_fields_set else 0,
        titles=_items(act.proposals),
    )
    return None if search == WireSearch() else search.model_dump()


def _how(act: Recommend) -> Iterator[How]:
    if act.ranker != "fused":
        yield "histories" if act.ranker == "collaborative" else "fame"
    if act.diversity != BALANCED:
        yield "focused" if act.diversity < BALANCED else "varied"
    if not act.rerank:
        yield "in_order"


def _wish(wish: Wish) -> WireEntry:
    mods = ["soft"] if wish.strength == "soft" else []
    mods += {"turn": ["once"], "person": ["always"], "conversation": []}[wish.scope]
    return WireEntry(
        kind="avoid" if wish.polarity == "avoid" else "instead" if wish.replaces else "want",
        field=wish.field or "",
        values=_told(wish),
        mods=mods,  # type: ignore[arg-type]
        quote=wish.quote,
    )


def _told(wish: Wish) -> list[str]:
    """The values with the operator in front where it is a bound."""
    values = _values(wish.value)
    if wish.op == "between":
        return ["-".join(values)]
    sign = {"lt": "< ", "le": "<= ", "gt": "> ", "ge": ">= "}.get(wish.op, "")
    return [sign + value for value in values]


def _opinion(opinion: ItemOpinion) -> WireEntry:
    """The kind that says both the stance and whether the item is known, else the stance alone."""
    kinds = [k for k, meant in OPINIONS.items() if meant == (opinion.stance, opinion.seen)]
    kinds += [k for k, (stance, _) in OPINIONS.items() if stance == opinion.stance]
    return WireEntry(kind=kinds[0], item=_item(opinion.item), quote=opinion.item.quote)


def _critique(critique: Critique) -> WireEntry:
    return WireEntry(
        kind=critique.direction,
        field=critique.field,
        values=[critique.value] if critique.value else [],
        item="" if critique.anchor is None else _item(critique.anchor),
        quote=critique.quote,
    )


def _retraction(retraction: Retraction) -> WireEntry:
    return WireEntry(
        kind="any" if retraction.indifferent else "drop",
        field=retraction.field or "",
        values=[] if retraction.value is None else _values(retraction.value),
        item="" if retraction.item is None else _item(retraction.item),
        quote=retraction.quote,
    )


def _items(items: Iterable[Reference]) -> list[str]:
    return [said for item in items if (said := _item(item))]


def _item(item: Reference) -> str:
    if item.everything:
        return "#all"
    if item.ordinal is not None:
        return f"#{item.ordinal}"
    return f"{item.title or ''}{f' ({item.year})' if item.year and item.title else ''}"


def _values(value: Scalar | tuple[Scalar, ...]) -> list[str]:
    held = value if isinstance(value, tuple) else (value,)
    return [str(v).lower() if isinstance(v, bool) else str(v) for v in held]
