"""Columns built from a stream of items in bounded memory: packed arrays, never a Python object an item."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from core.items import Item
from core.schema import CatalogSchema, FieldSpec
from tools.catalog.columns import Column, FlagColumn, NumberColumn, from_codes


class ColumnBuilder:
    """Collects one field of every item, in row order."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec
        self._numbers = array("d")
        self._flags = array("b")
        self._codes = array("i")
        self._indptr = array("q", [0])
        self._code_of: dict[str, int] = {}

    def add(self, item: Item) -> None:
        """Take the field's value of the next item; raises BadInput when it is not of the field's type."""
        try:
            self._add(item)
        except (TypeError, ValueError):
            found = f"the field {self.spec.name} is a {self.spec.type}, not {item.fields[self.spec.name]!r}"
            raise BadInput(f"Item {item.id!r}: {found}.", "Mend the item or the schema.") from None

    def replace(self, numbers: NDArray[np.float64]) -> None:
        """Take these numbers (one a row) in place of what the items said."""
        self._numbers = array("d", np.ascontiguousarray(numbers, dtype=np.float64).tobytes())

    def _add(self, item: Item) -> None:
        values = item.values(self.spec.name)
        match self.spec.type:
            case "number":
                self._numbers.append(float(values[0]) if values else float("nan"))
            case "flag":
                self._flags.append(int(bool(values[0])) if values else -1)
            case "category" | "people":
                fresh = dict.fromkeys(str(v) for v in values)
                self._codes.extend(self._code_of.setdefault(v, len(self._code_of)) for v in fresh)
                self._indptr.append(len(self._codes))

    def column(self) -> Column | None:
        """The finished column; None for text fields."""
        match self.spec.type:
            case "number":
                return NumberColumn(np.frombuffer(self._numbers, dtype=np.float64) if self._numbers else np.empty(0))
            case "flag":
                return FlagColumn(np.frombuffer(self._flags, dtype=np.int8) if self._flags else np.empty(0, np.int8))
            case "category" | "people":
                codes = np.frombuffer(self._codes, dtype=np.int32) if self._codes else np.empty(0, np.int32)
                return from_codes(tuple(self._code_of), np.frombuffer(self._indptr, dtype=np.int64), codes)
        return None

    @property
    def empty(self) -> bool:
        """Whether no item holds a value."""
        if self.spec.type == "number":
            return bool(np.isnan(np.frombuffer(self._numbers)).all()) if self._numbers else True
        return not self._codes and not any(f >= 0 for f in self._flags)


def builders(schema: CatalogSchema) -> dict[str, ColumnBuilder]:
    """A builder for each field that has a column."""
    return {f.name: ColumnBuilder(f) for f in schema.fields if f.type != "text"}
