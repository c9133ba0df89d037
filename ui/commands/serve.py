"""`serve`: the agent for other programs, over HTTP."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserMustFix
from ui.commands import examples

if TYPE_CHECKING:
    from fastapi import FastAPI

    from agent.build import Tastemaker


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "serve",
        short_help="The agent for other programs: HTTP, OpenAI's protocol, MCP.",
        epilog=examples(
            "tastemaker serve",
            "tastemaker serve --page                                     with the chat page, in one process",
            "tastemaker keys add shop && tastemaker serve --host 0.0.0.0 for other machines",
            "TASTEMAKER_DATABASE_URL=postgresql://… tastemaker serve --workers 4",
        ),
    )(serve)


def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    workers: Annotated[
        int | None, typer.Option(help="Processes; more than one need PostgreSQL.", min=1, max=64, show_default="1")
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="Serve the chat page too, under /.")] = False,
) -> None:
    """Serve the agent over HTTP: tools, conversations, OpenAI's chat protocol and MCP (docs/api.md).

    On this machine alone no key is asked for until one is made with `tastemaker keys add`; elsewhere always.
    """
    from tools.threads import one_thread_each

    one_thread_each()
    from agent.settings import load_settings
    from api.serving import loopback, run_one
    from api.workers import run_many
    from ui.serving import opened_to_serve

    settings = load_settings(serve_workers=workers)
    if page and (settings.serve_workers > 1 or not loopback(host)):
        raise UserMustFix(
            "The page can be served beside the API in one process on this machine alone: it asks nobody for a key.",
            "Leave --page out, or --workers and --host.",
        )
    with opened_to_serve(settings, host, port) as (tastemaker, keyed):
        _say(host, port, keyed=keyed, page=page)
        if settings.serve_workers > 1:
            tastemaker.close()
            run_many(settings, host, port, settings.serve_workers, keyed=keyed)
        else:
            run_one(_application(tastemaker, keyed=keyed, page=page), settings, host, port)


def _application(tastemaker: Tastemaker, *, keyed: bool, page: bool) -> FastAPI:
    from api.app import make_app, warm

    warm(tastemaker)
    app = make_app(tastemaker, keyed=keyed)
    if page:
        from ui.beside import with_page

        return with_page(app, tastemaker)
    return app


def _say(host: str, port: int, *, keyed: bool, page: bool) -> None:
    shown = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104 - a name to show
    typer.echo(f"The API is at http://{shown}:{port}/v1 (what it takes: /openapi.json; Ctrl-C stops it)", err=True)
    typer.echo(f"MCP is at http://{shown}:{port}/mcp", err=True)
    if page:
        typer.echo(f"The chat page is at http://{shown}:{port}/", err=True)
    if not keyed:
        typer.echo(
            "No API key is asked for: everybody on this machine can use it. `tastemaker keys add NAME` changes that.",
            err=True,
        )
    if os.environ.get("TASTEMAKER_SERVE_LOG_CONTENT"):
        typer.echo("Log lines hold what people write (TASTEMAKER_SERVE_LOG_CONTENT).", err=True)
