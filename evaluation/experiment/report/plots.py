"""The report's plots: success by turn, paired differences, segments, endings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from evaluation.experiment.analysis import Cell
from evaluation.experiment.analysis.glossary import measure, said, said_change
from evaluation.experiment.analysis.pairs import Paired
from evaluation.experiment.analysis.whole import Segment
from evaluation.experiment.report.drawing import COLOURS, WIDTH, line, mark, path, short, spread, svg, text
from evaluation.experiment.report.words import ENDINGS
from simulation.protocol import EndReason

HATCH = Markup(
    '<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="6" class="hatching"/></pattern></defs></svg>'
)
"""Stands once in the page; what the machinery ended is hatched with it."""
Numbers = Mapping[str, int]
"""The number of each system, which fixes its mark, dash and colour."""


def curves(cells: Sequence[Cell], numbers: Numbers, turns: int) -> Markup:
    """Share of success within 1, 2, … turns, a line a system with its interval as a band."""
    left, right, top, bottom = 40.0, WIDTH - 118.0, 14.0, 250.0
    step = (right - left) / max(1, turns - 1)

    def place(turn: int, share: float) -> tuple[float, float]:
        return left + (turn - 1) * step, bottom - (bottom - top) * share

    parts = [_row(left, right, place(1, share)[1], f"{share:.0%}") for share in (0, 0.25, 0.5, 0.75, 1)]
    parts += [
        text(place(t, 0)[0], bottom + 17, str(t), "tick", "middle") for t in range(1, turns + 1) if _ticked(t, turns)
    ]
    parts.append(text((left + right) / 2, bottom + 34, "turns", "tick", "middle"))
    held = [c for c in cells if c.curve]
    for cell in held:
        upper = [place(t, f.high) for t, f in enumerate(cell.curve, 1)]
        lower = [place(t, f.low) for t, f in enumerate(cell.curve, 1)]
        parts.append(path([*upper, *reversed(lower)], f"band s{numbers[cell.system] % COLOURS}", closed=True))
    for cell in held:
        number = numbers[cell.system]
        points = [place(t, f.value) for t, f in enumerate(cell.curve, 1)]
        parts.append(path(points, f"curve d{number % COLOURS} s{number % COLOURS}"))
        parts += [mark(x, y, number, size=3.6) for x, y in points]
    ends = [place(len(c.curve), c.curve[-1].value)[1] for c in held]
    for cell, y, label in zip(held, ends, spread(ends, 15, top, bottom), strict=True):
        parts.append(line(right + 5, y, right + 14, label, "lead"))
        parts.append(text(right + 17, label + 4, short(cell.system, 14), f"name t{numbers[cell.system] % COLOURS}"))
    about = "; ".join(f"{c.system} {c.curve[-1].value:.0%} by turn {len(c.curve)}" for c in held)
    return svg(bottom + 42, "Success by turn", parts, about)


def forest(pairs: Sequence[Paired], name: str) -> Markup:
    """Paired differences, the better system first: a filled square is real, a hollow one cannot be told from zero."""
    turned = [p if p.difference.value >= 0 else p.turned() for p in pairs]
    turned.sort(key=lambda p: p.difference.value, reverse=True)
    low = min([0.0, *(p.difference.low for p in turned)])
    high = max([0.0, *(p.difference.high for p in turned)])
    left, right, top, height = 14.0, WIDTH - 14.0, 8.0, 36.0
    wide = (high - low) or 1.0

    def place(value: float) -> float:
        return left + (right - left) * (value - low) / wide

    bottom = top + height * len(turned)
    parts = [line(place(t), top, place(t), bottom, "zero" if t == 0 else "grid") for t in _ticks(low, high)]
    for number, pair in enumerate(turned):
        y = top + height * number
        told = said_change(pair.difference.value, name)
        parts.append(text(left, y + 13, short(f"{pair.first} − {pair.second}", 44), "name"))
        parts.append(text(right, y + 13, told, "name", "end"))
        kind = "real" if pair.real else "open"
        parts.append(line(place(pair.difference.low), y + 24, place(pair.difference.high), y + 24, f"whisker {kind}"))
        x = place(pair.difference.value)
        box = [(x - 4, y + 20), (x + 4, y + 20), (x + 4, y + 28), (x - 4, y + 28)]
        parts.append(path(box, f"box {kind}", closed=True))
    parts += [text(place(t), bottom + 15, _tick(t, name), "tick", "middle") for t in _ticks(low, high)]
    parts.append(text((left + right) / 2, bottom + 32, f"difference in {measure(name).label}", "tick", "middle"))
    about = "; ".join(
        f"{p.first} minus {p.second} {said_change(p.difference.value, name)}, {'real' if p.real else 'not real'}"
        for p in turned
    )
    return svg(bottom + 40, f"Paired differences in {measure(name).label}", parts, about)


def segments(held: Sequence[Segment], numbers: Numbers) -> Markup:
    """The leading measure of every system on each part of the people."""
    name = held[0].measure
    values = list(dict.fromkeys(s.value for s in held))
    most = 1.0 if measure(name).form == "share" else max(s.figure.high for s in held) or 1.0
    left, right, top, gap = 14.0, WIDTH - 14.0, 6.0, 13.0

    def place(value: float) -> float:
        return left + (right - left) * value / most

    parts: list[str] = []
    y = top
    for value in values:
        group = [s for s in held if s.value == value]
        parts.append(text(left, y + 12, short(value, 40), "name"))
        parts.append(text(right, y + 12, f"{max(s.figure.n for s in group)} people", "tick", "end"))
        for number, segment in enumerate(group):
            here, system = y + 24 + gap * number, numbers[segment.system]
            low, high = place(segment.figure.low), place(segment.figure.high)
            parts.append(line(low, here, high, here, f"whisker s{system % COLOURS}"))
            parts.append(mark(place(segment.figure.value), here, system, size=4))
        y += 30 + gap * len(group)
    rules = [most * share for share in (0, 0.25, 0.5, 0.75, 1)]
    grid = [line(place(r), top, place(r), y - 6, "grid") for r in rules]
    ticks = [
        text(
            place(r),
            y + 8,
            said(r, name).replace(".0 %", " %"),
            "tick",
            "start" if r == 0 else "end" if r == most else "middle",
        )
        for r in rules
    ]
    about = "; ".join(f"{s.value}, {s.system}: {said(s.figure.value, name)}" for s in held)
    return svg(y + 16, f"{measure(name).label} by {held[0].name}", [*grid, *parts, *ticks], about)


def endings(cells: Sequence[Cell]) -> Markup:
    """How the dialogues of each system ended, as shares of a bar."""
    left, right, top, height = 4.0, WIDTH - 4.0, 4.0, 44.0
    parts: list[str] = []
    for number, cell in enumerate(cells):
        y, x = top + height * number, left
        parts.append(text(left, y + 12, short(cell.system, 44), "name"))
        for reason, count in cell.endings.items():
            wide = (right - left) * count / cell.episodes
            parts.append(_piece(x, y + 17, wide, reason))
            if wide > 34:
                parts.append(text(x + wide / 2, y + 31, f"{count / cell.episodes:.0%}", f"in e-{reason}", "middle"))
            x += wide
    about = "; ".join(
        f"{c.system}: " + ", ".join(f"{n / c.episodes:.1%} {ENDINGS[r]}" for r, n in c.endings.items()) for c in cells
    )
    return svg(top + height * len(cells) + 2, "How dialogues ended, by system", parts, about)


def swatch(reason: EndReason) -> Markup:
    """The fill of an ending, for the legend."""
    return Markup(f'<svg class="glyph" viewBox="0 0 14 14" aria-hidden="true">{_piece(0, 0, 14, reason, 14)}</svg>')  # noqa: S704


def _piece(x: float, y: float, wide: float, reason: EndReason, tall: float = 20) -> str:
    box = f'x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.0f}"'
    hatched = "" if reason.by_choice else f'<rect {box} fill="url(#hatch)"/>'
    return f'<rect {box} class="piece e-{reason}"/>{hatched}'


def _row(left: float, right: float, y: float, label: str) -> str:
    return line(left, y, right, y, "grid") + text(left - 6, y + 4, label, "tick", "end")


def _ticked(turn: int, turns: int) -> bool:
    return turns <= 12 or turn == 1 or turn % 5 == 0


def _ticks(low: float, high: float) -> list[float]:
    """Round values between low and high, zero among them, five at most."""
    wide = (high - low) or 1.0
    raw = wide / 4
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * m for m in (1, 2, 2.5, 5, 10) if size * m >= raw)
    return [round(n * step, 10) for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _tick(value: float, name: str) -> str:
    return "0" if value == 0 else said_change(value, name).replace(".0 points", "").replace(" points", "")
