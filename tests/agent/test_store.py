"""The conversation store on SQLite: the contract, and what is special about a file."""

from __future__ import annotations

import itertools
import sqlite3
import threading
from pathlib import Path

import pytest

from agent.store import SqlStore, open_store
from core.errors import OperatorMustFix, StoreUnavailable
from tests.agent.samples import turn_after
from tests.agent.store_contract import StoreContract


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> SqlStore:
        ticks = itertools.count()
        return SqlStore(url_of(tmp_path / "home" / "conversations.db"), clock=lambda: float(next(ticks)))


def test_a_second_process_sees_what_the_first_stored(tmp_path: Path) -> None:
    first, second = (open_store(url_of(tmp_path / "c.db")) for _ in range(2))
    conversation = first.create("teas")
    first.append(conversation, turn_after(conversation, "hello"))
    assert second.load(conversation.id).turns[0].message == "hello"


def test_many_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def start() -> None:
        try:
            open_store(url_of(tmp_path / "c.db")).create("teas")
        except StoreUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(open_store(url_of(tmp_path / "c.db")).recent()) == 8


def test_the_file_is_set_up_for_concurrent_and_durable_writing(tmp_path: Path) -> None:
    open_store(url_of(tmp_path / "c.db")).create("teas")
    assert sqlite3.connect(tmp_path / "c.db").execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_store_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    open_store(url_of(tmp_path / "c.db")).close()
    with sqlite3.connect(tmp_path / "c.db") as database:
        database.execute("UPDATE store_format SET version = 99")
    with pytest.raises(StoreUnavailable, match=r"newer Tastemaker \(format 99"):
        open_store(url_of(tmp_path / "c.db"))


def test_a_file_that_is_no_database_is_named_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "c.db").write_text("this is a letter, not a database" * 100)
    with pytest.raises(StoreUnavailable, match=r"c\.db"):
        open_store(url_of(tmp_path / "c.db"))


@pytest.mark.parametrize("url", ["", "nonsense", "oracle9://x/y", "sqlite://", "sqlite:///:memory:"])
def test_a_url_that_names_no_database_is_the_operators_to_fix(url: str) -> None:
    with pytest.raises(OperatorMustFix):
        open_store(url)


def test_a_server_that_is_away_is_reported_without_its_password() -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store("postgresql://guest:hunter2@127.0.0.1:1/none?connect_timeout=2")
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
