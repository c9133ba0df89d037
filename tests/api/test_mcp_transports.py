"""How MCP travels: clean streams, cut connections, orderly ends, limits, and no word to anybody else."""

from __future__ import annotations

import io
import json
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from mcp import Client
from mcp.server._otel import OpenTelemetryMiddleware
from starlette.applications import Starlette

from agent.build import Tastemaker, build
from agent.settings import load_settings
from api.app import make_app
from api.logs import Lines
from api.mcp_server import mcp_server
from tests.api.test_mcp_isolation import ACCEPT, HANDSHAKE
from tests.scripts import SCRIPTS
from tests.servers.http_door import HttpDoor, http_door
from tests.servers.mcp_door import MODES, connected, environment, free_port, home_beside, process, said, started
from tests.servers.openai_server import Answer, Body, OpenAIServer

pytestmark = pytest.mark.anyio
PLAN = json.dumps({"wishes": [], "act": "recommend"})
SPY = """
import os, socket
real = socket.socket.connect
def connect(self, address):
    if self.family != socket.AF_UNIX:
        with open(os.environ["SPY_FILE"], "a") as file:
            file.write(f"{address}\\n")
    return real(self, address)
socket.socket.connect = connect
"""


def line(method: str, number: int | None = None, **params: Any) -> bytes:
    named = {} if number is None else {"id": number}
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params} | named).encode() + b"\n"


def call(number: int, name: str, **arguments: Any) -> bytes:
    return line("tools/call", number, name=name, arguments=arguments)


OPENING = json.dumps(HANDSHAKE).encode() + b"\n" + line("notifications/initialized")


def until(true: Callable[[], object], seconds: float = 120) -> None:
    """Wait for something that is seen from outside only."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.05)


class Slow:
    """A model that answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.told = threading.Event(), threading.Event()

    def __call__(self, body: Body) -> Answer:
        self.asked.set()
        assert self.told.wait(120)
        return Answer(PLAN) if "response_format" in body or "tools" in body else Answer("Start with [[1]].")


# -- stdin and stdout ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_nothing_but_messages_is_on_stdout_and_nothing_but_log_lines_on_stderr(catalog: str, demo_home: Path) -> None:
    with started(demo_home, "mcp") as running:
        running.stdin.write(OPENING + call(2, "start_conversation", catalog=catalog))
        running.stdin.flush()
        first = [json.loads(running.stdout.readline()) for _ in range(2)]
        key = first[1]["result"]["structuredContent"]["id"]
        running.stdin.write(
            b"this is no message\n" + call(3, "send_message", conversation=key, message="a secret wish")
        )
        running.stdin.flush()
        until_third = [json.loads(running.stdout.readline())]
        while until_third[-1].get("id") != 3:
            until_third.append(json.loads(running.stdout.readline()))
        out, err = running.communicate()
        assert running.returncode == 0
    assert all(message["jsonrpc"] == "2.0" for message in (*first, *until_third, *map(json.loads, out.splitlines())))
    (turn,) = [json.loads(told) for told in err.decode().splitlines() if json.loads(told)["event"] == "turn"]
    assert (turn["conversation"], turn["catalog"]) == (key, catalog)
    assert b"secret" not in err


def test_a_first_start_builds_the_demo_catalogues_without_a_word(tmp_path: Path) -> None:
    quick = {"TASTEMAKER_EMBEDDER": "hashing:64", "TASTEMAKER_TAGGER": "0", "TASTEMAKER_VECTOR_INDEX": "exact"}
    with started(tmp_path / "home", "mcp", **quick) as running:
        out, err = running.communicate(OPENING + call(2, "describe_catalog", catalog="books"))
        assert running.returncode == 0
    answers = [json.loads(told) for told in out.splitlines()]
    assert [a["id"] for a in answers][0] == 1
    assert err == b""
    assert (tmp_path / "home" / "catalogs" / "books" / "current").exists()
    assert (tmp_path / "home" / "catalogs" / "films" / "current").exists()


