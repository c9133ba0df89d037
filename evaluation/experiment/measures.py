"""Measures of one episode: each in its own function, None where it cannot be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from core.items import Item
from evaluation.experiment.episodes import Episode, Exchange, Measures
from simulation.needs import Need
from simulation.protocol import EndReason
from simulation.tasks import holds

DEPTH = 10
"""Places of the NDCG."""
USEFUL = frozenset({"answer", "confirm", "release"})
"""Acts of a message that give an answer to a question."""


def success(episode: Episode, need: Need, taken: Item | None) -> bool:
    """Whether they took what they were looking for.

    With an item in mind: that one, or one they are known to like that meets every wish; otherwise whatever they took.
    """
    if episode.ending != EndReason.accepted or episode.accepted is None:
        return False
    if need.target is None or episode.user == "taste":
        return True
    if episode.accepted == need.target:
        return True
    fits = taken is not None and all(holds(c, taken) for c in need.wants)
    return fits and episode.accepted in need.relevant


def recall(shown: Sequence[str], relevant: frozenset[str]) -> float | None:
    """The share of the held-out items they like that was shown; None where none is known."""
    return len(relevant & set(shown)) / len(relevant) if relevant else None


def ndcg(shown: Sequence[str], relevant: frozenset[str], depth: int = DEPTH) -> float | None:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002) of the first items shown, in their order."""
    if not relevant:
        return None
    first = list(dict.fromkeys(shown))[:depth]
    gained = sum(1 / math.log2(place + 2) for place, item in enumerate(first) if item in relevant)
    best = sum(1 / math.log2(place + 2) for place in range(min(len(relevant), depth)))
    return gained / best


def satisfied(exchanges: Sequence[Exchange]) -> float | None:
    """The share of items shown that met every wish told by then; None where nothing was shown."""
    shown = [item.fits for exchange in exchanges for item in exchange.slate]
    return sum(shown) / len(shown) if shown else None


def useful_questions(exchanges: Sequence[Exchange]) -> int:
    """Questions that were answered with something to go by."""
    after_questions = (after for before, after in pairwise(exchanges) if before.asked is not None)
    return sum(bool(USEFUL & set(after.acts)) for after in after_questions)


def diversity(slates: Sequence[NDArray[np.float32]]) -> float | None:
    """Intra-list diversity: 1 - cosine, over all pairs of a slate, averaged over slates of two or more.

    Each slate is (items, dim) unit vectors (Ziegler et al., WWW 2005, with text vectors for topics).
    """
    spreads = []
    for vectors in slates:
        if len(vectors) > 1:
            pairs = np.triu_indices(len(vectors), 1)
            spreads.append(float(1.0 - (vectors @ vectors.T)[pairs].mean()))
    return float(np.mean(spreads)) if spreads else None


def measured(
    episode: Episode, need: Need, taken: Item | None, slates: Sequence[NDArray[np.float32]], most_turns: int
) -> Measures:
    """The measures of an episode that need no language model and no second look at its messages."""
    exchanges = episode.exchanges
    won = success(episode, need, taken)
    turns = len(exchanges) if won else most_turns + 1
    shown = [item.id for e in exchanges for item in e.slate]
    relevant = frozenset(need.relevant) | (frozenset({need.target}) if need.target else frozenset())
    asked = sum(e.asked is not None for e in exchanges)
    costs = [e.cost for e in exchanges if e.cost is not None]
    found: Measures = {
        "success": float(won),
        "success_at/3": float(won and turns <= 3),
        "success_at/5": float(won and turns <= 5),
        "turns": float(turns),
        "recall": recall(shown, relevant),
        "ndcg": ndcg(shown, relevant),
        "satisfied": satisfied(exchanges),
        "repeated": float(len(shown) - len(set(shown))),
        "questions": float(asked),
        "useful_questions": float(useful_questions(exchanges)),
        "diversity": diversity(slates),
        "calls": float(sum(e.calls for e in exchanges)),
        "tokens": float(sum(e.tokens_in + e.tokens_out for e in exchanges)),
        "cost": sum(costs) if costs else None,
    }
    return {name: None if value is None else round(value, 6) for name, value in found.items()}
