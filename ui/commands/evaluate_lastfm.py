"""`evaluate lastfm-star`: ask or show, on the multi-round attribute protocol of the literature."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import BadInput
from ui.commands import examples


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "lastfm-star",
        short_help="Ask or show: find an item in 15 turns (LastFM*).",
        epilog=examples(
            "tastemaker evaluate lastfm-star PATH",
            "tastemaker evaluate lastfm-star PATH --sessions 500 --seed 1",
            "tastemaker evaluate lastfm-star PATH --split review_dict_test.json --openings 3 --json figures.json",
        ),
    )(lastfm_star)


def lastfm_star(
    path: Annotated[Path, typer.Argument(help="Folder of the LastFM* data set.")],
    split: Annotated[str, typer.Option(help="What is played: valid, or a file {user: [item, …]}.")] = "valid",
    train: Annotated[
        list[Path] | None, typer.Option(help="History files instead of review_dict_train.json.", show_default=False)
    ] = None,
    fit_on: Annotated[
        Path | None, typer.Option(help="Fit taste on the sessions of this file, not on left-out history.")
    ] = None,
    count: Annotated[
        int | None, typer.Option("--sessions", min=1, help="Only N sessions, drawn at random.", show_default=False)
    ] = None,
    openings: Annotated[int, typer.Option(min=1, help="Openings a session; figures average over them.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of everything drawn.")] = 0,
    keep_seen: Annotated[bool, typer.Option("--keep-seen", help="Leave items taken before among candidates.")] = False,
    written: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.", show_default=False)
    ] = None,
) -> None:
    """Play the sessions with the product's policy and with the baselines, and print the table."""
    from rich.console import Console

    from evaluation import lastfm_data, lastfm_star
    from evaluation.lastfm_systems import systems
    from evaluation.progress import advancing
    from evaluation.report import as_metrics

    data = lastfm_data.load(path, train or ())
    played = path / lastfm_data.VALID if split == "valid" else Path(split)
    if fit_on is not None and fit_on.resolve() == played.resolve():
        raise BadInput("The sessions played are those fitted on.", "Give --fit-on another part.")
    part = lastfm_data.read(played)
    parts = [lastfm_data.sessions(part, data, seed, count, k) for k in range(openings)]
    known = lastfm_data.sessions(lastfm_data.read(fit_on), data, seed, lastfm_star.FITTING_SESSIONS) if fit_on else None
    with advancing("fitting", lastfm_star.fitting_steps(known)) as advance:
        fitted = lastfm_star.fit(data, seed, advance, known)
    rows = systems(fitted.knobs, seed)
    with advancing("sessions", len(parts[0])) as advance:
        ended = lastfm_star.run(data, fitted.taste, rows, parts, seed, advance, seen=keep_seen)
    figures = {name: lastfm_star.measures(outcomes, seed) for name, outcomes in ended.items()}
    title = f"LastFM*, {len(parts[0])} sessions × {openings}, seed {seed}"
    Console(width=None if sys.stdout.isatty() else 140).print(lastfm_star.table(figures, title))
    if written is not None:
        about = {
            "benchmark": "lastfm-star",
            "split": played.name,
            "seed": seed,
            "openings": openings,
            "seen_items": "candidates" if keep_seen else "left out",
            "knobs": {"bits_per_question": fitted.knobs.bits_per_question, "spread": fitted.knobs.spread},
            "tried": fitted.knobs.tried,
        }
        body = json.dumps(as_metrics(figures, rows[0].name, **about), indent=2, ensure_ascii=False)
        written.write_text(body + "\n", encoding="utf-8")