def test_a_turn_under_way_when_stdin_ends_is_finished_and_stored(demo_home: Path, tmp_path: Path) -> None:
    slow = Slow()
    with OpenAIServer(slow) as model:
        database = f"sqlite:///{tmp_path / 's.db'}"
        more = {"TASTEMAKER_CONTROLLER": "model", "OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "k"}
        with started(demo_home, "mcp", TASTEMAKER_DATABASE_URL=database, **more) as running:
            running.stdin.write(OPENING + call(2, "start_conversation", catalog="books"))
            running.stdin.flush()
            key = [json.loads(running.stdout.readline()) for _ in range(2)][1]["result"]["structuredContent"]["id"]
            running.stdin.write(call(3, "send_message", conversation=key, message="a mystery"))
            running.stdin.flush()
            assert slow.asked.wait(120)
            running.stdin.close()
            slow.told.set()
            assert running.wait(120) == 0
    (turn,) = build(load_settings(home=demo_home, database_url=database)).store.load(key).turns
    assert (turn.message, turn.controller) == ("a mystery", "model")


def test_ctrl_c_ends_it(demo_home: Path) -> None:
    with started(demo_home, "mcp") as running:
        running.stdin.write(OPENING)
        running.stdin.flush()
        assert json.loads(running.stdout.readline())["id"] == 1
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == -signal.SIGINT
        assert running.stderr.read() == b""


def test_a_port_is_for_http_alone(demo_home: Path) -> None:
    with started(demo_home, "mcp", "--port", "9") as running:
        out, err = running.communicate()
    assert (running.returncode, out) == (2, b"")
    assert b"Add --http." in err


# -- HTTP ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_a_turn_whose_listener_hangs_up_is_finished_and_stored(
    mode: str, demo_home: Path, tmp_path: Path
) -> None:
    slow = Slow()
    with OpenAIServer(slow) as model:
        app = build(
            load_settings(
                home=demo_home, base_url=model.base_url, api_key="k", database_url=f"sqlite:///{tmp_path / 's.db'}"
            )
        )
        key = app.start("films", person="").id
        with http_door(app) as door:
            async with connected(door.url, mode=mode) as client, anyio.create_task_group() as tasks:
                tasks.start_soon(client.call_tool, "send_message", {"conversation": key, "message": "a comedy"})
                await anyio.to_thread.run_sync(slow.asked.wait)
                tasks.cancel_scope.cancel()
            assert app.load(key).turns == ()
            slow.told.set()
            until(lambda: app.load(key).turns)
            async with connected(door.url, mode=mode) as client:
                read = await client.call_tool("read_conversation", {"conversation": key})
    assert [t["message"] for t in read.structured_content["last_turns"]] == ["a comedy"]


@pytest.mark.parametrize("mode", MODES)
async def test_a_server_told_to_stop_answers_the_turn_under_way(mode: str, demo_home: Path, tmp_path: Path) -> None:
    slow, port = Slow(), free_port()
    with OpenAIServer(slow) as model:
        more = {"TASTEMAKER_CONTROLLER": "model", "OPENAI_BASE_URL": model.base_url, "OPENAI_API_KEY": "k"}
        home = home_beside(demo_home, tmp_path)
        with started(home, "mcp", "--http", "--port", str(port), **more) as running:
            _wait_for(port)
            async with connected(f"http://127.0.0.1:{port}", mode=mode) as client:
                made = await client.call_tool("start_conversation", {"catalog": "books"})
                say = {"conversation": made.structured_content["id"], "message": "a mystery"}
                answers: list[Any] = []

                async def speak() -> None:
                    answers.append(await client.call_tool("send_message", say))

                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(speak)
                    await anyio.to_thread.run_sync(slow.asked.wait)
                    running.send_signal(signal.SIGTERM)
                    await anyio.to_thread.run_sync(until, lambda: not _answers(port))
                    await anyio.sleep(2)  # time enough for a library to notice the signal and cut its streams
                    slow.told.set()
            until(lambda: running.poll() is not None)
        assert running.returncode in {0, -signal.SIGTERM}
    assert answers[0].structured_content["controller"] == "model"


def test_alone_over_http_there_is_nothing_else(demo: Tastemaker) -> None:
    app = make_app(demo, keyed=False, lines=Lines(io.StringIO()), mcp_alone=True)
    paths = {getattr(route, "path", None) for route in app.routes}
    assert "/mcp" in paths
    assert not [path for path in paths if path and path.startswith("/v1")]


