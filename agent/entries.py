"""What a door writes together with a turn: in the same transaction, so that neither is there without the other."""

from __future__ import annotations

from typing import Protocol

import sqlalchemy as sa

from core.turn import Conversation, Turn


class Entry(Protocol):
    """One row beside a turn, or beside a new conversation."""

    def write(self, connection: sa.Connection, conversation: Conversation, turn: Turn | None, at: float) -> None:
        """Write it within the transaction of a turn (None: of the conversation itself).

        `conversation` is as it was before the turn, `at` in seconds since 1970. Raising undoes the turn too.
        """
        ...
