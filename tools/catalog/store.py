"""The catalogue on disk: one folder a version, opened read-only, switched by replacing one small file."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from core.errors import IndexMismatch, UnknownCatalog
from core.items import Item, Provenance
from core.schema import CatalogSchema
from tools.arrays import mapped
from tools.catalog.columns import CategoryColumn, Column, FlagColumn, NumberColumn
from tools.catalog.lock import locked
from tools.retrieval.chroma import drop_collections

FORMAT = 1
CHUNK = 500
KEPT = 4000
"""Items kept in memory, and rows of ids."""


def catalogs_path(home: Path) -> Path:
    """Where catalogues live."""
    return home / "catalogs"


def list_catalogs(home: Path) -> list[str]:
    """Names of the installed catalogues, sorted."""
    root = catalogs_path(home)
    return sorted(p.parent.name for p in root.glob("*/current")) if root.exists() else []


def valid_name(name: str) -> bool:
    """Whether a catalogue can be called this: letters, digits, - and _, at most 40."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) is not None


def live_build(home: Path, name: str) -> str | None:
    """Build id of the version that serves, or None when the catalogue is not installed."""
    if not valid_name(name):
        return None
    pointer = catalogs_path(home) / name / "current"
    try:
        return pointer.read_bytes().decode("utf-8").strip() or None
    except FileNotFoundError:
        return None


def open_catalog(home: Path, name: str) -> StoredCatalog:
    """The live version of a catalogue; raises UnknownCatalog with what is installed and how to install."""
    build = live_build(home, name)
    if build is None:
        installed = ", ".join(list_catalogs(home)) or "none"
        raise UnknownCatalog(
            f"No catalogue {name!r} is installed (installed: {installed}).",
            "Run `tastemaker catalog list`, or `tastemaker catalog import …` to add one.",
        )
    return StoredCatalog(catalogs_path(home) / name / "versions" / build, name)


def remove_catalog(home: Path, name: str, chroma_url: str = "") -> None:
    """Forget a catalogue and its vectors in Chroma; raises UnknownCatalog, or BadInput while it is being imported."""
    if live_build(home, name) is None:
        open_catalog(home, name)
    folder = catalogs_path(home) / name
    with locked(folder):
        (folder / "current").unlink()
        if chroma_url or (home / "chroma").exists():
            drop_collections(home, name, keep=(), url=chroma_url)
        shutil.rmtree(folder)


