"""Conversations over HTTP for the benchmarks of `tastemaker serve`: what is said, and a client that says it."""

from __future__ import annotations

import http.client
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from tests.servers.serving import home_like

CONVERSATIONS = Path(__file__).parent / "conversations.yaml"


@dataclass(frozen=True)
class Talk:
    """What one person says about one catalogue."""

    catalog: str
    messages: tuple[str, ...]


def talks() -> list[Talk]:
    """The fifty conversations of conversations.yaml, one about each catalogue in turn."""
    read = yaml.safe_load(CONVERSATIONS.read_text(encoding="utf-8"))
    by_catalog = [[Talk(catalog, tuple(said)) for said in all_said] for catalog, all_said in read.items()]
    return [talk for together in zip(*by_catalog, strict=True) for talk in together]


class Coming:
    """Conversations without end, for several threads: those of `talks` round and round, new in each round.

    Blanks behind a message make it new, so that no reading of it is remembered; the embedding of what it searches for
    may be.
    """

    def __init__(self) -> None:
        self._talks = self._rounds()
        self._lock = threading.Lock()

    def take(self) -> Talk:
        """The next one."""
        with self._lock:
            return next(self._talks)

    def enough(self, turns: int) -> Iterator[Talk]:
        """As many as hold so many turns together; for one thread."""
        while turns > 0:
            talk = self.take()
            turns -= len(talk.messages)
            yield talk

    def _rounds(self) -> Iterator[Talk]:
        for number in itertools.count():
            for talk in talks():
                yield Talk(talk.catalog, tuple(message + number * " " for message in talk.messages))


@dataclass(frozen=True)
class Told:
    """How a turn came back."""

    seconds: float
    """To its last byte."""
    first: float
    """Seconds to the first event of a stream, to the head of the answer otherwise."""
    status: int
    body: bytes


class Client:
    """One connection to a server, opened again when the server has closed it."""

    def __init__(self, port: int, within: float = 120.0) -> None:
        """`within`: seconds that an answer may take."""
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=within)

    def start(self, catalog: str, key: str = "") -> str:
        """Id of a new conversation."""
        told = self.call("POST", "/v1/conversations", {"catalog": catalog}, key)
        if told.status != 201:
            raise RuntimeError(f"no conversation: {told.status} {told.body[:200]!r}")
        return str(json.loads(told.body)["id"])

    def say(self, conversation: str, message: str, key: str = "") -> Told:
        """A turn as JSON."""
        return self.call("POST", f"/v1/conversations/{conversation}/messages", {"message": message}, key)

    def stream(self, conversation: str, message: str) -> Told:
        """A turn as events."""
        asked = {"message": message, "stream": True}
        return self.call("POST", f"/v1/conversations/{conversation}/messages", asked)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, key: str = "") -> Told:
        """One request; raises OSError or http.client.HTTPException where no whole answer comes."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        started = time.perf_counter()
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._connection.getresponse()
            begun = answer.read1() if answer.getheader("Content-Type", "").startswith("text/event-stream") else b""
            first = time.perf_counter() - started
            whole = begun + answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        return Told(time.perf_counter() - started, first, answer.status, whole)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def own_home(home: Path) -> Iterator[Path]:
    """A home with another's catalogues, and with conversations of its own; deleted afterwards."""
    with TemporaryDirectory(prefix="tastemaker-home-") as folder:
        yield home_like(home, Path(folder))
