"""Builds one version of a catalogue from a stream of items, and switches to it in one step.

Everything is written under `<build>.partial`, synced, renamed; then the small file `current` is replaced. Killed at any
moment, the version before goes on serving; what was left half-written is swept by the next build. The version before
stays on disk until the build after, for processes that still have it open.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.items import Interaction, Item
from core.protocols import Embedder
from core.schema import CatalogSchema
from ingest import publish
from ingest.columnar import ColumnBuilder, builders
from ingest.items import ItemWriter, write_field
from ingest.progress import Progress, silent
from ingest.ratings import Ratings, collect, strengths
from ingest.vectors import embed_lines, release
from tools.catalog.lock import locked
from tools.catalog.store import FORMAT, StoredCatalog, catalogs_path, live_build, open_catalog, valid_name, write_column
from tools.embedding import build_embedder
from tools.ranking.item_knn import ItemKNN
from tools.retrieval.chroma import drop_collections, store_vectors
from tools.retrieval.lexical import build_lexical

REPORT_EVERY = 500
KNN_ITEMS = 60_000


@dataclass
class BuildReport:
    """What a build did."""

    catalog: StoredCatalog
    items: int = 0
    interactions: int = 0
    unknown_items: int = 0
    """Interactions that name an item the catalogue does not have."""
    embedded: int = 0
    reused: int = 0
    seconds: float = 0.0
    embed_seconds: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)
    """Seconds spent in each stage."""

    @property
    def rate(self) -> float:
        """Texts embedded a second; 0 when none was."""
        return self.embedded / self.embed_seconds if self.embed_seconds else 0.0


def build_catalog(  # noqa: PLR0913 (everything an import can choose)
    home: Path,
    name: str,
    schema: CatalogSchema,
    items: Iterable[Item],
    interactions: Iterable[Interaction] = (),
    *,
    embedder_spec: str = "minilm",
    chroma: bool = True,
    chroma_url: str = "",
    progress: Progress = silent,
    source: str = "",
    facts: Mapping[str, Any] | None = None,
    on_duplicate: Callable[[str], None] | None = None,
    enriched: Mapping[str, Any] | None = None,
) -> BuildReport:
    """Build and switch. Raises BadInput for an empty stream or a wrong value; the old version then stays.

    `facts` is written into the manifest when all items are read, so a reader may fill it on the way. An id that appears
    twice raises BadInput, or is left out and told to `on_duplicate` where that is given. `enriched` is what the
    manifest says of generated values; the version it names under "base" stays on disk, to go back to.
    """
    if not valid_name(name):
        raise BadInput(f"{name!r} is not a name for a catalogue.", "Use letters, digits, - and _, at most 40.")
    folder = catalogs_path(home) / name
    with locked(folder):
        publish.sweep(folder, live_build(home, name))
        builder = _Build(home, name, schema, build_embedder(embedder_spec, home), progress)
        builder.source, builder.facts = source, facts
        builder.chroma, builder.chroma_url, builder.enriched = chroma, chroma_url, enriched
        try:
            return builder.run(items, interactions, on_duplicate)
        finally:
            shutil.rmtree(builder.draft, ignore_errors=True)


class _Build:
    source: str = ""
    facts: Mapping[str, Any] | None = None
    enriched: Mapping[str, Any] | None = None
    chroma: bool = True
    chroma_url: str = ""

    def __init__(
        self, home: Path, name: str, schema: CatalogSchema, embedder: Embedder | None, progress: Progress
    ) -> None:
        self.home, self.name, self.schema, self.embedder, self.progress = home, name, schema, embedder, progress
        self.build = f"{time.strftime('%Y%m%d%H%M%S')}-{os.getpid():x}-{time.monotonic_ns() % 0xFFFF:04x}"
        versions = catalogs_path(home) / name / "versions"
        self.draft, self.final = versions / f"{self.build}.partial", versions / self.build
        self.report = BuildReport(catalog=None)  # type: ignore[arg-type]
        self.before = live_build(home, name)

    def run(
        self, items: Iterable[Item], interactions: Iterable[Interaction], on_duplicate: Callable[[str], None] | None
    ) -> BuildReport:
        began = time.monotonic()
        (self.draft / "columns").mkdir(parents=True)
        texts = self.draft / "texts.jsonl"
        with self._stage("items"):
            columns, content = self._items(items, texts, on_duplicate)
        with self._stage("interactions"):
            ratings = self._interactions(interactions)
            self._derive(columns, ratings)
        with self._stage("columns"):
            self._columns(columns)
        with self._stage("words"):
            self.progress("indexing words", 0, None)
            build_lexical(_lines(texts), self.draft / "lexical")
        with self._stage("vectors"):
            self._vectors(texts)
        with self._stage("rankers"):
            self._rankers(ratings)
        with self._stage("switch"):
            texts.unlink()
            self._manifest(hashlib.sha256(content + ratings.digest()).hexdigest())
            publish.publish(self.draft, self.final)
            self._retire()
        self.report.catalog = open_catalog(self.home, self.name)
        self.report.seconds = time.monotonic() - began
        return self.report

    def _items(
        self, items: Iterable[Item], texts: Path, on_duplicate: Callable[[str], None] | None
    ) -> tuple[dict[str, ColumnBuilder], bytes]:
        """Items to SQLite and to columns, their search texts to a file of lines, so that memory stays bounded."""
        columns = builders(self.schema)
        with ItemWriter(self.draft / "items.db", texts, self.schema) as writer:
            for item in items:
                if not writer.add(item):
                    if on_duplicate is None:
                        raise BadInput(f"The id {item.id!r} appears twice.", "Ids must be unique; mend the source.")
                    on_duplicate(item.id)
                    continue
                for builder in columns.values():
                    builder.add(item)
                if writer.rows % REPORT_EVERY == 0:
                    self.progress("reading items", writer.rows, None)
            self.report.items = writer.rows
            content = writer.digest()
        if not self.report.items:
            raise BadInput("There are no items in the source.", "Check the path and the layout.")
        self.progress("reading items", self.report.items, self.report.items)
        return columns, content

    def _interactions(self, interactions: Iterable[Interaction]) -> Ratings:
        with contextlib.closing(sqlite3.connect(self.draft / "items.db")) as db:
            row_of = dict(db.execute("SELECT id, row FROM items"))
        ratings, self.report.unknown_items = collect(
            interactions, row_of, lambda count: self.progress("reading interactions", count, None)
        )
        self.report.interactions = len(ratings)
        if len(ratings):
            ratings.save(self.draft / "interactions.npz")
        return ratings

    def _derive(self, columns: dict[str, ColumnBuilder], ratings: Ratings) -> None:
        """Fill the fields that the schema derives from interactions, in the columns and in the items."""
        if not len(ratings):
            return
        for spec in self.schema.fields:
            if spec.derived:
                data = ratings.means() if spec.derived == "mean_rating" else ratings.counts()
                columns[spec.name].replace(data)
                write_field(self.draft / "items.db", spec.name, data)

    def _columns(self, columns: dict[str, ColumnBuilder]) -> None:
        kept = {spec.name for spec in self.schema.fields if spec.type == "text"}
        for name, builder in columns.items():
            column = builder.column()
            if column is not None and not builder.empty:
                write_column(self.draft / "columns", name, column)
                kept.add(name)
        (self.draft / "schema.json").write_text(_reduced(self.schema, kept).model_dump_json(), encoding="utf-8")
        (self.draft / "source-schema.json").write_text(self.schema.model_dump_json(), encoding="utf-8")

    def _vectors(self, texts: Path) -> None:
        if self.embedder is None:
            return
        self.embedder.embed(["warm up"])
        started = time.monotonic()
        file, total = self.draft / "vectors.npy", self.report.items
        stored = embed_lines(self.embedder, self.home / "embeddings.db", _lines(texts), file, total, self.progress)
        self.report.embedded, self.report.reused = stored.embedded, stored.reused
        self.report.embed_seconds = time.monotonic() - started
        if self.chroma:
            self.progress("storing vectors", 0, total)

            def told(done: int) -> None:
                release(stored.vectors)
                self.progress("storing vectors", done, total)

            store_vectors(self.home, self.name, self.build, stored.vectors, told, self.chroma_url)

    def _rankers(self, ratings: Ratings) -> None:
        if not len(ratings) or ratings.items > KNN_ITEMS:
            return
        self.progress("fitting the ranker", 0, None)
        ItemKNN.fit(strengths(ratings)).save(self.draft / "rankers" / "item-knn")

    def _manifest(self, content: str) -> None:
        manifest = {
            "format": FORMAT,
            "name": self.name,
            "build": self.build,
            "items": self.report.items,
            "interactions": self.report.interactions,
            "unknown_items": self.report.unknown_items,
            "schema_digest": self.schema.digest(),
            "catalog_hash": content,
            "embedder": self.embedder.key if self.embedder else None,
            "dim": self.embedder.dim if self.embedder else 0,
            "chroma": bool(self.chroma and self.embedder),
            "source": self.source,
            "facts": dict(self.facts or {}),
            **({"enriched": dict(self.enriched)} if self.enriched else {}),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "files": publish.digests(self.draft),
        }
        (self.draft / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    def _retire(self) -> None:
        base = str((self.enriched or {}).get("base", ""))
        publish.retire(self.final.parent, keep={self.build, self.before or "", base})
        if self.chroma or (self.home / "chroma").exists():
            drop_collections(self.home, self.name, keep={self.build, base}, url=self.chroma_url)

    @contextlib.contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.report.stages[name] = round(time.monotonic() - started, 3)


def _reduced(schema: CatalogSchema, kept: set[str]) -> CatalogSchema:
    """The schema without the fields that hold nothing, and without the phrases that need them."""
    phrases = tuple(
        p.model_copy(update={"means": means})
        for p in schema.phrases
        if (means := tuple(m for m in p.means if m.field in kept))
    )
    fields = tuple(f for f in schema.fields if f.name in kept)
    return schema.model_copy(update={"fields": fields, "phrases": phrases})


def _lines(texts: Path) -> Iterator[str]:
    with texts.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
