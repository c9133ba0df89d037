"""Whether different kinds of simulated user put the systems in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.values import Value
from evaluation.experiment.analysis.scores import Key, Scores
from evaluation.experiment.episodes import UserKind
from evaluation.metrics import DRAWS, LEVEL, Figure

LEAST = 3
"""Systems below which an order says too little."""


class Agreement(Value):
    """Two kinds of user on one measure."""

    measure: str
    first: UserKind
    second: UserKind
    tau: Figure
    """Kendall's tau-b of the systems' means: 1 the same order, -1 the reverse."""
    systems: int


def agreements(held: Mapping[Key, Scores], name: str, seed: int = 0) -> list[Agreement]:
    """Every pair of kinds of user that scored three systems or more in common."""
    users = list(dict.fromkeys(key.user for key in held))
    found = []
    for first, second in combinations(users, 2):
        systems = [k.system for k in held if k.user == first and Key(second, k.system) in held]
        systems = [s for s in systems if held[Key(first, s)] and held[Key(second, s)]]
        if len(systems) >= LEAST:
            members = list(dict.fromkeys(m for u in (first, second) for s in systems for m in held[Key(u, s)]))
            one, other = (_matrix(held, user, systems, members) for user in (first, second))
            tau = _figure(one, other, seed)
            if tau is not None:
                found.append(Agreement(measure=name, first=first, second=second, tau=tau, systems=len(systems)))
    return found


def tau_b(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Kendall's tau-b along the last axis (Kendall 1945); nan where one side is all ties. Shapes (…, systems)."""
    left, right = np.triu_indices(one.shape[-1], 1)
    mine, theirs = np.sign(one[..., left] - one[..., right]), np.sign(other[..., left] - other[..., right])
    scale = np.sqrt((mine**2).sum(axis=-1) * (theirs**2).sum(axis=-1))
    with np.errstate(invalid="ignore"):
        return np.asarray((mine * theirs).sum(axis=-1) / scale)


def _matrix(held: Mapping[Key, Scores], user: UserKind, systems: list[str], members: list[str]) -> NDArray[np.float64]:
    rows = [[held[Key(user, s)].get(m, np.nan) for m in members] for s in systems]
    return np.asarray(rows, dtype=np.float64)


def _figure(one: NDArray[np.float64], other: NDArray[np.float64], seed: int) -> Figure | None:
    """tau-b with the percentile bootstrap over members; draws in which it is undefined are left out."""
    members = one.shape[1]
    value = float(tau_b(np.nanmean(one, axis=1), np.nanmean(other, axis=1)))
    if np.isnan(value):
        return None
    drawn = np.random.default_rng(seed).integers(0, members, size=(DRAWS, members))
    weights = np.stack([np.bincount(row, minlength=members) for row in drawn]).astype(np.float64)
    taus = tau_b(_means(one, weights), _means(other, weights))
    low, high = np.quantile(taus[~np.isnan(taus)], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Figure(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4), n=members)


def _means(scores: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted means (draws, systems) of what is scored."""
    there = ~np.isnan(scores)
    with np.errstate(invalid="ignore"):
        return np.asarray((weights @ np.where(there, scores, 0.0).T) / (weights @ there.T.astype(np.float64)))
