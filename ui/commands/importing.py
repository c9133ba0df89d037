"""`catalog import`: from a public data set or a table to a catalogue that serves."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import BadInput, UserMustFix
from ui.commands import examples

if TYPE_CHECKING:
    from ingest.importing import ImportReport


TABLES = ("csv", "json", "jsonl", "parquet")


class OnError(StrEnum):
    """What to do about a row that cannot be read."""

    skip = "skip"
    stop = "stop"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "import",
        epilog=examples(
            "tastemaker catalog import movielens ~/data/ml-25m --name movielens",
            "tastemaker catalog import goodbooks ~/data/goodbooks-10k --name goodbooks",
            "tastemaker catalog import csv wines.csv --guess-schema > wines.yaml",
            "tastemaker catalog import csv wines.csv --schema wines.yaml --name wines",
        ),
    )(import_)


def import_(
    kind: Annotated[
        str,
        typer.Argument(help="What it is: movielens, goodbooks, recbole, csv, json, jsonl, parquet, or an extension's."),
    ],
    path: Annotated[Path, typer.Argument(help="The file, or the folder of the unpacked data set.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call the catalogue.", show_default=False)] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="Folder with facts to join (movielens).", show_default=False)
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="Schema file, YAML (csv, json, jsonl, parquet).", show_default=False)
    ] = None,
    on_error: Annotated[OnError, typer.Option(help="What to do about a row that cannot be read.")] = OnError.skip,
    embedder: Annotated[
        str | None, typer.Option(help="minilm, st:MODEL, hashing, hashing:DIM or none.", show_default=False)
    ] = None,
    guess_schema: Annotated[
        bool, typer.Option("--guess-schema", help="Only print a first schema for a table, to read over and pass back.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Import a catalogue; one of the same name is replaced when the new one is complete."""
    if guess_schema:
        typer.echo(_guess(path, kind), nl=False)
        return
    if name is None:
        raise BadInput("A catalogue needs a name.", "Add --name NAME.")
    from agent.extensions import load_extensions
    from agent.settings import load_settings
    from ingest.importing import import_catalog
    from ui.opening import progress_shown

    settings = load_settings()
    with progress_shown() as progress:
        report = import_catalog(
            kind,
            path,
            name,
            settings.home,
            metadata=metadata,
            schema=schema,
            on_error=on_error.value,
            embedder=embedder or settings.embedder,
            chroma=settings.vector_index != "exact",
            chroma_url=settings.chroma_url or "",
            progress=progress,
            readers=load_extensions(settings.extensions).readers,
        )
    typer.echo(json.dumps(_report(report), ensure_ascii=False, indent=2) if as_json else _said(report))


def _guess(path: Path, kind: str) -> str:
    if kind not in TABLES:
        raise UserMustFix(f"{kind} is no table.", f"--guess-schema is for {', '.join(TABLES)}.")
    import yaml

    from ingest.guess import guess_table

    guess = guess_table(path, kind)
    said = guess.schema.model_dump(mode="json", exclude_defaults=True)
    if guess.columns:
        said = {"columns": guess.columns} | said
    body = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=110)
    return f"# A first schema for {path.name}, guessed from its rows. Read it over, then import with --schema.\n{body}"


def _report(report: ImportReport) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(report)


def _said(report: ImportReport) -> str:
    lines = [
        f"Catalogue {report.name!r}: {report.items:,} items, {report.interactions:,} ratings, in {report.seconds:g} s.",
        f"{report.embedded:,} texts embedded at {report.rate:,.0f}/s, {report.reused:,} reused.",
    ]
    if report.unknown_items:
        lines.append(f"{report.unknown_items:,} ratings name an item that is not there; they were left out.")
    if report.bad_rows:
        lines.append(f"{report.bad_rows:,} rows could not be read and were skipped:")
        lines += [f"  {row}" for row in report.first_bad]
        if report.bad_rows > len(report.first_bad):
            lines.append(f"  … and {report.bad_rows - len(report.first_bad):,} more")
    return "\n".join([*lines, *report.notes, f"Talk about it: tastemaker chat --catalog {report.name}"])
