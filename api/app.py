"""The HTTP application: routes, guard, and what happens when it starts and stops."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.build import Tastemaker, build
from agent.settings import load_settings
from agent.toolbox import Tool
from api import catalogs, chat_completions, conversations, health, problems, profiles
from api.callers import Door, Rates
from api.guard import Guard
from api.logs import Lines
from api.mcp_http import PATH, McpEndpoint
from api.metrics import Metrics
from api.openapi import describe
from api.tools import tool_routes
from api.turns import Turns, most_at_once
from core.errors import TastemakerError
from core.turn import Conversation

LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
DESCRIPTION = """A conversational recommender over your own catalogues: one tool at a time, or the whole conversation.

Send your API key as `Authorization: Bearer tm_…`. Errors are problem+json (RFC 9457), those of the OpenAI-compatible
routes in OpenAI's own shape."""


def make_app(
    tastemaker: Tastemaker, *, keyed: bool, workers: int = 1, lines: Lines | None = None, mcp_alone: bool = False
) -> FastAPI:
    """The application over everything built. `keyed`: API keys are asked for; `workers`: processes like this one.

    With `mcp_alone` nothing is there but MCP, health and metrics. The routes of tools are made from those of the first
    catalogue; raises OperatorMustFix.
    """
    settings = tastemaker.settings
    lines = lines or Lines(sys.stderr, settings.secrets, content=settings.serve_log_content)
    metrics = Metrics()
    origins = _listed(settings.serve_origins)
    endpoint = McpEndpoint(lines, 1024 * settings.serve_body_kib, frozenset(origins))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.turns = Turns(most_at_once(settings), settings.serve_wait_s, lines, metrics)
        lines.say("started", catalogs=[c.name for c in tastemaker.catalogs()], keys=keyed)
        async with endpoint.running():
            yield
        app.state.stopping = True
        await app.state.turns.finish()
        lines.say("stopped")
        tastemaker.close()

    app = FastAPI(
        title="Tastemaker",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None if mcp_alone else "/openapi.json",
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.tastemaker, app.state.metrics, app.state.stopping = tastemaker, metrics, False
    app.include_router(health.router)
    app.router.routes.append(Route(PATH, endpoint))
    if not mcp_alone:
        for router in (conversations.router, catalogs.router, profiles.router, chat_completions.router):
            app.include_router(router)
        app.include_router(tool_routes(_tools(tastemaker)))
    _tell_errors(app)
    _document(app)
    app.add_middleware(
        Guard,
        door=Door(tastemaker, keyed),
        rates=Rates(settings.serve_rate / workers),
        lines=lines,
        metrics=metrics,
        body_bytes=1024 * settings.serve_body_kib,
        body_s=settings.serve_body_s,
        hosts=hosts_of(settings.serve_hosts, keyed=keyed),
    )
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "MCP-Protocol-Version",
                "Mcp-Method",
                "Mcp-Name",
            ],
            expose_headers=["X-Request-Id", "Location", "Retry-After"],
        )
    return app


def from_environment() -> FastAPI:
    """The application by the environment alone, for worker processes and other ASGI servers."""
    settings = load_settings()
    tastemaker = build(settings)
    warm(tastemaker)
    return make_app(tastemaker, keyed=settings.serve_auth != "off", workers=settings.serve_workers)


def warm(tastemaker: Tastemaker) -> None:
    """Answer one message about each catalogue: the first caller need not wait, and what does not fit is found now.

    Raises OperatorMustFix.
    """
    for info in tastemaker.catalogs():
        said = info.schema_.examples[0] if info.schema_.examples else info.title
        tastemaker.answer(Conversation(id="warm", catalog=info.name), said, "rules")


def hosts_of(named: str, *, keyed: bool) -> frozenset[str] | None:
    """The names a server may be called by; None: any."""
    listed = frozenset(name.lower() for name in _listed(named))
    return listed or (None if keyed else LOCAL)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _tools(tastemaker: Tastemaker) -> list[Tool]:
    found = tastemaker.catalogs()
    return list(tastemaker.toolbox(found[0].name).tools.values()) if found else []


def _document(app: FastAPI) -> None:
    @cache
    def made() -> dict[str, Any]:
        return describe(app)

    app.openapi = made  # type: ignore[method-assign]


def _tell_errors(app: FastAPI) -> None:
    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, TastemakerError)
        return problems.tell(request, error)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return problems.invalid(request, [dict(e) for e in error.errors()])

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if isinstance(error, problems.Refused):
            return problems.tell(request, error)
        return problems.http(request, error.status_code, str(error.detail), dict(error.headers or {}))

    handlers: dict[Any, Any] = {TastemakerError: ours, RequestValidationError: invalid, HTTPException: http}
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
