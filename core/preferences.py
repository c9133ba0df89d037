"""One preference: what a person wants or wants to avoid, how strongly, and where they said so."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from core.schema import CatalogSchema, FieldSpec, Op, Polarity, Strength
from core.values import Scalar, Value

Scope = Literal["turn", "conversation", "person"]
Verdict = Literal["passed", "failed", "unknown"]
PreferenceValue = Scalar | tuple[Scalar, ...]

MOST_NAMED = 4
"""Values of a preference that its label names one by one."""
BOUND: dict[str, str] = {"lt": "under", "le": "at most", "gt": "over", "ge": "at least"}
YEAR_BOUND: dict[str, str] = {"lt": "before", "le": "until", "gt": "after", "ge": "since"}


class Preference(Value):
    """A typed wish over one field, or over the item's text when `field` is None.

    Operators: eq, any_of, all_of (categories, people, flags); lt, le, gt, ge, between (numbers, both ends
    included); contains (words in a text field); about (free text, matched by meaning and words).
    With polarity "avoid" they read ≠, none of, not all of, and so on.
    """

    id: str = ""
    """Given by the ledger: p1, p2, …"""
    field: str | None
    """Name of a field of the catalogue; null: free text about the item."""
    op: Op
    """What must hold between the field and the value."""
    value: PreferenceValue
    """One value, or several for any_of and all_of, or (low, high) for between."""
    polarity: Polarity = "want"
    """avoid: what fits is not wanted."""
    strength: Strength = "hard"
    """hard: nothing that breaks it may be shown; soft: it moves the ranking."""
    scope: Scope = "conversation"
    """How long it holds: for one list, for this conversation, or for this person for good."""
    quote: str = ""
    """The person's own words."""
    turn: int = 0
    """Turn in which it was said, from 1; 0 when set by hand before any turn."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    """How sure it is that this was meant, 0 to 1."""
    times: int = 1
    """How often it has been said."""

    @model_validator(mode="after")
    def _shape(self) -> Preference:
        if self.op == "between" and not (isinstance(self.value, tuple) and len(self.value) == 2):
            raise ValueError("between needs a (low, high) pair")
        if self.op in {"any_of", "all_of"} and not isinstance(self.value, tuple):
            raise ValueError(f"{self.op} needs a tuple of values")
        if (self.field is None) != (self.op == "about"):
            raise ValueError("free text goes with op 'about' and no field, and only there")
        return self

    @property
    def hard(self) -> bool:
        """Whether an item that breaks it may not be shown."""
        return self.strength == "hard"

    @property
    def values(self) -> tuple[Scalar, ...]:
        """The value as a tuple."""
        return self.value if isinstance(self.value, tuple) else (self.value,)

    def same_as(self, other: Preference) -> bool:
        """Whether both say the same thing, whoever said it when."""
        return (self.field, self.op, self.value, self.polarity) == (
            other.field,
            other.op,
            other.value,
            other.polarity,
        )

    def label(self, schema: CatalogSchema) -> str:
        """A short name a person can read: "under 2 h", "no horror", "not gory"."""
        if self.field is None:
            return f"no “{self.value}”" if self.polarity == "avoid" else f"“{self.value}”"
        spec = schema.field(self.field)
        text = self._words(spec)
        if self.polarity == "want":
            return text
        if self.op == "all_of" and len(self.values) > 1:
            return f"not both {text}" if len(self.values) == 2 else f"not all of {text}"
        return f"not {text}" if spec.role == "mood" or spec.type == "number" else f"no {text}"

    def _words(self, spec: FieldSpec) -> str:
        if spec.type == "number":
            return self._numbers(spec)
        if spec.type == "flag":
            return spec.title if self.value else f"not {spec.title}"
        named = [str(v) for v in self.values]
        if len(named) > MOST_NAMED:
            named = [", ".join(named[: MOST_NAMED - 1]), f"{len(named) - MOST_NAMED + 1} more"]
        words = (" and " if self.op == "all_of" else " or ").join(named)
        if self.op in {"lt", "le", "gt", "ge"}:
            return f"{spec.title} {BOUND[self.op]} {words}"
        return words.lower() if spec.role in {"genre", "mood"} else words

    def _numbers(self, spec: FieldSpec) -> str:
        style = spec.unit.style if spec.unit else "plain"
        said = spec.unit is not None and spec.unit.plural is not None and spec.unit.plural in spec.title
        name = "" if said or spec.role in {"length", "release"} else f"{spec.title} "
        if self.op == "between":
            low, high = self.values
            return f"{name}{quantity(low, spec)}\N{EN DASH}{quantity(high, spec)}"
        if self.op in {"any_of", "all_of"}:
            words = " and " if self.op == "all_of" else " or "
            return f"{name}{words.join(quantity(v, spec) for v in self.values)}".strip()
        bounds = YEAR_BOUND if style == "year" else BOUND
        return f"{name}{bounds.get(self.op, '')} {quantity(self.values[0], spec)}".replace("  ", " ").strip()


def quantity(value: Scalar, spec: FieldSpec) -> str:
    """A number as written to a person, in the field's style; other scalars unchanged."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    number = f"{value:g}" if isinstance(value, float) and not value.is_integer() else f"{int(value)}"
    style = spec.unit.style if spec.unit else "plain"
    if style == "duration" and value >= 60:
        hours, minutes = divmod(round(value), 60)
        return f"{hours} h {minutes:02d}" if minutes else f"{hours} h"
    if style == "year":
        return f"{-int(value)} BC" if value < 0 else f"{int(value)}"
    if style == "score":
        return f"{value:.1f}".rstrip("0").rstrip(".")
    if spec.unit and spec.unit.name:
        return f"{number} {spec.unit.name if value == 1 else spec.unit.plural}"
    return f"{int(value):,}" if float(value).is_integer() else number
