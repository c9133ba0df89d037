"""Facts about items, from the catalogue alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from core.items import Item
from core.preferences import Preference
from core.schema import CatalogSchema, Direction, FieldSpec
from core.turn import ReceiptLine
from core.values import Scalar, Value
from tools.catalog.columns import Mask, NumberColumn
from tools.filtering.masks import Columnar, TextSearch, allowed
from tools.filtering.receipt import receipt


class Fact(Value):
    """One field of one item."""

    item: str
    """Id of the item."""
    field: str
    values: tuple[Scalar, ...]
    """Empty: the catalogue does not say."""

    @property
    def known(self) -> bool:
        """Whether the catalogue says."""
        return bool(self.values)


class Row(Value):
    """One field of several items, side by side."""

    field: str
    facts: tuple[Fact, ...]
    """In the order of the items."""
    least: tuple[str, ...] = ()
    """Ids of the items with the least of an ordered field; empty when the known ones are all alike."""
    most: tuple[str, ...] = ()


def facts(item: Item, fields: Iterable[str], schema: CatalogSchema) -> tuple[Fact, ...]:
    """The facts asked for, in the order asked; fields the schema does not have are left out."""
    return tuple(Fact(item=item.id, field=f, values=item.values(f)) for f in fields if f in schema.by_name)


def compare(items: Sequence[Item], fields: Iterable[str], schema: CatalogSchema) -> tuple[Row, ...]:
    """A table: one row a field, with who has the least and the most of an ordered one."""
    return tuple(_row(items, schema.field(f), schema) for f in fields if f in schema.by_name)


def _row(items: Sequence[Item], spec: FieldSpec, schema: CatalogSchema) -> Row:
    told = tuple(Fact(item=i.id, field=spec.name, values=i.values(spec.name)) for i in items)
    if not spec.ordered:
        return Row(field=spec.name, facts=told)
    least, most = (tuple(i.id for i in extremes(items, spec.name, way, schema)) for way in ("less", "more"))
    return Row(field=spec.name, facts=told, least=least if least != most else (), most=most if least != most else ())


def extremes(items: Sequence[Item], field: str, direction: Direction, schema: CatalogSchema) -> list[Item]:
    """The items with the most or least of an ordered field, in the order given; empty when no value is known."""
    spec = schema.field(field)
    side = max if direction == "more" else min
    reach = [(side(places), item) for item in items if (places := _places(item, spec))]
    if not reach:
        return []
    edge = side(value for value, _ in reach)
    return [item for value, item in reach if value == edge]


def _places(item: Item, spec: FieldSpec) -> list[float]:
    values = item.values(spec.name)
    if spec.order:
        return [float(spec.order.index(str(v))) for v in values if str(v) in spec.order]
    return [float(v) for v in values if isinstance(v, int | float) and not isinstance(v, bool)]


def superlative(
    catalog: Columnar, field: str, direction: Direction, count: int = 1, among: Mask | None = None
) -> list[Item]:
    """The items of the catalogue with the most or least of a number field, in order; unknown ones left out.

    `among` is a mask of the rows to look at; all of them when left out.
    """
    column = catalog.columns.get(field)
    if not isinstance(column, NumberColumn):
        return []
    rows = np.flatnonzero(column.known if among is None else column.known & among)
    signed = -column.data[rows] if direction == "more" else column.data[rows]
    return catalog.at([int(r) for r in rows[np.argsort(signed, kind="stable")[:count]]])


def count(preferences: Iterable[Preference], catalog: Columnar, text: TextSearch | None = None) -> int:
    """How many items satisfy all of these preferences, soft ones read as hard; wanted free text does not count."""
    hard = [p.model_copy(update={"strength": "hard"}) for p in preferences]
    return int(np.count_nonzero(allowed(hard, catalog, (), text)))


def check(item: Item, preferences: Sequence[Preference], schema: CatalogSchema) -> tuple[ReceiptLine, ...]:
    """The receipt of an item for preferences that need not be in the ledger."""
    return receipt(preferences, item, schema)