def test_the_command_serves_http(demo_home: Path, tmp_path: Path) -> None:
    port = free_port()
    home = home_beside(demo_home, tmp_path)
    with started(home, "mcp", "--http", "--port", str(port)) as running:
        _wait_for(port)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as http:
            assert http.post("/mcp", json=HANDSHAKE, headers=ACCEPT).status_code == 200
            assert http.get("/healthz").status_code == 200
            assert http.get("/v1/catalogs").status_code == 404
            assert http.get("/openapi.json").status_code == 404
        with started(home, "mcp", "--http", "--port", str(free_port())) as second:
            _, err = second.communicate()
        assert second.returncode == 3
        assert b"Another server uses the files" in err
        running.send_signal(signal.SIGTERM)
        until(lambda: running.poll() is not None)
        assert b"/mcp (no key is asked for)" in running.stderr.read()


async def test_the_limits_of_the_door_hold(demo_home: Path, tmp_path: Path) -> None:
    settings = load_settings(
        home=demo_home,
        controller="rules",
        database_url=f"sqlite:///{tmp_path / 's.db'}",
        serve_rate=1,
        serve_body_kib=4,
    )
    app = build(settings)
    key = app.store.keys.add("ada")[1]
    with http_door(app, keyed=True) as door, door.client(key) as http:
        long = HANDSHAKE | {"method": "x" * 5000}
        assert http.post("/mcp", json=long, headers=ACCEPT).status_code == 413
        assert http.post("/mcp", content=iter([json.dumps(long).encode()]), headers=ACCEPT).status_code == 413
        statuses = [http.post("/mcp", json=HANDSHAKE, headers=ACCEPT).status_code for _ in range(30)]
    assert statuses[0] == 200
    assert statuses[-1] == 429


def test_a_request_is_logged_and_counted_by_its_route(door: HttpDoor) -> None:
    with door.client() as http:
        name = http.post("/mcp", json=HANDSHAKE, headers=ACCEPT).headers["x-request-id"]
        until(lambda: name in door.log.getvalue())
        (told,) = [json.loads(x) for x in door.log.getvalue().splitlines() if name in x]
        assert (told["route"], told["method"], told["status"]) == ("/mcp", "POST", 200)
        counted = http.get("/metrics").text
    assert 'tastemaker_requests_total{method="POST",route="/mcp",status="200"}' in counted


def test_a_page_may_stand_beside_it(demo: Tastemaker) -> None:
    app = make_app(demo, keyed=False, lines=Lines(io.StringIO()))
    app.mount("/", Starlette())
    from starlette.testclient import TestClient

    with TestClient(app) as http:
        assert http.post("/mcp", json=HANDSHAKE, headers=ACCEPT).status_code == 200


# -- and nobody else -------------------------------------------------------------------------------------------------


async def test_no_other_connection_is_made(demo_home: Path, tmp_path: Path) -> None:
    """The process's own connects are written down; a conversation, every listing and a tool call make none."""
    (tmp_path / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    seen = tmp_path / "seen"
    path = f"{tmp_path}:{environment(demo_home).get('PYTHONPATH', '')}"
    probe = {"PYTHONPATH": path, "SPY_FILE": str(seen)}
    async with Client(process(demo_home, **probe)) as client:
        await client.list_tools()
        await client.list_resources()
        await client.list_prompts()
        made = await client.call_tool("start_conversation", {"catalog": "books"})
        say = {"conversation": made.structured_content["id"], "message": SCRIPTS["books"][0]}
        assert said(await client.call_tool("send_message", say))
        assert not (await client.call_tool("search", {"catalog": "films", "query": "a heist"})).is_error
    assert not seen.exists()


def test_the_spy_sees_a_connection(demo_home: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SPY, encoding="utf-8")
    seen = tmp_path / "seen"
    path = f"{tmp_path}:{environment(demo_home).get('PYTHONPATH', '')}"
    with (
        OpenAIServer(lambda _body: Answer(status=401)) as model,
        started(
            demo_home,
            "ask",
            "a mystery",
            "--catalog",
            "books",
            PYTHONPATH=path,
            SPY_FILE=str(seen),
            TASTEMAKER_CONTROLLER="model",
            OPENAI_BASE_URL=model.base_url,
            OPENAI_API_KEY="k",
        ) as running,
    ):
        running.communicate()
    assert "127.0.0.1" in seen.read_text(encoding="utf-8")


def test_the_sdks_own_spans_are_left_out() -> None:
    server = mcp_server(lambda _ctx: pytest.fail("nobody calls"), Lines(io.StringIO()))
    assert not [m for m in server.middleware if isinstance(m, OpenTelemetryMiddleware)]


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def _wait_for(port: int) -> None:
    until(lambda: _answers(port))
