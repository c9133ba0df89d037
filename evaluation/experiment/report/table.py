"""A table as a value: a caption, columns, rows; the template draws them all alike."""

from __future__ import annotations

from core.values import Value
from evaluation.experiment.analysis.glossary import said, said_change
from evaluation.experiment.report.words import change_span, span
from evaluation.metrics import Figure

NONE = "—"


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


def entry(figure: Figure | None, name: str, unscored: int = 0, *, leads: bool = False) -> Entry:
    """A figure with its interval, and how many are unscored."""
    missing = f"{unscored:,} unscored" if unscored else ""
    if figure is None:
        return Entry(small=missing)
    small = " · ".join(filter(None, (span(figure, name), missing)))
    return Entry(said=said(figure.value, name), small=small, leads=leads)


def change(figure: Figure | None, name: str = "success") -> Entry:
    """A difference with its interval."""
    if figure is None:
        return Entry()
    return Entry(said=said_change(figure.value, name), small=change_span(figure, name))
