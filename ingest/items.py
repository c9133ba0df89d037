"""Items of a version being built, written to SQLite as they come."""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from core.items import FieldValue, Item
from core.schema import CatalogSchema
from ingest.text import item_text

_TABLE = (
    "CREATE TABLE items (row INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, fields TEXT NOT NULL,"
    " generated TEXT)"
)


class ItemWriter:
    """Writes items in the order they come (rows 0, 1, …) and the texts that searches read, one JSON string a line."""

    def __init__(self, database: Path, texts: Path, schema: CatalogSchema) -> None:
        self.schema, self.rows = schema, 0
        self._digest = hashlib.sha256(schema.digest().encode())
        self._db = _unsafe(database)
        self._db.execute(_TABLE)
        self._texts = texts.open("w", encoding="utf-8")

    def add(self, item: Item) -> bool:
        """Write an item; False when its id was there before."""
        body = json.dumps({k: _told(v) for k, v in item.fields.items()}, ensure_ascii=False)
        by = {field: written.model_dump() for field, written in item.generated.items()}
        generated = json.dumps(by, ensure_ascii=False) if by else None
        row = (self.rows, item.id, item.title, body, generated)
        if self._db.execute("INSERT OR IGNORE INTO items VALUES (?, ?, ?, ?, ?)", row).rowcount == 0:
            return False
        self.rows += 1
        self._digest.update(f"{item.id}\x00{item.title}\x00{body}{generated or ''}\n".encode())
        self._texts.write(json.dumps(item_text(self.schema, item), ensure_ascii=False) + "\n")
        return True

    def digest(self) -> bytes:
        """SHA-256 of the schema and of every item so far."""
        return self._digest.digest()

    def __enter__(self) -> ItemWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.commit()
        self._db.close()
        self._texts.close()


def write_field(database: Path, name: str, data: NDArray[np.float64]) -> None:
    """Set one field of every item, from one number a row; NaN becomes unknown, whole numbers are written whole."""
    db = _unsafe(database)
    values = ((_plain(v), row) for row, v in enumerate(data.tolist()))
    path = f'$."{name}"'
    db.executemany("UPDATE items SET fields = json_set(fields, ?, ?) WHERE row = ?", ((path, *v) for v in values))
    db.commit()
    db.close()


def _plain(number: float) -> float | int | None:
    if math.isnan(number):
        return None
    return int(number) if number.is_integer() else number


def _told(value: FieldValue) -> FieldValue:
    """The value, or None for a number that is none."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _unsafe(database: Path) -> sqlite3.Connection:
    # The file is part of a draft: nothing reads it before it is synced and renamed, so a journal would be waste.
    db = sqlite3.connect(database)
    db.execute("PRAGMA journal_mode=OFF")
    db.execute("PRAGMA synchronous=OFF")
    return db
