"""`catalog mend`: a catalogue built again, from its demo folder or from its own items and ratings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from core.errors import OperatorMustFix
from core.items import Interaction
from ingest.build import BuildReport, build_catalog
from ingest.demo import DATA, DEMOS, digest_of, read_items, read_ratings, read_schema
from ingest.progress import Progress, silent
from ingest.ratings import Ratings
from tools.catalog.store import StoredCatalog, open_catalog


def rebuild(
    home: Path,
    name: str,
    *,
    embedder: str = "minilm",
    chroma: bool = True,
    chroma_url: str = "",
    progress: Progress = silent,
) -> BuildReport:
    """Build every index of a catalogue again and switch; vectors already known are taken from the cache.

    Raises UnknownCatalog, and OperatorMustFix when the items themselves cannot be read any more.
    """
    catalog = open_catalog(home, name)
    source = str(catalog.manifest.get("source", ""))
    if name in DEMOS and source.startswith("demo ") and catalog.base is None:
        folder = DATA / name
        schema, source = read_schema(folder / "schema.yaml"), f"demo {digest_of(folder)}"
        items, interactions = read_items(folder / "items.jsonl", schema), read_ratings(folder / "ratings.csv")
    else:
        schema, items, interactions = catalog.source_schema, catalog.items(), stored_interactions(catalog)
    try:
        return build_catalog(
            home,
            name,
            schema,
            items,
            interactions,
            embedder_spec=embedder,
            chroma=chroma,
            chroma_url=chroma_url,
            progress=progress,
            source=source,
            facts=catalog.manifest.get("facts"),
            enriched=catalog.manifest.get("enriched"),
        )
    except (sqlite3.DatabaseError, OSError) as damaged:
        raise OperatorMustFix(
            f"The items of catalogue {name!r} cannot be read any more ({damaged}).",
            f"Import it again: `tastemaker catalog import … --name {name}`.",
        ) from damaged


def stored_interactions(catalog: StoredCatalog) -> Iterator[Interaction]:
    """The ratings of a catalogue as it stores them; people are known by number."""
    if not catalog.interactions_path.exists():
        return
    ids = [item.id for item in catalog.items()]
    stored = Ratings.load(catalog.interactions_path)
    for person in range(len(stored.indptr) - 1):
        for place in range(stored.indptr[person], stored.indptr[person + 1]):
            rating, time = float(stored.data[place]), float(stored.times[place])
            yield Interaction(
                user=str(person),
                item=ids[int(stored.indices[place])],
                rating=None if np.isnan(rating) else rating,
                timestamp=None if np.isnan(time) else time,
            )
