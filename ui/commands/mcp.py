"""`mcp`: the agent and its tools for programs that speak the Model Context Protocol."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserMustFix
from ui.commands import examples

if TYPE_CHECKING:
    from agent.settings import Settings

PORT, HOST = 8000, "127.0.0.1"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "mcp",
        short_help="The agent for programs that speak MCP.",
        epilog=examples(
            "tastemaker mcp                  over stdin and stdout, for a program that starts it",
            "tastemaker mcp --http           at http://localhost:8000/mcp",
            "tastemaker serve                the same beside the HTTP API",
        ),
    )(mcp)


def mcp(
    http: Annotated[bool, typer.Option("--http", help="Serve streamable HTTP under /mcp instead of stdio.")] = False,
    port: Annotated[
        int | None, typer.Option(help="Port to listen on.", min=1, max=65535, show_default=str(PORT))
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.", show_default=HOST)
    ] = None,
) -> None:
    """Speak the Model Context Protocol: every tool, the whole conversation, resources and prompts (docs/mcp.md).

    Over stdin and stdout nobody is asked for a key; over HTTP the same keys count as with `tastemaker serve`.
    """
    from agent.settings import load_settings

    settings = load_settings()
    if http:
        _serve(settings, host or HOST, port or PORT)
    elif port or host:
        raise UserMustFix("Over stdin and stdout there is no port and no address.", "Add --http.")
    else:
        _speak(settings)


def _speak(settings: Settings) -> None:
    import anyio

    from agent.build import build
    from api.mcp_stdio import speak
    from ui.opening import prepare_demos, silence

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the thread that waits for stdin hears of no KeyboardInterrupt
    with contextlib.redirect_stdout(sys.stderr), silence() as progress:
        prepare_demos(settings, progress)
    tastemaker = build(settings)
    try:
        anyio.run(speak, tastemaker)
    finally:
        tastemaker.close()


def _serve(settings: Settings, host: str, port: int) -> None:
    from tools.threads import one_thread_each

    one_thread_each()
    from api.app import make_app, warm
    from api.serving import run_one
    from ui.serving import opened_to_serve

    with opened_to_serve(settings.model_copy(update={"serve_workers": 1}), host, port) as (tastemaker, keyed):
        warm(tastemaker)
        typer.echo(f"MCP is at http://{host}:{port}/mcp ({'a key' if keyed else 'no key'} is asked for)", err=True)
        run_one(make_app(tastemaker, keyed=keyed, mcp_alone=True), settings, host, port)
