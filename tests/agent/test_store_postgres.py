"""The conversation store on a real PostgreSQL server: the same contract as on SQLite."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from agent.store import SqlStore
from tests.agent.store_contract import StoreContract
from tests.servers.postgres import postgres_or_skip

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_or_skip() as url:
        yield url


class TestPostgres(StoreContract):
    @pytest.fixture
    def store(self, url: str) -> Iterator[SqlStore]:
        ticks = itertools.count()
        store = SqlStore(url, clock=lambda: float(next(ticks)))
        yield store
        store.close()
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("TRUNCATE turns, transcripts, requests, api_keys, conversations"))
        engine.dispose()
