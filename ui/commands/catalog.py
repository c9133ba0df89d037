"""`catalog`: import, list, look at, check, mend and remove catalogues."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput, UserMustFix

if TYPE_CHECKING:
    from agent.settings import Settings
    from ingest.importing import ImportReport

app = typer.Typer(
    help="Catalogues: import, list, show, check, mend, remove.", no_args_is_help=True, rich_markup_mode=None
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
NameArgument = Annotated[str, typer.Argument(help="Name of the catalogue.")]


class Kind(StrEnum):
    """What can be imported."""

    movielens = "movielens"
    goodbooks = "goodbooks"
    recbole = "recbole"
    csv = "csv"
    jsonl = "jsonl"
    parquet = "parquet"


class OnError(StrEnum):
    """What to do about a row that cannot be read."""

    skip = "skip"
    stop = "stop"


def _settings() -> Settings:
    from agent.settings import load_settings

    return load_settings()


@app.command("import")
def import_(
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    path: Annotated[Path, typer.Argument(help="The file, or the folder of the unpacked data set.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call the catalogue.", show_default=False)] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="Folder with facts to join (movielens).", show_default=False)
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="Schema file, YAML (csv, jsonl, parquet).", show_default=False)
    ] = None,
    on_error: Annotated[OnError, typer.Option(help="What to do about a row that cannot be read.")] = OnError.skip,
    embedder: Annotated[
        str | None, typer.Option(help="minilm, st:MODEL, hashing, hashing:DIM or none.", show_default=False)
    ] = None,
    guess_schema: Annotated[
        bool, typer.Option("--guess-schema", help="Only print a first schema for a table, to read over and pass back.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Import a catalogue; one of the same name is replaced when the new one is complete.

    Examples:
    \b
      tastemaker catalog import movielens ~/data/ml-25m --name movielens
      tastemaker catalog import goodbooks ~/data/goodbooks-10k --name goodbooks
      tastemaker catalog import csv wines.csv --guess-schema > wines.yaml
      tastemaker catalog import csv wines.csv --schema wines.yaml --name wines
    """
    if guess_schema:
        typer.echo(_guess(path, kind), nl=False)
        return
    if name is None:
        raise BadInput("A catalogue needs a name.", "Add --name NAME.")
    from ingest.importing import import_catalog
    from ui.opening import progress_shown

    settings = _settings()
    with progress_shown() as progress:
        report = import_catalog(
            kind.value,
            path,
            name,
            settings.home,
            metadata=metadata,
            schema=schema,
            on_error=on_error.value,
            embedder=embedder or settings.embedder,
            chroma=settings.vector_index != "exact",
            progress=progress,
        )
    typer.echo(json.dumps(_report(report), ensure_ascii=False, indent=2) if as_json else _said(report))


def _guess(path: Path, kind: Kind) -> str:
    if kind not in {Kind.csv, Kind.jsonl, Kind.parquet}:
        raise UserMustFix(f"{kind.value} brings its own schema.", "--guess-schema is for csv, jsonl and parquet.")
    import yaml

    from ingest.guess import guess_schema

    schema = guess_schema(path, kind.value)
    body = yaml.safe_dump(
        schema.model_dump(mode="json", exclude_defaults=True), sort_keys=False, allow_unicode=True, width=110
    )
    return f"# A first schema for {path.name}, guessed from its rows. Read it over, then import with --schema.\n{body}"


def _report(report: ImportReport) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(report)


def _said(report: ImportReport) -> str:
    lines = [
        f"Catalogue {report.name!r}: {report.items:,} items, {report.interactions:,} ratings, in {report.seconds:g} s "
        f"({report.embedded:,} texts embedded at {report.rate:,.0f}/s, {report.reused:,} reused)."
    ]
    if report.unknown_items:
        lines.append(f"{report.unknown_items:,} ratings name an item that is not there; they were left out.")
    if report.bad_rows:
        lines.append(f"{report.bad_rows:,} rows could not be read and were skipped:")
        lines += [f"  {row}" for row in report.first_bad]
        if report.bad_rows > len(report.first_bad):
            lines.append(f"  … and {report.bad_rows - len(report.first_bad):,} more")
    return "\n".join([*lines, *report.notes, f"Talk about it: tastemaker chat --catalog {report.name}"])


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the installed catalogues.

    Examples:
    \b
      tastemaker catalog list
      tastemaker catalog list --json
    """
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


@app.command()
def show(
    name: NameArgument,
    item: Annotated[str | None, typer.Option("--item", help="Id of an item to show.", show_default=False)] = None,
    as_json: JsonOption = False,
) -> None:
    """Show a catalogue's facts and fields, or one of its items.

    Examples:
    \b
      tastemaker catalog show films
      tastemaker catalog show films --item heat-1995 --json
    """
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


@app.command()
def remove(name: NameArgument, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False) -> None:
    """Remove a catalogue; conversations about it stay, but cannot go on.

    Examples:
    \b
      tastemaker catalog remove wines
      tastemaker catalog remove wines --yes
    """
    from tools.catalog.store import open_catalog, remove_catalog
    from ui.opening import confirm

    settings = _settings()
    count = len(open_catalog(settings.home, name))
    confirm(f"Remove the catalogue {name!r} with {count:,} items?", yes=yes)
    remove_catalog(settings.home, name, settings.chroma_url or "")
    typer.echo(f"Removed {name!r}.")


@app.command()
def check(
    name: NameArgument,
    mend: Annotated[bool, typer.Option("--mend", help="Mend what does not fit.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read every file of a catalogue again and say what does not fit; exit code 3 when something does not.

    Examples:
    \b
      tastemaker catalog check films
      tastemaker catalog check films --mend
    """
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


@app.command()
def mend(name: NameArgument) -> None:
    """Build a catalogue's indexes again, from its own items and ratings.

    Examples:
    \b
      tastemaker catalog mend films
    """
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
