"""The few shapes that the report's plots are drawn from, as SVG; every text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

WIDTH = 420
"""Every plot is drawn this wide, so that its letters stay readable on a phone."""
MARKS = ("circle", "square", "triangle", "diamond", "cross", "plus", "ring", "star")
"""Systems differ by shape and dash as well as by colour."""
COLOURS = len(MARKS)


def svg(height: float, label: str, parts: Sequence[str], about: str = "") -> Markup:
    """A picture with a text for those who do not see it."""
    return Markup(  # noqa: S704 (made of escaped parts)
        f'<svg class="plot" viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(label)}">'
        f"{f'<desc>{escape(about)}</desc>' if about else ''}{''.join(parts)}</svg>"
    )


def text(x: float, y: float, said: str, kind: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(said)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>'


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> str:
    """Points joined by lines."""
    joined = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{joined}{"Z" if closed else ""}" class="{kind}"/>'


def mark(x: float, y: float, number: int, *, hollow: bool = False, size: float = 4.5) -> str:
    """The mark of the system with this number."""
    shape = MARKS[number % len(MARKS)]
    kind = f"mark m-{shape} s{number % COLOURS}{' hollow' if hollow else ''}"
    match shape:
        case "circle" | "ring":
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" class="{kind}"/>'
        case "square":
            return path(_corners(x, y, size * 0.9, [(-1, -1), (1, -1), (1, 1), (-1, 1)]), kind, closed=True)
        case "triangle":
            return path(_corners(x, y, size * 1.15, [(0, -1), (1, 0.85), (-1, 0.85)]), kind, closed=True)
        case "diamond":
            return path(_corners(x, y, size * 1.25, [(0, -1), (1, 0), (0, 1), (-1, 0)]), kind, closed=True)
        case "cross":
            return _strokes(x, y, size, [(-1, -1, 1, 1), (-1, 1, 1, -1)], kind)
        case "plus":
            return _strokes(x, y, size * 1.2, [(-1, 0, 1, 0), (0, -1, 0, 1)], kind)
    return _strokes(x, y, size, [(-1, -1, 1, 1), (-1, 1, 1, -1), (-1.3, 0, 1.3, 0)], kind)


def key(name: str, number: int) -> Markup:
    """The mark of a system beside its name, for legends and tables."""
    return Markup(  # noqa: S704 (made of escaped parts)
        f'<span class="key"><svg class="glyph" viewBox="0 0 14 14" aria-hidden="true">{mark(7, 7, number)}</svg>'
        f"{escape(name)}</span>"
    )


def short(name: str, most: int) -> str:
    """A name cut to fit."""
    return name if len(name) <= most else name[: most - 1] + "…"


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places moved apart so that none is nearer than `gap` to the next, in their order, within low..high."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = [0.0] * len(places)
    floor = low
    for at in order:
        moved[at] = max(places[at], floor)
        floor = moved[at] + gap
    ceiling = high
    for at in reversed(order):
        moved[at] = min(moved[at], ceiling)
        ceiling = moved[at] - gap
    return moved


def _corners(x: float, y: float, size: float, at: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(x + size * dx, y + size * dy) for dx, dy in at]


def _strokes(x: float, y: float, size: float, at: Sequence[tuple[float, float, float, float]], kind: str) -> str:
    moves = "".join(
        f"M{x + size * a:.1f} {y + size * b:.1f}L{x + size * c:.1f} {y + size * d:.1f}" for a, b, c, d in at
    )
    return f'<path d="{moves}" class="{kind} stroke"/>'
