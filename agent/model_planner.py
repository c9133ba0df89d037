"""The model planner: the question put to a language model before a turn acts, and its answer as a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

import prompts
from agent.models.strict import strict_schema
from agent.plan_reading import read_plan
from agent.wire import WirePlan
from core.errors import ModelBrokeSchema
from core.events import ModelRequest
from core.items import Catalog, Item
from core.plan import TurnPlan
from core.preferences import quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Conversation, Turn
from tools.catalog.columns import CategoryColumn, Column, NumberColumn

VALUES_SHOWN = 16
"""Values of a category named in the prompt; the commonest come first."""
MARKS_SHOWN = 8
"""Liked, disliked and seen items named in the prompt, the latest of each."""


@dataclass(frozen=True)
class CatalogFacts:
    """What the prompt says of a catalogue beyond its schema; made once per catalogue."""

    size: int = 0
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Number fields: least and greatest value."""
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Category fields: values, commonest first."""

    @classmethod
    def of(cls, size: int, columns: Mapping[str, Column]) -> CatalogFacts:
        """Read them off the columns of a catalogue of `size` items."""
        numbers = {n: c for n, c in columns.items() if isinstance(c, NumberColumn) and len(c.sorted)}
        categories = {n: c for n, c in columns.items() if isinstance(c, CategoryColumn)}
        return cls(
            size=size,
            ranges={n: (float(c.sorted[0]), float(c.sorted[-1])) for n, c in numbers.items()},
            values={n: _commonest(c) for n, c in categories.items()},
        )


def plan_request(
    conversation: Conversation, message: str, catalog: Catalog, facts: CatalogFacts, *, history: int = 3
) -> ModelRequest:
    """The planning call for one message; repeats at most `history` past turns."""
    schema, question = catalog.schema, conversation.question
    prompt = prompts.render(
        "plan",
        purpose=schema.purpose,
        many=schema.noun.many,
        title=schema.title,
        size=facts.size or len(catalog),
        fields=[_field(spec, facts) for spec in schema.fields if spec.role != "title"],
        ledger=_ledger(conversation, catalog),
        history=[_turn(turn) for turn in conversation.turns[-history:]] if history else [],
        shown=[_named(r.item, schema) for r in conversation.slate],
        question=question.text if question else "",
        choices=[choice.label for choice in question.choices] if question else [],
        message=message,
    )
    return ModelRequest(
        call="plan",
        system=prompt.system,
        user=prompt.user,
        json_schema=plan_schema(),
        prompt_hash=prompt.hash,
    )


def parse_plan(text: str, schema: CatalogSchema) -> TurnPlan:
    """The model's answer as a plan; raises ModelBrokeSchema with a readable reason.

    Takes JSON inside prose or a code fence too, since not every server enforces a schema.
    """
    try:
        wire = WirePlan.model_validate(_json_in(text))
        return read_plan(wire, schema)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])
        raise ModelBrokeSchema(f"The plan does not fit its schema: {where or 'plan'}: {first['msg']}.") from None


@lru_cache(maxsize=1)
def _schema_text() -> str:
    return json.dumps(strict_schema(WirePlan))


def plan_schema() -> dict[str, Any]:
    """The JSON schema of a plan, in the strict dialect."""
    schema: dict[str, Any] = json.loads(_schema_text())
    return schema


def _json_in(text: str) -> object:
    found = re.search(r"\{.*\}", text, re.DOTALL)
    if found is None:
        raise ModelBrokeSchema("The plan is not JSON: there is no object in it.")
    try:
        return json.loads(found[0])
    except ValueError as error:
        raise ModelBrokeSchema(f"The plan is not JSON: {error}.") from None


def _commonest(column: CategoryColumn) -> list[str]:
    order = sorted(range(len(column.vocabulary)), key=lambda code: (-int(column.counts[code]), column.vocabulary[code]))
    return [column.vocabulary[code] for code in order[:VALUES_SHOWN]]


def _field(spec: FieldSpec, facts: CatalogFacts) -> str:
    """One line on a field: "runtime (number, minutes): 45 to 238; short <= 95"."""
    kind = spec.type if spec.unit is None or spec.unit.style in {"year", "score"} else f"number, {spec.unit.plural}"
    soft = ", soft" if spec.strength == "soft" else ""
    parts = []
    if spec.name in facts.ranges:
        low, high = facts.ranges[spec.name]
        parts.append(f"{low:g} to {high:g}")
    vague = [f"{word} {v.op} {_bound(v.at)}" for word, v in spec.vague.items() if v.at is not None]
    if vague:
        parts.append(", ".join(vague[:4]))
    if spec.type == "category":
        parts.append(_values(spec, facts))
    elif spec.type == "people" and facts.values.get(spec.name):
        parts.append("e.g. " + ", ".join(facts.values[spec.name][:2]))
    said = "; ".join(p for p in parts if p)
    return f"{spec.name} ({kind}{soft}){': ' if said else ''}{said}"


def _bound(at: float | tuple[float, float] | None) -> str:
    return "-".join(f"{n:g}" for n in at) if isinstance(at, tuple) else f"{at:g}"


def _values(spec: FieldSpec, facts: CatalogFacts) -> str:
    if spec.order:
        return " < ".join(spec.order)
    held = facts.values.get(spec.name) or tuple(spec.values)
    return ", ".join(held[:VALUES_SHOWN]) + (", …" if len(held) >= VALUES_SHOWN else "")


def _ledger(conversation: Conversation, catalog: Catalog) -> list[str]:
    ledger, schema = conversation.ledger, catalog.schema
    lines = [f"{p.label(schema)} ({p.strength})" for p in ledger.preferences]
    for opinion, ids in (("liked", ledger.liked), ("disliked", ledger.disliked), ("seen", ledger.seen)):
        titles = [item.title for item in catalog.find(ids[-MARKS_SHOWN:])]
        if titles:
            lines.append(f"{opinion}: {', '.join(titles)}")
    if ledger.declined:
        lines.append(f"does not matter: {', '.join(ledger.declined)}")
    return lines


def _turn(turn: Turn) -> str:
    did: str = turn.plan.act.kind
    if turn.slate:
        did = f"showed {', '.join(r.item.title for r in turn.slate)}"
    elif turn.question:
        did = f"asked: {turn.question.text}"
    return f"person: {prompts.line(turn.message, 200)} / we {prompts.line(did, 160)}"


def _named(item: Item, schema: CatalogSchema) -> str:
    release = schema.role("release")
    year = next(iter(item.values(release.name)), None) if release else None
    return f"{item.title} ({quantity(year, release)})" if release and year is not None else item.title
