"""The conversation store: conversations and their turns as rows of SQLite or PostgreSQL, one transaction a turn."""

from __future__ import annotations

import re
import secrets
import string
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from agent.database import conversations, open_engine, prepare, transcripts, turns
from agent.entries import Entry
from agent.keys import ApiKeys
from agent.profile import rows
from agent.requests import Requests
from agent.spending import Spending, record
from agent.transcripts import Transcripts
from agent.turns_read import TurnsRead
from core.errors import BadInput, ConversationMoved, StoreUnavailable, UnknownConversation
from core.ledger import Ledger, LedgerPatch
from core.profile import Profile
from core.turn import Conversation, Turn

_ALPHABET = string.ascii_letters + string.digits
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def fresh_id() -> str:
    """A short random id that is safe in URLs, file names and command lines (71 bits)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


class SqlStore:
    """Conversations in a SQL database; safe to share between threads, and between processes by URL.

    Every write checks that the conversation is still as it was loaded and raises ConversationMoved when it is not, so
    that two tabs never overwrite each other. A turn and what it does to the ledger are one transaction: after a crash
    the turn is there as a whole or not at all. What a turn says of the person for good enters their profile in the
    same transaction; of a guest nothing does.
    """

    def __init__(
        self, url: str, *, clock: Callable[[], float] = time.time, new_id: Callable[[], str] = fresh_id
    ) -> None:
        self._clock = clock
        self._new_id = new_id
        self._engine = open_engine(url)
        self.name = self._engine.url.render_as_string(hide_password=True)
        self.profiles = rows.Profiles(self._transaction, clock)
        self.spending = Spending(self._transaction, clock)
        self.keys = ApiKeys(self._transaction, clock)
        self.requests = Requests(self._transaction, clock)
        self.transcripts = Transcripts(self._transaction)
        self._read = TurnsRead()
        with self._transaction(write=True) as connection:
            prepare(connection, self.name)

    def create(
        self,
        catalog: str,
        conversation_id: str | None = None,
        profile: Profile | None = None,
        *,
        owner: str = "",
        entries: Sequence[Entry] = (),
    ) -> Conversation:
        """Start a conversation; raises BadInput for an id that is taken or cannot stand in a URL.

        `profile` names the person, a guest when left out; what they have seen, it begins with. `entries` are written
        in the same transaction, and so is nothing when one of them is refused.
        """
        key = self._new_id() if conversation_id is None else conversation_id
        if not _ID.fullmatch(key):
            raise BadInput(
                f"{key[:80]!r} cannot be the id of a conversation.", "Use up to 64 letters, digits, - and _."
            )
        profile = profile or Profile()
        fresh = Conversation(id=key, catalog=catalog, profile=profile, ledger=Ledger(seen=profile.seen), owner=owner)
        now = self._clock()
        row = conversations.insert().values(
            id=key,
            catalog=catalog,
            title="",
            ledger=fresh.ledger.model_dump_json(),
            turn_count=0,
            version=0,
            created_at=now,
            updated_at=now,
            person=profile.person,
            owner=owner,
        )
        try:
            with self._transaction(write=True) as connection:
                connection.execute(row)
                for entry in entries:
                    entry.write(connection, fresh, None, now)
        except IntegrityError:
            raise BadInput(f"The conversation {key} exists already.", "Load it, or choose another id.") from None
        return fresh

    def load(self, conversation_id: str, owner: str | None = None) -> Conversation:
        """The conversation as stored; raises UnknownConversation, also for one that is not this owner's."""
        with self._transaction() as connection:
            head = connection.execute(conversations.select().where(conversations.c.id == conversation_id)).first()
            if head is None or (owner is not None and (head.owner or "") != owner):
                raise self._unknown(conversation_id)
            of = (conversation_id, head.created_at)
            known = self._read.first(of)
            # Turns past turn_count were added after the head was read: they belong to the next version.
            bodies = connection.scalars(
                sa.select(turns.c.body)
                .where(turns.c.conversation_id == conversation_id)
                .where(turns.c.number > len(known), turns.c.number <= head.turn_count)
                .order_by(turns.c.number)
            ).all()
            profile = rows.read(connection, head.person, head.catalog).profile
        if len(known) + len(bodies) < head.turn_count:
            raise self._unknown(conversation_id)
        return _conversation(head, self._read.parsed(of, known, bodies)[: head.turn_count], profile)

    def append(
        self, conversation: Conversation, turn: Turn, model: str = "", entries: Sequence[Entry] = ()
    ) -> Conversation:
        """Store one turn and what it cost in one transaction; raises ConversationMoved when another change came first.

        `model`: the name under which the cost is kept; `entries` are written in the same transaction.
        """
        number = len(conversation.turns) + 1
        if turn.number != number:
            raise _moved(conversation.id, f"turn {turn.number} does not follow turn {number - 1}")
        after = conversation.plus(turn)
        body = turn.model_dump_json()
        try:
            with self._transaction(write=True) as connection:
                self._advance(connection, conversation, after)
                connection.execute(turns.insert().values(conversation_id=conversation.id, number=number, body=body))
                record(connection, turn.usage, model, "turn", self._clock())
                for entry in entries:
                    entry.write(connection, conversation, turn, self._clock())
                profile = rows.learn(connection, conversation, turn, self._clock())
        except IntegrityError:
            raise _moved(conversation.id, f"turn {number} is there already") from None
        return after.model_copy(update={"version": conversation.version + 1, "profile": profile})

    def edit(self, conversation: Conversation, patch: LedgerPatch) -> Conversation:
        """Store a change of the ledger made by hand; raises ConversationMoved when another change came first."""
        after = conversation.edit(patch)
        with self._transaction(write=True) as connection:
            self._advance(connection, conversation, after)
            profile = rows.learn_edit(connection, conversation, after, patch, self._clock())
        return after.model_copy(update={"version": conversation.version + 1, "profile": profile})

    def fork(self, conversation: Conversation, number: int) -> Conversation:
        """A new conversation that begins with the first `number` turns of this one, as if it had ended there.

        Nothing of it enters the person's profile a second time.
        """
        kept = conversation.turns[:number]
        fresh = self.create(conversation.catalog, profile=conversation.profile, owner=conversation.owner)
        for turn in kept:
            fresh = fresh.plus(turn.model_copy(update={"conversation": fresh.id}))
        rows_of = [{"conversation_id": fresh.id, "number": t.number, "body": t.model_dump_json()} for t in fresh.turns]
        with self._transaction(write=True) as connection:
            self._advance(connection, fresh.model_copy(update={"turns": ()}), fresh)
            if rows_of:
                connection.execute(turns.insert(), rows_of)
        return fresh.model_copy(update={"version": fresh.version + 1})

    def recent(self, limit: int = 50, owner: str = "") -> list[Conversation]:
        """Conversations of an owner, newest first, without their turns."""
        mine = sa.func.coalesce(conversations.c.owner, "") == owner
        newest = conversations.select().where(mine).order_by(conversations.c.updated_at.desc(), conversations.c.id)
        with self._transaction() as connection:
            return [
                _conversation(row, (), Profile(person=row.person or ""))
                for row in connection.execute(newest.limit(limit))
            ]

    def delete(self, conversation_id: str) -> None:
        """Forget a conversation; forgetting an unknown one is no error. What has entered a profile stays there."""
        wanted = conversations.select().where(conversations.c.id == conversation_id)
        with self._transaction(write=True) as connection:
            head = connection.execute(wanted).first()
            connection.execute(turns.delete().where(turns.c.conversation_id == conversation_id))
            connection.execute(transcripts.delete().where(transcripts.c.conversation_id == conversation_id))
            connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
            if head is not None and head.person:
                rows.forget_conversation(connection, conversation_id, head.person, head.catalog, self._clock())
        self._read.forget(conversation_id)

    def close(self) -> None:
        """Close the connections that are idle; the store can still be used."""
        self._engine.dispose()

    def _advance(self, connection: sa.Connection, before: Conversation, after: Conversation) -> None:
        """Write the head of the conversation, if it is still at the version that was loaded."""
        table = conversations
        written = connection.execute(
            table.update()
            .where(
                table.c.id == before.id,
                table.c.version == before.version,
                table.c.turn_count == len(before.turns),
            )
            .values(
                title=after.title.replace("\0", ""),
                ledger=after.ledger.model_dump_json(),
                turn_count=len(after.turns),
                version=before.version + 1,
                updated_at=self._clock(),
            )
        )
        if written.rowcount:
            return
        if connection.scalar(sa.select(table.c.id).where(table.c.id == before.id)) is None:
            raise self._unknown(before.id)
        raise _moved(before.id, "it was changed meanwhile")

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                connection.execution_options(tastemaker_write=write)
                with connection.begin():
                    yield connection
        except IntegrityError:
            raise
        except (DBAPIError, PoolTimeout) as error:
            why = _first_line(error.orig) if isinstance(error, DBAPIError) else "every connection is in use"
            raise StoreUnavailable(
                f"The conversation store {self.name} failed: {why}.",
                "Check TASTEMAKER_DATABASE_URL, that its server runs, and that the disk has room.",
            ) from None

    def _unknown(self, conversation_id: str) -> UnknownConversation:
        return UnknownConversation(
            f"There is no conversation {conversation_id[:80]!r}.", "Start a new one, or look at the recent ones."
        )


def open_store(url: str) -> SqlStore:
    """The store at a SQLAlchemy URL; makes the folder of a SQLite file, raises StoreUnavailable or OperatorMustFix."""
    return SqlStore(url)


def _conversation(
    row: Any,  # noqa: ANN401 - a row of `conversations`
    stored: tuple[Turn, ...],
    profile: Profile,
) -> Conversation:
    return Conversation(
        id=row.id,
        catalog=row.catalog,
        turns=stored,
        ledger=Ledger.model_validate_json(row.ledger),
        title=row.title,
        profile=profile,
        version=row.version,
        owner=row.owner or "",
    )


def _moved(conversation_id: str, why: str) -> ConversationMoved:
    return ConversationMoved(
        f"The conversation {conversation_id} has moved on: {why}.", "Load it again and repeat the message."
    )


def _first_line(error: BaseException | None) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else "no reason given"
