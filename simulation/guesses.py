"""Whether a suspicion that an agent puts in so many words is right about somebody's wishes."""

from __future__ import annotations

from collections.abc import Sequence

from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from core.values import Scalar
from simulation.tasks import Constraint, Task
from simulation.wording import REFUSING

NEAR = 0.25
"""How far, as a share of what is wanted, a bound may be off on the strict side and still be called right."""
NEAR_YEARS = 10
NEAR_POINTS = 1.0
_BELOW, _ABOVE = {"lt", "le"}, {"gt", "ge"}


def right_about(guess: Preference, task: Task, schema: CatalogSchema, *, nearly: bool = True) -> bool:
    """Whether what is wanted is what the guess says; `nearly`: or so near to it that a person would say yes."""
    if guess.field is None:
        return False
    spec = schema.field(guess.field)
    wants = [c for c in task.wants if c.field == guess.field]
    if spec.type == "number":
        return guess.polarity == "want" and _right_number(guess, wants, spec, float(nearly))
    if guess.op in _BELOW | _ABOVE:
        return any(_right_rank(guess, c, spec) for c in wants)
    return any(_right_values(guess, c, spec) for c in wants)


def _right_values(guess: Preference, wanted: Constraint, spec: FieldSpec) -> bool:
    mine, theirs = set(map(_plain, wanted.values)), set(map(_plain, guess.values))
    if wanted.op in REFUSING:
        return guess.polarity == "avoid" and theirs <= mine
    if guess.polarity == "avoid":
        return not spec.many and not mine & theirs  # who wants one kind may well take it mixed with another
    return theirs <= mine or mine <= theirs


def _right_number(guess: Preference, wants: Sequence[Constraint], spec: FieldSpec, near: float) -> bool:
    """Whether everything wanted lies within the guess, give or take; a range needs both ends to be wanted."""
    numbers = [float(v) for v in guess.values if not isinstance(v, str)]
    lows = [float(min(c.values)) for c in wants if c.op in {">", ">=", "between", "==", "in"}]
    highs = [float(max(c.values)) for c in wants if c.op in {"<", "<=", "between", "==", "in"}]
    below = bool(numbers and highs) and max(numbers) >= min(highs) - near * _slack(min(highs), spec)
    above = bool(numbers and lows) and min(numbers) <= max(lows) + near * _slack(max(lows), spec)
    if guess.op in _BELOW:
        return below
    return above if guess.op in _ABOVE else below and above


def _slack(wanted: float, spec: FieldSpec) -> float:
    match spec.unit.style if spec.unit else "plain":
        case "year":
            return NEAR_YEARS
        case "score":
            return NEAR_POINTS
    return NEAR * abs(wanted)


def _right_rank(guess: Preference, wanted: Constraint, spec: FieldSpec) -> bool:
    """A guess such as "nothing above this" on values that have an order; values without a place in it are outside."""
    edge = str(guess.values[0])
    if edge not in spec.order or guess.polarity == "avoid":
        return False
    place = spec.order.index(edge)
    below, above = spec.order[: place + (guess.op == "le")], spec.order[place + (guess.op == "gt") :]
    allowed = set(below if guess.op in _BELOW else above)
    mine = set(map(str, wanted.values))
    return mine <= set(spec.order) - allowed if wanted.op in REFUSING else mine <= allowed


def _plain(value: Scalar) -> str:
    return str(value).casefold()
