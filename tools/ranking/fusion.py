"""Fusion: the scores of several rankers blended by weights learnt on next items that none of them was fitted on.

A conditional logit (McFadden 1974) over the candidates: softmax regression on each ranker's standard score and on the
logarithm of its rank, so that a ranker may count for how sure it is, for its order, or for both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from core.values import Value
from tools.ranking.holding_out import hold_out
from tools.ranking.kinds import KINDS
from tools.ranking.ranker import Interactions, Ranker

DEPTH = 100
"""Ranks that are told apart; learning sees the items that some ranker puts among these."""
PENALTY = 0.01
"""Of the squared weights, for each case."""
Floats = NDArray[np.float64]


class Blend(Value):
    """What each ranker counts."""

    rankers: tuple[str, ...]
    scores: tuple[float, ...]
    """For a standard deviation of its score."""
    ranks: tuple[float, ...]
    """For a factor of e in rank."""


@dataclass(frozen=True, eq=False)
class Fusion:
    """Rankers and what each one counts."""

    name: ClassVar[str] = "fusion"
    rankers: tuple[Ranker, ...]
    blend: Blend

    @classmethod
    def fit(cls, interactions: Interactions, kinds: Sequence[str] = tuple(KINDS), seed: int = 0) -> Fusion:
        """Fit every kind of ranker without some people's last items, and learn on these."""
        kept, held = hold_out(interactions, np.random.default_rng(seed))
        return cls.learn([KINDS[name].fit(kept) for name in kinds], held)

    @classmethod
    def learn(cls, rankers: Sequence[Ranker], held: Iterable[tuple[Sequence[int], int]]) -> Fusion:
        """Learn on histories and next items that the rankers were not fitted on."""
        seen = []
        for history, target in held:
            told = features([ranker.score(history) for ranker in rankers], history)
            open_to = (told[:, len(rankers) :] > -np.log1p(DEPTH)).any(axis=1)
            open_to[list(history)] = False
            if open_to[target]:
                rows = np.flatnonzero(open_to)
                seen.append((told[rows], int(np.searchsorted(rows, target))))
        weights = _learnt(seen, 2 * len(rankers))
        half = len(rankers)
        names = tuple(ranker.name for ranker in rankers)
        blend = Blend(rankers=names, scores=tuple(weights[:half].tolist()), ranks=tuple(weights[half:].tolist()))
        return cls(tuple(rankers), blend)

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(items,) logits that an item is the next."""
        told = features([ranker.score(liked, disliked) for ranker in self.rankers], liked)
        return np.asarray(told @ np.asarray([*self.blend.scores, *self.blend.ranks]), dtype=np.float32)

    def save(self, folder: Path) -> None:
        """Write under `folder`, each ranker in its own."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "blend.json").write_text(self.blend.model_dump_json(), encoding="utf-8")
        for ranker in self.rankers:
            ranker.save(folder / ranker.name)

    @classmethod
    def load(cls, folder: Path) -> Fusion:
        """Open."""
        blend = Blend.model_validate(json.loads((folder / "blend.json").read_text(encoding="utf-8")))
        return cls(tuple(KINDS[name].load(folder / name) for name in blend.rankers), blend)


def features(scores: Sequence[NDArray[np.float32]], history: Sequence[int]) -> Floats:
    """(items, 2 * rankers): standard scores, then -log(1 + rank), ranks from 0 to DEPTH, among the items not had."""
    fresh = np.ones(len(scores[0]), dtype=np.bool_)
    fresh[list(history)] = False
    told = np.zeros((2 * len(scores), len(fresh)))
    told[len(scores) :] = -np.log1p(DEPTH)
    ladder = -np.log1p(np.arange(DEPTH))
    for place, score in enumerate(scores):
        held = score[fresh].astype(np.float64)
        told[place] = (score - held.mean()) / max(float(held.std()), 1e-9)
        among = np.where(fresh, score, -np.inf)
        top = np.argpartition(-among, min(DEPTH, len(among) - 1))[:DEPTH]
        told[len(scores) + place, top[np.argsort(-among[top], kind="stable")]] = ladder[: len(top)]
    return told.T


def _learnt(cases: Sequence[tuple[Floats, int]], size: int) -> Floats:
    """(size,) the weights that make the targets most likely among their candidates."""
    if not cases:
        return np.ones(size)
    stacked = np.concatenate([told for told, _ in cases])
    starts = np.cumsum([0, *(len(told) for told, _ in cases[:-1])])
    sizes = np.asarray([len(told) for told, _ in cases])
    targets = starts + np.asarray([target for _, target in cases])
    spread = np.maximum(stacked.std(axis=0), 1e-9)
    scaled = stacked / spread

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = scaled @ weights
        raised = np.exp(logits - np.repeat(np.maximum.reduceat(logits, starts), sizes))
        shares = raised / np.repeat(np.add.reduceat(raised, starts), sizes)
        lost = -np.log(shares[targets] + 1e-12).mean() + PENALTY * float(weights @ weights)
        grown = (scaled.T @ shares - scaled[targets].sum(axis=0)) / len(cases)
        return float(lost), grown + 2 * PENALTY * weights

    best = optimize.minimize(loss, np.full(size, 1.0 / size), jac=True, method="L-BFGS-B")
    return np.asarray(best.x / spread, dtype=np.float64)
