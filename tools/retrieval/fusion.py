"""Fusion of routes: reciprocal rank fusion with weights (Cormack, Clarke and Buettcher, SIGIR 2009)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tools.candidates import Candidates

K = 60


def fuse(routes: Mapping[str, Candidates], weights: Mapping[str, float] | None = None, k: int = K) -> Candidates:
    """One list from several: score = sum over routes of weight / (k + rank), ranks from 1.

    The result does not depend on the order of `routes`; what each contributed stays with every candidate.
    """
    weighed = {name: 1.0 if weights is None else weights.get(name, 1.0) for name in sorted(routes)}
    names = [name for name, weight in weighed.items() if weight > 0 and len(routes[name])]
    if not names:
        return Candidates()
    every = np.sort(np.concatenate([routes[name].rows for name in names]))
    rows = every[np.append(True, every[1:] > every[:-1])]
    total, shares = np.zeros(len(rows)), {}
    for name in names:
        found = routes[name].rows
        share = np.zeros(len(rows))
        share[np.searchsorted(rows, found)] = weighed[name] / (k + np.arange(1, len(found) + 1))
        shares[name] = share
        total += share
    return Candidates(rows, total, shares).scored(total)
