"""`tastemaker serve` and clients that are many, slow, silent, too loud, or gone."""

from __future__ import annotations

import json
import select
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.agent.fault_turns import SAID, SCRIPT
from tests.servers.openai_server import Answer, Body, OpenAIServer
from tests.servers.serving import Serve, home_like, serving

HEAD = "POST /v1/conversations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return home_like(demo_home, tmp_path_factory.mktemp("clients"))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[Serve]:
    """A server that gives a client half a second."""
    with serving(home, TASTEMAKER_SERVE_BODY_S="0.5", TASTEMAKER_SERVE_RATE="0") as running:
        yield running


def start(server: Serve, catalog: str = "films") -> str:
    status, made = server.call("POST", "/v1/conversations", {"catalog": catalog})
    assert status == 201, made
    return f"/v1/conversations/{made['id']}"


def raw(server: Serve) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=60)


def read(connection: socket.socket) -> bytes:
    """All that comes until the other side closes, or resets for a byte of ours that it had not read."""
    whole = b""
    with suppress(ConnectionResetError):
        while part := connection.recv(65536):
            whole += part
    return whole


def answered(connection: socket.socket) -> tuple[int, dict[str, object]]:
    """(status, problem) of an answer after which the connection is closed."""
    head, _, body = read(connection).partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)


def drip(connection: socket.socket, piece: bytes) -> int:
    """Send a piece again and again, a little pause after each, until there is an answer; how many were sent."""
    sent = 0
    while not select.select([connection], [], [], 0.02)[0]:
        connection.sendall(piece)
        sent += 1
    return sent


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_many_clients_in_one_conversation(server: Serve, catalog: str) -> None:
    path, clients = start(server, catalog), 8
    begin = threading.Barrier(clients)

    def insist(number: int) -> list[tuple[int, int]]:
        """(status, turn) of every try, until the message is taken."""
        tries: list[tuple[int, int]] = []
        begin.wait()
        while not tries or tries[-1][0] == 409:
            status, body = server.call("POST", f"{path}/messages", {"message": f"hello, I am number {number}"})
            tries.append((status, body.get("number", 0)))
        return tries

    with ThreadPoolExecutor(clients) as pool:
        tries = list(pool.map(insist, range(clients)))
    assert {status for mine in tries for status, _ in mine} == {200, 409}
    assert sorted(number for mine in tries for status, number in mine if status == 200) == list(range(1, clients + 1))
    _, told = server.call("GET", f"{path}/turns")
    for number, mine in enumerate(tries):
        assert told["turns"][mine[-1][1] - 1]["message"] == f"hello, I am number {number}"
    assert server.call("GET", path)[1]["version"] == clients


def test_a_body_that_drips_is_refused_and_holds_up_nobody(server: Serve) -> None:
    path = start(server)
    with ThreadPoolExecutor() as pool, raw(server) as slow:
        slow.sendall(f"{HEAD}Content-Length: 100000\r\n\r\n".encode())
        other = pool.submit(server.call, "POST", f"{path}/messages", {"message": "hello"})
        assert drip(slow, b" ") > 1
        status, problem = answered(slow)
        assert (status, problem["detail"]) == (408, "The body did not come within 0.5 s.")
        assert other.result()[0] == 200


def test_a_head_that_drips_is_cut_off(server: Serve) -> None:
    with raw(server) as slow:
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        assert drip(slow, b"X-More: 1\r\n") > 1
        assert read(slow) == b""


def test_a_head_without_end_is_cut_off(server: Serve) -> None:
    with raw(server) as loud:
        loud.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            loud.sendall(20_000 * (b"X-More: " + 1000 * b"x" + b"\r\n"))


def test_silent_connections_are_closed_and_hold_up_nobody(server: Serve) -> None:
    silent = [raw(server) for _ in range(100)]
    for half in silent[::2]:
        half.sendall(b"POST /v1/conversations HTTP/1.1\r\nHost: local")
    path = start(server)
    assert server.call("POST", f"{path}/messages", {"message": "something funny"})[0] == 200
    assert all(read(connection) == b"" for connection in silent)
    for connection in silent:
        connection.close()


def test_a_connection_between_two_requests_may_wait(server: Serve) -> None:
    connection = server.connection()
    for _ in range(2):
        connection.request("GET", "/healthz")
        assert connection.getresponse().read() == b'{"status":"ok"}'
        kept = connection.sock
        with raw(server) as silent:
            assert read(silent) == b""  # longer than a silent one may
    assert connection.sock is kept is not None
    connection.close()


def test_a_body_that_is_too_long(server: Serve) -> None:
    with raw(server) as announced:
        announced.sendall(f"{HEAD}Content-Length: 300000\r\n\r\n".encode())
        assert answered(announced)[0] == 413
    with raw(server) as counted:
        counted.sendall(f"{HEAD}Transfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(5):
            counted.sendall(b"10000\r\n" + 65536 * b" " + b"\r\n")
        status, problem = answered(counted)
    assert (status, problem["detail"]) == (413, "The body is longer than 256 KiB.")
    assert httpx.post(f"{server.url}/v1/conversations", content=300_000 * b" ").status_code == 413
    assert server.call("GET", "/healthz")[0] == 200


def test_a_client_that_hangs_up_within_a_turn(tmp_path: Path, demo_home: Path) -> None:
    message, plan = next(iter(SCRIPT["films"].items()))
    go = threading.Event()

    def answer(body: Body) -> Answer:
        if "response_format" in body:
            return Answer(plan)
        go.wait()
        return Answer(SAID)

    settings = {"TASTEMAKER_STRUCTURED": "json_schema", "TASTEMAKER_TIMEOUT_S": "60"}
    own = home_like(demo_home, tmp_path)
    with OpenAIServer(answer) as model, serving(own, OPENAI_BASE_URL=model.base_url, **settings) as server:
        path = start(server)
        connection = server.connection()
        asked = json.dumps({"message": message, "stream": True})
        connection.request("POST", f"{path}/messages", asked, {"Content-Type": "application/json"})
        events = connection.getresponse()
        assert events.readline().startswith(b"event: ")  # and the model is still to write
        connection.sock.close()
        events.close()
        go.set()
        (line,) = server.heard('"event": "turn"')
        assert json.loads(line)["controller"] == "model"
        _, told = server.call("GET", f"{path}/turns")
        assert [turn["message"] for turn in told["turns"]] == [message]
        again = server.call("POST", f"{path}/messages", {"message": "thanks", "controller": "rules"})
        assert (again[0], again[1]["number"]) == (200, 2)
