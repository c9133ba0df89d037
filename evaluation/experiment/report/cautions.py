"""What makes the figures of a run doubtful, said where its findings stand."""

from __future__ import annotations

from evaluation.experiment.analysis import Analysis, Cell
from evaluation.experiment.analysis.glossary import HONESTY, measure, said
from evaluation.experiment.reading import Run
from evaluation.experiment.report.words import counted, listed

SURELY = 0.05
"""A rate is told of when its whole interval lies above this share; faults when they are more than this share."""
FEW = 30
"""People below which a figure is told to be of few."""


def cautions(run: Run, analysis: Analysis) -> list[str]:
    """A sentence for each reason to doubt: dishonest people, faults of the machinery, few people."""
    found = [told for user in run.users for name in HONESTY if (told := _honesty(run, analysis.of(user), name))]
    found += [_faults(c) for c in analysis.cells if _failed(c) > SURELY * c.episodes]
    people = len({e.member for e in run.episodes})
    if 0 < people < FEW:
        found.append(f"Only {counted(people, 'person', 'people')} took part; most differences cannot show with so few.")
    return found


def _honesty(run: Run, cells: tuple[Cell, ...], name: str) -> str:
    """Where the people of one kind surely broke a rule too often."""
    told = []
    for c in cells:
        figure = run.honesty.metrics.get(f"{c.user}/{c.system}/{name}", c.figures.get(name))
        if figure is not None and figure.low > SURELY:
            told.append(f"{said(figure.value, name)} with {c.system}")
    if not told:
        return ""
    return f"{cells[0].user} users are doubtful: {measure(name).label} in {listed(told)}. See “Honesty”."


def _faults(cell: Cell) -> str:
    share = _failed(cell) / cell.episodes
    return (
        f"{100 * share:.1f} % of the dialogues of {cell.system} with {cell.user} users ended in a fault of the "
        "machinery, by nobody's choice."
    )


def _failed(cell: Cell) -> int:
    return sum(n for reason, n in cell.endings.items() if reason in {"agent_failed", "person_failed"})
