"""Items of a catalogue, and what the rest of the program may ask of a catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from pydantic import Field

from core.schema import CatalogSchema
from core.values import Scalar, Value

FieldValue = Scalar | tuple[str, ...] | None


class Provenance(Value):
    """Where a generated value comes from."""

    model: str
    """Name of the model that wrote it."""
    prompt: str
    """Hash of the prompt that asked for it."""
    date: str
    """Day of the answer, YYYY-MM-DD."""


class Item(Value):
    """One thing that can be recommended; `fields` follow the catalogue's schema, absent facts are None."""

    id: str
    """Unique in its catalogue."""
    title: str
    """As shown to a person."""
    fields: dict[str, FieldValue]
    """Values by field name; null: the catalogue does not say."""
    generated: dict[str, Provenance] = Field(default_factory=dict, exclude_if=lambda held: not held)
    """The fields whose values a model wrote, with their provenance; every other value is the catalogue's own."""

    def values(self, field: str) -> tuple[Scalar, ...]:
        """The field's values as a tuple; empty when the catalogue does not say."""
        held = self.fields.get(field)
        if held is None:
            return ()
        return held if isinstance(held, tuple) else (held,)


class Interaction(Value):
    """One rating or visit of one person."""

    user: str
    item: str
    rating: float | None = None
    """On the source's own scale; None when only the visit is known."""
    timestamp: float | None = None
    """Seconds since 1970."""


class Catalog(Protocol):
    """A read-only catalogue; rows are 0..len-1 in a fixed order."""

    name: str
    schema: CatalogSchema
    version: str

    def __len__(self) -> int:
        """Number of items."""
        ...

    def row_of(self, item_id: str) -> int:
        """Row of an item id; raises KeyError."""
        ...

    def item(self, item_id: str) -> Item:
        """The item with this id; raises KeyError."""
        ...

    def at(self, rows: Sequence[int]) -> list[Item]:
        """The items at these rows, in the order given."""
        ...

    def find(self, ids: Iterable[str]) -> list[Item]:
        """The items with these ids, in the order given; unknown ids are left out."""
        ...
