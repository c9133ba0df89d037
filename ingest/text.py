"""The text of an item that searches read: title, indexed fields with their labels, description."""

from __future__ import annotations

from core.items import Item
from core.schema import CatalogSchema


def item_text(schema: CatalogSchema, item: Item) -> str:
    """One line a field, the title and description first."""
    description = schema.role("description")
    lines = [item.title]
    if description is not None:
        lines += [str(v) for v in item.values(description.name)]
    for spec in schema.fields:
        if spec.role in {"title", "description"} or not spec.indexed:
            continue
        values = ", ".join(str(v) for v in item.values(spec.name))
        if values:
            lines.append(f"{spec.title}: {values}")
    return ". ".join(line.rstrip(".") for line in lines) + "."
