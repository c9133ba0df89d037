"""Tasks with known right answers: what somebody wants, and what of it they say when (the tau-rec benchmark's shape).

A task file is JSON: `constraints` (each a field, an operator, a value and `reveal`: volunteer, on_ask or hidden),
`persona`, `soft_preferences`, `no_valid_recommendation`, `user_id`, `user_history`, `user_services`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from core.errors import BadInput
from core.items import Item
from core.schema import CatalogSchema
from core.values import Scalar, Value

Reveal = Literal["volunteer", "on_ask", "hidden"]
Operator = Literal[
    "contains",
    "contains_any",
    "contains_all",
    "not_contains",
    "in",
    "not_in",
    "==",
    "!=",
    ">=",
    "<=",
    ">",
    "<",
    "between",
]


class Constraint(Value):
    """One thing that must hold of the item, and when the person speaks of it."""

    field: str
    """Name of a field of the catalogue's schema."""
    op: Operator
    value: Scalar | tuple[Scalar, ...]
    reveal: Reveal = "volunteer"

    def __str__(self) -> str:
        """Like "runtime <= 120", for tables and transcripts."""
        return f"{self.field} {self.op} {', '.join(map(str, self.values))}"

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The value or values, as a tuple."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


class Task(Value):
    """What one simulated person wants."""

    id: str
    wants: tuple[Constraint, ...]
    persona: str = ""
    soft: tuple[str, ...] = ()
    """Wishes in words that nothing is graded by."""
    nothing_fits: bool = False
    """Whether the right end is to say that nothing does."""
    history: tuple[str, ...] = ()
    """Ids of items the person has used before."""
    services: tuple[Scalar, ...] = ()
    """Values of the availability field that the person has; empty: not restricted."""
    complexity: str = ""
    reveal_difficulty: str = ""


def holds(constraint: Constraint, item: Item) -> bool:
    """Whether the item satisfies the constraint; an unknown fact satisfies only what forbids values."""
    held, asked = item.values(constraint.field), constraint.values
    if constraint.op in {"not_contains", "not_in", "!="}:
        return not set(held) & set(asked)
    if not held:
        return False
    match constraint.op:
        case "contains" | "contains_any" | "in" | "==":
            return bool(set(held) & set(asked))
        case "contains_all":
            return set(asked) <= set(held)
    return all(_number_holds(constraint.op, value, asked) for value in held)


def _number_holds(op: Operator, value: Scalar, asked: tuple[Scalar, ...]) -> bool:
    here, (low, *rest) = float(value), [float(a) for a in asked]
    match op:
        case ">=":
            return here >= low
        case "<=":
            return here <= low
        case ">":
            return here > low
        case "<":
            return here < low
    return low <= here <= rest[0]


def described(task: Task, schema: CatalogSchema) -> tuple[str, ...]:
    """The task's constraints in words, each with when it is told."""
    return tuple(
        f"{schema.field(c.field).title} {c.op} {', '.join(map(str, c.values))} ({c.reveal})" for c in task.wants
    )


def read_tasks(folder: Path, schema: CatalogSchema, columns: Mapping[str, str] | None = None) -> list[Task]:
    """The tasks of a folder in the order of their file names.

    `columns` says which column of the source fills which field, as in a schema file: tasks speak of columns. Raises
    BadInput naming the file for a task that cannot be read or that speaks of a field the schema does not have.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.", "Give the folder that holds the task files (JSON).")
    fields = {column: name for name, column in (columns or {}).items()}
    return [_read(file, schema, fields) for file in sorted(folder.glob("*.json"))]


def _read(file: Path, schema: CatalogSchema, fields: Mapping[str, str]) -> Task:
    try:
        return _task(json.loads(file.read_text(encoding="utf-8")), schema, fields)
    except (KeyError, TypeError, ValueError) as wrong:
        raise BadInput(f"{file} is not a task: {wrong!r}", "See the shape in simulation/tasks.py.") from wrong


def _task(body: Mapping[str, Any], schema: CatalogSchema, fields: Mapping[str, str]) -> Task:
    person = body.get("user_id")
    used = (body.get("user_history") or {}).get(person) or {}
    known = {f.name for f in schema.fields}
    wants = tuple(_constraint(c, fields) for c in body["constraints"])
    if strange := {c.field for c in wants} - known:
        raise ValueError(f"no such field: {', '.join(sorted(strange))}; the catalogue has {', '.join(sorted(known))}")
    return Task(
        id=str(body["id"]),
        wants=wants,
        persona=body.get("persona") or "",
        soft=tuple(body.get("soft_preferences") or ()),
        nothing_fits=bool(body.get("no_valid_recommendation")),
        history=tuple(map(str, used.get("watched") or used.get("used") or ())),
        services=tuple(body.get("user_services") or ()),
        complexity=body.get("complexity") or "",
        reveal_difficulty=body.get("reveal_difficulty") or "",
    )


def _constraint(body: Mapping[str, Any], fields: Mapping[str, str]) -> Constraint:
    inner = body["constraint"]
    value = inner["value"]
    return Constraint(
        field=fields.get(inner["field"], inner["field"]),
        op=inner["op"],
        value=tuple(value) if isinstance(value, list) else value,
        reveal=body.get("reveal", "volunteer"),
    )
