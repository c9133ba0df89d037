"""`catalog`: import, list, show, remove, check."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import UserMustFix

app = typer.Typer(help="Catalogues: import, list, show, remove, check.", no_args_is_help=True, rich_markup_mode=None)
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("import")
def import_(
    kind: Annotated[str, typer.Argument(help="movielens, goodbooks, recbole, csv, jsonl or parquet")],
    path: Annotated[Path, typer.Argument(help="The unpacked data set's folder, or the table's file.")],
    name: Annotated[str, typer.Option(help="What to call the catalogue.")] = "",
    metadata: Annotated[Path | None, typer.Option(help="A folder with metadata files to join by IMDb or TMDB id.")] = None,
    schema: Annotated[Path | None, typer.Option(help="For tables: the schema file (YAML).")] = None,
    on_error: Annotated[str, typer.Option(help="skip bad rows and report them, or stop at the first.")] = "skip",
    embedder: Annotated[str, typer.Option(help="minilm, st:MODEL, hashing or none.")] = "",
    guess: Annotated[bool, typer.Option("--guess-schema", help="Print a first schema for a table and import nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Import a data set or a table as a catalogue; the catalogue of this name before serves until it is done.

    Examples:

        tastemaker catalog import movielens PATH/ml-latest-small --name ml
        tastemaker catalog import csv wines.csv --guess-schema > wines.yaml
        tastemaker catalog import csv wines.csv --schema wines.yaml --name wines
    """
    from agent.settings import load_settings
    from ingest.importing import import_catalog
    from ui.session import progress_line

    if guess:
        typer.echo(_guess(kind, path))
        return
    if on_error not in {"skip", "stop"}:
        raise UserMustFix(f"Unknown --on-error {on_error!r}.", "Use skip or stop.")
    if not name:
        raise UserMustFix("The catalogue needs a name.", "Add --name NAME.")
    settings = load_settings()
    with progress_line() as progress:
        report = import_catalog(
            kind,
            path,
            name,
            settings.home,
            metadata=metadata,
            schema=schema,
            on_error="stop" if on_error == "stop" else "skip",
            embedder=embedder or settings.embedder,
            progress=progress,
        )
    told: dict[str, Any] = {k: v for k, v in vars(report).items() if k != "first_bad"}
    told["first_bad"] = [str(e) for e in report.first_bad]
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, default=str))
        return
    typer.echo(f"{report.items:,} items and {report.interactions:,} interactions in {report.seconds:.0f} s as {name!r}.")
    typer.echo(f"{report.embedded:,} texts embedded ({report.rate:.0f} a second), {report.reused:,} known from before.")
    for note in report.notes:
        typer.echo(note)
    if report.bad_rows:
        sys.stderr.write(f"{report.bad_rows:,} bad rows were left out:\n")
        for line in told["first_bad"]:
            sys.stderr.write(f"  {line}\n")


def _guess(kind: str, path: Path) -> str:
    import yaml

    from ingest.guess import guess_schema

    body = guess_schema(path, kind).model_dump(mode="json", exclude_defaults=True)
    head = "# A first schema, guessed. Read it over: names, units, spoken words, what to ask. columns: maps fields to columns.\n"
    return head + yaml.safe_dump({**body, "columns": {}}, sort_keys=False, allow_unicode=True)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """The installed catalogues."""
    from ui.session import open_app

    found = [{"name": c.name, "title": c.title, "items": c.items} for c in open_app().catalogs()]
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    for entry in found:
        typer.echo(f"{entry['name']:16} {entry['items']:>10,} items  {entry['title']}")


@app.command()
def show(
    name: str,
    item: Annotated[str | None, typer.Option(help="Show one item.")] = None,
    as_json: Json = False,
) -> None:
    """A catalogue's fields and sizes, or one item."""
    from agent.settings import load_settings
    from tools.catalog.store import open_catalog

    catalog = open_catalog(load_settings().home, name)
    if item is not None:
        found = catalog.find([item])
        if not found:
            raise UserMustFix(f"{name!r} has no item {item!r}.", "`tastemaker tool find_title` finds ids.")
        typer.echo(json.dumps(found[0].model_dump(mode="json"), ensure_ascii=False, indent=1))
        return
    if as_json:
        body = {"manifest": catalog.manifest, "schema": catalog.schema.model_dump(mode="json")}
        typer.echo(json.dumps(body, ensure_ascii=False, indent=1))
        return
    typer.echo(f"{catalog.schema.title} ({name}): {len(catalog):,} items, {catalog.manifest['interactions']:,} interactions")
    for spec in catalog.schema.fields:
        column = catalog.columns.get(spec.name)
        known = f"{float(column.known.mean()):.0%} known" if column is not None else ""
        note = f" ({spec.note})" if spec.note else ""
        typer.echo(f"  {spec.name:14} {spec.type:9} {known}{note}")


@app.command()
def remove(name: str, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove a catalogue; conversations about it stay."""
    from agent.settings import load_settings
    from tools.catalog.store import remove_catalog

    if not yes and not (sys.stdin.isatty() and typer.confirm(f"Remove the catalogue {name!r}?")):
        raise UserMustFix(f"{name!r} was not removed.", "Say --yes to remove without being asked.")
    remove_catalog(load_settings().home, name)
    typer.echo(f"Removed: {name}")


@app.command()
def check(name: str, mend: Annotated[bool, typer.Option("--mend", help="Rebuild what does not match.")] = False) -> None:
    """Whether a catalogue's index fits its items, schema and embedder."""
    from agent.settings import load_settings
    from ui.checking import check_catalog

    raise typer.Exit(check_catalog(load_settings(), name, mend=mend))
