"""Vectors kept by content: a text embedded once by a model is never embedded by it again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.protocols import Embedder


class EmbeddingCache:
    """SQLite file of (embedder key, sha256 of the text) to vector."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(file, timeout=60)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS vectors (embedder TEXT, digest BLOB, vector BLOB, "
            "PRIMARY KEY (embedder, digest)) WITHOUT ROWID"
        )

    def embed(self, embedder: Embedder, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """((len(texts), dim) vectors, how many had to be computed)."""
        if not texts:
            return np.empty((0, embedder.dim), dtype=np.float32), 0
        digests = [hashlib.sha256(t.encode()).digest() for t in texts]
        known = self._known(embedder.key, digests)
        missing = list(dict.fromkeys(d for d in digests if d not in known))
        if missing:
            first = {d: n for n, d in reversed(list(enumerate(digests)))}
            fresh = embedder.embed([texts[first[d]] for d in missing])
            rows = [(embedder.key, d, v.tobytes()) for d, v in zip(missing, fresh, strict=True)]
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)
            known |= dict(zip(missing, fresh, strict=True))
        return np.stack([known[d] for d in digests]), len(missing)

    def _known(self, key: str, digests: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        found = {}
        for start in range(0, len(digests), 500):
            part = list(digests[start : start + 500])
            marks = ",".join("?" * len(part))
            query = f"SELECT digest, vector FROM vectors WHERE embedder = ? AND digest IN ({marks})"  # noqa: S608
            for digest, vector in self._db.execute(query, [key, *part]):
                found[digest] = np.frombuffer(vector, dtype=np.float32)
        return found

    def close(self) -> None:
        """Release the file."""
        self._db.close()
