"""The page of a next-item evaluation: a table, a plot for each measure, and how it was measured, in one HTML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2

from evaluation.drawn_figures import STYLE, bars
from evaluation.next_item import Standing, spread

HERE = Path(__file__).resolve().parent


def render(told: Mapping[str, Standing], title: str, about: Mapping[str, str]) -> str:
    """The page; `about` says what was measured on what, a line each."""
    measures = list(next(iter(told.values())).figures)
    plots = [(name, bars({ranker: s.figures[name] for ranker, s in told.items()}, name)) for name in measures]
    loader = jinja2.FileSystemLoader(HERE)
    page = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return page.get_template("next_item.html.jinja").render(
        title=title,
        style=STYLE.read_text(encoding="utf-8"),
        about=about,
        measures=measures,
        told=told,
        plots=plots,
        spread=spread,
    )
