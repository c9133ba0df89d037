"""Small catalogues in memory, with real columns, for tests of everything above the store."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import yaml

from agent.listen import Listener
from agent.plan.planner import RulePlanner, fame_of
from core.items import Item
from core.schema import CatalogSchema
from tools.catalog.columns import Column, FlagColumn, NumberColumn, category_column
from tools.linking.lexicon import build_lexicon
from tools.linking.linker import Linker
from tools.linking.titles import build_titles
from tools.tagging.tagger import Tagger
from tools.text import terms

DATA = Path(__file__).resolve().parent.parent / "data"
MODELS = Path(tempfile.gettempdir()) / "tastemaker-test-models"
"""Where the tests keep exported graphs, so that each is made once a machine."""


@dataclass
class MemoryCatalog:
    """A catalogue held in memory."""

    name: str
    schema: CatalogSchema
    items: list[Item]
    version: str = "memory"
    vectors: None = None
    rows: dict[str, int] = field(init=False)
    columns: dict[str, Column] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = {item.id: row for row, item in enumerate(self.items)}
        self.columns = {}
        for spec in self.schema.fields:
            if spec.type in {"category", "people"}:
                self.columns[spec.name] = category_column([map(str, i.values(spec.name)) for i in self.items])
            elif spec.type == "number":
                numbers = [next(iter(i.values(spec.name)), np.nan) for i in self.items]
                self.columns[spec.name] = NumberColumn(np.asarray(numbers, dtype=np.float64))
            elif spec.type == "flag":
                flags = [int(bool(v[0])) if (v := i.values(spec.name)) else -1 for i in self.items]
                self.columns[spec.name] = FlagColumn(np.asarray(flags, dtype=np.int8))

    def __len__(self) -> int:
        return len(self.items)

    def row_of(self, item_id: str) -> int:
        return self.rows[item_id]

    def item(self, item_id: str) -> Item:
        return self.items[self.rows[item_id]]

    def at(self, rows: Sequence[int]) -> list[Item]:
        return [self.items[int(r)] for r in rows]

    def find(self, ids: Iterable[str]) -> list[Item]:
        return [self.items[self.rows[i]] for i in ids if i in self.rows]

    def titles(self) -> list[str]:
        return [i.title for i in self.items]

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        text = (str(v) for i in self.items for f in self.schema.fields for v in i.values(f.name))
        return frozenset(t for line in text for t in terms(line))


@dataclass(frozen=True)
class World:
    """A catalogue with its planner and listener."""

    catalog: MemoryCatalog
    planner: RulePlanner
    listener: Listener

    def item(self, title: str, year: int | None = None) -> Item:
        """The item with this title (and year)."""
        release = self.catalog.schema.role("release")
        found = [
            i
            for i in self.catalog.items
            if i.title == title and (year is None or release is None or i.fields.get(release.name) == year)
        ]
        assert found, f"no item {title!r} ({year})"
        return found[0]


def world_of(catalog: MemoryCatalog) -> World:
    """Build the reading side of the agent over a catalogue in memory."""
    columns, schema = catalog.columns, catalog.schema
    release = schema.role("release")
    years = columns[release.name].data if release and release.name in columns else None  # type: ignore[union-attr]
    lexicon = build_lexicon(schema, columns)
    titles = build_titles(catalog.titles(), years, fame_of(schema, columns))  # type: ignore[arg-type]
    tagger = Tagger(MODELS)
    planner = RulePlanner(schema, columns, lexicon, titles, catalog.vocabulary.__contains__, lambda: 2026, tagger)
    return World(catalog, planner, Listener(Linker(catalog, columns, lexicon, titles)))


def schema_of(name: str) -> CatalogSchema:
    """The schema of a demo catalogue."""
    return CatalogSchema.model_validate(yaml.safe_load((DATA / name / "schema.yaml").read_text(encoding="utf-8")))


@lru_cache(maxsize=2)
def demo_world(name: str) -> World:
    """A demo catalogue with its ratings, in memory."""
    schema = schema_of(name)
    lines = (DATA / name / "items.jsonl").read_text(encoding="utf-8").splitlines()
    ratings: dict[str, list[float]] = {}
    for line in (DATA / name / "ratings.csv").read_text(encoding="utf-8").splitlines()[1:]:
        _, item, rating, _ = line.split(",")
        ratings.setdefault(item, []).append(float(rating))
    items = [_item(schema, json.loads(line), ratings) for line in lines if line.strip()]
    return world_of(MemoryCatalog(name, schema, items))


def _item(schema: CatalogSchema, row: dict[str, object], ratings: dict[str, list[float]]) -> Item:
    fields: dict[str, object] = {}
    given = ratings.get(str(row["id"]), [])
    for spec in schema.fields:
        value = row.get(spec.name)
        if spec.derived == "mean_rating":
            value = round(2 * sum(given) / len(given), 1) if given else None
        elif spec.derived == "rating_count":
            value = len(given)
        fields[spec.name] = tuple(value) if isinstance(value, list) else value
    return Item(id=str(row["id"]), title=str(row["title"]), fields=fields)  # type: ignore[arg-type]
