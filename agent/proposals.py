"""The generative route: titles a model proposes from what it knows; the catalogue keeps only those it really has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from core.plan import Reference
from tools.linking.linker import Linker
from tools.linking.titles import key_of


class Proposed(NamedTuple):
    """What became of the titles proposed."""

    rows: tuple[int, ...]
    """Rows of the catalogue, in the order proposed."""
    absent: tuple[str, ...]
    """Titles that are not in the catalogue, or of which it cannot be said which item is meant."""


def linked(proposals: Iterable[Reference], linker: Linker) -> Proposed:
    """The items that the titles name, letter by letter but for case, accents and articles, and of the year given.

    A year may be one off, as sources differ; without a year a title must belong to one item alone.
    """
    release = linker.catalog.schema.role("release")
    rows: list[int] = []
    absent: list[str] = []
    for proposal in proposals:
        if proposal.title is None:
            continue
        held = list(linker.titles.exact.get(key_of(proposal.title), ()))
        if proposal.year is not None and release is not None:
            years = [_years(item.values(release.name)) for item in linker.catalog.at(held)]
            held = [
                row for row, known in zip(held, years, strict=True) if any(abs(y - proposal.year) <= 1 for y in known)
            ]
        if len(held) == 1:
            rows.append(held[0])
        else:
            absent.append(proposal.title if proposal.year is None else f"{proposal.title} ({proposal.year})")
    return Proposed(tuple(dict.fromkeys(rows)), tuple(dict.fromkeys(absent)))


def _years(values: Iterable[object]) -> list[float]:
    return [float(v) for v in values if isinstance(v, int | float)]
