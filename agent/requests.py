"""Requests that were answered, by the names their callers gave them: the same request is answered once.

A caller who does not know whether a message arrived sends it again under the same name (draft-ietf-httpapi-
idempotency-key-header) and is given the turn that was made the first time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa

from agent.database import requests
from core.errors import BadInput, RequestReused
from core.turn import Conversation, Turn
from core.values import Value

Transaction = Callable[..., AbstractContextManager[sa.Connection]]
KEPT_S = 86_400.0
"""How long a request is remembered."""
LONGEST = 128


@dataclass(frozen=True)
class Request:
    """A request under the name that its caller gave it."""

    owner: str
    key: str
    digest: str
    """SHA-256 of what was asked, hexadecimal: the name may not be used for something else."""

    def __post_init__(self) -> None:
        if not (0 < len(self.key) <= LONGEST and self.key.isascii() and self.key.isprintable()):
            raise BadInput(
                "This cannot be the idempotency key of a request.", f"Use 1 to {LONGEST} printable ASCII letters."
            )

    def write(self, connection: sa.Connection, conversation: Conversation, turn: Turn | None, at: float) -> None:
        """Remember what answered it, and forget what is too old; raises IntegrityError when it was answered before."""
        connection.execute(requests.delete().where(requests.c.created_at < at - KEPT_S))
        row = {"owner": self.owner, "key": self.key, "digest": self.digest}
        led = {"conversation_id": conversation.id, "number": turn.number if turn else 0}
        connection.execute(requests.insert().values(**row, **led, created_at=at))


def named(owner: str, key: str | None, *asked: object) -> Request | None:
    """The request under the name its caller gave it, with a digest of what it asks; None without a name.

    `asked` is JSON, and the same through every door. Raises BadInput for a name that cannot be one.
    """
    if key is None:
        return None
    whole = json.dumps(asked, ensure_ascii=False, sort_keys=True).encode()
    return Request(owner, key, hashlib.sha256(whole).hexdigest())


class Answered(Value):
    """What answered a request."""

    conversation: str
    number: int
    """Of the turn; 0: the conversation itself was asked for."""


class Requests:
    """The requests a store remembers."""

    def __init__(self, transaction: Transaction, clock: Callable[[], float]) -> None:
        self._transaction = transaction
        self._clock = clock

    def find(self, request: Request) -> Answered | None:
        """What answered it before, or None; raises RequestReused when its name stood for something else."""
        where = (requests.c.owner == request.owner) & (requests.c.key == request.key)
        with self._transaction() as connection:
            row = connection.execute(requests.select().where(where)).first()
        if row is None or row.created_at < self._clock() - KEPT_S:
            return None
        if row.digest != request.digest:
            raise RequestReused(
                "This idempotency key was used for another request.", "Make a new key for each new message."
            )
        return Answered(conversation=row.conversation_id, number=row.number)
