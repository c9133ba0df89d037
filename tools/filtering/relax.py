"""Relaxation: which hard preferences conflict when nothing is left, and what each release would bring back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.preferences import Preference
from tools.catalog.columns import Mask
from tools.filtering.masks import Columnar, TextSearch, allowed

MOST = 16
"""Hard preferences beyond this many are released singly only."""


@dataclass(frozen=True)
class Certificate:
    """Why nothing is left."""

    conflicts: tuple[tuple[Preference, ...], ...]
    """Minimal sets of hard preferences that no item meets together."""
    releases: tuple[tuple[tuple[Preference, ...], int], ...]
    """(preferences let go, items that return), most items first; the smallest sets that free anything."""


def relax(
    preferences: Iterable[Preference], catalog: Columnar, blocked: Iterable[str] = (), text: TextSearch | None = None
) -> Certificate:
    """The certificate for preferences that leave nothing; blocked items stay blocked."""
    hard = [p for p in preferences if p.hard and not (p.field is None and p.polarity == "want")]
    free = allowed((), catalog, blocked)
    masks = {p.id: allowed([p], catalog, (), text) for p in hard}
    return Certificate(conflicts=_conflicts(hard, masks, free), releases=_releases(hard, masks, free))


def _left(kept: Sequence[Preference], masks: dict[str, Mask], free: Mask) -> int:
    mask = free.copy()
    for preference in kept:
        mask &= masks[preference.id]
    return int(np.count_nonzero(mask))


def _releases(
    hard: list[Preference], masks: dict[str, Mask], free: Mask
) -> tuple[tuple[tuple[Preference, ...], int], ...]:
    deepest = 3 if len(hard) <= MOST else 1
    for size in range(1, min(deepest, len(hard)) + 1):
        found = []
        for gone in combinations(hard, size):
            count = _left([p for p in hard if p not in gone], masks, free)
            if count:
                found.append((gone, count))
        if found:
            return tuple(sorted(found, key=lambda f: (-f[1], [p.id for p in f[0]])))
    return ()


def _conflicts(hard: list[Preference], masks: dict[str, Mask], free: Mask) -> tuple[tuple[Preference, ...], ...]:
    minimal: list[tuple[Preference, ...]] = []
    for size in range(1, min(4, len(hard)) + 1):
        for group in combinations(hard, size):
            if any({p.id for p in known} <= {p.id for p in group} for known in minimal):
                continue
            if not _left(group, masks, free):
                minimal.append(group)
        if len(hard) > MOST and size == 2:
            break
    return tuple(minimal)
