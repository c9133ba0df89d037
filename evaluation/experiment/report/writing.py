"""Writes the report of a run folder: one HTML page without outside parts, and its figures as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2

from core.values import Value
from evaluation.experiment.analysis import Analysis, analyse
from evaluation.experiment.analysis.glossary import COSTS, measure
from evaluation.experiment.episodes import UserKind
from evaluation.experiment.reading import Run, open_run
from evaluation.experiment.report import of_run, of_systems, plots
from evaluation.experiment.report.cautions import cautions
from evaluation.experiment.report.drawing import key
from evaluation.experiment.report.packing import LARGEST, pack
from evaluation.experiment.report.verdicts import Verdict, compared, headline, verdicts
from evaluation.experiment.report.words import ENDINGS, USERS, listed
from simulation.protocol import EndReason

HERE = Path(__file__).resolve().parent
REPORT = "report.html"
FIGURES = "figures.json"


class Summary(Value):
    """The report's first lines, for those who do not open it."""

    compared: tuple[str, ...]
    headline: tuple[str, ...]
    cautions: tuple[str, ...]
    verdicts: tuple[Verdict, ...]


def write_report(folder: Path, largest: int = LARGEST) -> Path:
    """Write report.html and figures.json into a run folder; returns the page's path.

    The page holds at most `largest` characters of packed dialogues. A run that is not finished is reported as such.
    Raises BadInput when the folder holds no run.
    """
    run = open_run(folder)
    analysis = analyse(run)
    _write(folder / FIGURES, json.dumps(figures(run, analysis), indent=1, ensure_ascii=False) + "\n")
    page = folder / REPORT
    _write(page, render(run, analysis, largest))
    return page


def summary(run: Run, analysis: Analysis) -> Summary:
    """What was compared and what leads, in plain sentences."""
    told = verdicts(analysis)
    return Summary(
        compared=tuple(compared(run)),
        headline=tuple(headline(told)),
        cautions=tuple(cautions(run, analysis)),
        verdicts=tuple(told),
    )


def figures(run: Run, analysis: Analysis) -> dict[str, Any]:
    """{"metrics": {"KIND/SYSTEM/MEASURE": {value, low, high, n}}, "pairs": […], "summary": …}."""
    named = {
        f"{c.user}/{c.system}/{name}": figure.model_dump() for c in analysis.cells for name, figure in c.figures.items()
    }
    pairs = [{**p.model_dump(mode="json"), "real": p.real} for p in analysis.pairs]
    told = summary(run, analysis).model_dump(mode="json")
    return {"metrics": named, "pairs": pairs, "summary": told, "complete": run.complete, "seed": run.manifest.seed}


def render(run: Run, analysis: Analysis, largest: int = LARGEST) -> str:
    """The page as text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True
    )
    numbers = {system: place for place, system in enumerate(run.systems)}
    told = summary(run, analysis)
    return environment.get_template("page.html.jinja").render(
        run=run,
        about=run.manifest,
        summary=told,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        script=(HERE / "browser.js").read_text(encoding="utf-8"),
        hatch=plots.HATCH,
        key=lambda system: key(system, numbers[system]),
        numbers=numbers,
        listed=listed,
        users=USERS,
        names={v.measure: measure(v.measure).label for v in told.verdicts},
        kinds=[_kind(run, analysis, user, numbers) for user in run.users if analysis.of(user)],
        legend=[(plots.swatch(r), ENDINGS[r], r.by_choice) for r in EndReason],
        examined=bool(run.honesty.metrics)
        or any(n in c.figures for c in analysis.cells for n in ("leak", "contradiction")),
        honesty=of_run.honesty(analysis, run.honesty.metrics),
        control=of_run.control(run.control) if run.control else None,
        agreement=of_run.agreement(analysis) if analysis.agreements else None,
        speed=of_run.speed(analysis) if analysis.speeds else None,
        manifest=json.dumps(run.manifest.model_dump(mode="json"), indent=2, ensure_ascii=False),
        packed=pack(run, largest),
    )


def _kind(run: Run, analysis: Analysis, user: UserKind, numbers: dict[str, int]) -> dict[str, Any]:
    """Plots and tables of one kind of user."""
    cells = analysis.of(user)
    name = analysis.leading.get(user)
    leading = analysis.between(user, name) if name else ()
    curved = [c for c in cells if len(c.curve) == run.manifest.turns]
    parts = [s for s in analysis.segments if s.user == user]
    by = list(dict.fromkeys(s.name for s in parts))
    every = [p for p in analysis.pairs if p.user == user and p.measure not in COSTS]
    return {
        "user": user,
        "cells": cells,
        "label": measure(name).label if name else "",
        "curves": plots.curves(curved, numbers, run.manifest.turns) if curved else None,
        "by_turn": of_systems.by_turn(curved, run.manifest.turns) if curved else None,
        "forest": plots.forest(leading, name) if name and leading else None,
        "differences": of_run.differences(every, f"{user} users: every paired difference") if every else None,
        "segments": [(n, plots.segments([s for s in parts if s.name == n], numbers)) for n in by],
        "segment_table": of_systems.segments(analysis, user) if parts else None,
        "endings": plots.endings(cells),
        "ending_table": of_systems.endings(cells),
        "measures": of_systems.measures(analysis, user),
        "trials": of_systems.trials(cells, run.manifest.trials) if run.manifest.trials > 1 else None,
        "questions": of_systems.questions(cells),
        "exposure": of_systems.exposures(cells),
        "costs": of_systems.costs(analysis, user),
    }


def _write(file: Path, text: str) -> None:
    draft = file.with_name(file.name + ".partial")
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)
