"""Which ranker a catalogue's conversations use: the one that finds what left-out people liked, from a few likes."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.ranking.ranker import Interactions

LIKES = (1, 3, 5)
"""How many liked items are told of, as in a conversation."""
AT = 10
LEAST = max(LIKES) + 5
"""Items of a history that is asked of."""
MOST = 500
"""People left out."""


@dataclass(frozen=True)
class Trial:
    """One person left out: some of what they liked is told, the rest is to be found."""

    told: tuple[int, ...]
    rest: frozenset[int]


def leave_out(
    interactions: Interactions, seed: int = 0, share: float = 0.1, most: int = MOST
) -> tuple[Interactions, list[Trial]]:
    """(the others, trials) for a share of the people, left out whole; three trials each, with 1, 3 and 5 likes told."""
    chance = np.random.default_rng(seed)
    long = [p for p in range(len(interactions)) if len(set(interactions.history(p).tolist())) >= LEAST]
    count = min(most, max(1, int(share * len(long))))
    left = sorted(chance.choice(long, count, replace=False).tolist()) if len(long) > 1 else []
    trials = []
    for person in left:
        items = list(dict.fromkeys(interactions.history(person).tolist()))
        drawn = [items[n] for n in chance.permutation(len(items))]
        trials += [Trial(tuple(drawn[:k]), frozenset(drawn[k:])) for k in LIKES]
    gone = set(left)
    return interactions.only([p for p in range(len(interactions)) if p not in gone]), trials


def ndcg(ranked: Sequence[int], wanted: Container[int], count: int) -> float:
    """NDCG@10 of a list, best first, of which `count` items in all are wanted (Järvelin and Kekäläinen 2002)."""
    discounts = 1 / np.log2(np.arange(2, AT + 2))
    hits = np.asarray([row in wanted for row in ranked[:AT]], dtype=np.bool_)
    return float(discounts[: len(hits)][hits].sum() / discounts[: min(AT, count)].sum())


def gains(score: Callable[[Sequence[int]], NDArray[np.float32]], trials: Sequence[Trial]) -> NDArray[np.float64]:
    """(trials,) NDCG@10 of what was not told."""
    found = np.zeros(len(trials))
    for place, trial in enumerate(trials):
        scores = np.array(score(trial.told), dtype=np.float64)
        scores[list(trial.told)] = -np.inf
        top = np.argpartition(-scores, AT)[:AT]
        found[place] = ndcg(top[np.lexsort((top, -scores[top]))].tolist(), trial.rest, len(trial.rest))
    return found
