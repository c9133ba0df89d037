"""Tables of a whole run: differences, honesty and control, agreement, speed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluation.experiment.analysis import Analysis, Cell
from evaluation.experiment.analysis.glossary import HONESTY, measure
from evaluation.experiment.analysis.pairs import Paired
from evaluation.experiment.report.table import NONE, Entry, Line, Table, change, entry
from evaluation.metrics import Figure

DIFFERENCE = "difference"


def differences(pairs: Sequence[Paired], caption: str) -> Table:
    """Paired differences, the better mean first where the measure is the same throughout."""
    return Table(
        caption=caption,
        head="measure",
        columns=("first − second", "difference", "p", "p, corrected", "people", "real at 5 %"),
        lines=tuple(_difference(p if p.difference.value >= 0 else p.turned()) for p in pairs),
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
                    change(held.get((who, what))) if what == DIFFERENCE else entry(held.get((who, what)), "success")
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


def _honest(cell: Cell, name: str, examined: Figure | None) -> Entry:
    if examined is not None:
        return entry(examined, name)
    return entry(cell.figures.get(name), name, cell.unscored.get(name, 0))


def _difference(pair: Paired) -> Line:
    return Line(
        head=measure(pair.measure).label,
        entries=(
            Entry(said=f"{pair.first} − {pair.second}"),
            change(pair.difference, pair.measure),
            Entry(said=f"{pair.p:.4f}"),
            Entry(said=f"{pair.holm:.4f}"),
            Entry(said=f"{pair.difference.n:,}"),
            Entry(said="yes" if pair.real else "no"),
        ),
    )


def _ms(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"
