"""Whether a wish, as understood, rules out what somebody wants."""

from __future__ import annotations

import math

from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from simulation.tasks import Constraint
from simulation.wording import REFUSING

_Range = tuple[float, float]


def opposed(wish: Preference, wanted: Constraint, schema: CatalogSchema) -> bool:
    """Whether no item can meet both; values of a field that holds several go together, unless one is refused."""
    if wish.field != wanted.field or wish.field not in schema.by_name:
        return False
    spec = schema.field(wanted.field)
    if spec.type == "number":
        return _numbers_opposed(wish, wanted)
    mine, theirs = ({str(v).casefold() for v in side} for side in (wish.values, wanted.values))
    if wish.op in {"lt", "le", "gt", "ge", "between"}:
        return False
    return _values_opposed(wish, wanted, mine, theirs, spec)


def _values_opposed(wish: Preference, wanted: Constraint, mine: set[str], theirs: set[str], spec: FieldSpec) -> bool:
    refuses = wanted.op in REFUSING
    if wish.polarity == "avoid":
        every = wanted.op == "contains_all"
        return not refuses and bool(mine & theirs if every else theirs <= mine)
    if refuses:
        return bool(mine & theirs if wish.op == "all_of" else mine <= theirs)
    return not spec.many and not mine & theirs


def _numbers_opposed(wish: Preference, wanted: Constraint) -> bool:
    here, there = _wished(wish), _wanted(wanted)
    if here is None or there is None:
        return False
    return max(here[0], there[0]) > min(here[1], there[1])


def _wished(wish: Preference) -> _Range | None:
    """The numbers a wish leaves; None where they are no range."""
    if wish.polarity == "avoid" or any(isinstance(v, str) for v in wish.values):
        return None
    numbers = [float(v) for v in wish.values]
    match wish.op:
        case "lt" | "le":
            return -math.inf, numbers[0]
        case "gt" | "ge":
            return numbers[0], math.inf
    return min(numbers), max(numbers)


def _wanted(wanted: Constraint) -> _Range | None:
    if wanted.op in REFUSING or any(isinstance(v, str) for v in wanted.values):
        return None
    numbers = [float(v) for v in wanted.values]
    match wanted.op:
        case "<" | "<=":
            return -math.inf, numbers[0]
        case ">" | ">=":
            return numbers[0], math.inf
    return min(numbers), max(numbers)
