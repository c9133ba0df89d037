"""What of the catalogue was shown: how much of it, and how unevenly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from core.values import Value
from evaluation.experiment.episodes import Episode


class Exposure(Value):
    """Items shown in a set of episodes. These describe the whole set, so they carry no interval."""

    shown: int
    """Places on slates."""
    distinct: int
    coverage: float | None = None
    """Distinct items over the catalogue's size; None where that is not known."""
    gini: float | None = None
    """0: every item of the catalogue is shown equally often; near 1: few take all places. None as above."""


def exposure(episodes: Iterable[Episode], items: int | None) -> Exposure:
    """Coverage and concentration over a catalogue of `items` items."""
    counts = Counter(i.id for e in episodes for x in e.exchanges for i in x.slate)
    if not items:
        return Exposure(shown=counts.total(), distinct=len(counts))
    coverage = round(len(counts) / items, 5)
    spread = gini(list(counts.values()), max(items, len(counts))) if counts else None
    return Exposure(shown=counts.total(), distinct=len(counts), coverage=coverage, gini=spread)


def gini(counts: Sequence[int], items: int) -> float:
    """Gini coefficient of how often each of `items` items was shown; those not in `counts` never were."""
    total = sum(counts)
    ordered = sorted(counts)
    unseen = items - len(ordered)
    ranked = sum((unseen + place) * count for place, count in enumerate(ordered, 1))
    return round(2 * ranked / (items * total) - (items + 1) / items, 5)
