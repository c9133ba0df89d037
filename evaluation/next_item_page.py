"""The page of a next-item evaluation: a table, a plot for each measure, and how it was measured, in one HTML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import jinja2
from markupsafe import Markup

from evaluation.experiment.report.drawing import COLOURS, WIDTH, line, mark, svg, text
from evaluation.metrics import Figure
from evaluation.next_item import Standing, spread

HERE = Path(__file__).resolve().parent
STYLE = HERE / "experiment" / "report" / "page.css"
STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)


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


def bars(figures: Mapping[str, Figure], name: str) -> Markup:
    """One measure: a mark with its interval for every ranker, in the order given."""
    left, right, top, height = 14.0, WIDTH - 14.0, 6.0, 34.0
    most = max((f.high for f in figures.values()), default=0.0) or 1.0
    step = next((s for s in STEPS if most / s <= 5), 1.0)
    ticks = [step * n for n in range(math.floor(most / step) + 1)]

    def place(value: float) -> float:
        return left + (right - left) * value / most

    bottom = top + height * len(figures)
    parts = [line(place(t), top, place(t), bottom, "zero" if t == 0 else "grid") for t in ticks]
    for number, (ranker, figure) in enumerate(figures.items()):
        y = top + height * number
        parts.append(text(left, y + 13, ranker, "name"))
        parts.append(text(right, y + 13, f"{figure.value:.4f}", "name", "end"))
        parts.append(line(place(figure.low), y + 23, place(figure.high), y + 23, f"whisker s{number % COLOURS}"))
        parts.append(mark(place(figure.value), y + 23, number, size=4))
    parts += [text(place(t), bottom + 15, f"{t:g}", "tick", "middle" if t else "start") for t in ticks]
    said = "; ".join(f"{ranker} {spread(figure)}" for ranker, figure in figures.items())
    return svg(bottom + 22, name, parts, said)
