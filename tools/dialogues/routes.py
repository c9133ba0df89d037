"""Routes from a moment of a dialogue to items, each of them a score for every item.

Those over other sources than the dialogues are worked out once; those learnt from dialogues are fitted on a part of
them, so that what is learnt from their scores (`tools.dialogues.fusion`) sees scores that did not know the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from tools.dialogues.encoding import Encoded, Encoder, given
from tools.dialogues.moments import Corpus, SpokenItems
from tools.ranking.ease import weights_of
from tools.ranking.item_knn import ItemKNN

Floats = NDArray[np.float32]
FACTORS = 48
LATENT = 64
NEAREST = 60
FAMILIES: dict[str, tuple[str, ...]] = {
    "dialogues": ("named together", "named together (ease)", "given to who asks alike", "given after such turns"),
    "ratings": ("co-rated", "co-rated (ease)", "taste"),
    "meaning": ("meaning of the last turns", "meaning of what is asked", "text like those named", "text asked for"),
    "words": ("words of the last turns", "words of what is asked"),
    "groups": ("groups like those named", "groups asked for"),
    "years": ("years like those named",),
}
"""Every route by what it draws on."""
SPAN = 15.0
"""Years that count as far apart."""


@dataclass(frozen=True, eq=False)
class Outside:
    """What is known of the items without any dialogue."""

    items: SpokenItems
    encoder: Encoder
    ease_penalty: float = 300.0
    least: int = 5
    """People who must have liked an item before others are inferred from it."""

    @cached_property
    def similar(self) -> sparse.csr_matrix:
        """(items, items) shrunk cosines between what the same people liked."""
        return together(self.items.ratings, 20.0)

    @cached_property
    def _active(self) -> NDArray[np.int64]:
        held = np.asarray((self.items.ratings > 0).sum(axis=0)).ravel()
        return np.flatnonzero(held >= self.least)

    @cached_property
    def _ease(self) -> Floats:
        return weights_of(self.items.ratings[:, self._active], self.ease_penalty)

    @cached_property
    def latent(self) -> Floats:
        """(items, LATENT) principal components of the items' vectors."""
        centred = self.items.vectors - self.items.vectors.mean(axis=0)
        axes = np.linalg.svd(centred, full_matrices=False)[2][:LATENT]
        return np.asarray(centred @ axes.T, dtype=np.float32)

    @cached_property
    def factors(self) -> Floats:
        """(items, FACTORS) what the same people liked, as factors; zeros where nobody did."""
        ratings = self.items.ratings
        if min(ratings.shape) <= FACTORS or not ratings.nnz:
            return np.zeros((len(self.items), 1), dtype=np.float32)
        weights = 1 / np.sqrt(np.asarray(ratings.sum(axis=0)).ravel() + 10)
        start = np.ones(min(ratings.shape)) / np.sqrt(min(ratings.shape))
        _, sizes, axes = svds((ratings @ sparse.diags(weights)).astype(np.float64), k=FACTORS, v0=start)
        return np.asarray(3 * (axes.T * sizes) / sizes.max(), dtype=np.float32)

    @cached_property
    def when(self) -> Floats:
        """(items, 1) years as a number near 0; 0 where unknown."""
        middle = np.nanmedian(self.items.years) if np.isfinite(self.items.years).any() else 0.0
        return np.nan_to_num((self.items.years - middle) / SPAN).astype(np.float32)[:, None]

    def scores(self, heard: Encoded) -> dict[str, Floats]:
        """By route, (moments, items)."""
        items, named, mean = self.items, heard.named, averaged(heard.named)
        by_ratings = np.zeros((named.shape[0], len(items)), dtype=np.float32)
        by_ratings[:, self._active] = np.asarray(named[:, self._active] @ self._ease)
        groups = items.groups / np.sqrt(items.groups.sum(axis=1, keepdims=True) + 0.5)
        when = np.asarray(mean @ self.when)
        return {
            "co-rated": dense(named @ self.similar),
            "co-rated (ease)": by_ratings,
            "meaning of the last turns": heard.lately @ items.vectors.T,
            "meaning of what is asked": heard.asked @ items.vectors.T,
            "words of the last turns": dense(heard.lately_words @ self.encoder.item_words.T),
            "words of what is asked": dense(heard.asked_words @ self.encoder.item_words.T),
            "groups like those named": np.asarray(mean @ items.groups) @ groups.T,
            "text like those named": np.asarray(mean @ items.vectors) @ items.vectors.T,
            "years like those named": -np.abs(when - self.when.T) * (when != 0),
        }


