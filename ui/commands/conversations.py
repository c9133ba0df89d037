"""`conversations`: list, read and delete what has been said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ui.commands import examples

if TYPE_CHECKING:
    from agent.store import SqlStore

app = typer.Typer(help="Conversations: list, show, delete.", no_args_is_help=True, rich_markup_mode=None)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
IdArgument = Annotated[str, typer.Argument(help="Id of the conversation.")]


@contextmanager
def _store() -> Iterator[SqlStore]:
    from agent.build import build

    tastemaker = build()
    try:
        yield tastemaker.store
    finally:
        tastemaker.close()


@app.command(
    "list", epilog=examples("tastemaker conversations list", "tastemaker conversations list --limit 100 --json")
)
def list_(
    limit: Annotated[int, typer.Option(help="Most to list.", min=1)] = 20,
    as_json: JsonOption = False,
) -> None:
    """List conversations, newest first."""
    with _store() as store:
        found = [{"id": c.id, "catalog": c.catalog, "title": c.title} for c in store.recent(limit)]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for row in found:
        typer.echo(f"{row['id']:<14} {row['catalog']:<12} {row['title'] or '(nothing said yet)'}")
    if not found:
        typer.echo("None yet.")


@app.command(
    epilog=examples("tastemaker conversations show h8Kd02mQwZx1", "tastemaker conversations show h8Kd02mQwZx1 --json")
)
def show(conversation: IdArgument, as_json: JsonOption = False) -> None:
    """Show a whole conversation."""
    with _store() as store:
        found = store.load(conversation)
    if as_json:
        turns = [t.public() for t in found.turns]
        whole = {"id": found.id, "catalog": found.catalog, "title": found.title, "ledger": found.ledger.public()}
        typer.echo(json.dumps(whole | {"turns": turns}, ensure_ascii=False, indent=2))
        return
    from ui.terminal import Terminal

    terminal = Terminal()
    terminal.line(f"{found.catalog}: {found.title or '(nothing said yet)'}", "bold")
    for turn in found.turns:
        terminal.line(f"\n› {turn.message}", "cyan")
        terminal.reply(turn.reply)


@app.command(epilog=examples("tastemaker conversations delete h8Kd02mQwZx1 --yes"))
def delete(
    conversation: IdArgument, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Delete a conversation and everything said in it."""
    from ui.opening import confirm

    with _store() as store:
        found = store.load(conversation)
        confirm(f"Delete “{found.title or found.id}” with {len(found.turns)} turns?", yes=yes)
        store.delete(conversation)
    typer.echo(f"Deleted {conversation}.")
