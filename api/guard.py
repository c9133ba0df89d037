"""The guard before every route: names the request, lets its caller in, and bounds what may be sent and how slowly."""

from __future__ import annotations

import asyncio
import secrets
import time

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.callers import Door, Rates
from api.logs import Lines
from api.metrics import Metrics
from api.problems import Refused, tell, unexpected
from core.errors import TastemakerError

OPEN = frozenset({"/healthz", "/readyz", "/openapi.json"})
"""Paths that anybody may read."""
PREFIXES = ("/v1/", "/mcp")
STOPPED = "Send the same request again soon, under the same Idempotency-Key: a turn that was under way is stored."
GONE = 499
"""Stands in the log where the client left before there was an answer."""


class Guard:
    """ASGI middleware around the routes; see the module."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        door: Door,
        rates: Rates,
        lines: Lines,
        metrics: Metrics,
        body_bytes: int,
        body_s: float,
        hosts: frozenset[str] | None,
    ) -> None:
        """`hosts`: names the server may be called by; None: any."""
        self.app, self.door, self.rates, self.lines, self.metrics = app, door, rates, lines, metrics
        self.body_bytes, self.body_s, self.hosts = body_bytes, body_s, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or not ours(scope["path"]):
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = name = secrets.token_hex(8)
        started, status, began = time.perf_counter(), GONE, False

        async def sending(message: Message) -> None:
            nonlocal status, began
            if message["type"] == "http.response.start":
                status, began = message["status"], True
                MutableHeaders(scope=message)["X-Request-Id"] = name
            await send(message)

        request, error = Request(scope, receive), None
        try:
            await self._let_in(request)
            await self.app(scope, _bounded(receive, self.body_bytes, self.body_s), sending)
        except asyncio.CancelledError:  # the server stops, and this has had its time
            if began:
                raise
            await tell(request, Refused(503, "The server is stopping.", STOPPED))(scope, receive, sending)
        except Exception as fault:
            error = fault
            if began:
                raise
            told = tell(request, fault) if isinstance(fault, TastemakerError | Refused) else unexpected(request)
            await told(scope, receive, sending)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.request(scope, status, seconds)
            self.lines.request(scope, status, seconds, error)

    async def _let_in(self, request: Request) -> None:
        if self.hosts is not None and _name(request.headers.get("host", "")) not in self.hosts:
            raise Refused(421, "This server is not called that.", "Call it by the address it was started with.")
        length = Headers(scope=request.scope).get("content-length", "0")
        if length.isdecimal() and int(length) > self.body_bytes:
            raise _too_long(self.body_bytes)
        if request.url.path in OPEN:
            return
        told = request.headers.get("authorization")
        caller = await run_in_threadpool(self.door.open, told) if self.door.keyed else self.door.open(told)
        request.scope["state"]["caller"] = caller
        if caller.key:
            self.rates.take(caller.key)


def ours(path: str) -> bool:
    """Whether a path belongs to this door; the chat page may stand beside it under all others."""
    return path.startswith(PREFIXES) or path in OPEN or path == "/metrics"


def _bounded(receive: Receive, most: int, seconds: float) -> Receive:
    """`receive` that refuses a body that is too long or comes too slowly; after the body it only waits."""
    sent, until, whole = 0, time.monotonic() + seconds, False

    async def receiving() -> Message:
        nonlocal sent, whole
        if whole:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, until - time.monotonic()))
        except TimeoutError:
            told = f"The body did not come within {seconds:g} s."
            raise Refused(408, told, "Send it in one go.", {"Connection": "close"}) from None
        if message["type"] == "http.request":
            sent += len(message.get("body", b""))
            whole = not message.get("more_body", False)
        if sent > most:
            raise _too_long(most)
        return message

    return receiving


def _too_long(most: int) -> Refused:
    return Refused(413, f"The body is longer than {most // 1024} KiB.", "Send less at once.", {"Connection": "close"})


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    return (host[: host.find("]") + 1] if host.startswith("[") else host.rsplit(":", 1)[0]).lower()
