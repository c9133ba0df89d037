"""Wishes that a program or a hand gives, as preferences: what cannot be meant is refused, never passed over."""

from __future__ import annotations

import math

from pydantic import ValidationError

from core.errors import BadInput
from core.plan import Wish
from core.preferences import Preference
from core.schema import FieldSpec
from core.values import Scalar
from tools.filtering.masks import BOUNDS
from tools.linking.linker import Linker

LARGEST = 1e15
LONGEST = 500


def preference_of(wish: Wish, linker: Linker, turn: int = 0) -> Preference:
    """The wish over canonical values of the catalogue; raises BadInput for what no item could be held against."""
    values = wish.value if isinstance(wish.value, tuple) else (wish.value,)
    if not values or any(not _usable(v) for v in values):
        raise BadInput(
            f"The value of the wish on {wish.field!r} cannot be used.",
            f"Give texts of up to {LONGEST} letters, finite numbers, true or false.",
        )
    spec = linker.catalog.schema.by_name.get(wish.field) if wish.field else None
    if wish.field and spec is None:
        raise BadInput(f"There is no field {wish.field!r}.", f"There are: {', '.join(linker.catalog.schema.by_name)}.")
    if spec is not None and not _goes_with(wish, spec):
        raise BadInput(f"{wish.op!r} does not go with the field {spec.name!r}, which holds {_kind(spec)}.")
    try:
        linked = linker.preference(wish, turn)
    except ValidationError as wrong:
        raise BadInput(f"The wish on {wish.field!r} does not fit: {wrong.errors()[0]['msg']}.") from None
    if linked is None:
        raise BadInput(f"No field or value of this catalogue fits {wish.field!r} = {wish.value!r}.")
    return linked


def _usable(value: Scalar) -> bool:
    if isinstance(value, str):
        return bool(value.strip()) and len(value) <= LONGEST
    return isinstance(value, bool) or (math.isfinite(value) and abs(value) <= LARGEST)


def _goes_with(wish: Wish, spec: FieldSpec) -> bool:
    if wish.op == "about":
        return False
    if spec.type == "number":
        return wish.op in BOUNDS | {"eq", "any_of"}
    if spec.type in {"category", "people"}:
        return wish.op in {"eq", "any_of", "all_of"} or (wish.op in BOUNDS and bool(spec.order))
    return wish.op in ({"eq"} if spec.type == "flag" else {"contains", "eq", "any_of", "all_of"})


def _kind(spec: FieldSpec) -> str:
    return {"number": "numbers", "category": "values", "people": "people", "flag": "yes or no"}.get(spec.type, "text")
