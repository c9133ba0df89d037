"""The page of an evaluation on ReDial: what was measured, plots of every variant, and where items are lost."""

from __future__ import annotations

from pathlib import Path

import jinja2

from evaluation.drawn_figures import STYLE, bars, shares
from evaluation.redial import KS, spread
from evaluation.redial_running import Told

HERE = Path(__file__).resolve().parent


def render(told: Told) -> str:
    """One HTML file without outside parts."""
    measures = [f"R@{k}" for k in KS]
    variants = [
        {
            "name": variant,
            "figures": held,
            "plots": [(m, bars({system: f[m] for system, f in held.items()}, m)) for m in measures],
            "ahead": told.ahead[variant],
        }
        for variant, held in told.figures.items()
    ]
    loader = jinja2.FileSystemLoader(HERE)
    page = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return page.get_template("redial.html.jinja").render(
        style=STYLE.read_text(encoding="utf-8"),
        measures=measures,
        variants=variants,
        about=told.about,
        lost=shares(told.lost, "Where the items that were given end"),
        recall=shares(told.recall, "Share of the items given that each route brings"),
        joins=told.joins,
        spread=spread,
    )
