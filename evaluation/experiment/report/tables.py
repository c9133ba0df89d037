"""The report's tables as values: a caption, columns, rows; the template draws them all alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.values import Value
from evaluation.experiment.analysis import Analysis, Cell
from evaluation.experiment.analysis.glossary import COSTS, HONESTY, in_order, measure, said, said_change
from evaluation.experiment.analysis.pairs import Paired
from evaluation.experiment.episodes import UserKind
from evaluation.experiment.report.verdicts import leaders
from evaluation.experiment.report.words import ENDINGS, change_span, span
from evaluation.metrics import Figure
from simulation.protocol import EndReason

NONE = "—"
DIFFERENCE = "difference"


class Entry(Value):
    """One cell of a table."""

    said: str = NONE
    small: str = ""
    """Said below: an interval, how many are unscored."""
    leads: bool = False


class Line(Value):
    """One row."""

    head: str
    means: str = ""
    entries: tuple[Entry, ...]


class Table(Value):
    """A table with its caption."""

    caption: str
    head: str
    """Of the first column."""
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    systems: bool = False
    """Whether the columns are systems, and are drawn with their marks."""
    rows_are_systems: bool = False


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
            Line(head=str(t + 1), entries=tuple(_entry(c.curve[t], "success") for c in cells)) for t in range(turns)
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
            Line(head=str(k), entries=tuple(_entry(c.pass_hat.get(k), "success") for c in cells))
            for k in range(1, most + 1)
        ),
        systems=True,
    )


def differences(pairs: Sequence[Paired], caption: str) -> Table:
    """Paired differences, the better mean first where the measure is the same throughout."""
    return Table(
        caption=caption,
        head="measure",
        columns=("first − second", "difference", "p", "p, corrected", "people", "real at 5 %"),
        lines=tuple(_difference(p if p.difference.value >= 0 else p.turned()) for p in pairs),
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
                    _entry(c.figures.get("questions"), "questions"),
                    _entry(c.figures.get("useful_questions"), "useful_questions"),
                    _entry(c.useful, "success"),
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
            Line(head=f"{by}: {value}", entries=tuple(_entry(found.get((by, value, c.system)), name) for c in cells))
            for by, value in parts
        ),
        systems=True,
    )


def honesty(analysis: Analysis, examined: Mapping[str, Figure]) -> Table:
    """How often the simulated people broke the rules of the game; what was examined goes before what was measured."""
    return Table(
        caption="Honesty of the simulated people, by kind and system they talked with",
        head="kind, system",
        columns=tuple(measure(n).label for n in HONESTY),
        lines=tuple(
            Line(
                head=f"{c.user}, {c.system}",
                entries=tuple(_honest(c, n, examined.get(f"{c.user}/{c.system}/{n}")) for n in HONESTY),
            )
            for c in analysis.cells
        ),
    )


def control(figures: Mapping[str, Figure]) -> Table:
    """The shuffled control, by kind of user and system; figures are named KIND/SYSTEM/WHAT."""
    split = [(*name.rpartition("/")[::2], figure) for name, figure in figures.items()]
    columns = tuple(dict.fromkeys(what for _, what, _ in split))
    held = {(who, what): figure for who, what, figure in split}
    return Table(
        caption="The shuffled control: share of people, with their own wishes and with somebody else's",
        head="kind, system",
        columns=columns,
        lines=tuple(
            Line(
                head=who.replace("/", ", ", 1) or "all",
                entries=tuple(
                    _change(held.get((who, what))) if what == DIFFERENCE else _entry(held.get((who, what)), "success")
                    for what in columns
                ),
            )
            for who in dict.fromkeys(who for who, _, _ in split)
        ),
    )


def agreement(analysis: Analysis) -> Table:
    """Whether kinds of user rank the systems alike."""
    return Table(
        caption="Agreement of the kinds of user on the order of the systems",
        head="measure",
        columns=("kinds", "Kendall's tau-b", "systems"),
        lines=tuple(
            Line(
                head=measure(a.measure).label,
                entries=(
                    Entry(said=f"{a.first}, {a.second}"),
                    Entry(said=f"{a.tau.value:.2f}", small=f"{a.tau.low:.2f} to {a.tau.high:.2f}"),
                    Entry(said=str(a.systems)),
                ),
            )
            for a in analysis.agreements
        ),
    )


def speed(analysis: Analysis) -> Table:
    """How long a turn took."""
    stages = list(dict.fromkeys(s for one in analysis.speeds for s in one.stages))
    return Table(
        caption="Milliseconds on the machine of this run",
        head="system",
        columns=("turn, median", "turn, 95th percentile", "dialogue, median", *(f"{s}, mean per turn" for s in stages)),
        lines=tuple(
            Line(
                head=one.system,
                entries=(
                    Entry(said=_ms(one.p50)),
                    Entry(said=_ms(one.p95)),
                    Entry(said=_ms(one.dialogue)),
                    *(Entry(said=_ms(one.stages[s]) if s in one.stages else NONE) for s in stages),
                ),
            )
            for one in analysis.speeds
        ),
        rows_are_systems=True,
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
            _entry(c.figures.get(name), name, c.unscored.get(name, 0), leads=c.system in best)
            for c in analysis.of(user)
        ),
    )


def _entry(figure: Figure | None, name: str, unscored: int = 0, *, leads: bool = False) -> Entry:
    missing = f"{unscored:,} unscored" if unscored else ""
    if figure is None:
        return Entry(small=missing)
    small = " · ".join(filter(None, (span(figure, name), missing)))
    return Entry(said=said(figure.value, name), small=small, leads=leads)


def _honest(cell: Cell, name: str, examined: Figure | None) -> Entry:
    if examined is not None:
        return _entry(examined, name)
    return _entry(cell.figures.get(name), name, cell.unscored.get(name, 0))


def _change(figure: Figure | None, name: str = "success") -> Entry:
    if figure is None:
        return Entry()
    return Entry(said=said_change(figure.value, name), small=change_span(figure, name))


def _difference(pair: Paired) -> Line:
    return Line(
        head=measure(pair.measure).label,
        entries=(
            Entry(said=f"{pair.first} − {pair.second}"),
            _change(pair.difference, pair.measure),
            Entry(said=f"{pair.p:.4f}"),
            Entry(said=f"{pair.holm:.4f}"),
            Entry(said=f"{pair.difference.n:,}"),
            Entry(said="yes" if pair.real else "no"),
        ),
    )


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
