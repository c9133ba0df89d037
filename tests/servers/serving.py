"""The command `tastemaker serve` in a process of its own, on a free port, for as long as a test needs it.

with serving(home) as server:
    server.heard('"event": "turn"')      # waits for a line of its log
    server.call("GET", "/healthz")       # (200, {"status": "ok"})
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).parent / "tastemaker"
START_S = 120.0
"""Longest time to start in; reached on a machine that stands still."""


def free_port() -> int:
    """A port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def home_like(home: Path, folder: Path) -> Path:
    """A home in `folder` with the catalogues and models of another, and with conversations of its own."""
    own = folder / "home"
    own.mkdir()
    for part in ("catalogs", "models", "embeddings.db"):
        (own / part).symlink_to(home / part)
    return own


class Serve:
    """One run of the command; `said` holds the lines of its standard error so far."""

    def __init__(self, home: Path, *options: str, port: int | None = None, **environment: str) -> None:
        """`options` of the command; `environment`: further variables, above those of this process."""
        self.port = port or free_port()
        self.said: list[str] = []
        self._news = threading.Condition()
        self._whole = False
        self.process = subprocess.Popen(
            [str(COMMAND), "serve", "--port", str(self.port), *options],
            env=os.environ | {"TASTEMAKER_HOME": str(home), **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that all of its processes can be killed at once
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def heard(self, text: str, times: int = 1, within: float = START_S) -> list[str]:
        """Wait until so many lines hold `text`, and return them; raises AssertionError where the process ends first."""
        with self._news:
            enough = self._news.wait_for(lambda: self._whole or len(self._with(text)) >= times, within)
            found = self._with(text)
        assert enough, f"{text!r} was not said within {within:g} s: {self.tail()}"
        assert len(found) >= times, f"the server ended without {text!r}: {self.tail()}"
        return found

    def tail(self) -> str:
        """The last lines it said."""
        return "".join(self.said[-20:])

    def ready(self, workers: int = 1) -> Serve:
        """Wait until every worker answers; raises AssertionError where the process ends first."""
        self.heard('"event": "started"', workers)
        while True:
            try:
                self.call("GET", "/healthz")
            except ConnectionError:  # its files are read, and in a moment it listens
                assert self.process.poll() is None, self.tail()
                time.sleep(0.01)
            else:
                return self

    def connection(self, within: float = START_S) -> http.client.HTTPConnection:
        """A connection to it, not opened yet; no answer may take longer than `within` seconds."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=within)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """(status, decoded JSON) of one request on a connection of its own."""
        connection = self.connection()
        try:
            told = None if body is None else json.dumps(body)
            connection.request(method, path, told, {"Content-Type": "application/json", **headers})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def workers(self) -> list[int]:
        """Process ids of its workers, where it has several."""
        parent = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        children = [int(pid) for pid in parent.read_text(encoding="ascii").split()]
        return [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def terminate(self) -> None:
        """Ask it to stop, as a supervisor does."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it and its workers at once."""
        with suppress(ProcessLookupError):  # it and its workers may have ended
            os.killpg(self.process.pid, signal.SIGKILL)
        self.ended()

    def ended(self, within: float = START_S) -> int:
        """Wait for its end: the exit status, negative for the signal that killed it."""
        status = self.process.wait(within)
        self._reader.join(within)
        return status

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                with self._news:
                    self.said.append(line)
                    self._news.notify_all()
        with self._news:
            self._whole = True
            self._news.notify_all()

    def _with(self, text: str) -> list[str]:
        return [line for line in self.said if text in line]


@contextmanager
def serving(
    home: Path, *options: str, workers: int = 1, port: int | None = None, **environment: str
) -> Iterator[Serve]:
    """A server that answers; it is killed when the block is left and it still runs."""
    several = ("--workers", str(workers)) if workers > 1 else ()
    server = Serve(home, *options, *several, port=port, **environment)
    try:
        yield server.ready(workers)
    finally:
        server.kill()
