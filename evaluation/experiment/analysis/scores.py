"""Episodes laid out for comparison: by kind of user and system, then one value a member, trials averaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from evaluation.experiment.episodes import Episode, UserKind
from evaluation.metrics import DRAWS, LEVEL, Figure

Scores = Mapping[str, float]
"""Member id to the mean over this member's scored trials, by id; members without one are left out."""


class Key(NamedTuple):
    """One system with one kind of user."""

    user: UserKind
    system: str


def cells(episodes: Iterable[Episode]) -> dict[Key, list[Episode]]:
    """The episodes of each kind of user and system, in the order met."""
    found: dict[Key, list[Episode]] = {}
    for episode in episodes:
        found.setdefault(Key(episode.user, episode.system), []).append(episode)
    return found


def by_member(pairs: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """(member, value) pairs to the mean of each member, by id; None counts as unscored, not as zero."""
    held: dict[str, list[float]] = {}
    for member, value in pairs:
        if value is not None:
            held.setdefault(member, []).append(value)
    return {member: sum(held[member]) / len(held[member]) for member in sorted(held)}


def scores(episodes: Iterable[Episode], name: str) -> dict[str, float]:
    """A measure, one value a member."""
    return by_member((e.member, e.measures.get(name)) for e in episodes)


def found_by(episodes: Iterable[Episode], turn: int) -> dict[str, float]:
    """Success within `turn` turns, one value a member."""
    return by_member((e.member, _by(e, turn)) for e in episodes)


def shared(first: Scores, second: Scores) -> list[str]:
    """Members scored in both, in the order of the first."""
    return [m for m in first if m in second]


def ratio(above: Sequence[float], below: Sequence[float], seed: int = 0) -> Figure | None:
    """sum(above) / sum(below) over members with its percentile bootstrap interval; None where nothing is below.

    Draws that hold nothing below are left out of the interval.
    """
    over, under = np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64)
    if under.sum() == 0:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(under), size=(DRAWS, len(under)))
    bottoms = under[drawn].sum(axis=1)
    tops = over[drawn].sum(axis=1)
    low, high = np.quantile(tops[bottoms > 0] / bottoms[bottoms > 0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = float(over.sum() / under.sum())
    return Figure(value=round(value, 4), low=round(float(low), 4), high=round(float(high), 4), n=len(under))


def _by(episode: Episode, turn: int) -> float | None:
    success = episode.measures.get("success")
    if success is None:
        return None
    turns = episode.measures.get("turns")
    return success if (len(episode.exchanges) if turns is None else turns) <= turn else 0.0