class StoredCatalog:
    """One version of a catalogue. Read-only and safe to share between threads."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.version = path.name
        self.manifest: dict[str, Any] = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
        if self.manifest["format"] != FORMAT:
            raise IndexMismatch(
                f"Catalogue {name!r} was written in format {self.manifest['format']}, this program reads {FORMAT}.",
                f"Import it again: `tastemaker catalog import … --name {name}`.",
            )
        try:
            self.schema = CatalogSchema.model_validate_json((path / "schema.json").read_text(encoding="utf-8"))
        except ValidationError as wrong:
            raise IndexMismatch(
                f"Catalogue {name!r} was written by another version of this program; its schema cannot be read.",
                f"Import it again: `tastemaker catalog import … --name {name}` (demos are rebuilt by themselves).",
            ) from wrong
        self._local = threading.local()
        self._recent: dict[int, Item] = {}
        self._rows: dict[str, int] = {}

    def __len__(self) -> int:
        """Number of items."""
        return int(self.manifest["items"])

    @property
    def home(self) -> Path:
        """The home folder it stands in."""
        return self.path.parents[3]

    def count(self) -> int:
        """Number of items in the database, counted."""
        return int(self._db.execute("SELECT count(*) FROM items").fetchone()[0])

    @property
    def interactions_path(self) -> Path:
        """The people's ratings (.npz: data, indices, indptr, times, shape); not there when the source had none."""
        return self.path / "interactions.npz"

    @property
    def source_schema(self) -> CatalogSchema:
        """The schema it was built with, before fields that hold nothing were dropped."""
        file = self.path / "source-schema.json"
        return CatalogSchema.model_validate_json(file.read_text(encoding="utf-8")) if file.exists() else self.schema

    @property
    def base(self) -> str | None:
        """The version without generated values that this one was made from; None when it holds none."""
        enriched = self.manifest.get("enriched")
        return str(enriched["base"]) if enriched else None

    @property
    def embedder_key(self) -> str | None:
        """The embedder whose vectors are stored, or None."""
        key = self.manifest.get("embedder")
        return str(key) if key else None

    @property
    def lexical_path(self) -> Path:
        """Folder of the lexical index."""
        return self.path / "lexical"

    @property
    def rankers_path(self) -> Path:
        """Folder of the fitted rankers."""
        return self.path / "rankers"

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Columns by field name, memory-mapped."""
        root = self.path / "columns"
        found = {}
        for spec in self.schema.fields:
            column = read_column(root, spec.name)
            if column is not None:
                found[spec.name] = column
        return found

    @cached_property
    def vectors(self) -> NDArray[np.float32] | None:
        """(rows, dim) unit vectors, memory-mapped; None when imported without an embedder."""
        file = self.path / "vectors.npy"
        return mapped(file) if file.exists() else None

    @cached_property
    def _titles(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT title FROM items ORDER BY row")]

    def titles(self) -> Sequence[str]:
        """All titles in row order."""
        return self._titles

    def title_of(self, row: int) -> str:
        """The title of a row."""
        return self._titles[row]

    def row_of(self, item_id: str) -> int:
        """Row of an item id; raises KeyError."""
        known = self._rows.get(item_id)
        if known is not None:
            return known
        found = self._db.execute("SELECT row FROM items WHERE id = ?", (item_id,)).fetchone()
        if found is None:
            raise KeyError(item_id)
        if len(self._rows) >= KEPT:
            self._rows = {}
        self._rows[item_id] = int(found[0])
        return int(found[0])

    def item(self, item_id: str) -> Item:
        """The item with this id; raises KeyError."""
        return self.at([self.row_of(item_id)])[0]

    def at(self, rows: Sequence[int]) -> list[Item]:
        """The items at these rows, in the order given; raises IndexError for a row that is not there."""
        found = {row: item for row in map(int, rows) if (item := self._recent.get(row)) is not None}
        missing = [row for row in map(int, rows) if row not in found]
        for start in range(0, len(missing), CHUNK):
            part = missing[start : start + CHUNK]
            marks = ",".join("?" * len(part))
            query = f"SELECT row, {self._read} FROM items WHERE row IN ({marks})"  # noqa: S608 (only question marks)
            for row, *held in self._db.execute(query, part):
                found[row] = _item(*held)
        self._remember(found, missing)
        try:
            return [found[int(r)] for r in rows]
        except KeyError as unknown:
            raise IndexError(f"catalogue {self.name!r} has no row {unknown}") from None

    def _remember(self, found: Mapping[int, Item], fresh: Sequence[int]) -> None:
        """Keep items that were read, as long as there are few: the same ones are shown again and again."""
        if len(self._recent) + len(fresh) > KEPT:
            self._recent = {}
        if len(fresh) <= KEPT:
            self._recent.update((row, found[row]) for row in fresh if row in found)

    def find(self, ids: Iterable[str]) -> list[Item]:
        """The items with these ids, in the order given; unknown ids are left out."""
        rows = []
        for item_id in ids:
            try:
                rows.append(self.row_of(item_id))
            except KeyError:
                continue
        return self.at(rows)

    def items(self) -> Iterator[Item]:
        """Every item in row order, streamed."""
        for held in self._db.execute(f"SELECT {self._read} FROM items ORDER BY row"):  # noqa: S608 (names of columns)
            yield _item(*held)

    @cached_property
    def _read(self) -> str:
        # Versions written before values could be generated lack the column.
        columns = {row[1] for row in self._db.execute("PRAGMA table_info(items)")}
        return f"id, title, fields, {'generated' if 'generated' in columns else 'NULL'}"

    @property
    def _db(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            uri = f"file:{self.path / 'items.db'}?mode=ro&immutable=1"
            connection = self._local.connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        return connection


def _item(item_id: str, title: str, fields: str, generated: str | None) -> Item:
    held = {k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(fields).items()}
    by = {k: Provenance.model_construct(**v) for k, v in json.loads(generated).items()} if generated else {}
    return Item.model_construct(id=item_id, title=title, fields=held, generated=by)


def read_column(root: Path, name: str) -> Column | None:
    """A column as stored, or None when the field has none."""
    if (root / f"{name}.number.npy").exists():
        return NumberColumn(mapped(root / f"{name}.number.npy"))
    if (root / f"{name}.flag.npy").exists():
        return FlagColumn(mapped(root / f"{name}.flag.npy"))
    if (root / f"{name}.vocabulary.json").exists():
        vocabulary = tuple(json.loads((root / f"{name}.vocabulary.json").read_text(encoding="utf-8")))
        arrays = [mapped(root / f"{name}.{part}.npy") for part in ("indptr", "codes", "vindptr", "vrows")]
        return CategoryColumn(vocabulary, *arrays)
    return None


def write_column(root: Path, name: str, column: Column) -> None:
    """Store a column under `root`."""
    match column:
        case NumberColumn(data=numbers):
            np.save(root / f"{name}.number.npy", numbers)
        case FlagColumn(data=flags):
            np.save(root / f"{name}.flag.npy", flags)
        case CategoryColumn():
            (root / f"{name}.vocabulary.json").write_text(json.dumps(column.vocabulary), encoding="utf-8")
            np.save(root / f"{name}.indptr.npy", column.indptr)
            np.save(root / f"{name}.codes.npy", column.codes)
            np.save(root / f"{name}.vindptr.npy", column.by_value_indptr)
            np.save(root / f"{name}.vrows.npy", column.by_value_rows)
