"""The demo catalogues that ship: built on first use, and again when their data has changed."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import yaml

from core.errors import BadInput, IndexMismatch
from core.items import Interaction, Item
from core.schema import CatalogSchema
from ingest.build import build_catalog
from ingest.progress import Progress, silent
from tools.catalog.store import live_build, open_catalog
from tools.embedding import build_embedder

DATA = Path(__file__).resolve().parent.parent / "data"
DEMOS = ("films", "books")


def prepare_demo(
    home: Path, progress: Progress = silent, *, embedder: str = "minilm", chroma: bool = True
) -> list[str]:
    """Build the demo catalogues that are missing or out of date; returns the names of those built."""
    return [n for n in DEMOS if prepare(home, DATA / n, progress, embedder=embedder, chroma=chroma)]


def prepare(home: Path, folder: Path, progress: Progress, *, embedder: str, chroma: bool) -> bool:
    """Build one demo catalogue from its folder unless it is there and unchanged."""
    if not stale(home, folder.name, embedder):
        return False
    source = f"demo {digest_of(folder)}"
    schema = read_schema(folder / "schema.yaml")
    build_catalog(
        home,
        folder.name,
        schema,
        read_items(folder / "items.jsonl", schema),
        read_ratings(folder / "ratings.csv"),
        embedder_spec=embedder,
        chroma=chroma,
        progress=lambda stage, done, total: progress(f"{schema.title}: {stage}", done, total),
        source=source,
    )
    return True


def stale(home: Path, name: str, embedder: str) -> bool:
    """Whether a demo catalogue is missing, of other data, unreadable by this version, or embedded by another model."""
    if live_build(home, name) is None:
        return True
    try:
        catalog = open_catalog(home, name)
    except IndexMismatch:
        return True
    wanted = build_embedder(embedder, home)
    key = wanted.key if wanted is not None else None
    return catalog.manifest["source"] != f"demo {digest_of(DATA / name)}" or catalog.embedder_key != key


def digest_of(folder: Path) -> str:
    """A hash of a demo catalogue's files."""
    digest = hashlib.sha256()
    for name in ("schema.yaml", "items.jsonl", "ratings.csv"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


def read_schema(file: Path) -> CatalogSchema:
    """A schema from YAML; raises BadInput naming the file and what is wrong."""
    try:
        return CatalogSchema.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValueError) as wrong:
        raise BadInput(f"{file} is not a catalogue schema: {wrong}") from wrong


def read_items(file: Path, schema: CatalogSchema) -> Iterator[Item]:
    """Items from JSON lines whose keys are the schema's fields."""
    fields = [f.name for f in schema.fields if not f.derived]
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            held = {n: tuple(v) if isinstance(v := row.get(n), list) else v for n in fields}
            yield Item(id=row["id"], title=row[schema.title_field], fields=held)


def read_ratings(file: Path) -> Iterator[Interaction]:
    """Ratings from CSV with the columns user, item, rating, timestamp."""
    with file.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            yield Interaction(
                user=row["user"], item=row["item"], rating=float(row["rating"]), timestamp=float(row["timestamp"])
            )
