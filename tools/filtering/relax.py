"""Relaxation: which hard preferences conflict when nothing is left, and what each release would bring back.

Every row is reduced to the set of preferences it fails. The smallest of these sets are the smallest releases; the
minimal sets that meet all of them are the minimal conflicts (Reiter's hitting sets, Artificial Intelligence 1987). So
the cost grows with the distinct sets, not with the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.preferences import Preference
from tools.catalog.columns import Mask
from tools.filtering.masks import Columnar, TextSearch, allowed

MOST = 60
"""Hard preferences weighed for release, the newest; older ones beyond stay as they are."""
MOST_CONFLICTS = 64
"""Minimal conflicts looked for; enough to be all of them in any ledger a person writes."""


@dataclass(frozen=True)
class Certificate:
    """Why nothing is left."""

    conflicts: tuple[tuple[Preference, ...], ...]
    """Minimal sets of hard preferences that no item meets together, smallest first; empty when something is left."""
    releases: tuple[tuple[tuple[Preference, ...], int], ...]
    """(preferences let go, items there are then), most items first; the smallest sets that free anything."""


def relax(
    preferences: Iterable[Preference],
    catalog: Columnar,
    blocked: Iterable[str] = (),
    text: TextSearch | None = None,
    house: Sequence[Preference] = (),
    among: Mask | None = None,
) -> Certificate:
    """The certificate for preferences that leave nothing; blocked items stay blocked, the house's demands stand.

    `among`: (rows,) the rows that come into question at all; None: all of them.

    When only blocked items would fit, nothing conflicts and no release helps: both parts are empty. When something is
    left, the releases are the single ones.
    """
    every = [p for p in preferences if p.hard and not (p.field is None and p.polarity == "want")]
    fixed, hard = [*house, *every[:-MOST]], every[-MOST:]
    free = allowed(fixed, catalog, blocked, text)
    patterns = _patterns(hard, catalog, free if among is None else free & among, text)
    minimal = _minimal(patterns)
    return Certificate(
        conflicts=tuple(_named(c, hard) for c in _hitting(minimal)), releases=_releases(hard, patterns, minimal)
    )


def _patterns(hard: Sequence[Preference], catalog: Columnar, free: Mask, text: TextSearch | None) -> dict[int, int]:
    """How many free rows fail exactly which preferences, as bits: {failed: rows}."""
    failed = np.zeros(len(catalog), dtype=np.int64)
    for bit, preference in enumerate(hard):
        failed |= (~allowed([preference], catalog, (), text)).astype(np.int64) << bit
    found, counts = np.unique(failed[free], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _minimal(sets: Iterable[int]) -> list[int]:
    """The sets (as bits) that hold no other, smallest first."""
    kept: list[int] = []
    for one in sorted(sets, key=lambda s: (s.bit_count(), s)):
        if not any(other & one == other for other in kept):
            kept.append(one)
    return kept


def _releases(
    hard: Sequence[Preference], patterns: dict[int, int], minimal: list[int]
) -> tuple[tuple[tuple[Preference, ...], int], ...]:
    if not minimal:
        return ()
    size = max(1, minimal[0].bit_count())
    sets = [1 << n for n in range(len(hard))] if minimal == [0] else [s for s in minimal if s.bit_count() == size]
    found = [(_named(s, hard), sum(n for failed, n in patterns.items() if failed & ~s == 0)) for s in sets]
    return tuple(sorted(found, key=lambda f: (-f[1], [p.id for p in f[0]])))


def _hitting(sets: Sequence[int]) -> list[int]:
    """The minimal sets that share an element with each of `sets` (Berge's algorithm); none for no sets."""
    hitting = [0]
    for one in sets:
        elements = [1 << n for n in range(one.bit_length()) if one >> n & 1]
        grown = {h if h & one else h | element for h in hitting for element in elements}
        hitting = _minimal(grown)[:MOST_CONFLICTS]
    return _minimal(_shrunk(h, sets) for h in hitting if h)


def _shrunk(hitting: int, sets: Sequence[int]) -> int:
    """Without the elements it does not need; only a search cut short at MOST_CONFLICTS leaves any."""
    for n in range(hitting.bit_length()):
        less = hitting & ~(1 << n)
        if less != hitting and all(less & one for one in sets):
            hitting = less
    return hitting


def _named(bits: int, hard: Sequence[Preference]) -> tuple[Preference, ...]:
    return tuple(p for n, p in enumerate(hard) if bits >> n & 1)
