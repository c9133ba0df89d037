"""Figures as plots for pages of evaluations: a mark with its interval for every system, or bars of shares."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from markupsafe import Markup

from evaluation.experiment.report.drawing import COLOURS, WIDTH, line, mark, svg, text
from evaluation.metrics import Figure

STYLE = Path(__file__).resolve().parent / "experiment" / "report" / "page.css"
STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
LEFT, RIGHT, TOP, HEIGHT = 14.0, WIDTH - 14.0, 6.0, 34.0


def bars(figures: Mapping[str, Figure], name: str) -> Markup:
    """One measure: a mark with its interval for every system, in the order given."""
    most = max((f.high for f in figures.values()), default=0.0) or 1.0
    bottom, parts = _ground(most, len(figures))
    for number, (system, figure) in enumerate(figures.items()):
        y = TOP + HEIGHT * number
        parts.append(text(LEFT, y + 13, system, "name"))
        parts.append(text(RIGHT, y + 13, f"{figure.value:.4f}", "name", "end"))
        low, high = _place(figure.low, most), _place(figure.high, most)
        parts.append(line(low, y + 23, high, y + 23, f"whisker s{number % COLOURS}"))
        parts.append(mark(_place(figure.value, most), y + 23, number, size=4))
    said = "; ".join(f"{system} {f.value:.4f} [{f.low:.4f}, {f.high:.4f}]" for system, f in figures.items())
    return svg(bottom + 22, name, parts, said)


def shares(held: Mapping[str, float], name: str) -> Markup:
    """A bar a share, without intervals."""
    most = max(held.values(), default=0.0) or 1.0
    bottom, parts = _ground(most, len(held))
    for number, (what, share) in enumerate(held.items()):
        y = TOP + HEIGHT * number
        parts.append(text(LEFT, y + 13, what, "name"))
        parts.append(text(RIGHT, y + 13, f"{share:.1%}", "name", "end"))
        parts.append(line(LEFT, y + 23, _place(share, most), y + 23, "whisker s0"))
        parts.append(mark(_place(share, most), y + 23, 0, size=4))
    return svg(bottom + 22, name, parts, "; ".join(f"{what} {share:.1%}" for what, share in held.items()))


def _place(value: float, most: float) -> float:
    return LEFT + (RIGHT - LEFT) * value / most


def _ground(most: float, lines: int) -> tuple[float, list[str]]:
    """(where the lines end, the grid below them)."""
    step = next((s for s in STEPS if most / s <= 5), 1.0)
    ticks = [step * n for n in range(math.floor(most / step) + 1)]
    bottom = TOP + HEIGHT * lines
    parts = [line(_place(t, most), TOP, _place(t, most), bottom, "zero" if t == 0 else "grid") for t in ticks]
    parts += [text(_place(t, most), bottom + 15, f"{t:g}", "tick", "middle" if t else "start") for t in ticks]
    return bottom, parts
