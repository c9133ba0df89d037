"""Facts about items, from the catalogue alone."""

from __future__ import annotations

from collections.abc import Sequence

from core.items import Item
from core.schema import CatalogSchema, Direction


def extremes(items: Sequence[Item], field: str, direction: Direction, schema: CatalogSchema) -> list[Item]:
    """The items with the most or least of an ordered field, in the order given; empty when no value is known."""
    spec = schema.field(field)
    ranked: list[tuple[float, Item]] = []
    for item in items:
        values = item.values(field)
        if spec.order:
            places = [float(spec.order.index(str(v))) for v in values if str(v) in spec.order]
        else:
            places = [float(v) for v in values if isinstance(v, int | float)]
        if places:
            ranked.append((max(places), item))
    if not ranked:
        return []
    edge = (max if direction == "more" else min)(value for value, _ in ranked)
    return [item for value, item in ranked if value == edge]
