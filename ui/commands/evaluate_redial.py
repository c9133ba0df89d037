"""`evaluate redial`: recommend within recorded dialogues, by a published protocol."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from core.errors import BadInput
from ui.commands import examples


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "redial",
        short_help="Recommend within recorded dialogues (ReDial).",
        epilog=examples(
            "tastemaker evaluate redial --train dialogues.jsonl --movies movies.csv --metadata FOLDER --ratings FOLDER",
            "tastemaker evaluate redial --train train.jsonl --test test.jsonl --movies movies.csv --json figures.json",
        ),
    )(redial)


def redial(  # noqa: PLR0913, PLR0917 (the options of a command)
    train: Annotated[list[Path], typer.Option(help="Dialogues to fit on (JSONL); may be given several times.")],
    movies: Annotated[Path, typer.Option(help="The items that may be recommended (CSV: movieId, movieName).")],
    test: Annotated[
        list[Path] | None,
        typer.Option(help="Dialogues to measure on; without, some of --train are held out.", show_default=False),
    ] = None,
    metadata: Annotated[
        Path | None, typer.Option(help="Folder of metadata files, as `catalog import` takes it.", show_default=False)
    ] = None,
    ratings: Annotated[
        list[Path] | None, typer.Option(help="MovieLens folder; may be given several times.", show_default=False)
    ] = None,
    held_out: Annotated[int, typer.Option(min=1, help="Dialogues held out where --test is not given.")] = 413,
    part: Annotated[
        list[float] | None,
        typer.Option("--share", help="Also fit on this share of the dialogues (learning curve).", show_default=False),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Also fit without this route, or family of routes.", show_default=False)
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder that keeps what was measured, to go on after a stop.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything drawn.")] = 1,
    written: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.", show_default=False)
    ] = None,
    page: Annotated[Path | None, typer.Option("--html", help="Write a page with plots.", show_default=False)] = None,
) -> None:
    """Fit on the one part, measure on the other, print a table a variant."""
    from rich.console import Console

    from evaluation import redial, redial_joining, redial_page, redial_running
    from evaluation.progress import advancing

    began = time.perf_counter()
    families = redial_running.families(without or ())
    given = redial_running.Given(
        train=tuple(train), test=tuple(test or ()), movies=movies, metadata=metadata, ratings=tuple(ratings or ()),
        held_out=held_out, seed=seed,
    )  # fmt: skip
    if test and {p.resolve() for p in train} & {p.resolve() for p in test}:
        raise BadInput("A file of --test is one of --train.", "Give other dialogues to measure on.")
    with advancing("steps", redial_running.steps(len(part or ()), len(families))) as advance:
        told = redial_running.run(given, tuple(part or ()), families, work, advance)
    console = Console(width=None if sys.stdout.isatty() else 150)
    for variant in redial.VARIANTS:
        console.print(redial.table(told.figures[variant], f"ReDial, {told.about['test']}, {variant}, seed {seed}"))
    if told.joins:
        console.print(redial_joining.table(told.joins))
    console.print(f"Fitted in {told.fitted_s:,.0f} s; all of it took {time.perf_counter() - began:,.0f} s.")
    if written is not None:
        written.write_text(json.dumps(told.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if page is not None:
        page.write_text(redial_page.render(told), encoding="utf-8")
