"""An exact cache of answers: the very same question to the very same model is not paid for twice.

Kept in one SQLite file of the home folder. The file holds what models wrote about conversations, readable to whoever
can read the folder. Only whole answers are kept, and of those to a schema only such as fit it.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from agent.models.protocol import ChatModel, OnDelta
from agent.models.strict import fits
from core.events import ModelReply, ModelRequest
from core.turn import Usage

_T = TypeVar("_T")
WAIT_S = 2.0
"""Longest wait for another process that writes."""
_TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL, used INTEGER NOT NULL)"
_NEXT = "(SELECT COALESCE(MAX(used), 0) + 1 FROM replies)"
_DECIDING = ("call", "system", "user", "json_schema", "alternatives", "longest")
"""What of a request decides its answer."""


class CachedModel:
    """A ChatModel that remembers the last so many answers of another; safe between threads and processes."""

    def __init__(self, inner: ChatModel, path: Path, *, identity: Mapping[str, Any], most: int) -> None:
        """`identity`: what else decides an answer: the server, the model, the way it samples."""
        self._inner, self._path, self._identity, self._most = inner, path, identity, most
        self.name = inner.name
        self.provider = getattr(inner, "provider", "")

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The answer kept for this question, at no cost, or the inner model's; the reply's note says which.

        A cache that cannot be read or written is gone round, and the note says so.
        """
        key = self.key(request)
        try:
            kept = self._find(key)
        except sqlite3.Error as error:
            return _noted(self._inner.complete(request, on_delta, within=within), error)
        if kept is not None:
            if on_delta is not None and request.stream:
                on_delta(kept.text)
            return kept
        reply = self._inner.complete(request, on_delta, within=within)
        if request.json_schema is not None and not _of_schema(reply.text, request.json_schema):
            return reply
        try:
            self._keep(key, reply)
        except sqlite3.Error as error:
            return _noted(reply, error)
        return reply

    def key(self, request: ModelRequest) -> str:
        """A hash of everything that decides the answer."""
        asked = {name: getattr(request, name) for name in _DECIDING}
        text = json.dumps([dict(self._identity), asked], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def _find(self, key: str) -> ModelReply | None:
        def look(db: sqlite3.Connection) -> ModelReply | None:
            row = db.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
            if row is None:
                return None
            db.execute(f"UPDATE replies SET used = {_NEXT} WHERE key = ?", (key,))  # noqa: S608 - no text from outside
            try:
                reply = ModelReply.model_validate_json(row[0])
            except ValidationError:  # written by another version; what is asked now takes its place
                return None
            return reply.model_copy(update={"usage": Usage(), "note": "answer kept from before"})

        return self._within_transaction(look)

    def _keep(self, key: str, reply: ModelReply) -> None:
        def write(db: sqlite3.Connection) -> None:
            row = (key, reply.model_copy(update={"note": ""}).model_dump_json())
            db.execute(f"INSERT OR REPLACE INTO replies VALUES (?, ?, {_NEXT})", row)  # noqa: S608
            kept = "SELECT key FROM replies ORDER BY used DESC LIMIT ?"
            db.execute(f"DELETE FROM replies WHERE key NOT IN ({kept})", (self._most,))  # noqa: S608

        self._within_transaction(write)

    def _within_transaction(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with closing(sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute(_TABLE)
            done = work(db)
            db.execute("COMMIT")
            return done


def _noted(reply: ModelReply, error: sqlite3.Error) -> ModelReply:
    said = f"answers cannot be kept ({error})"
    return reply.model_copy(update={"note": "; ".join(part for part in (reply.note, said) if part)})


def _of_schema(text: str, schema: dict[str, Any]) -> bool:
    try:
        return fits(json.loads(text), schema)
    except (ValueError, RecursionError):
        return False
