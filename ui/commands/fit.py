"""`fit`: the ranker that conversations use, learnt from a catalogue's ratings."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInput
from ui.commands import examples

if TYPE_CHECKING:
    from tools.ranking.fitted import Fitted


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "fit",
        short_help="Learn how to rank from a catalogue's ratings.",
        epilog=examples("tastemaker fit --catalog ml", "tastemaker fit --catalog ml --ranker ease --ranker item-knn"),
    )(fit)


def fit(
    catalog: Annotated[str, typer.Option(help="Name of the catalogue.")],
    ranker: Annotated[
        list[str] | None,
        typer.Option(help="Ranker to try: item-knn, ease or als, all three by default, or bpr.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of who is left out.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Try rankers on left-out people, and keep the one that finds best what they liked."""
    from rich.console import Console
    from rich.table import Table

    from agent.settings import load_settings
    from evaluation.progress import advancing
    from ingest.fitting import BASELINE, TRIED, WAYS, fit_ranker
    from tools.catalog.store import open_catalog

    names = ranker or list(TRIED)
    for name in names:
        if name not in WAYS:
            raise BadInput(f"There is no ranker called {name!r} to fit.", f"There are: {', '.join(WAYS)}.")
    opened = open_catalog(load_settings().home, catalog)
    with advancing("rankers", sum(len(WAYS[name]) for name in names) + 3) as advance:
        told = fit_ranker(opened, names, seed, lambda _: advance(1))
    if as_json:
        typer.echo(json.dumps(told.model_dump(mode="json"), indent=2))
        return
    table = Table(title=f"NDCG@10 of what {told.left_out:,} left-out people liked", title_justify="left")
    for column in (
        "ranker",
        "all",
        *(f"{k} like{'s' * (k > 1)} told" for k in told.measured[BASELINE].by_likes),
        "fit, s",
    ):
        table.add_column(column, justify="left" if column == "ranker" else "right")
    for way, held in sorted(told.measured.items(), key=lambda kind: -kind[1].ndcg):
        cells = (f"{held.ndcg:.4f}", *(f"{v:.4f}" for v in held.by_likes.values()), f"{held.seconds:.1f}")
        table.add_row(f"[bold]{way}[/bold]" if way == told.way else way, *cells)
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    typer.echo(f"Conversations about {catalog!r} now rank by {used(told)}.")


def used(told: Fitted) -> str:
    """What conversations rank by, in words."""
    from ingest.fitting import TASTE

    if TASTE not in told.measured:
        return f"{told.way}; too few people liked enough to learn how to weigh it with other signs"
    if told.measured[TASTE].ndcg <= told.measured[told.way].ndcg:
        return f"{told.way}; weighing it with other signs of taste did not help"
    return f"{told.way}, weighed with popularity, what items have in common, and quality"
