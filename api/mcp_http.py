"""MCP as streamable HTTP under one path, behind the guard.

It keeps no sessions: every request carries its key and is answered for that caller alone, so there is
no session of another to be used, any worker process can answer, and a restart is not noticed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from sse_starlette.sse import AppStatus
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from api.callers import Caller
from api.logs import Lines
from api.mcp_calls import Calling, Context
from api.mcp_server import mcp_server
from api.problems import Refused, request_id

PATH = "/mcp"


class McpEndpoint:
    """The ASGI endpoint; see the module."""

    path = PATH
    """Names the route in log lines and metrics."""

    def __init__(self, lines: Lines, body_bytes: int, origins: frozenset[str]) -> None:
        """`body_bytes`: longest request body; `origins`: web origins whose pages may call, as https://shop.example."""
        self._server: Server[Any] = mcp_server(_over_http, lines)
        self._body_bytes, self._origins = body_bytes, origins
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer requests until this is left."""
        # The SDK's streams would be cut when the server is told to stop; ours end by themselves, with their turn.
        AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]
        manager = StreamableHTTPSessionManager(self._server, stateless=True, max_request_body_size=self._body_bytes)
        async with manager.run():
            self._manager = manager
            yield
            self._manager = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; raises Refused for what is not a message from where messages may come."""
        if self._manager is None:
            raise RuntimeError("the endpoint is not running")
        scope["route"] = self
        if scope["method"] != "POST":
            raise Refused(405, "Messages are POSTed here.", "There is no stream to open or end.", {"Allow": "POST"})
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is not None and origin not in self._origins and urlsplit(origin).netloc != headers.get("host"):
            raise Refused(403, "Pages of this origin may not call.", "Name it in TASTEMAKER_SERVE_ORIGINS.")
        await self._manager.handle_request(scope, receive, send)


def _over_http(ctx: Context) -> Calling:
    """Who sent a request that the guard has let in."""
    request = ctx.request
    assert request is not None
    caller: Caller = request.state.caller
    return Calling(caller.access, request.app.state.turns, request=request_id(request.scope))
