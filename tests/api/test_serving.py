"""`tastemaker serve` as a process: who may start it and where, what it says, and how it stops."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agent.store import open_store
from tests.servers.openai_server import Answer, Body, OpenAIServer
from tests.servers.serving import COMMAND, Serve, free_port, home_like, serving

THANKS = "thanks, that is all"
CHAT = json.dumps({"heard": [], "act": "thanks"})
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    """The demo catalogues with conversations of their own."""
    return home_like(demo_home, tmp_path)


def refusal(home: Path, *options: str, code: int = 3, **environment: str) -> str:
    """What a server says that does not start."""
    server = Serve(home, *options, **environment)
    try:
        assert server.ended() == code, server.tail()
    finally:
        server.kill()
    assert "The API is at" not in server.tail()
    return server.tail()


def make_key(home: Path) -> str:
    made = subprocess.run(
        [str(COMMAND), "keys", "add", "shop"],
        env=os.environ | {"TASTEMAKER_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return next(word for word in made.stdout.split() if word.startswith("tm_"))


class SlowModel:
    """A model server whose answer to everything waits until it is let go."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Event(), threading.Event()
        self.server = OpenAIServer(self._answer)

    def _answer(self, _body: Body) -> Answer:
        self.asked.set()
        self.go.wait()
        return Answer(CHAT)

    @property
    def settings(self) -> dict[str, str]:
        return {"OPENAI_BASE_URL": self.server.base_url, "TASTEMAKER_TIMEOUT_S": "60"}


def start(server: Serve, catalog: str = "films") -> str:
    status, made = server.call("POST", "/v1/conversations", {"catalog": catalog})
    assert status == 201, made
    return f"/v1/conversations/{made['id']}"


def stored(home: Path, path: str) -> list[str]:
    """The messages of a conversation's turns in the store."""
    store = open_store(f"sqlite:///{home / 'conversations.db'}")
    try:
        return [turn.message for turn in store.load(path.rpartition("/")[2]).turns]
    finally:
        store.close()


def test_a_message_under_way_is_answered_and_stored_before_it_stops(home: Path) -> None:
    model = SlowModel()
    with model.server, serving(home, **model.settings) as server, ThreadPoolExecutor() as pool:
        path = start(server)
        answer = pool.submit(server.call, "POST", f"{path}/messages", {"message": THANKS})
        assert model.asked.wait(60)
        server.terminate()
        refused = False
        while not refused:  # it listens no more
            try:
                socket.create_connection(("127.0.0.1", server.port)).close()
            except ConnectionRefusedError:
                refused = True
            except ConnectionResetError:
                continue  # it had knocked, and was not yet let in, as the door closed
        assert not answer.done()
        model.go.set()
        status, turn = answer.result()
        assert (status, turn["controller"]) == (200, "model"), turn
        assert server.ended() == 0
    assert stored(home, path) == [THANKS]
    assert '"event": "stopped"' in server.said[-1]


def test_a_caller_for_whom_there_is_no_time_is_told_and_the_turn_is_stored(home: Path) -> None:
    model = SlowModel()
    name = {"Idempotency-Key": "the only one"}
    with (
        model.server,
        serving(home, TASTEMAKER_SERVE_STOP_S="0.5", **model.settings) as server,
        ThreadPoolExecutor() as pool,
    ):
        path = start(server)
        answer = pool.submit(lambda: server.call("POST", f"{path}/messages", {"message": THANKS}, **name))
        assert model.asked.wait(60)
        server.terminate()
        status, problem = answer.result()
        assert (status, problem["detail"]) == (503, "The server is stopping."), problem
        model.go.set()
        assert server.ended() == 0
    assert stored(home, path) == [THANKS]
    with serving(home) as server:
        status, turn = server.call("POST", f"{path}/messages", {"message": THANKS}, **name)
        assert (status, turn["number"], turn["controller"]) == (200, 1, "model")
    assert stored(home, path) == [THANKS]


def test_told_to_stop_by_the_keyboard_it_says_that_it_was_interrupted(home: Path) -> None:
    with serving(home) as server:
        server.process.send_signal(signal.SIGINT)
        assert server.ended() == 130
    assert not any("Traceback" in line for line in server.said)


def test_what_several_processes_may_not_share(home: Path) -> None:
    assert "2 server processes cannot share conversations in SQLite." in refusal(home, "--workers", "2")
    embedded = {"TASTEMAKER_VECTOR_INDEX": "chroma", "TASTEMAKER_SERVE_AUTH": "off"}
    told = refusal(home, "--workers", "2", TASTEMAKER_DATABASE_URL=NOBODY, **embedded)
    assert "2 server processes cannot share Chroma's files." in told
    assert "chroma run" in told


def test_one_home_has_one_server(home: Path) -> None:
    with serving(home) as first:
        assert f"Another server uses the files in {home}." in refusal(home)
        assert first.call("GET", "/readyz") == (200, {"status": "ok"})
        first.terminate()
        assert first.ended() == 0
    with serving(home) as after:
        after.kill()  # what held the home dies with the process
    with serving(home):
        pass


def test_other_machines_need_a_key(home: Path) -> None:
    assert "tastemaker keys add" in refusal(home, "--host", "0.0.0.0")
    off = refusal(home, "--host", "0.0.0.0", TASTEMAKER_SERVE_AUTH="off")
    assert "may listen on this machine alone, not on 0.0.0.0" in off
    assert "tastemaker keys add" in refusal(home, TASTEMAKER_SERVE_AUTH="keys")


def test_it_says_when_no_key_is_asked_for(home: Path) -> None:
    with serving(home) as server:
        assert server.heard("No API key is asked for")
        assert server.call("GET", "/v1/catalogs")[0] == 200
    key = make_key(home)
    with serving(home, "--host", "0.0.0.0") as server:
        assert server.call("GET", "/v1/catalogs")[0] == 401
        assert server.call("GET", "/v1/catalogs", Authorization=f"Bearer {key}")[0] == 200
        assert not any("No API key is asked for" in line for line in server.said)
        assert not any(key in line for line in server.said)


def test_a_port_that_is_taken(home: Path) -> None:
    with socket.socket() as taken:
        port = free_port()
        taken.bind(("127.0.0.1", port))
        taken.listen()
        told = refusal(home, "--port", str(port), code=2)
    assert f"The port {port} is taken on 127.0.0.1." in told


def test_the_page_is_served_by_one_process_on_this_machine(home: Path) -> None:
    for options in (("--workers", "2"), ("--host", "0.0.0.0")):
        assert "in one process on this machine alone" in refusal(home, "--page", *options, code=2)
