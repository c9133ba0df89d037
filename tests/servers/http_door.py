"""The HTTP door on a real socket, in a thread of the tests' own process."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from agent.build import Tastemaker
from api.app import make_app
from api.logs import Lines


@dataclass
class HttpDoor:
    """A running door."""

    app: FastAPI
    port: int
    log: io.StringIO = field(default_factory=io.StringIO)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self, event: str, **named: Any) -> list[dict[str, Any]]:
        """The log lines of an event; waits for the first: a line may be written after its answer was read."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            told = [json.loads(line) for line in self.log.getvalue().splitlines()]
            found = [t for t in told if t["event"] == event and named.items() <= t.items()]
            if found:
                return found
            time.sleep(0.01)
        raise AssertionError(f"no line {event} {named} in {self.log.getvalue()}")

    def client(self, key: str = "", **more: Any) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **more)


@contextmanager
def http_door(tastemaker: Tastemaker, *, keyed: bool = False) -> Iterator[HttpDoor]:
    """Serve until the block ends; then wait until the server has stopped as it should."""
    log = io.StringIO()
    settings = tastemaker.settings
    app = make_app(tastemaker, keyed=keyed, lines=Lines(log, settings.secrets, content=settings.serve_log_content))
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=30))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    until = time.monotonic() + 120
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise RuntimeError(f"the door did not open: {log.getvalue()}")
        time.sleep(0.02)
    try:
        yield HttpDoor(app, listening.getsockname()[1], log)
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()
