"""`tastemaker serve --workers 2` on a real PostgreSQL and a real Chroma server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.build import Tastemaker
from tests.scripts import SCRIPTS
from tests.servers.chroma import chroma_server
from tests.servers.postgres import postgres_or_skip
from tests.servers.serving import COMMAND, Serve, home_like, serving
from tests.test_doors import timeless

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres_or_skip() as url:
        yield url


@dataclass(frozen=True)
class Shared:
    """What several processes share."""

    home: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def shared(demo_home: Path, tmp_path_factory: pytest.TempPathFactory, database: str) -> Iterator[Shared]:
    """Conversations in PostgreSQL, and the vectors of the demo catalogues in a Chroma server."""
    home = home_like(demo_home, tmp_path_factory.mktemp("shared"))
    for name in ("catalogs", "embeddings.db"):  # mending writes to them
        (home / name).unlink()
    shutil.copytree(demo_home / "catalogs", home / "catalogs")
    shutil.copy(demo_home / "embeddings.db", home / "embeddings.db")
    with chroma_server() as url:
        environment = {
            "TASTEMAKER_DATABASE_URL": database,
            "TASTEMAKER_CHROMA_URL": url,
            "TASTEMAKER_VECTOR_INDEX": "chroma",
            "TASTEMAKER_SERVE_RATE": "0",
        }
        yield Shared(home, environment)


def mend(shared: Shared, catalog: str) -> None:
    """Put the vectors of a catalogue into the Chroma server, as an operator does."""
    told = subprocess.run(
        [str(COMMAND), "catalog", "check", catalog, "--mend"],
        env=os.environ | {"TASTEMAKER_HOME": str(shared.home), **shared.environment},
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stdout + told.stderr


@contextmanager
def asleep(worker: int) -> Iterator[None]:
    """A worker that does nothing meanwhile, so that only the other one can answer."""
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


def start(server: Serve, catalog: str) -> str:
    status, made = server.call("POST", "/v1/conversations", {"catalog": catalog})
    assert status == 201, made
    return f"/v1/conversations/{made['id']}"


def test_without_its_vectors_no_worker_begins(shared: Shared) -> None:
    server = Serve(shared.home, "--workers", "2", **shared.environment)
    try:
        assert server.ended() == 3, server.tail()
    finally:
        server.kill()
    assert any("The Chroma collection of catalogue" in line and "is missing" in line for line in server.said)
    assert not any("Traceback" in line for line in server.said)


def test_either_worker_answers_in_a_conversation(shared: Shared, demo: Tastemaker) -> None:
    for catalog in SCRIPTS:
        mend(shared, catalog)
    with serving(shared.home, workers=2, **shared.environment) as server:
        first, second = server.workers()
        for catalog, script in SCRIPTS.items():
            path, direct = start(server, catalog), demo.start(catalog).id
            for number, message in enumerate(script):
                with asleep(second if number % 2 else first):
                    status, turn = server.call("POST", f"{path}/messages", {"message": message})
                right = json.loads(json.dumps(demo.respond(direct, message).public()))
                assert (status, timeless(turn)) == (200, timeless(right))
            _, told = server.call("GET", f"{path}/turns")
            assert [turn["message"] for turn in told["turns"]] == list(script)
        server.terminate()
        assert server.ended() == 0


def test_a_worker_that_is_killed_is_replaced(demo_home: Path, tmp_path: Path, database: str) -> None:
    home = home_like(demo_home, tmp_path)
    with serving(home, workers=2, TASTEMAKER_DATABASE_URL=database) as server:
        path = start(server, "books")
        assert server.call("POST", f"{path}/messages", {"message": "a mystery"})[0] == 200
        first, second = server.workers()
        os.kill(first, signal.SIGKILL)
        server.heard('"event": "started"', 3)
        (third,) = set(server.workers()) - {first, second}
        with asleep(second):
            status, turn = server.call("POST", f"{path}/messages", {"message": "something shorter"})
        assert (status, turn["number"]) == (200, 2)
        assert third in server.workers()


def test_workers_stop_when_the_process_that_started_them_is_killed(
    demo_home: Path, tmp_path: Path, database: str
) -> None:
    home = home_like(demo_home, tmp_path)
    with serving(home, workers=2, TASTEMAKER_DATABASE_URL=database) as server:
        port = server.port
        server.process.kill()
        assert server.ended() == -signal.SIGKILL  # and no worker holds its standard error open
        assert len(server.heard('"event": "stopped"')) == 2
    with serving(home, workers=2, port=port, TASTEMAKER_DATABASE_URL=database):
        pass
