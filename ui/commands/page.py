"""`ui`: the chat page."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import Annotated

import typer

from ui.commands import examples


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ui", epilog=examples("tastemaker ui", "tastemaker ui --port 9000 --no-browser"))(ui)


def ui(
    port: Annotated[
        int, typer.Option(help="Port; the next free one is taken when it is in use.", min=1, max=65535)
    ] = 8501,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
) -> None:
    """Open the chat page. The demo catalogues are prepared first when they are missing; Ctrl-C stops."""
    from agent.settings import load_settings
    from ui.opening import prepare_demos, progress_shown
    from ui.server import address, free_port, serving

    with progress_shown() as progress:
        prepare_demos(load_settings(), progress)
    taken = free_port(host, port)
    if taken != port:
        typer.echo(f"Port {port} is taken; using {taken}.", err=True)
    try:
        with serving(host, taken) as process:
            url = address(host, taken)
            typer.echo(f"Tastemaker is at {url}  (Ctrl-C stops it)")
            sys.stdout.flush()
            if not no_browser and has_screen():
                webbrowser.open(url)
            code = process.wait()
            raise typer.Exit(1 if code else 0)
    except KeyboardInterrupt:
        typer.echo("Stopped.", err=True)
        raise typer.Exit(130) from None


def has_screen() -> bool:
    """Whether a browser can be shown here."""
    if sys.platform in {"darwin", "win32"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
