"""Fusion of routes: reciprocal rank fusion with weights (Cormack, Clarke and Buettcher, SIGIR 2009)."""

from __future__ import annotations

from collections.abc import Mapping

from core.candidates import Candidate, Candidates

K = 60


def fuse(routes: Mapping[str, Candidates], weights: Mapping[str, float] | None = None, k: int = K) -> Candidates:
    """One list from several: score = sum over routes of weight / (k + rank), ranks from 1.

    The result does not depend on the order of `routes`. Each candidate names its routes, strongest contribution first,
    and keeps the contributions in `parts`.
    """
    shares: dict[int, dict[str, float]] = {}
    for name in sorted(routes):
        weight = 1.0 if weights is None else weights.get(name, 1.0)
        if weight <= 0:
            continue
        for rank, candidate in enumerate(routes[name], start=1):
            shares.setdefault(candidate.row, {})[name] = weight / (k + rank)
    return Candidates.of(
        Candidate(row, sum(parts.values()), tuple(sorted(parts, key=lambda n: (-parts[n], n))), parts)
        for row, parts in shares.items()
    )
