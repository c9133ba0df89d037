"""Soft preferences as a score: how well every row meets what would be welcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.preferences import Preference
from tools.arrays import quantiles
from tools.catalog.columns import CategoryColumn, Mask, NumberColumn
from tools.filtering.masks import Columnar, holding_any, values_meant, verdicts

Closeness = Callable[[str], NDArray[np.float32] | None]


@dataclass(frozen=True)
class SoftWeights:
    """What meeting and missing a soft preference is worth; every score lies in [-1, 1]."""

    one_of_several: float = 0.7
    """Holding some of several wanted values; the rest up to 1 is earned by their share, rare values counting more."""
    missing_tag: float = -0.3
    """Not holding a wanted value that nobody declared: a missing tag says little."""
    near_miss: float = -0.1
    """A number just beyond its bound; it falls to -1 at one interquartile range."""
    repeated: float = 0.5
    """What each further mention adds to a preference's weight of 1."""
    common: float = 0.6
    """The weight of a wish for a value that every item holds; a value that only one holds weighs 1 more."""


def soft_scores(
    preferences: Iterable[Preference], catalog: Columnar, closeness: Closeness, weights: SoftWeights = SoftWeights()
) -> NDArray[np.float32]:
    """(rows,) weighted mean, in [-1, 1], of how each row meets each preference; zeros when there are none.

    Met counts +1 (of several wanted values, more and rarer ones count more), known and missed -1, unknown 0; a number
    beyond its bound loses with its distance in interquartile ranges; free text counts by its closeness in meaning.
    A preference weighs by how often it was said, times its confidence; a wish for a rare value weighs more than one for
    a common value (inverse document frequency), since it says more of what is wanted.
    """
    total = np.zeros(len(catalog), dtype=np.float32)
    weighed = 0.0
    for preference in preferences:
        weight = preference.confidence * (1 + weights.repeated * (preference.times - 1))
        weight *= _specific(preference, catalog, weights)
        total += np.float32(weight) * one(preference, catalog, closeness, weights)
        weighed += weight
    return np.asarray(total / np.float32(weighed), dtype=np.float32) if weighed else total


def met(
    preferences: Iterable[Preference], catalog: Columnar, rows: Sequence[int], weights: SoftWeights = SoftWeights()
) -> NDArray[np.float32]:
    """(wishes, rows) the share of all wishing that each soft wish for facts makes up, where a row meets it; else 0."""
    wishes = [p for p in preferences if p.polarity == "want" and p.field is not None]
    worth = np.asarray([p.confidence * _specific(p, catalog, weights) for p in wishes], dtype=np.float32)
    made = np.zeros((len(wishes), len(rows)), dtype=np.float32)
    for place, preference in enumerate(wishes):
        passed, known = verdicts(preference, catalog)
        made[place] = (passed & known)[list(rows)] * worth[place]
    return made / max(float(worth.sum()), 1e-6)


def one(
    preference: Preference, catalog: Columnar, closeness: Closeness, weights: SoftWeights = SoftWeights()
) -> NDArray[np.float32]:
    """(rows,) in [-1, 1]: how each row meets one preference."""
    if preference.field is None:
        close = closeness(str(preference.value))
        if close is None:
            return np.zeros(len(catalog), dtype=np.float32)
        return np.asarray((-1.0 if preference.polarity == "avoid" else 1.0) * spread(close), dtype=np.float32)
    passed, known = verdicts(preference, catalog)
    column = catalog.columns.get(preference.field)
    met: float | NDArray[np.float32] = 1.0
    missed: float | NDArray[np.float32] = -1.0
    if preference.polarity == "want":
        match column:
            case NumberColumn():
                missed = _beyond(preference, column, known, weights)
            case CategoryColumn():
                met, missed = _overlap(preference, column, catalog, weights), _untold(preference, catalog, weights)
    return np.where(known, np.where(passed, met, missed), 0.0).astype(np.float32)


def _specific(preference: Preference, catalog: Columnar, weights: SoftWeights) -> float:
    """How much a wish narrows down: `common` for a value all items hold, 1 more for one that a single item holds."""
    column = catalog.columns.get(preference.field or "")
    if preference.polarity != "want" or not isinstance(column, CategoryColumn) or column.size < 2:
        return 1.0
    values = values_meant(preference, catalog.schema.field(preference.field or ""))
    held = int(np.count_nonzero(holding_any(column, list(values))))
    return weights.common + float(np.log(column.size / max(held, 1)) / np.log(column.size))


def _overlap(
    preference: Preference, column: CategoryColumn, catalog: Columnar, weights: SoftWeights
) -> float | NDArray[np.float32]:
    """What meeting a wish for values is worth: 1 for all of them, less for some, by inverse document frequency."""
    if len(preference.values) < 2 or preference.op == "between":
        return 1.0
    held = np.zeros(column.size, dtype=np.float32)
    most = 0.0
    for value in values_meant(preference, catalog.schema.field(preference.field or "")):
        rows = holding_any(column, [value])
        rarity = float(np.log1p(column.size / (1 + np.count_nonzero(rows))))
        held[rows] += rarity
        most += rarity
    some = weights.one_of_several
    return np.asarray(some + (1 - some) * held / max(most, 1e-9), dtype=np.float32)


def _untold(preference: Preference, catalog: Columnar, weights: SoftWeights) -> float:
    """What not holding a wanted value costs."""
    spec = catalog.schema.field(preference.field or "")
    declared = not spec.values or all(str(v) in spec.values for v in preference.values)
    return -1.0 if declared else weights.missing_tag


def _beyond(
    preference: Preference, column: NumberColumn, known: Mask, weights: SoftWeights
) -> float | NDArray[np.float32]:
    """What lying beyond a wanted bound costs: the distance in interquartile ranges."""
    if not known.any():
        return -1.0
    scale = max(column.quantile(0.75) - column.quantile(0.25), 1e-6)
    distances = [np.maximum(np.maximum(low - column.data, column.data - high), 0.0) for low, high in _spans(preference)]
    lost = np.minimum(np.min(distances, axis=0) / scale, 1.0)
    return np.asarray(np.minimum(-lost, weights.near_miss), dtype=np.float32)


def _spans(preference: Preference) -> list[tuple[float, float]]:
    """The closed intervals of numbers that are wanted."""
    numbers = [float(v) for v in preference.values]
    match preference.op:
        case "between":
            return [(numbers[0], numbers[1])]
        case "lt" | "le":
            return [(-np.inf, numbers[0])]
        case "gt" | "ge":
            return [(numbers[0], np.inf)]
    return [(n, n) for n in numbers]


def spread(close: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosines as scores: the catalogue's median is 0, its 99th percentile 1."""
    middle, top = quantiles(close, 0.5, 0.99)
    scaled = (close - middle) / max(top - middle, 1e-6)
    return np.asarray(np.clip(scaled, -1.0, 1.0), dtype=np.float32)
