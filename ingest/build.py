"""Builds one version of a catalogue from a stream of items, and switches to it in one step.

Everything is written under `<build>.partial`, synced, renamed; then the small file `current` is replaced. Killed at any
moment, the version before goes on serving; what was left half-written is swept by the next build.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse

from core.errors import BadInput
from core.items import Interaction, Item
from core.protocols import Embedder
from core.schema import CatalogSchema
from ingest.columnar import ColumnBuilder, builders
from ingest.text import item_text
from tools.catalog.store import FORMAT, StoredCatalog, catalogs_path, live_build, open_catalog, write_column
from tools.embedding import build_embedder
from tools.embedding.cache import EmbeddingCache
from tools.ranking.item_knn import ItemKNN
from tools.retrieval.chroma import drop_collections, store_vectors
from tools.retrieval.lexical import build_lexical

Progress = Callable[[str, int, int | None], None]
"""(stage, done, total or None)"""
BATCH = 512
DAMPING = 5.0
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

    @property
    def rate(self) -> float:
        """Texts embedded a second; 0 when none was."""
        return self.embedded / self.embed_seconds if self.embed_seconds else 0.0


def silent(stage: str, done: int, total: int | None) -> None:  # noqa: ARG001
    """Progress shown to nobody."""


def build_catalog(
    home: Path,
    name: str,
    schema: CatalogSchema,
    items: Iterable[Item],
    interactions: Iterable[Interaction] = (),
    *,
    embedder_spec: str = "minilm",
    chroma: bool = True,
    progress: Progress = silent,
    source: str = "",
) -> BuildReport:
    """Build and switch. Raises BadInput for an empty stream or repeated ids; the old version then stays."""
    if not name or not all(c.isalnum() or c in "-_" for c in name) or len(name) > 40:
        raise BadInput(f"{name!r} is not a name for a catalogue.", "Use letters, digits, - and _, at most 40.")
    with locked(home, name):
        builder = _Build(home, name, schema, embedder_spec, progress, source, chroma=chroma)
        try:
            return builder.run(items, interactions)
        finally:
            shutil.rmtree(builder.draft, ignore_errors=True)


@contextlib.contextmanager
def locked(home: Path, name: str) -> Iterator[None]:
    """One import of a name at a time; the operating system frees the lock of a killed one."""
    folder = catalogs_path(home) / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadInput(f"Catalogue {name!r} is being imported by another process.", "Wait for it to end.") from None
        for stale in (folder / "versions").glob("*.partial"):
            shutil.rmtree(stale, ignore_errors=True)
        yield


class _Build:
    def __init__(
        self,
        home: Path,
        name: str,
        schema: CatalogSchema,
        embedder: str,
        progress: Progress,
        source: str,
        *,
        chroma: bool,
    ) -> None:
        self.home, self.name, self.schema, self.progress, self.source, self.chroma = (
            home,
            name,
            schema,
            progress,
            source,
            chroma,
        )
        self.embedder: Embedder | None = build_embedder(embedder, home)
        self.build = f"{time.strftime('%Y%m%d%H%M%S')}-{os.getpid():x}-{time.monotonic_ns() % 0xFFFF:04x}"
        versions = catalogs_path(home) / name / "versions"
        self.draft, self.final = versions / f"{self.build}.partial", versions / self.build
        self.report = BuildReport(catalog=None)  # type: ignore[arg-type]
        self.began = time.monotonic()

    def run(self, items: Iterable[Item], interactions: Iterable[Interaction]) -> BuildReport:
        (self.draft / "columns").mkdir(parents=True)
        digest, columns, texts = self._items(items)
        row_of = self._row_of()
        ratings = self._interactions(interactions, row_of)
        self._derive(columns, ratings)
        self._columns(columns)
        self._lexical(texts)
        self._vectors(texts)
        self._rankers(ratings)
        self._manifest(digest)
        self._switch()
        return self._finish()

    def _items(self, items: Iterable[Item]) -> tuple[str, dict[str, ColumnBuilder], Path]:
        """Items to SQLite and to columns; their search texts to a file of lines, so that memory stays bounded."""
        digest = hashlib.sha256(self.schema.digest().encode())
        columns = builders(self.schema)
        texts = self.draft / "texts.jsonl"
        with (
            contextlib.closing(sqlite3.connect(self.draft / "items.db")) as db,
            texts.open("w", encoding="utf-8") as lines,
        ):
            db.execute("PRAGMA journal_mode=OFF")
            db.execute("PRAGMA synchronous=OFF")
            db.execute(
                "CREATE TABLE items (row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, fields TEXT NOT NULL)"
            )
            for row, item in enumerate(items):
                body = json.dumps(item.fields, ensure_ascii=False)
                try:
                    db.execute("INSERT INTO items VALUES (?, ?, ?, ?)", (row, item.id, item.title, body))
                except sqlite3.IntegrityError:
                    raise BadInput(
                        f"The id {item.id!r} appears twice.", "Ids must be unique; mend the source."
                    ) from None
                digest.update(f"{item.id}\x00{item.title}\x00{body}".encode())
                for builder in columns.values():
                    builder.add(item)
                lines.write(json.dumps(item_text(self.schema, item), ensure_ascii=False) + "\n")
                self.report.items = row + 1
                if row % BATCH == 0:
                    self.progress("reading items", row, None)
            db.commit()
        if not self.report.items:
            raise BadInput("There are no items in the source.", "Check the path and the layout.")
        self.progress("reading items", self.report.items, self.report.items)
        return digest.hexdigest(), columns, texts

    def _row_of(self) -> dict[str, int]:
        with contextlib.closing(sqlite3.connect(self.draft / "items.db")) as db:
            return dict(db.execute("SELECT id, row FROM items"))

    def _interactions(self, interactions: Iterable[Interaction], row_of: dict[str, int]) -> sparse.csr_matrix | None:
        from array import array

        users: dict[str, int] = {}
        people, rows, ratings = array("i"), array("i"), array("f")
        for count, interaction in enumerate(interactions):
            row = row_of.get(interaction.item)
            if row is None:
                self.report.unknown_items += 1
                continue
            people.append(users.setdefault(interaction.user, len(users)))
            rows.append(row)
            ratings.append(interaction.rating if interaction.rating is not None else 1.0)
            if count % 20_000 == 0:
                self.progress("reading interactions", count, None)
        self.report.interactions = len(rows)
        if not rows:
            return None
        shape = (len(users), self.report.items)
        coordinates = (np.frombuffer(people, np.int32), np.frombuffer(rows, np.int32))
        matrix = sparse.csr_matrix((np.frombuffer(ratings, np.float32), coordinates), shape=shape)
        np.savez(
            self.draft / "interactions.npz",
            data=matrix.data,
            indices=matrix.indices,
            indptr=matrix.indptr,
            shape=np.asarray(shape),
        )
        return matrix

    def _derive(self, columns: dict[str, ColumnBuilder], ratings: sparse.csr_matrix | None) -> None:
        """Fields filled from the interactions; written into the columns and into the items.

        mean_rating: (sum + m * d) / (n + d) on a scale of 0 to 10, with m the mean of all ratings and d = 5 pseudo-ratings;
        items without ratings stay unknown. rating_count: n.
        """
        derived = [f for f in self.schema.fields if f.derived]
        if ratings is None or not derived:
            return
        counts = np.bincount(ratings.indices, minlength=ratings.shape[1]).astype(np.float64)
        sums = np.bincount(ratings.indices, weights=ratings.data, minlength=ratings.shape[1])
        top = float(ratings.data.max())
        scale = 10.0 / (5.0 if top <= 5 else 10.0 if top <= 10 else 100.0)
        overall = float(sums.sum() / counts.sum())
        with np.errstate(invalid="ignore"):
            means = np.where(counts > 0, np.round(scale * (sums + DAMPING * overall) / (counts + DAMPING), 2), np.nan)
        for spec in derived:
            data = means if spec.derived == "mean_rating" else counts
            columns[spec.name]._numbers[:] = columns[spec.name]._numbers[:0]  # noqa: SLF001 (replaced whole)
            columns[spec.name]._numbers.frombytes(np.asarray(data, np.float64).tobytes())  # noqa: SLF001
            self._write_back(spec.name, data)

    def _write_back(self, name: str, data: np.ndarray) -> None:
        with contextlib.closing(sqlite3.connect(self.draft / "items.db")) as db:
            db.execute("PRAGMA journal_mode=OFF")
            db.execute("PRAGMA synchronous=OFF")
            values = (
                (None if np.isnan(v) else int(v) if float(v).is_integer() else float(v), row)
                for row, v in enumerate(data)
            )
            db.executemany(f"UPDATE items SET fields = json_set(fields, '$.{name}', ?) WHERE row = ?", values)
            db.commit()

    def _columns(self, columns: dict[str, ColumnBuilder]) -> None:
        kept = []
        for spec in self.schema.fields:
            if spec.type == "text":
                kept.append(spec)
                continue
            column = columns[spec.name].column()
            if column is None or columns[spec.name].empty:
                continue
            write_column(self.draft / "columns", spec.name, column)
            kept.append(spec)
        names = {f.name for f in kept}
        phrases = tuple(
            p.model_copy(update={"means": means})
            for p in self.schema.phrases
            if (means := tuple(m for m in p.means if m.field in names))
        )
        stored = self.schema.model_copy(update={"fields": tuple(kept), "phrases": phrases})
        (self.draft / "schema.json").write_text(stored.model_dump_json(), encoding="utf-8")

    def _texts(self, file: Path) -> Iterator[str]:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)

    def _lexical(self, texts: Path) -> None:
        self.progress("indexing words", 0, None)
        build_lexical(self._texts(texts), self.draft / "lexical")

    def _vectors(self, texts: Path) -> None:
        if self.embedder is None:
            return
        started = time.monotonic()
        total, done = self.report.items, 0
        self.embedder.embed(["warm up"])
        out = np.lib.format.open_memmap(
            self.draft / "vectors.npy", mode="w+", dtype=np.float32, shape=(total, self.embedder.dim)
        )
        cache = EmbeddingCache(self.home / "embeddings.db")
        batch: list[str] = []
        with contextlib.closing(cache):
            for text in self._texts(texts):
                batch.append(text)
                if len(batch) == BATCH:
                    done = self._embed(cache, batch, out, done)
            if batch:
                self._embed(cache, batch, out, done)
        out.flush()
        self.report.embed_seconds = time.monotonic() - started
        if self.chroma:
            self.progress("storing vectors", 0, total)
            store_vectors(self.home, self.name, self.build, out, lambda n: self.progress("storing vectors", n, total))

    def _embed(self, cache: EmbeddingCache, batch: list[str], out: np.ndarray, done: int) -> int:
        assert self.embedder is not None
        vectors, fresh = cache.embed(self.embedder, batch)
        out[done : done + len(batch)] = vectors
        self.report.embedded += fresh
        self.report.reused += len(batch) - fresh
        done += len(batch)
        batch.clear()
        self.progress("embedding", done, self.report.items)
        return done

    def _rankers(self, ratings: sparse.csr_matrix | None) -> None:
        if ratings is None or ratings.shape[1] > KNN_ITEMS:
            return
        self.progress("fitting the ranker", 0, None)
        centred = ratings.copy()
        middle = float(np.median(ratings.data))
        centred.data = np.where(ratings.data >= middle, 1.0, 0.25).astype(np.float32)
        ItemKNN.fit(centred).save(self.draft / "rankers" / "item-knn")

    def _manifest(self, digest: str) -> None:
        (self.draft / "texts.jsonl").unlink()
        manifest = {
            "format": FORMAT,
            "name": self.name,
            "build": self.build,
            "items": self.report.items,
            "interactions": self.report.interactions,
            "unknown_items": self.report.unknown_items,
            "schema_digest": self.schema.digest(),
            "catalog_digest": digest,
            "embedder": self.embedder.key if self.embedder else None,
            "dim": self.embedder.dim if self.embedder else 0,
            "chroma": bool(self.chroma and self.embedder),
            "source": self.source,
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        (self.draft / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")

    def _switch(self) -> None:
        for path in (p for p in self.draft.rglob("*") if p.is_file()):
            _sync(path)
        self.draft.rename(self.final)
        _sync(self.final.parent)
        pointer = self.final.parent.parent / "current"
        draft = pointer.with_suffix(f".{os.getpid()}")
        draft.write_text(self.build, encoding="utf-8")
        _sync(draft)
        draft.replace(pointer)
        _sync(pointer.parent)

    def _finish(self) -> BuildReport:
        versions = self.final.parent
        for old in versions.iterdir():
            if old.name != self.build:
                shutil.rmtree(old, ignore_errors=True)
        if self.chroma:
            drop_collections(self.home, self.name, keep=live_build(self.home, self.name))
        self.report.catalog = open_catalog(self.home, self.name)
        self.report.seconds = time.monotonic() - self.began
        return self.report


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
