"""`conversations`: list, show, delete."""

from __future__ import annotations

import json
from typing import Annotated

import typer

app = typer.Typer(help="Stored conversations.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """The latest conversations."""
    from ui.session import open_app

    kept = open_app().store.recent()
    if as_json:
        typer.echo(json.dumps([{"id": c.id, "catalog": c.catalog, "title": c.title} for c in kept], ensure_ascii=False))
        return
    for conversation in kept:
        typer.echo(f"{conversation.id}  {conversation.catalog:12} {conversation.title}")


@app.command()
def show(conversation: str, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """A conversation, turn by turn."""
    from ui.session import open_app

    loaded = open_app().store.load(conversation)
    if as_json:
        typer.echo(json.dumps([t.public() for t in loaded.turns], ensure_ascii=False))
        return
    for turn in loaded.turns:
        typer.echo(f"> {turn.message}\n\n{turn.reply}\n")


@app.command()
def delete(conversation: str) -> None:
    """Forget a conversation."""
    from ui.session import open_app

    open_app().store.delete(conversation)
    typer.echo(f"Forgotten: {conversation}")
