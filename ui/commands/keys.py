"""`keys`: API keys for `tastemaker serve`: made, listed, revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UnknownCatalog
from ui.commands import examples

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from agent.keys import ApiKey

app = typer.Typer(no_args_is_help=True, help="API keys for `tastemaker serve`.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command(
    short_help="Make a key.",
    epilog=examples(
        "tastemaker keys add shop",
        "tastemaker keys add shop --catalog books --days 90",
        "tastemaker keys add prometheus --metrics",
    ),
)
def add(
    owner: Annotated[str, typer.Argument(help="Whose conversations it reaches: small letters, digits, hyphens.")],
    catalog: Annotated[
        list[str] | None, typer.Option("--catalog", "-c", help="A catalogue it opens; all of them when left out.")
    ] = None,
    metrics: Annotated[bool, typer.Option("--metrics", help="It may read /metrics.")] = False,
    days: Annotated[float | None, typer.Option(help="Days until it expires.", min=0.01)] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API key and print it. It cannot be shown again: only a digest of it is kept.

    Keys of one owner reach the same conversations and people; those of two owners never do.
    """
    with _opened() as tastemaker:
        there = {info.name for info in tastemaker.catalogs()}
        for name in catalog or ():
            if name not in there:
                raise UnknownCatalog(f"There is no catalogue {name!r}.", f"There are: {', '.join(sorted(there))}.")
        held, text = tastemaker.store.keys.add(owner, catalog or None, metrics=metrics, days=days)
    if as_json:
        typer.echo(json.dumps({"id": held.id, "owner": held.owner, "key": text}))
        return
    typer.echo(text)
    typer.echo("Keep it now: it cannot be shown again. Send it as: Authorization: Bearer KEY", err=True)


@app.command("list", short_help="List the keys.", epilog=examples("tastemaker keys list"))
def list_(as_json: AsJson = False) -> None:
    """List the keys, the newest first; the keys themselves are not kept."""
    with _opened() as tastemaker:
        held = tastemaker.store.keys.all()
    if as_json:
        typer.echo(json.dumps([key.model_dump() for key in held], indent=2))
        return
    if not held:
        typer.echo("No keys. `tastemaker keys add NAME` makes one.")
    for key in held:
        opens = "all catalogues" if key.catalogs is None else ", ".join(key.catalogs)
        typer.echo(f"{key.id}  {key.owner:<20} {_day(key.created_at)}  {_state(key):<18} {opens}{_also(key)}")


@app.command(short_help="Close a key for good.", epilog=examples("tastemaker keys revoke 0123456789abcdef"))
def revoke(key: Annotated[str, typer.Argument(help="Id of the key.")]) -> None:
    """Close a key for good; it counts from the next request on."""
    with _opened() as tastemaker:
        held = tastemaker.store.keys.revoke(key)
    typer.echo(f"The key {held.id} of {held.owner} is closed.")


@contextmanager
def _opened() -> Iterator[Tastemaker]:
    from agent.build import build

    tastemaker = build()
    try:
        yield tastemaker
    finally:
        tastemaker.close()


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return f"closed {_day(key.revoked_at)}"
    if key.expires_at is None:
        return "open"
    past = key.expires_at <= datetime.now(UTC).timestamp()
    return f"{'expired' if past else 'until'} {_day(key.expires_at)}"


def _also(key: ApiKey) -> str:
    return ", metrics" if key.metrics else ""