@dataclass(frozen=True, eq=False)
class Learnt:
    """What dialogues teach: what is named together, what is given after what, and to whom who asks alike."""

    outside: Outside
    together: sparse.csr_matrix
    """(items, items) shrunk cosines between items named in the same dialogues."""
    weights: Floats
    """(active, active) of EASE over what dialogues name."""
    active: NDArray[np.int64]
    examples: Encoded
    """Training moments, and"""
    answers: sparse.csr_matrix
    """(examples, items) what was given in them."""
    popular: Floats
    """(items,) logarithm of how often each was given."""
    spoken_of: Floats
    """(items,) logarithm of how many dialogues name each."""
    heads: Mapping[str, tuple[Floats, Floats, Floats]]
    """By name, (weights, mean, targets) of linear maps from what was heard to what items are like."""

    @classmethod
    def fit(cls, outside: Outside, corpus: Corpus, heard: Encoded) -> Learnt:
        """Fit on a corpus whose moments are encoded in `heard`."""
        count = len(outside.items)
        rows = [place for place, (_, held) in enumerate(corpus.mentions) for _ in held]
        columns = [row for _, held in corpus.mentions for row in held]
        named = sparse.csr_matrix(
            (np.ones(len(rows)), (rows, columns)), shape=(len(corpus.mentions), count), dtype=np.float32
        )
        often = np.asarray(named.sum(axis=0)).ravel()
        active = np.flatnonzero(often >= 2)
        answers = given(heard.moments, count)
        return cls(
            outside,
            together(named, 2.0),
            weights_of(named[:, active], 8.0),
            active,
            heard,
            answers,
            np.log1p(np.asarray(answers.sum(axis=0)).ravel()).astype(np.float32),
            np.log1p(often).astype(np.float32),
            _heads(outside, heard, answers),
        )

    def scores(self, heard: Encoded) -> dict[str, Floats]:
        """By route, (moments, items)."""
        named = heard.named
        by_ease = np.zeros((named.shape[0], len(self.popular)), dtype=np.float32)
        by_ease[:, self.active] = np.asarray(named[:, self.active] @ self.weights)
        made = {
            "named together": dense(named @ self.together),
            "named together (ease)": by_ease,
            "given to who asks alike": self._nearest(heard.asked, self.examples.asked),
            "given after such turns": self._nearest(heard.lately, self.examples.lately),
        }
        inputs = _inputs(self.outside, heard)
        for name, (weights, mean, targets) in self.heads.items():
            said = inputs @ weights
            centred = targets - mean
            made[name] = said @ centred.T / np.sqrt((centred**2).sum(axis=1) + 0.3)
        return made

    def _nearest(self, asked: Floats, examples: Floats) -> Floats:
        """What was given in the moments whose words are closest, rare items counting more."""
        cosines = asked @ examples.T
        count = min(NEAREST, cosines.shape[1])
        top = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        places = np.repeat(np.arange(len(asked)), count), top.ravel()
        weights = sparse.csr_matrix((np.maximum(cosines[places], 0) ** 6, places), shape=cosines.shape)
        return dense(weights @ self.answers @ sparse.diags(1 / np.sqrt(np.expm1(self.popular) + 3)))


def _inputs(outside: Outside, heard: Encoded) -> Floats:
    """(moments, inputs) of the linear maps: words, their meaning, and what the items named are like."""
    mean = averaged(heard.named)
    parts = [
        3 * heard.topics,
        1.5 * heard.asked,
        1.5 * heard.lately,
        0.5 * np.asarray(mean @ outside.items.groups),
        np.asarray(mean @ outside.when),
        2 * np.asarray(mean @ outside.latent),
        1.3 * np.asarray(mean @ outside.factors),
        np.ones((len(heard.moments), 1), dtype=np.float32),
    ]
    return np.hstack(parts).astype(np.float32)


def _heads(
    outside: Outside, heard: Encoded, answers: sparse.csr_matrix, penalty: float = 40.0
) -> dict[str, tuple[Floats, Floats, Floats]]:
    """Ridge regressions from what was heard to the groups, text and factors of what was given."""
    moments, rows = answers.nonzero()
    inputs = _inputs(outside, heard)[moments].astype(np.float64)
    products = inputs.T @ inputs
    products[np.diag_indices_from(products)] += penalty
    made = {}
    targets = {"groups asked for": outside.items.groups, "text asked for": outside.latent, "taste": outside.factors}
    for name, target in targets.items():
        mean = target[rows].mean(axis=0)
        weights = np.linalg.solve(products, inputs.T @ (target[rows] - mean))
        made[name] = weights.astype(np.float32), mean.astype(np.float32), target
    return made


def averaged(named: sparse.csr_matrix) -> sparse.csr_matrix:
    """The rows, each divided by its sum."""
    sums = np.maximum(np.asarray(named.sum(axis=1)).ravel(), 1e-6)
    return (sparse.diags(1 / sums) @ named).tocsr()


def together(held: sparse.csr_matrix, shrinkage: float) -> sparse.csr_matrix:
    """(items, items) how much pairs of items are held by the same rows: the neighbours of item-kNN, all of them."""
    return ItemKNN.fit(held, neighbours=held.shape[1], shrinkage=shrinkage).neighbours


def dense(scores: sparse.csr_matrix) -> Floats:
    """As a plain array of float32."""
    return np.asarray(scores.todense(), dtype=np.float32)
