"""The database behind the conversation store: its tables, and engines for SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from core.errors import OperatorMustFix, StoreUnavailable

FORMAT = 1
"""Version of the tables below; a store written by a newer program is refused."""
BUSY_MS = 10_000
"""How long a writer waits for another one."""

_metadata = sa.MetaData()
_formats = sa.Table("store_format", _metadata, sa.Column("version", sa.Integer, primary_key=True))
conversations = sa.Table(
    "conversations",
    _metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("catalog", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("ledger", sa.Text, nullable=False),  # JSON of core.ledger.Ledger
    sa.Column("turn_count", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),  # seconds since 1970
    sa.Column("updated_at", sa.Double, nullable=False, index=True),
    sa.Column("person", sa.Text),  # NULL or empty: a guest
    sa.Column("owner", sa.String(20)),  # NULL or empty: this installation's own people
)
turns = sa.Table(
    "turns",
    _metadata,
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),  # JSON of core.turn.Turn
)
profiles = sa.Table(
    "profiles",
    _metadata,
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("catalog", sa.Text, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),  # JSON of agent.profile.tally.Kept
    sa.Column("updated_at", sa.Double, nullable=False),
)
spending = sa.Table(
    "spending",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("day", sa.String(10), nullable=False, index=True),  # UTC
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.String(20), nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("tokens_in", sa.Integer, nullable=False),
    sa.Column("tokens_out", sa.Integer, nullable=False),
    sa.Column("tokens_cached", sa.Integer, nullable=False),
    sa.Column("cost", sa.Double),  # NULL: no price was set
    sa.Column("ms", sa.Double, nullable=False),
)
api_keys = sa.Table(
    "api_keys",
    _metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("owner", sa.String(20), nullable=False, index=True),
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of the secret, hexadecimal
    sa.Column("catalogs", sa.Text),  # JSON list; NULL: all of them
    sa.Column("metrics", sa.Boolean, nullable=False),
    sa.Column("created_at", sa.Double, nullable=False),
    sa.Column("expires_at", sa.Double),  # NULL: never
    sa.Column("revoked_at", sa.Double),  # NULL: in use
)
requests = sa.Table(
    "requests",
    _metadata,
    sa.Column("owner", sa.String(20), primary_key=True),
    sa.Column("key", sa.String(128), primary_key=True),  # what the caller named it
    sa.Column("digest", sa.String(64), nullable=False),  # SHA-256 of what was asked
    sa.Column("conversation_id", sa.String(64), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),  # of the turn; 0: the conversation itself
    sa.Column("created_at", sa.Double, nullable=False, index=True),
)
transcripts = sa.Table(
    "transcripts",
    _metadata,
    sa.Column("owner", sa.String(20), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),  # of everything said so far
    sa.Column("conversation_id", sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("number", sa.Integer, nullable=False),
)


def prepare(connection: sa.Connection, name: str) -> None:
    """Make the tables where they are missing; raises StoreUnavailable for those of a newer program.

    Call it within a write transaction; `name` is how the database is called in the error.
    """
    if connection.dialect.name == "postgresql":  # two processes may start at the same moment
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(7254017)"))
    held = None
    if sa.inspect(connection).has_table(_formats.name):
        held = connection.scalar(sa.select(sa.func.max(_formats.c.version)))
    if held is not None and held > FORMAT:
        raise StoreUnavailable(
            f"{name} was written by a newer Tastemaker (format {held}, this one knows {FORMAT}).",
            "Update this checkout, or name another TASTEMAKER_DATABASE_URL.",
        )
    _metadata.create_all(connection)
    _add_missing_columns(connection)
    if held is None:
        connection.execute(_formats.insert().values(version=FORMAT))


def _add_missing_columns(connection: sa.Connection) -> None:
    """Bring a store of an earlier program up to date; that program can go on using it."""
    held = {c["name"] for c in sa.inspect(connection).get_columns(conversations.name)}
    for name, kind in (("person", "TEXT"), ("owner", "VARCHAR(20)")):
        if name not in held:
            connection.execute(sa.text(f"ALTER TABLE conversations ADD COLUMN {name} {kind}"))


def open_engine(url: str) -> sa.Engine:
    """An engine for a SQLAlchemy URL; makes the folder of a SQLite file. Raises OperatorMustFix, StoreUnavailable."""
    try:
        parsed = sa.make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() != "sqlite":
            return sa.create_engine(parsed, pool_pre_ping=True)
        if not parsed.database or parsed.database == ":memory:":
            raise OperatorMustFix(
                "Conversations in memory would be lost.", "Name a file: sqlite:////path/to/conversations.db"
            )
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = sa.create_engine(parsed)
    except (ArgumentError, NoSuchModuleError, ImportError):
        raise OperatorMustFix(
            "TASTEMAKER_DATABASE_URL names no database this installation can open.",
            "Use sqlite:////path/to/file.db, or postgresql://user@host/name with the extra 'postgres' installed.",
        ) from None
    except OSError as error:
        raise StoreUnavailable(
            f"The folder of the conversation store cannot be made: {error.strerror}.", "Check TASTEMAKER_HOME."
        ) from None
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    _keep_a_log(connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _keep_a_log(connection: Any) -> None:  # noqa: ANN401 - a DBAPI connection
    """Switch to a write-ahead log; while others open the same new file this does not wait by itself."""
    until = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("tastemaker_write", False)
    # A writer takes its lock at once: one that starts as a reader could fail half-way instead of waiting.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
