"""`catalog`: import, list, look at, check, mend and remove catalogues."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput
from ui.commands import examples, importing

if TYPE_CHECKING:
    from agent.settings import Settings

app = typer.Typer(
    help="Catalogues: import, list, show, check, mend, remove.", no_args_is_help=True, rich_markup_mode=None
)
importing.register(app)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameArgument = Annotated[str, typer.Argument(help="Name of the catalogue.")]


def _settings() -> Settings:
    from agent.settings import load_settings

    return load_settings()


@app.command("list", epilog=examples("tastemaker catalog list", "tastemaker catalog list --json"))
def list_(as_json: JsonOption = False) -> None:
    """List the installed catalogues."""
    from tools.catalog.store import list_catalogs, open_catalog

    home = _settings().home
    found = []
    for name in list_catalogs(home):
        catalog = open_catalog(home, name)
        found.append({"name": name, "title": catalog.schema.title, "items": len(catalog), **_source(catalog.manifest)})
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif not found:
        typer.echo("None is installed. `tastemaker ui` prepares the demos; `tastemaker catalog import` adds your own.")
    for row in found if not as_json else ():
        typer.echo(f"{row['name']:<20} {row['items']:>9,} items  {row['title']}  ({row['source']}, {row['created']})")


def _source(manifest: dict[str, Any]) -> dict[str, Any]:
    return {key: manifest.get(key) for key in ("interactions", "embedder", "source", "created")}


@app.command(epilog=examples("tastemaker catalog show films", "tastemaker catalog show films --item heat-1995 --json"))
def show(
    name: NameArgument,
    item: Annotated[str | None, typer.Option("--item", help="Id of an item to show.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a catalogue's facts and fields, or one of its items."""
    from tools.catalog.store import open_catalog

    catalog = open_catalog(_settings().home, name)
    if item is not None:
        try:
            shown: dict[str, Any] = catalog.item(item).model_dump(mode="json")
        except KeyError:
            raise BadInput(
                f"The catalogue {name!r} has no item {item!r}.",
                f'Get ids with `tastemaker tool find_title --catalog {name} --input \'{{"title": "…"}}\'`.',
            ) from None
    else:
        manifest = {k: v for k, v in catalog.manifest.items() if k != "files"}
        shown = {**manifest, "schema": catalog.schema.model_dump(mode="json", exclude_defaults=True)}
    if as_json:
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    import yaml

    schema = shown.pop("schema", None)
    typer.echo(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True, width=110).rstrip())
    if schema is not None:
        typer.echo("fields:")
        for spec in catalog.schema.fields:
            many = ", several" if spec.many else ""
            typer.echo(f"  {spec.name:<16} {spec.type}{many}{f' ({spec.note})' if spec.note else ''}")


@app.command(epilog=examples("tastemaker catalog remove wines", "tastemaker catalog remove wines --yes"))
def remove(name: NameArgument, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Remove a catalogue; conversations about it stay, but cannot go on."""
    from tools.catalog.store import open_catalog, remove_catalog
    from ui.opening import confirm

    settings = _settings()
    count = len(open_catalog(settings.home, name))
    confirm(f"Remove the catalogue {name!r} with {count:,} items?", yes=yes)
    remove_catalog(settings.home, name, settings.chroma_url or "")
    typer.echo(f"Removed {name!r}.")


@app.command(epilog=examples("tastemaker catalog check films", "tastemaker catalog check films --mend"))
def check(
    name: NameArgument,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what does not fit.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every file of a catalogue again and say what does not fit; exit code 3 when something does not."""
    from ui.checking import problems_of

    settings = _settings()
    found = problems_of(settings, name, thorough=True)
    if found and mend:
        _mend(settings, name)
        found = problems_of(settings, name, thorough=True)
    if as_json:
        typer.echo(json.dumps([m.model_dump() for m in found], ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(f"{m.problem} {m.mend}" for m in found) or f"{name}: all is well.")
    if found:
        raise typer.Exit(3)


@app.command(epilog=examples("tastemaker catalog mend films"))
def mend(name: NameArgument) -> None:
    """Build a catalogue's indexes again, from its own items and ratings."""
    _mend(_settings(), name)
    typer.echo(f"{name}: built again.")


def _mend(settings: Settings, name: str) -> None:
    from ingest.mending import rebuild
    from ui.opening import progress_shown

    with progress_shown() as progress:
        rebuild(
            settings.home,
            name,
            embedder=settings.embedder,
            chroma=settings.vector_index != "exact",
            chroma_url=settings.chroma_url or "",
            progress=progress,
        )
