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
            share = weight / (k + rank)
            if (parts := shares.get(candidate.row)) is None:
                shares[candidate.row] = {name: share}
            else:
                parts[name] = share
    return Candidates.of(Candidate(row, sum(parts.values()), _by_share(parts), parts) for row, parts in shares.items())


def _by_share(parts: Mapping[str, float]) -> tuple[str, ...]:
    """Routes by what they contribute, the largest first; `parts` has them by name."""
    return tuple(sorted(parts, key=parts.__getitem__, reverse=True)) if len(parts) > 1 else tuple(parts)
