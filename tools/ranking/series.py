"""Series on a slate: one volume of each, and of a series taken in order the first that the person does not know."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.ledger import Ledger
from core.schema import FieldSpec
from tools.catalog.columns import CategoryColumn, Mask, NumberColumn
from tools.filtering.masks import Columnar
from tools.ranking.soft import met


def entry_points(rows: Sequence[int], ledger: Ledger, catalog: Columnar, allowed: Mask) -> list[int]:
    """The rows, best first, so that each series stands once, at the place of its best-ranked volume; the rest behind.

    Volumes of a series whose field says `in_order` give way to the earliest allowed one: items known to the person are
    not allowed, so that somebody who has had the first volume is led to the second. Where the person asks for a series
    by name all of its volumes keep their places, in order if it has one. A first volume that meets fewer soft wishes
    than the one it stands for stands behind all that need no such excuse.
    """
    spec = catalog.schema.role("series")
    column = catalog.columns.get(spec.name) if spec is not None else None
    if spec is None or not isinstance(column, CategoryColumn):
        return list(rows)
    asked = {str(v) for p in ledger.preferences if p.field == spec.name and p.polarity == "want" for v in p.values}
    years = _years(catalog)
    placed: dict[int, None] = {}
    later: dict[int, None] = {}
    seen: set[str] = set()
    for row in rows:
        name = next(iter(column.values_at(row)), None)
        if name is None:
            placed.setdefault(row)
            continue
        volumes = _volumes(name, row, column, spec, years, allowed)
        if name in asked:
            fresh = next((v for v in volumes if v not in placed), row) if spec.in_order else row
            placed.setdefault(fresh)
        elif name not in seen:
            lesser = volumes[0] != row and _lesser(volumes[0], row, ledger, catalog)
            (later if lesser else placed).setdefault(volumes[0])
        else:
            later.setdefault(next((v for v in volumes if v not in placed and v not in later), row))
        seen.add(name)
    return [*placed, *(row for row in later if row not in placed)]


def _lesser(first: int, row: int, ledger: Ledger, catalog: Columnar) -> bool:
    """Whether the first volume meets less of what would be welcome than the volume that was found."""
    if not ledger.soft:
        return False
    opener, found = met(ledger.soft, catalog, [first, row]).sum(axis=0).tolist()
    return bool(opener < found)


def _volumes(
    name: str, row: int, column: CategoryColumn, spec: FieldSpec, years: NumberColumn | None, allowed: Mask
) -> list[int]:
    """The allowed volumes of a series from the earliest on; the row itself where order is unknown or does not count."""
    if not spec.in_order or years is None:
        return [row]
    rows = [int(r) for r in column.rows_with(name) if allowed[r] and not np.isnan(years.data[r])]
    return sorted(rows, key=lambda r: (years.data[r], r)) or [row]


def _years(catalog: Columnar) -> NumberColumn | None:
    spec = catalog.schema.role("release")
    column = catalog.columns.get(spec.name) if spec is not None else None
    return column if isinstance(column, NumberColumn) else None
