"""`evaluate movielens-1m` and `evaluate histories`: the next item of a history, all rankers beside each other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agent.settings import load_settings
from ui.commands import examples

if TYPE_CHECKING:
    from evaluation.next_item_running import Run

Test = Annotated[
    str | None,
    typer.Option(
        help="What is asked for: held-out items, or whole histories whose surplus is. Without it each last item is.",
        show_default=False,
    ),
]
Rankers = Annotated[
    list[str] | None, typer.Option("--ranker", help="Only this ranker; may be repeated. [default: all]")
]
Without = Annotated[
    list[str] | None,
    typer.Option(help="Leave this ranker out, from the blend too; may be repeated.", show_default=False),
]
Count = Annotated[int | None, typer.Option(min=1, help="Only N people, drawn at random.", show_default=False)]
Epochs = Annotated[int | None, typer.Option(min=1, help="Epochs of the sequential ranker.", show_default=False)]
Threads = Annotated[int, typer.Option(min=1, help="Threads for training; more than 1 only on idle cores.")]
Seed = Annotated[int, typer.Option(help="Seed of everything drawn.")]
Written = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.", show_default=False)]
Page = Annotated[Path | None, typer.Option("--html", help="Write a page with plots to this file.", show_default=False)]
Work = Annotated[
    Path | None, typer.Option(help="Keep fitted rankers and results here, and go on from them.", show_default=False)
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        "movielens-1m",
        short_help="The next item of a history (MovieLens 1M).",
        epilog=examples(
            "tastemaker evaluate movielens-1m --train PATH/interactions.txt --work out/ml-1m",
            "tastemaker evaluate movielens-1m --train PATH/interactions.txt --test PATH/test.txt --json figures.json",
            "tastemaker evaluate movielens-1m --train PATH/interactions.txt --ranker directed --html page.html",
        ),
    )(movielens_1m)
    app.command(
        "histories",
        short_help="The next item of a history (any histories).",
        epilog=examples(
            "tastemaker evaluate histories --train PATH/sequences.txt --without sequential --work out/games",
            "tastemaker evaluate histories --train PATH/histories.csv --test PATH/test.csv --json figures.json",
            "tastemaker evaluate histories --train ml --ranker item-knn --ranker directed",
        ),
    )(histories)


def movielens_1m(  # noqa: PLR0913, PLR0917 (the options of a command)
    train: Annotated[str, typer.Option(help="Lines `user item` in time order.")],
    test: Test = None,
    ranker: Rankers = None,
    without: Without = None,
    count: Count = None,
    epochs: Epochs = None,
    threads: Threads = 1,
    seed: Seed = 0,
    written: Written = None,
    page: Page = None,
    work: Work = None,
) -> None:
    """Rank what comes next among all items that a person has not had, with every ranker, and print the table."""
    asked = _run(train, test, ranker, without, count, _training(epochs, threads), seed, work)
    _tell(asked, "MovieLens 1M", written, page)


def histories(  # noqa: PLR0913, PLR0917 (the options of a command)
    train: Annotated[
        str, typer.Option(help="A file of histories (lines, or CSV), or the name of a catalogue with dated ratings.")
    ],
    test: Test = None,
    ranker: Rankers = None,
    without: Without = None,
    count: Count = None,
    epochs: Epochs = None,
    threads: Threads = 1,
    seed: Seed = 0,
    written: Written = None,
    page: Page = None,
    work: Work = None,
) -> None:
    """The same on any histories: lines `user item item …`, CSV with dates or with next items, or a catalogue."""
    asked = _run(train, test, ranker, without, count, _training(epochs, threads), seed, work)
    _tell(asked, "/".join(Path(train).with_suffix("").parts[-2:]), written, page)


def _training(epochs: int | None, threads: int) -> Mapping[str, int]:
    return {"threads": threads} if epochs is None else {"threads": threads, "epochs": epochs}


def _run(
    train: str,
    test: str | None,
    chosen: list[str] | None,
    without: list[str] | None,
    count: int | None,
    training: Mapping[str, int],
    seed: int,
    work: Path | None,
) -> Run:
    from evaluation.next_item_fitting import RANKERS
    from evaluation.next_item_running import Run, Source
    from tools.ranking.sequential import DEFAULTS

    home = load_settings().home
    return Run(
        Source.named(train, home),
        Source.named(test, home) if test is not None else None,
        tuple(chosen or RANKERS),
        frozenset(without or ()),
        count,
        seed,
        DEFAULTS.model_copy(update=training),
        work,
    )


def _tell(asked: Run, name: str, written: Path | None, page: Path | None) -> None:
    """Measure, print the tables, and write the files asked for."""
    from rich.console import Console

    from evaluation import next_item, next_item_page
    from evaluation.next_item_running import run

    found = run(asked)
    title = f"{name}: the next of {found.items:,} items, {found.people:,} people"
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(next_item.table(found.told, title, found.left_out))
    for ranker, limit in found.limits.items():
        console.print(f"{ranker} {limit}", highlight=False)
    console.print(next_item.lists_table(found.lists, found.unlike))
    if written is not None:
        facts = {"benchmark": name, "seed": asked.seed, "about": found.about, "left_out": found.left_out}
        text = next_item.as_json(found.told, found.lists, next(iter(found.told)), **facts)
        written.write_text(text, encoding="utf-8")
    if page is not None:
        page.write_text(next_item_page.render(found, title), encoding="utf-8")
