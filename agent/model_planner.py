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
from agent.context import Context
from agent.models.strict import strict_schema
from agent.plan_reading import read_plan
from agent.wire import WirePlan
from core.errors import ModelBrokeSchema
from core.events import ModelRequest
from core.plan import TurnPlan
from core.schema import CatalogSchema, FieldSpec
from core.values import Value
from tools.catalog.columns import CategoryColumn, Column, NumberColumn
from tools.text import storable

WHOLE = 40
"""A genre or mood with at most so many values is named whole: its words are the catalogue's own."""
VALUES_SHOWN = 10
"""Values named of a longer one; the commonest come first."""
SIGNS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
VAGUE_SHOWN = 2
"""Vague words of a number field with what they are taken for."""
NAMES_SHOWN = 3
"""Values of other categories, whose names a model knows."""


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
    context: Context,
    schema: CatalogSchema,
    facts: CatalogFacts,
    *,
    examples: Sequence[str] = (),
    seen: Sequence[str] = (),
    wrong: Wrong | None = None,
) -> ModelRequest:
    """The planning call.

    `examples`: demonstrations to show; `seen`: what the looks of a first plan came to; `wrong`: a refused answer.
    """
    prompt = prompts.render(
        "plan",
        purpose=schema.purpose,
        many=schema.noun.many,
        title=schema.title,
        size=facts.size,
        fields=[_field(spec, facts) for spec in schema.fields if spec.role not in {"title", "description"}],
        examples=examples,
        ledger=context.ledger,
        history=context.history,
        shown=context.shown,
        question=context.question,
        choices=context.choices,
        seen=seen,
        message=context.message,
        wrong=wrong,
    )
    return ModelRequest(
        call="plan" if wrong is None else "repair",
        system=prompt.system,
        user=prompt.user,
        json_schema=plan_schema(),
        prompt_hash=prompt.hash,
        cut=context.cut,
    )


class Wrong(Value):
    """An answer that was refused."""

    text: str
    reason: str


def parse_plan(text: str, schema: CatalogSchema) -> TurnPlan:
    """The model's answer as a plan; raises ModelBrokeSchema with a readable reason.

    Takes JSON inside prose or a code fence too, since not every server enforces a schema.
    """
    try:
        return read_plan(WirePlan.model_validate(_json_in(text)), schema)
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
        return _storable(json.loads(found[0]))
    except RecursionError:
        raise ModelBrokeSchema("The plan is not JSON: it is nested too deep.") from None
    except ValueError as error:
        raise ModelBrokeSchema(f"The plan is not JSON: {error}.") from None


def _storable(value: object) -> object:
    """A parsed plan whose texts can be stored: JSON may write half a character."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(entry) for entry in value]
    return {k: _storable(v) for k, v in value.items()} if isinstance(value, dict) else value


def _commonest(column: CategoryColumn) -> list[str]:
    order = sorted(range(len(column.vocabulary)), key=lambda code: (-int(column.counts[code]), column.vocabulary[code]))
    return [column.vocabulary[code] for code in order[: WHOLE + 1]]


def _field(spec: FieldSpec, facts: CatalogFacts) -> str:
    """One line on a field: "runtime (number, minutes): 45 to 238; short <= 95"."""
    unit = spec.unit.plural if spec.unit is not None and spec.unit.style not in {"year", "score"} else spec.name
    kind = spec.type if unit == spec.name else f"number, {unit}"
    soft = ", soft" if spec.strength == "soft" else ""
    parts = []
    if spec.name in facts.ranges:
        low, high = facts.ranges[spec.name]
        parts.append(f"{low:g} to {high:g}")
    vague: dict[str, list[str]] = {}
    for word, v in spec.vague.items():
        if v.at is not None:
            vague.setdefault(f"{SIGNS.get(v.op, '')} {_bound(v.at)}".strip(), []).append(word)
    if vague:
        parts.append(", ".join(f"{words[0]} {bound}" for bound, words in list(vague.items())[:VAGUE_SHOWN]))
    if spec.type == "category":
        parts.append(_values(spec, facts))
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
