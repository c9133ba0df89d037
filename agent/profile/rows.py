"""Profiles as rows of the conversation store's database: read, changed and deleted within its transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from agent.database import profiles
from agent.profile.interests import still_true
from agent.profile.promote import promote, promote_edit
from agent.profile.tally import Kept
from core.errors import BadInput
from core.ledger import LedgerPatch
from core.profile import Profile
from core.turn import Conversation, Turn

Transaction = Callable[..., AbstractContextManager[sa.Connection]]
Change = Callable[[Kept], Kept]


class Profiles:
    """The profiles of a store. Each operation is one transaction; a person's changes wait for one another."""

    def __init__(self, transaction: Transaction, clock: Callable[[], float]) -> None:
        self._transaction = transaction
        self._clock = clock

    def get(self, person: str, catalog: str) -> Kept:
        """What is kept of a person in a catalogue; of a guest and of an unknown person nothing."""
        with self._transaction() as connection:
            return read(connection, person, catalog)

    def of(self, person: str) -> dict[str, Kept]:
        """Everything kept of a person, by catalogue."""
        rows = sa.select(profiles.c.catalog, profiles.c.body).where(profiles.c.person == person)
        with self._transaction() as connection:
            found = connection.execute(rows.order_by(profiles.c.catalog)).all()
        return {row.catalog: Kept.model_validate_json(row.body) for row in found}

    def change(self, person: str, catalog: str, change: Change) -> Kept:
        """Apply a change made by hand; raises BadInput for a guest."""
        if not person:
            raise BadInput("A guest has no profile.", "Name a person, or leave guest mode.")
        with self._transaction(write=True) as connection:
            return _change(connection, person, catalog, change, self._clock())

    def put(self, person: str, kept: Mapping[str, Kept]) -> None:
        """Store whole profiles, by catalogue, in the place of what is kept there."""
        if not person:
            raise BadInput("A guest has no profile.", "Name a person, or leave guest mode.")
        with self._transaction(write=True) as connection:
            for catalog, one in kept.items():
                _change(connection, person, catalog, lambda _, one=one: one, self._clock())  # type: ignore[misc]

    def delete(self, person: str, catalog: str | None = None) -> int:
        """Delete what is kept of a person, in one catalogue or in all; returns how many profiles there were."""
        mine = profiles.c.person == person
        where = mine if catalog is None else mine & (profiles.c.catalog == catalog)
        with self._transaction(write=True) as connection:
            return int(connection.execute(profiles.delete().where(where)).rowcount)


def read(connection: sa.Connection, person: str | None, catalog: str) -> Kept:
    """What is kept of a person in a catalogue."""
    if not person:
        return Kept()
    body = connection.scalar(_row(person, catalog))
    return Kept(profile=Profile(person=person)) if body is None else Kept.model_validate_json(body)


def learn(connection: sa.Connection, before: Conversation, turn: Turn, at: float) -> Profile:
    """Promote what a turn brought; returns the profile after it."""
    person = before.profile.person

    def change(kept: Kept) -> Kept:
        after = promote(kept.profile, kept.tally, before.ledger, turn, at=at)
        return Kept(profile=after.profile, tally=after.tally)

    return _change(connection, person, before.catalog, change, at).profile if person else before.profile


def learn_edit(
    connection: sa.Connection, before: Conversation, after: Conversation, patch: LedgerPatch, at: float
) -> Profile:
    """Promote what a change of the ledger by hand brought; returns the profile after it."""
    person = before.profile.person

    def change(kept: Kept) -> Kept:
        done = promote_edit(kept.profile, kept.tally, before.id, before.ledger, after.ledger, patch, at=at)
        return Kept(profile=done.profile, tally=done.tally)

    return _change(connection, person, before.catalog, change, at).profile if person else before.profile


def forget_conversation(connection: sa.Connection, conversation: str, person: str, catalog: str, at: float) -> None:
    """Take a deleted conversation out of what is counted; what has entered the profile stays."""
    if read(connection, person, catalog) != Kept(profile=Profile(person=person)):
        _change(connection, person, catalog, lambda k: Kept(profile=k.profile, tally=k.tally.without(conversation)), at)


def _change(connection: sa.Connection, person: str, catalog: str, change: Change, at: float) -> Kept:
    """Read, change and write one row; the row is locked, or the whole file where there are no row locks."""
    body = connection.scalar(_row(person, catalog).with_for_update())
    before = Kept(profile=Profile(person=person)) if body is None else Kept.model_validate_json(body)
    after = still_true(change(before))
    if after == before:
        return before
    if body is None:
        _claim(connection, person, catalog, before, at)  # another conversation of this person may have been quicker
        body = connection.scalar(_row(person, catalog).with_for_update())
        after = still_true(change(Kept.model_validate_json(body or before.model_dump_json())))
    mine = (profiles.c.person == person) & (profiles.c.catalog == catalog)
    connection.execute(profiles.update().where(mine).values(body=after.model_dump_json(), updated_at=at))
    return after


def _claim(connection: sa.Connection, person: str, catalog: str, empty: Kept, at: float) -> None:
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"person": person, "catalog": catalog, "body": empty.model_dump_json(), "updated_at": at}
    connection.execute(insert(profiles).values(row).on_conflict_do_nothing())


def _row(person: str, catalog: str) -> sa.Select[str]:
    return sa.select(profiles.c.body).where(profiles.c.person == person, profiles.c.catalog == catalog)
