"""A catalogue whose every item names its generation, so that a mixture of two builds would show."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.items import Item
from core.schema import CatalogSchema, Consumption, FieldSpec, Noun
from tools.catalog.columns import NumberColumn
from tools.catalog.store import open_catalog

SCHEMA = CatalogSchema(
    name="numbered",
    title="Numbered",
    noun=Noun(one="thing", many="things"),
    consumption=Consumption(bare=("use",), past=("used",)),
    purpose="find a number",
    fields=(
        FieldSpec(name="title", type="text", role="title"),
        FieldSpec(name="generation", type="number"),
        FieldSpec(name="kind", type="category"),
    ),
)


def numbered_items(generation: int, count: int) -> Iterator[Item]:
    for number in range(count):
        fields = {"title": f"Thing {number}", "generation": generation, "kind": f"kind {number % 7}"}
        yield Item(id=f"t{number}", title=fields["title"], fields=fields)


def problems_of(home: Path, count: int = 400) -> list[str]:
    """What is wrong with the catalogue that serves; empty when it is one whole generation."""
    catalog = open_catalog(home, "numbered")
    found = []
    if len(catalog) != count or len(list(catalog.items())) != count:
        found.append(f"{len(catalog)} items")
    generations = {i.fields["generation"] for i in catalog.items()}
    column = catalog.columns["generation"]
    assert isinstance(column, NumberColumn)
    if len(generations) != 1 or set(np.unique(column.data)) != generations:
        found.append(f"mixed generations {generations}")
    if catalog.vectors is None or len(catalog.vectors) != count or not np.isfinite(catalog.vectors).all():
        found.append("vectors do not fit")
    if not json.loads((catalog.path / "manifest.json").read_text()):
        found.append("no manifest")
    return found
