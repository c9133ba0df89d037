"""The rankers that benchmarks/ranker_cost.py measures, ours and the libraries', behind one form.

Each library is imported where its rankers are made, as it lives in an environment of its own. Shapes are the same
wherever a library lets them be chosen: 64 factors, 12 rounds of least squares, 100 neighbours, EASE's penalty of 1000.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

OURS = ("popularity", "item-knn", "ease", "recency-ease", "directed", "als", "bpr", "sequential")
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "lenskit": ("popularity", "item-knn", "ease", "als", "bpr"),
    "implicit": ("item-knn", "als", "bpr"),
}
DIM, ROUNDS, NEIGHBOURS, PENALTY = 64, 12, 100, 1000.0
TOLD_OF_MISSES = 10.0
"""What an item had counts beside one not had, in least squares; ours says the same as 0.1 for those not had."""
Scores = NDArray[np.float32]
Model = Any
"""Whatever a library keeps of a fit."""
Prepared = Any
"""Interactions in the form that a library takes."""


@dataclass(frozen=True, eq=False)
class Loaded:
    """Who had what: (people, items), binary, and the same in the order in which it happened."""

    matrix: sparse.csr_matrix
    indptr: NDArray[np.int64]
    items: NDArray[np.int64]
    threads: int

    def first(self, people: int) -> Loaded:
        """The part of the first people."""
        end = int(self.indptr[people])
        return Loaded(self.matrix[:people], self.indptr[: people + 1], self.items[:end], self.threads)


@dataclass(frozen=True)
class System:
    """How to fit a ranker and how to ask it."""

    prepare: Callable[[Loaded], Prepared]
    """To the form that the library takes; belongs to loading, not to the fit."""
    fit: Callable[[Prepared], Model]
    score: Callable[[Model, Sequence[int]], Scores] | None
    """(items,) for a person known by these items alone; None: the ranker knows no such person."""
    known: Callable[[Model, int], Scores] | None = None
    """(items,) for a person that was fitted on, where `score` is None."""


def system(library: str, name: str, threads: int) -> System:
    """One ranker of "tastemaker", "lenskit" or "implicit"."""
    made = {"tastemaker": _ours, "lenskit": _lenskit, "implicit": _implicit}[library]
    return made(name, threads)


def _ours(name: str, threads: int) -> System:
    from tools.ranking.kinds import KINDS
    from tools.ranking.ranker import Interactions
    from tools.ranking.sequential import DEFAULTS, Sequential

    def fit(seen: Interactions) -> Model:
        if name == Sequential.name:
            return Sequential.fit(seen, DEFAULTS.model_copy(update={"threads": threads}))
        return KINDS[name].fit(seen)

    return System(
        lambda data: Interactions(data.indptr, data.items, data.matrix.shape[1]),
        fit,
        lambda ranker, liked: ranker.score(liked),
    )


def _implicit(name: str, threads: int) -> System:
    from implicit.cpu.als import AlternatingLeastSquares
    from implicit.cpu.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import CosineRecommender

    makers: Mapping[str, Callable[[], Model]] = {
        "item-knn": lambda: CosineRecommender(NEIGHBOURS, num_threads=threads),
        "als": lambda: AlternatingLeastSquares(
            DIM, alpha=TOLD_OF_MISSES, iterations=ROUNDS, num_threads=threads, random_state=0
        ),
        "bpr": lambda: BayesianPersonalizedRanking(DIM, learning_rate=0.05, num_threads=threads, random_state=0),
    }

    def fit(matrix: sparse.csr_matrix) -> Model:
        model = makers[name]()
        model.fit(matrix, show_progress=False)
        return model

    def folded(model: Model, liked: Sequence[int]) -> Scores:
        row = _row(liked, len(model.item_factors))
        return np.asarray(model.item_factors @ model.recalculate_user(0, row))

    def neighbours(model: Model, liked: Sequence[int]) -> Scores:
        count = model.similarity.shape[0]
        rows, told = model.recommend(0, _row(liked, count), N=count, filter_already_liked_items=False)
        scores = np.zeros(count, dtype=np.float32)
        scores[rows] = told
        return scores

    def known(model: Model, person: int) -> Scores:
        return np.asarray(model.item_factors @ model.user_factors[person])

    score = {"item-knn": neighbours, "als": folded, "bpr": None}[name]
    return System(lambda data: data.matrix, fit, score, known)


def _lenskit(name: str, threads: int) -> System:  # noqa: ARG001 - told by its environment variables
    import torch
    from lenskit.als import ImplicitMFScorer
    from lenskit.basic import PopScorer
    from lenskit.data import ItemList, RecQuery
    from lenskit.flexmf import FlexMFImplicitScorer
    from lenskit.knn import EASEScorer, ItemKNNScorer
    from lenskit.training import TrainingOptions

    torch.set_flush_denormal(True)  # else the fading averages of its BPR's optimiser slow it down more than tenfold

    makers: Mapping[str, Callable[[], Model]] = {
        "popularity": lambda: PopScorer(score="count"),
        "item-knn": lambda: ItemKNNScorer(max_nbrs=NEIGHBOURS, save_nbrs=NEIGHBOURS, feedback="implicit"),
        "ease": lambda: EASEScorer(regularization=PENALTY),
        "als": lambda: ImplicitMFScorer(
            embedding_size=DIM, epochs=ROUNDS, weight=TOLD_OF_MISSES, user_embeddings=False
        ),
        "bpr": lambda: FlexMFImplicitScorer(preset="bpr", embedding_size=DIM),
    }

    def fit(data: Prepared) -> Model:
        model = makers[name]()
        model.train(data, TrainingOptions(rng=0, device="cpu"))
        every = ItemList(item_nums=np.arange(data.item_count), vocabulary=data.items)
        return model, every

    def asked(fitted: Model, query: RecQuery) -> Scores:
        model, every = fitted
        told = model(every) if name == "popularity" else model(query, every)
        return np.nan_to_num(np.asarray(told.scores(), dtype=np.float32), nan=0.0)

    def score(fitted: Model, liked: Sequence[int]) -> Scores:
        had = ItemList(item_nums=np.unique(np.asarray(liked, dtype=np.int32)), vocabulary=fitted[1].vocabulary)
        return asked(fitted, RecQuery(history_items=had))

    def known(fitted: Model, person: int) -> Scores:
        return asked(fitted, RecQuery(user_id=person))

    return System(_dataset, fit, None if name == "bpr" else score, known)


def _dataset(data: Loaded) -> Prepared:
    """As lenskit takes it; people and items go by their numbers."""
    import pandas as pd
    from lenskit.data import DatasetBuilder

    people, count = data.matrix.shape
    pairs = data.matrix.tocoo()
    made = DatasetBuilder("histories")
    made.add_entities("user", np.arange(people))
    made.add_entities("item", np.arange(count))
    table = pd.DataFrame({"user_id": pairs.row, "item_id": pairs.col})
    made.add_interactions("had", table, entities=["user", "item"], allow_repeats=False, default=True)
    return made.build()


def _row(liked: Sequence[int], count: int) -> sparse.csr_matrix:
    """(1, count) with ones, as implicit asks for a person."""
    items = np.unique(np.asarray(liked, dtype=np.int32))
    return sparse.csr_matrix((np.ones(len(items), dtype=np.float32), items, [0, len(items)]), shape=(1, count))
