"""Soft preferences as a score: how well every row meets what would be welcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from core.preferences import Preference
from tools.catalog.columns import CategoryColumn, NumberColumn
from tools.filtering.masks import Columnar, values_meant, verdicts

Closeness = Callable[[str], NDArray[np.float32] | None]


def soft_scores(preferences: Iterable[Preference], catalog: Columnar, closeness: Closeness) -> NDArray[np.float32]:
    """(rows,) weighted mean, in [-1, 1], of how each row meets each preference; zeros when there are none.

    Wanted values met count +1 (more of several wanted values, more), known and missed -1, unknown 0; a number beyond
    its bound loses with its distance in interquartile ranges; free text counts by its closeness in meaning. A
    preference said n times weighs 1 + (n - 1) / 2, times its confidence.
    """
    total = np.zeros(len(catalog), dtype=np.float32)
    weights = 0.0
    for preference in preferences:
        weight = preference.confidence * (1 + (preference.times - 1) / 2)
        total += np.float32(weight) * one(preference, catalog, closeness)
        weights += weight
    return np.asarray(total / np.float32(weights), dtype=np.float32) if weights else total


def one(preference: Preference, catalog: Columnar, closeness: Closeness) -> NDArray[np.float32]:
    """(rows,) in [-1, 1]: how each row meets one preference."""
    sign = np.float32(-1.0 if preference.polarity == "avoid" else 1.0)
    if preference.field is None:
        close = closeness(str(preference.value))
        return (
            np.zeros(len(catalog), dtype=np.float32)
            if close is None
            else np.asarray(sign * spread(close), dtype=np.float32)
        )
    column = catalog.columns.get(preference.field)
    if isinstance(column, NumberColumn):
        return _number(preference, column, catalog)
    passed, known = verdicts(preference, catalog)
    score = np.where(known, np.where(passed, 1.0, _missed(preference, catalog)), 0.0).astype(np.float32)
    if isinstance(column, CategoryColumn) and len(preference.values) > 1 and preference.polarity == "want":
        spec = catalog.schema.field(preference.field)
        held = np.zeros(len(catalog), dtype=np.float32)
        for value in values_meant(preference, spec):
            held[column.rows_with(value)] += 1.0
        score = np.where(passed, 0.7 + 0.3 * held / max(1, len(preference.values)), score).astype(np.float32)
    return score


def _missed(preference: Preference, catalog: Columnar) -> float:
    """What not holding a wanted value costs: less when nobody declared the value, since a missing tag says little."""
    spec = catalog.schema.field(preference.field or "")
    declared = not spec.values or all(str(v) in spec.values for v in preference.values)
    return -1.0 if declared or preference.polarity == "avoid" else -0.3


def _number(preference: Preference, column: NumberColumn, catalog: Columnar) -> NDArray[np.float32]:
    passed, known = verdicts(preference, catalog)
    low, high = _bounds(preference)
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(np.maximum(low - column.data, column.data - high), 0.0)
    spread = max(column.quantile(0.75) - column.quantile(0.25), 1e-6) if len(column.sorted) else 1.0
    missed = -np.minimum(beyond / spread, 1.0)
    return np.where(known, np.where(passed, 1.0, np.minimum(missed, -0.1)), 0.0).astype(np.float32)


def _bounds(preference: Preference) -> tuple[float, float]:
    first = float(preference.values[0])
    match preference.op:
        case "between":
            return first, float(preference.values[1])
        case "lt" | "le":
            return -np.inf, first
        case "gt" | "ge":
            return first, np.inf
    return first, first


def spread(close: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines as scores: the catalogue's median is 0, its 99th percentile 1."""
    middle, top = np.quantile(close, [0.5, 0.99])
    scaled = (close - middle) / max(float(top - middle), 1e-6)
    return np.asarray(np.clip(scaled, -1.0, 1.0), dtype=np.float32)
