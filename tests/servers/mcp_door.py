"""Ways to the MCP door for the SDK's own client: a process of the installed command, and HTTP with a key."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from agent.build import Tastemaker
from tests.servers.http_door import http_door

COMMAND = Path(sys.executable).parent / "tastemaker"
MODES = ("legacy", "auto")
"""The handshake of 2025, and the protocol of 2026 that does without one."""


def environment(home: Path, **more: str) -> dict[str, str]:
    return os.environ | {"TASTEMAKER_HOME": str(home), "TASTEMAKER_CONTROLLER": "rules"} | more


def process(home: Path, **more: str) -> StdioServerParameters:
    """`tastemaker mcp`, to be started by a client."""
    return StdioServerParameters(command=str(COMMAND), args=["mcp"], env=environment(home, **more))


@asynccontextmanager
async def connected(url: str, key: str = "", mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
    """A client of a door at http://…, with a key of the Authorization header."""
    sent = headers | ({"Authorization": f"Bearer {key}"} if key else {})
    async with (
        httpx2.AsyncClient(headers=sent, timeout=120) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


@asynccontextmanager
async def served(tastemaker: Tastemaker, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a door of its own, which is closed with it."""
    with http_door(tastemaker) as door:
        async with connected(door.url, mode=mode) as client:
            yield client


@contextmanager
def started(home: Path, *arguments: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command with pipes for its streams, ended with the block."""
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([str(COMMAND), *arguments], env=environment(home, **more), **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def home_beside(demo_home: Path, folder: Path) -> Path:
    """A home folder with the demo catalogues and conversations and keys of its own."""
    home = folder / "home"
    home.mkdir()
    for part in ("catalogs", "models"):
        (home / part).symlink_to(demo_home / part)
    return home


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def said(result: Any) -> str:
    """The first text of a tool's answer."""
    return str(result.content[0].text)
