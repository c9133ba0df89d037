"""Tables of the systems with one kind of user, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from evaluation.experiment.analysis import Analysis, Cell
from evaluation.experiment.analysis.glossary import COSTS, HONESTY, in_order, measure
from evaluation.experiment.episodes import UserKind
from evaluation.experiment.report.table import NONE, Entry, Line, Table, entry
from evaluation.experiment.report.verdicts import leaders
from evaluation.experiment.report.words import ENDINGS
from simulation.protocol import EndReason


def measures(analysis: Analysis, user: UserKind) -> Table:
    """Every measure of the systems with one kind of user."""
    cells = analysis.of(user)
    left_out = {*HONESTY, *COSTS}
    names = [n for n in _scored(cells) if n not in left_out]
    return Table(
        caption=f"{user} users: every measure, with 95 % intervals over people",
        head="measure",
        columns=tuple(c.system for c in cells),
        lines=tuple(_measure(analysis, user, name) for name in names),
        systems=True,
    )


def costs(analysis: Analysis, user: UserKind) -> Table:
    """What a dialogue costs."""
    cells = analysis.of(user)
    names = [n for n in _scored(cells) if n in COSTS]
    return Table(
        caption=f"{user} users: cost per dialogue, with 95 % intervals over people",
        head="measure",
        columns=tuple(c.system for c in cells),
        lines=tuple(_measure(analysis, user, name) for name in names),
        systems=True,
    )


def by_turn(cells: Sequence[Cell], turns: int) -> Table:
    """The curves in numbers."""
    return Table(
        caption="Success by turn",
        head="turn",
        columns=tuple(c.system for c in cells),
        lines=tuple(
            Line(head=str(t + 1), entries=tuple(entry(c.curve[t], "success") for c in cells)) for t in range(turns)
        ),
        systems=True,
    )


def trials(cells: Sequence[Cell], most: int) -> Table:
    """pass^k of each system."""
    return Table(
        caption="pass^k: chance that k trials with the same person all end well",
        head="k",
        columns=tuple(c.system for c in cells),
        lines=tuple(
            Line(head=str(k), entries=tuple(entry(c.pass_hat.get(k), "success") for c in cells))
            for k in range(1, most + 1)
        ),
        systems=True,
    )


def endings(cells: Sequence[Cell]) -> Table:
    """Endings in numbers, the person's choice before faults of the machinery."""
    met = [r for r in EndReason if any(r in c.endings for c in cells)]
    return Table(
        caption="How dialogues ended: dialogues, and their share",
        head="ending",
        columns=tuple(c.system for c in cells),
        lines=tuple(
            Line(
                head=ENDINGS[r],
                means="the person's choice" if r.by_choice else "not the person's choice",
                entries=tuple(
                    Entry(said=f"{c.endings.get(r, 0):,}", small=f"{c.endings.get(r, 0) / c.episodes:.1%}")
                    for c in cells
                ),
            )
            for r in met
        ),
        systems=True,
    )


def questions(cells: Sequence[Cell]) -> Table:
    """What was asked, and what came of it."""
    return Table(
        caption="Questions asked, and how many of them told the agent something",
        head="system",
        columns=("questions per dialogue", "useful per dialogue", "share useful"),
        lines=tuple(
            Line(
                head=c.system,
                entries=(
                    entry(c.figures.get("questions"), "questions"),
                    entry(c.figures.get("useful_questions"), "useful_questions"),
                    entry(c.useful, "success"),
                ),
            )
            for c in cells
        ),
        rows_are_systems=True,
    )


def exposures(cells: Sequence[Cell]) -> Table:
    """What of the catalogue was shown."""
    return Table(
        caption="What of the catalogue was shown",
        head="system",
        columns=("places on slates", "distinct items", "share of the catalogue", "Gini"),
        lines=tuple(
            Line(
                head=c.system,
                entries=(
                    Entry(said=f"{c.exposure.shown:,}"),
                    Entry(said=f"{c.exposure.distinct:,}"),
                    Entry(said=NONE if c.exposure.coverage is None else f"{c.exposure.coverage:.1%}"),
                    Entry(said=NONE if c.exposure.gini is None else f"{c.exposure.gini:.2f}"),
                ),
            )
            for c in cells
        ),
        rows_are_systems=True,
    )


def segments(analysis: Analysis, user: UserKind) -> Table:
    """The leading measure on each part of the people."""
    held = [s for s in analysis.segments if s.user == user]
    cells = analysis.of(user)
    parts = list(dict.fromkeys((s.name, s.value) for s in held))
    found = {(s.name, s.value, s.system): s.figure for s in held}
    name = analysis.leading[user]
    return Table(
        caption=f"{user} users: {measure(name).label} by kind of person, with 95 % intervals",
        head="people",
        columns=tuple(c.system for c in cells),
        lines=tuple(
            Line(head=f"{by}: {value}", entries=tuple(entry(found.get((by, value, c.system)), name) for c in cells))
            for by, value in parts
        ),
        systems=True,
    )


def _scored(cells: Sequence[Cell]) -> list[str]:
    """Measures met in the cells, scored or not, in the glossary's order."""
    return in_order([n for c in cells for n in (*c.figures, *c.unscored)])


def _measure(analysis: Analysis, user: UserKind, name: str) -> Line:
    about = measure(name)
    best = leaders(analysis, user, name) if about.better != "neither" else ()
    way = {"more": "more is better", "less": "less is better", "neither": ""}[about.better]
    return Line(
        head=about.label,
        means="; ".join(filter(None, (about.means, way))),
        entries=tuple(
            entry(c.figures.get(name), name, c.unscored.get(name, 0), leads=c.system in best) for c in analysis.of(user)
        ),
    )
