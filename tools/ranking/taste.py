"""Taste: what a person who told a few items they liked will like besides, learnt from people who were left out.

A conditional logit (McFadden 1974) over a few parts, each a standard score over the items not told of: what likers of
these like too, how many like an item at all, values and text in common, and quality. The parts count by how many items
were told: from one like little follows beyond what everybody likes, from five much does. Anchors are another matter:
who asks for "something like X" wants likeness, which no history can teach.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from core.schema import CatalogSchema
from core.values import Value
from tools.catalog.columns import Column, NumberColumn
from tools.ranking.choosing import Trial
from tools.ranking.ranker import Interactions, Scorer
from tools.ranking.scales import standing
from tools.retrieval.similar import value_closeness, vector_closeness
from tools.retrieval.top import best

PARTS = ("collaborative", "popularity", "values", "text", "quality")
DEPTH = 200
"""Items of each route among which the weights are learnt, as a conversation retrieves them."""
PENALTY = 0.01
"""Of the squared weights, beside the mean loss of a trial."""
Floats = NDArray[np.float64]


class TasteWeights(Value):
    """What a standard deviation of each part counts: `once` after one like, and `more` for a factor of e in likes."""

    parts: tuple[str, ...] = PARTS
    once: tuple[float, ...]
    more: tuple[float, ...]

    def after(self, likes: int) -> Floats:
        """(parts,) the weights after so many likes."""
        return np.asarray(np.asarray(self.once) + np.log(max(likes, 1)) * np.asarray(self.more), dtype=np.float64)


class Described(Protocol):
    """What is read of a catalogue."""

    schema: CatalogSchema

    @property
    def columns(self) -> Mapping[str, Column]: ...  # noqa: D102
    @property
    def vectors(self) -> NDArray[np.float32] | None: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Evidence:
    """What taste is read from, over the rows of one catalogue."""

    collaborative: Scorer
    likers: NDArray[np.float32]
    """(rows,) log(1 + people who liked it)."""
    columns: Mapping[str, Column]
    vectors: NDArray[np.float32] | None
    quality: NDArray[np.float32]
    """(rows,) in [0, 1]."""

    @classmethod
    def of(cls, catalog: Described, collaborative: Scorer, likers: NDArray[np.float32]) -> Evidence:
        """Of a catalogue, a ranker over its rows, and how many liked each row."""
        spec = catalog.schema.role("quality")
        column = catalog.columns.get(spec.name) if spec else None
        middle = np.full(len(likers), 0.5, dtype=np.float32)
        quality = standing(column.data) if isinstance(column, NumberColumn) else middle
        return cls(collaborative, likers, catalog.columns, catalog.vectors, quality)

    def parts(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> Floats:
        """(rows, parts) standard scores over the rows not told of."""
        texts = np.zeros(len(self.likers), dtype=np.float32)
        if self.vectors is not None:
            texts = np.maximum(vector_closeness(self.vectors, liked), 0.0)
        held = (
            self.collaborative.score(liked, disliked),
            self.likers,
            value_closeness(self.columns, liked, len(self.likers)),
            texts,
            self.quality,
        )
        fresh = np.ones(len(self.likers), dtype=np.bool_)
        fresh[[*liked, *disliked]] = False
        return np.stack([_standard(np.asarray(part, dtype=np.float64), fresh) for part in held], axis=1)

    def candidates(self, liked: Sequence[int], parts: Floats) -> NDArray[np.int64]:
        """Rows that the routes bring: the first of each part but quality."""
        fresh = np.ones(len(parts), dtype=np.bool_)
        fresh[list(liked)] = False
        brought = [best(parts[:, n].astype(np.float32), fresh, DEPTH, "").rows for n in range(len(PARTS) - 1)]
        return np.unique(np.concatenate(brought))


@dataclass(frozen=True, eq=False)
class Taste:
    """Weights and what they weigh."""

    evidence: Evidence
    weights: TasteWeights

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        """(rows,) logits that the person likes an item too."""
        parts = self.evidence.parts(liked, disliked)
        return np.asarray(parts @ self.weights.after(len(liked)), dtype=np.float32)


def learn(evidence: Evidence, trials: Sequence[Trial]) -> TasteWeights:
    """The weights under which what left-out people did not tell is likeliest among what the routes bring.

    Raises ValueError when the routes bring nothing of it in any trial.
    """
    seen = list(_cases(evidence, trials))
    if not seen:
        raise ValueError("no trial in which a route brings what is to be found")
    stacked = np.concatenate([told for told, _ in seen])
    wanted = np.concatenate([share for _, share in seen])
    sizes = np.asarray([len(share) for _, share in seen])
    starts = np.cumsum([0, *sizes[:-1]])

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = stacked @ weights
        raised = np.exp(logits - np.repeat(np.maximum.reduceat(logits, starts), sizes))
        chances = raised / np.repeat(np.add.reduceat(raised, starts), sizes)
        lost = -(wanted * np.log(chances + 1e-12)).sum() / len(seen) + PENALTY * float(weights @ weights)
        return float(lost), stacked.T @ (chances - wanted) / len(seen) + 2 * PENALTY * weights

    found = optimize.minimize(loss, np.zeros(2 * len(PARTS)), jac=True, method="L-BFGS-B").x
    return TasteWeights(once=tuple(found[: len(PARTS)].tolist()), more=tuple(found[len(PARTS) :].tolist()))


def likers_of(interactions: Interactions) -> NDArray[np.float32]:
    """(items,) log(1 + people who liked each)."""
    return np.log1p(np.bincount(interactions.items, minlength=interactions.count)).astype(np.float32)


def save(folder: Path, weights: TasteWeights, likers: NDArray[np.float32]) -> None:
    """Write under `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "weights.json").write_text(weights.model_dump_json(), encoding="utf-8")
    np.save(folder / "likers.npy", likers)


def load(folder: Path) -> tuple[TasteWeights, NDArray[np.float32]]:
    """(weights, likers), as `save` wrote them."""
    told = json.loads((folder / "weights.json").read_text(encoding="utf-8"))
    return TasteWeights.model_validate(told), np.load(folder / "likers.npy")


def _cases(evidence: Evidence, trials: Sequence[Trial]) -> Iterator[tuple[Floats, Floats]]:
    """((candidates, 2 * parts), (candidates,) shares of what is to be found) for each trial that can be learnt from."""
    for trial in trials:
        parts = evidence.parts(trial.told)
        rows = evidence.candidates(trial.told, parts)
        wanted = np.isin(rows, list(trial.rest)).astype(np.float64)
        if wanted.any():
            chosen = parts[rows]
            yield np.hstack([chosen, chosen * np.log(len(trial.told))]), wanted / wanted.sum()


def _standard(values: Floats, among: NDArray[np.bool_]) -> Floats:
    held = values[among]
    return np.asarray((values - held.mean()) / max(float(held.std()), 1e-9), dtype=np.float64)
