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
from core.plan import Act, Chat, LookUp, TurnPlan
from core.preferences import quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Conversation, Turn
from tools.catalog.columns import CategoryColumn, Column, NumberColumn

WHOLE = 40
"""A genre or mood with at most so many values is named whole: its words are the catalogue's own."""
VALUES_SHOWN = 12
"""Values named of a longer one; the commonest come first."""
NAMES_SHOWN = 8
"""Values of other categories, whose names a model knows."""
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
        history=[_turn(turn, catalog) for turn in conversation.turns[-history:]] if history else [],
        shown=[named(r.item, schema) for r in conversation.slate],
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
    return [column.vocabulary[code] for code in order[: WHOLE + 1]]


def _field(spec: FieldSpec, facts: CatalogFacts) -> str:
    """One line on a field: "runtime (number, minutes): 45 to 238; short <= 95"."""
    kind = spec.type if spec.unit is None or spec.unit.style in {"year", "score"} else f"number, {spec.unit.plural}"
    soft = ", soft" if spec.strength == "soft" else ""
    parts = []
    if spec.name in facts.ranges:
        low, high = facts.ranges[spec.name]
        parts.append(f"{low:g} to {high:g}")
    vague: dict[str, list[str]] = {}
    for word, v in spec.vague.items():
        if v.at is not None:
            vague.setdefault(f"{v.op} {_bound(v.at)}", []).append(word)
    if vague:
        parts.append(", ".join(f"{'/'.join(words[:2])} {bound}" for bound, words in list(vague.items())[:4]))
    if spec.type == "category":
        parts.append(_values(spec, facts))
    elif spec.type == "people" and facts.values.get(spec.name):
        parts.append("e.g. " + ", ".join(facts.values[spec.name][:1]))
    said = "; ".join(p for p in parts if p)
    return f"{spec.name} ({kind}{soft}){': ' if said else ''}{said}"


def _bound(at: float | tuple[float, float] | None) -> str:
    return "-".join(f"{n:g}" for n in at) if isinstance(at, tuple) else f"{at:g}"


def _values(spec: FieldSpec, facts: CatalogFacts) -> str:
    if spec.order:
        return " < ".join(spec.order)
    held = facts.values.get(spec.name) or tuple(spec.values)
    most = NAMES_SHOWN
    if spec.role in {"genre", "mood"}:
        most = WHOLE if len(held) <= WHOLE else VALUES_SHOWN
    return ", ".join(held[:most]) + (", …" if len(held) > most else "")


def _ledger(conversation: Conversation, catalog: Catalog) -> list[str]:
    ledger, schema = conversation.ledger, catalog.schema
    lines = [f"{p.label(schema)} ({p.strength})" for p in ledger.preferences]
    for opinion, ids in (("liked", ledger.liked), ("disliked", ledger.disliked), ("seen", ledger.seen)):
        titles = [named(item, schema) for item in catalog.find(ids[-MARKS_SHOWN:])]
        if titles:
            lines.append(f"{opinion}: {', '.join(titles)}")
    if ledger.adventurous:
        lines.append("wants the less expected")
    if ledger.declined:
        lines.append(f"does not matter: {', '.join(ledger.declined)}")
    return lines


def _turn(turn: Turn, catalog: Catalog) -> str:
    did = _done(turn.plan.act)
    if turn.slate:
        did = f"showed {', '.join(r.item.title for r in turn.slate)}"
    elif turn.question:
        nothing = "found nothing that fits all; " if turn.question.kind == "relax" else ""
        did = f"{nothing}asked: {turn.question.text}"
    elif turn.focus:
        did += f" {', '.join(item.title for item in catalog.find(turn.focus))}"
    return f"person: {prompts.line(turn.message, 200)} / we {prompts.line(did, 160)}"


def _done(act: Act) -> str:
    """An act that showed nothing, in the words of the prompt: "look_up directors of"."""
    if isinstance(act, Chat):
        return f"chat {act.topic}"
    if isinstance(act, LookUp) and act.fields:
        return f"look_up {', '.join(act.fields)} of"
    return act.kind


def named(item: Item, schema: CatalogSchema) -> str:
    """The title with the year that tells it from others of the same name."""
    release = schema.role("release")
    year = next(iter(item.values(release.name)), None) if release else None
    return f"{item.title} ({quantity(year, release)})" if release and year is not None else item.title
