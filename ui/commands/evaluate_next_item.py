"""`evaluate movielens-1m` and `evaluate histories`: the next item of a history, all rankers beside each other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from agent.settings import load_settings
from core.errors import BadInput
from ui.commands import examples

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
            "tastemaker evaluate histories --train PATH/sequences.txt --count 5000 --work out/games",
            "tastemaker evaluate histories --train PATH/histories.csv --test PATH/test.csv --json figures.json",
            "tastemaker evaluate histories --train ml --ranker item-knn --ranker directed",
        ),
    )(histories)


def movielens_1m(
    train: Annotated[str, typer.Option(help="Lines `user item` in time order.")],
    test: Test = None,
    ranker: Rankers = None,
    count: Count = None,
    epochs: Epochs = None,
    threads: Threads = 1,
    seed: Seed = 0,
    written: Written = None,
    page: Page = None,
    work: Work = None,
) -> None:
    """Rank what comes next among all items that a person has not had, with every ranker, and print the table."""
    _measure("MovieLens 1M", train, test, ranker, count, _training(epochs, threads), seed, written, page, work)


def histories(
    train: Annotated[
        str, typer.Option(help="A file of histories (lines, or CSV), or the name of a catalogue with dated ratings.")
    ],
    test: Test = None,
    ranker: Rankers = None,
    count: Count = None,
    epochs: Epochs = None,
    threads: Threads = 1,
    seed: Seed = 0,
    written: Written = None,
    page: Page = None,
    work: Work = None,
) -> None:
    """The same on any histories: lines `user item item …`, CSV with dates or with next items, or a catalogue."""
    _measure(
        "/".join(Path(train).with_suffix("").parts[-2:]),
        train,
        test,
        ranker,
        count,
        _training(epochs, threads),
        seed,
        written,
        page,
        work,
    )


def _training(epochs: int | None, threads: int) -> Mapping[str, int]:
    return {"threads": threads} if epochs is None else {"threads": threads, "epochs": epochs}


def _measure(
    name: str,
    train: str,
    test: str | None,
    chosen: list[str] | None,
    count: int | None,
    training: Mapping[str, int],
    seed: int,
    written: Path | None,
    page: Path | None,
    work: Path | None,
) -> None:
    from rich.console import Console

    from evaluation import next_item, next_item_data, next_item_page
    from evaluation.next_item_fitting import CHANCE, RANKERS, Kept, measured
    from tools.ranking.sequential import DEFAULTS

    unknown = set(chosen or ()) - {*RANKERS, CHANCE}
    if unknown:
        raise BadInput(f"There is no ranker {min(unknown)!r}.", f"Choose from: {', '.join(RANKERS)}.")
    parts = [next_item_data.read(_file(part)) for part in (train, test) if part is not None]
    split = next_item_data.split(parts[0], parts[1] if test is not None else None, seed, count)
    settings = DEFAULTS.model_copy(update=training)
    kept = Kept.under(work, split, settings)
    names = [CHANCE, *(r for r in RANKERS if r == "popularity" or not chosen or r in chosen)]
    stood = {r: measured(r, split, kept, seed, settings) for r in names}
    told = next_item.standings(stood, seed)
    about = {
        "fitted on": f"{Path(train).name}, {len(split.fitting):,} people, {len(split.items):,} items",
        "asked for": Path(test).name if test is not None else "the last item of each history of the fitting file",
        "people": f"{len(split.cases):,}" + (f" ({split.dropped:,} without a new item left out)" * bool(split.dropped)),
        "blend learnt on": f"{len(split.held):,} further items held out of the fitting part",
        "seed": str(seed),
    }
    title = f"{name}: the next of {len(split.items):,} items, {len(split.cases):,} people"
    Console(width=None if sys.stdout.isatty() else 160).print(next_item.table(told, title))
    if written is not None:
        facts = {"benchmark": name, "seed": seed, "about": about}
        written.write_text(next_item.as_json(told, next(iter(told)), **facts), encoding="utf-8")
    if page is not None:
        page.write_text(next_item_page.render(told, title, about), encoding="utf-8")


def _file(part: str) -> Path:
    """The file of this path, or the ratings of the catalogue of this name."""
    path = Path(part)
    if path.exists():
        return path
    from tools.catalog.store import list_catalogs, open_catalog

    home = load_settings().home
    if part in list_catalogs(home):
        return open_catalog(home, part).interactions_path
    raise BadInput(f"{part} is neither a file nor an imported catalogue.", "Run `tastemaker catalog list`.")
