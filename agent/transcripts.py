"""Finding a conversation by what was said in it, for protocols whose clients send the whole dialogue every time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from agent.database import transcripts
from core.turn import Conversation, Turn

Transaction = Callable[..., AbstractContextManager[sa.Connection]]


Said = tuple[Literal["user", "assistant"], str]


def digest_of(catalog: str, person: str, dialogue: Sequence[Said]) -> str:
    """Digest of a dialogue: who said what, in order. Runs of white space count as one space: clients trim and fold."""
    whole = hashlib.sha256()
    for text in (catalog, person, *(part for said in dialogue for part in said)):
        words = " ".join(text.split()).encode("utf-8", "replace")
        whole.update(len(words).to_bytes(8, "big") + words)
    return whole.hexdigest()


@dataclass(frozen=True)
class Transcript:
    """A dialogue up to a message, to be found again when that was answered; the latest with the same words is found."""

    person: str
    """Under the name the client gave."""
    before: tuple[Said, ...]
    """What was said before the message."""

    def write(self, connection: sa.Connection, conversation: Conversation, turn: Turn | None, at: float) -> None:  # noqa: ARG002
        """Remember where the dialogue with this turn leads."""
        if turn is None:
            return
        dialogue: tuple[Said, ...] = (*self.before, ("user", turn.message), ("assistant", turn.reply))
        digest = digest_of(conversation.catalog, self.person, dialogue)
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        row = insert(transcripts).values(
            owner=conversation.owner, digest=digest, conversation_id=conversation.id, number=turn.number
        )
        where = [transcripts.c.owner, transcripts.c.digest]
        led = {"conversation_id": conversation.id, "number": turn.number}
        connection.execute(row.on_conflict_do_update(index_elements=where, set_=led))


class Transcripts:
    """The dialogues a store can find."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def find(self, owner: str, digest: str) -> tuple[str, int] | None:
        """(conversation, number of its last turn then), or None."""
        where = (transcripts.c.owner == owner) & (transcripts.c.digest == digest)
        with self._transaction() as connection:
            row = connection.execute(transcripts.select().where(where)).first()
        return None if row is None else (row.conversation_id, row.number)
