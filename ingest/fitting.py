"""Fits the ranker that a catalogue's conversations use: each kind measured on left-out people, the best one kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np

from core.errors import BadInput
from ingest.ratings import Ratings
from tools.catalog.store import StoredCatalog
from tools.ranking.als import Als
from tools.ranking.bpr import Bpr
from tools.ranking.choosing import LIKES, Trial, gains, leave_out
from tools.ranking.cold import ColdItems, Filled
from tools.ranking.directed import Directed
from tools.ranking.ease import Ease
from tools.ranking.fitted import Fitted, Measured, keep
from tools.ranking.item_knn import ItemKNN
from tools.ranking.popularity import Popularity
from tools.ranking.ranker import Interactions, Ranker, Scorer
from tools.ranking.taste import Evidence, Taste, TasteWeights, learn, likers_of

Fit = Callable[[Interactions], Ranker]
WAYS: Mapping[str, Mapping[str, Fit]] = {
    "item-knn": {"item-knn": ItemKNN.fit},
    "ease": {f"ease, regularization {r:g}": partial(Ease.fit, regularization=r) for r in (100.0, 300.0, 1000.0)},
    "als": {"als": Als.fit},
    "bpr": {"bpr": Bpr.fit},
}
"""By the name of a ranker, the ways of fitting it that are tried."""
TRIED = tuple(name for name in WAYS if name != Bpr.name)
"""What is tried unless named: BPR alone finds more than the others since it knows what is popular, and less once taste,
which knows that too, weighs it (MovieLens latest-small: NDCG@10 .405 in place of .430)."""
BASELINE = "popularity"
TASTE = "taste"
"""The best ranker with popularity, values, texts and quality, weighed as `tools.ranking.taste` learns it."""
LEAST_TRIALS = 30
"""Trials below which ten weights are not learnt."""
LEARNT_ON = 0.3
"""Share of the people on whom the weights of taste are learnt; the ranker is fitted without them for that."""


def liked_histories(catalog: StoredCatalog) -> Interactions:
    """What each person liked, the earliest first: ratings from the median on, and visits without a rating."""
    if not catalog.interactions_path.exists():
        raise BadInput(
            f"The catalogue {catalog.name!r} holds no ratings to fit a ranker on.",
            "Import it with its ratings; `tastemaker catalog import --help` tells how.",
        )
    return liked(Ratings.load(catalog.interactions_path))


def liked(ratings: Ratings) -> Interactions:
    """What each person liked, the earliest first."""
    indptr, indices, data, times = ratings.indptr, ratings.indices, ratings.data, ratings.times
    known = data[~np.isnan(data)]
    bar = float(np.median(known)) if len(known) else -np.inf
    people = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    good = np.isnan(data) | (data >= bar)
    order = np.lexsort((indices, np.nan_to_num(times), people))
    order = order[good[order]]
    counts = np.bincount(people[order], minlength=len(indptr) - 1)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Interactions(starts, indices[order].astype(np.int64), ratings.items)


def fit_ranker(
    catalog: StoredCatalog, names: Sequence[str], seed: int = 0, advance: Callable[[str], None] = lambda _: None
) -> Fitted:
    """Measure the rankers called `names`, fit the best on everybody and put it in place of the one there.

    `advance` is told what was done. Raises BadInput for a catalogue without ratings or with too few.
    """
    interactions = liked_histories(catalog)
    others, trials = leave_out(interactions, seed)
    if not trials:
        raise BadInput(
            f"Too few people in {catalog.name!r} liked enough items to leave one out.",
            "Rankers are chosen on people with ten liked items or more.",
        )
    measured: dict[str, Measured] = {}
    ways = {way: (name, fit) for name in names for way, fit in WAYS[name].items()}
    for way, fit in {BASELINE: Popularity.fit, **{w: f for w, (_, f) in ways.items()}}.items():
        began = time.perf_counter()
        ranker = fit(others)
        spent = time.perf_counter() - began
        measured[way] = _measured(ranker, trials, spent)
        advance(way)
    best = max(ways, key=lambda way: measured[way].ndcg)
    name, fit = ways[best]
    began = time.perf_counter()
    weights = learn_taste(catalog, others, fit, seed)
    if weights is not None:
        taste = Taste(Evidence.of(catalog, with_cold(catalog, others, fit), likers_of(others)), weights)
        measured[TASTE] = _measured(taste, trials, time.perf_counter() - began)
    advance(TASTE)
    helps = weights is not None and measured[TASTE].ndcg > measured[best].ndcg
    fitted = fit(interactions)
    told = Fitted(
        catalog_version=catalog.version,
        ranker=name,
        way=best,
        measured=measured,
        people=len(interactions),
        left_out=len(trials) // len(LIKES),
        seed=seed,
    )
    learnt = (weights, likers_of(interactions)) if weights is not None and helps else None
    told = keep(
        catalog.rankers_path, fitted, told, cold_items(catalog, interactions), learnt, Directed.fit(interactions)
    )
    advance("kept")
    return told


def learn_taste(catalog: StoredCatalog, interactions: Interactions, fit: Fit, seed: int = 0) -> TasteWeights | None:
    """Weights of taste, learnt on some of the people with a ranker fitted on the others; None with too few people."""
    others, trials = leave_out(interactions, seed + 1, LEARNT_ON)
    if len(trials) < LEAST_TRIALS:
        return None
    return learn(Evidence.of(catalog, with_cold(catalog, others, fit), likers_of(others)), trials)


def with_cold(catalog: StoredCatalog, interactions: Interactions, fit: Fit) -> Scorer:
    """A ranker as conversations use it: fitted, cold items scored by their texts."""
    cold = cold_items(catalog, interactions)
    return fit(interactions) if cold is None else Filled(fit(interactions), cold)


def _measured(ranker: Scorer | Taste, trials: Sequence[Trial], spent: float) -> Measured:
    found = gains(ranker.score, trials)
    likes = np.asarray([len(t.told) for t in trials])
    by = {int(k): round(float(found[likes == k].mean()), 4) for k in np.unique(likes)}
    return Measured(ndcg=round(float(found.mean()), 4), by_likes=by, seconds=round(spent, 2))


def cold_items(catalog: StoredCatalog, interactions: Interactions) -> ColdItems | None:
    """What texts say of items with few ratings or none; None where the catalogue has no vectors or too few ratings."""
    vectors = catalog.vectors
    return None if vectors is None else ColdItems.fit(interactions, np.asarray(vectors, dtype=np.float32))
