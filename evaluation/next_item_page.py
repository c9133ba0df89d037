"""The page of a next-item evaluation: two tables, a plot for each measure, how it was measured; one HTML file."""

from __future__ import annotations

from pathlib import Path

import jinja2
from markupsafe import Markup

from evaluation.drawn_figures import STYLE, bars, shares
from evaluation.next_item import spread
from evaluation.next_item_lists import LISTED
from evaluation.next_item_running import Outcome

HERE = Path(__file__).resolve().parent


def render(found: Outcome, title: str) -> str:
    """The page."""
    measures = list(next(iter(found.told.values())).figures)
    plots = [(name, bars({ranker: s.figures[name] for ranker, s in found.told.items()}, name)) for name in measures]
    loader = jinja2.FileSystemLoader(HERE)
    page = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return page.get_template("next_item.html.jinja").render(
        title=title,
        style=STYLE.read_text(encoding="utf-8"),
        found=found,
        measures=measures,
        plots=plots,
        list_plots=_of_lists(found),
        listed=LISTED,
        spread=spread,
    )


def _of_lists(found: Outcome) -> list[tuple[str, Markup]]:
    covered, novel, diverse = (f"{what}@{LISTED}" for what in ("coverage", "novelty", "diversity"))
    return [
        (covered, shares({ranker: held.coverage for ranker, held in found.lists.items()}, covered)),
        (f"{novel}, bits", bars({ranker: held.novelty for ranker, held in found.lists.items()}, novel)),
        (diverse, bars({ranker: held.diversity for ranker, held in found.lists.items()}, diverse)),
    ]
