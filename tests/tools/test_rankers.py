"""Rankers: one contract for all, and what each one alone promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from tools.ranking.als import Als
from tools.ranking.bpr import Bpr, pairs
from tools.ranking.directed import Directed
from tools.ranking.ease import BLOCK, Ease, RecencyEase, weights_of
from tools.ranking.item_knn import ItemKNN
from tools.ranking.popularity import Popularity
from tools.ranking.ranker import Interactions
from tools.ranking.recency import recency
from tools.ranking.sequential import Sequential, Settings

ITEMS = 24
SMALL = Settings(dim=16, hidden=16, window=8, epochs=12, positions=200, negatives=None, rate=0.01, dropout=0.0, held=20)


def wheels(people: int = 160, long: int = 7, seed: int = 0) -> list[list[int]]:
    """Two wheels of 11 items each: a person starts somewhere on one and goes round; items 22 and 23 nobody has."""
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 11, people)
    return [[11 * (p % 2) + int(start + step) % 11 for step in range(long)] for p, start in enumerate(starts)]


@pytest.fixture(scope="module")
def seen() -> Interactions:
    return Interactions.of(wheels(), ITEMS)


def fit_sequential(seen: Interactions) -> Sequential:
    return Sequential.fit(seen, SMALL)


FITTED = {
    "popularity": Popularity.fit,
    "item-knn": ItemKNN.fit,
    "ease": lambda seen: Ease.fit(seen, regularization=1.0),
    "recency-ease": lambda seen: RecencyEase.fit(seen, regularization=1.0),
    "directed": Directed.fit,
    "als": lambda seen: Als.fit(seen, dim=8),
    "bpr": lambda seen: Bpr.fit(seen, dim=8, epochs=40, batch=64),
    "sequential": fit_sequential,
}


@pytest.fixture(scope="module", params=FITTED)
def ranker(request, seen):
    return FITTED[request.param](seen)


def test_every_item_gets_a_finite_score(ranker):
    for liked in ([], [3], [3, 4, 5], [22], list(range(11)) * 3):
        scores = ranker.score(liked)
        assert scores.shape == (ITEMS,)
        assert scores.dtype == np.float32
        assert np.isfinite(scores).all()


def test_nothing_known_tells_no_item_apart_unless_by_popularity(ranker):
    if ranker.name != "popularity":
        assert not ranker.score([]).any()


def test_the_liked_wheel_comes_first(ranker):
    scores = ranker.score([3, 4])
    if ranker.name != "popularity":
        rest = [i for i in range(11) if i not in {3, 4}]
        assert scores[rest].mean() > scores[11:22].mean()


def test_a_saved_ranker_scores_the_same(ranker, tmp_path: Path):
    ranker.save(tmp_path / "kept")
    again = type(ranker).load(tmp_path / "kept")
    for liked, disliked in (([3, 4], []), ([15], [3]), ([], [])):
        np.testing.assert_allclose(again.score(liked, disliked), ranker.score(liked, disliked), rtol=1e-5)


def test_what_is_like_a_disliked_item_scores_lower(ranker):
    if ranker.name in {"popularity", "sequential"}:
        return
    plain, spoilt = ranker.score([15]), ranker.score([15], [3])
    assert spoilt[4] < plain[4]


def test_scoring_changes_nothing(ranker):
    first = ranker.score([3, 4], [15]).copy()
    ranker.score([5], [6])
    np.testing.assert_array_equal(ranker.score([3, 4], [15]), first)


@pytest.mark.parametrize("name", ["directed", "sequential"])
def test_order_tells_what_comes_next(name, seen):
    ranker = FITTED[name](seen)
    assert int(np.argmax(ranker.score([2, 3, 4]))) == 5
    assert int(np.argmax(ranker.score([13, 14, 15]))) == 16


def test_ease_is_blind_to_order_and_recency_is_not(seen):
    blind, recent = (FITTED[n](seen) for n in ("ease", "recency-ease"))
    np.testing.assert_allclose(blind.score([2, 8]), blind.score([8, 2]), rtol=1e-5)
    assert not np.allclose(recent.score([2, 8]), recent.score([8, 2]))


def test_ease_is_the_closed_form(seen):
    matrix = seen.matrix().toarray().astype(np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + 5.0 * np.eye(ITEMS))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0.0)
    np.testing.assert_allclose(Ease.fit(seen, regularization=5.0).weights, wanted, atol=1e-6)


def test_ease_is_the_closed_form_with_fewer_people_than_items_too(seen):
    few = seen.only(list(range(ITEMS // 2)))
    matrix = few.matrix().toarray().astype(np.float64)
    inverse = np.linalg.inv(matrix.T @ matrix + 5.0 * np.eye(ITEMS))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0.0)
    np.testing.assert_allclose(Ease.fit(few, regularization=5.0).weights, wanted, atol=1e-6)


def test_ease_is_the_closed_form_over_more_items_than_are_mirrored_at_once():
    rng = np.random.default_rng(0)
    matrix = sparse.csr_matrix((rng.random((300, BLOCK + 40)) < 0.05).astype(np.float32))
    full = matrix.toarray().astype(np.float64)
    inverse = np.linalg.inv(full.T @ full + 5.0 * np.eye(full.shape[1]))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0.0)
    np.testing.assert_allclose(weights_of(matrix, 5.0), wanted, atol=1e-6)


def test_ease_models_the_most_frequent_items_alone():
    histories = [[0, 2, 4], [0, 2, 4], [1, 2, 4], [0, 4, 3]]
    ranker = Ease.fit(Interactions.of(histories, 6), most=3)
    assert ranker.modelled.tolist() == [0, 2, 4]
    scores = ranker.score([0, 1, 5])
    assert not scores[[1, 3, 5]].any()
    assert scores[[2, 4]].all()


def test_als_fold_in_is_the_least_squares_solution(seen):
    ranker = Als.fit(seen, dim=4, rounds=2)
    items = ranker.factors.astype(np.float64)
    liked, disliked = [1, 2], [15]
    heavy = np.full(ITEMS, ranker.unobserved)
    heavy[[*liked, *disliked]] += 1.0
    penalty = ranker.regularization * (3 + ranker.unobserved * ITEMS)
    right = items[liked].sum(axis=0) - items[disliked].sum(axis=0)
    person = np.linalg.solve(items.T @ (heavy[:, None] * items) + penalty * np.eye(4), right)
    np.testing.assert_allclose(ranker.score(liked, disliked), items @ person, rtol=1e-3, atol=1e-4)


def test_pairs_set_what_was_had_against_what_was_not():
    seen = Interactions.of([[0, 3, 3], [1], []], 4)
    had = {(0, 0), (0, 3), (1, 1)}
    for person, better, worse in pairs(seen, epochs=30, batch=2, rng=np.random.default_rng(1)):
        assert len(person) <= 2
        assert {*zip(person.tolist(), better.tolist(), strict=True)} <= had
        assert not {*zip(person.tolist(), worse.tolist(), strict=True)} & had


def test_bpr_puts_what_people_had_before_what_they_had_not(seen):
    ranker = FITTED["bpr"](seen)
    scores = np.stack([ranker.score(seen.history(person).tolist()) for person in range(len(seen))])
    had = seen.matrix().toarray() > 0
    above = [(scores[p][had[p]][:, None] > scores[p][~had[p]]).mean() for p in range(len(seen))]
    assert np.mean(above) > 0.9


def test_bpr_fold_in_is_the_newton_step_of_its_criterion(seen):
    ranker = FITTED["bpr"](seen)
    items = ranker.factors.astype(np.float64)
    liked, disliked = [1, 2], [15]
    apart = np.concatenate([items[i] - items for i in liked] + [items - items[i] for i in disliked])
    slope = 0.5 * apart.sum(axis=0) / ITEMS
    curve = 0.25 * apart.T @ apart / ITEMS + ranker.doubt * np.eye(8)
    wanted = ranker.biases + items @ np.linalg.solve(curve, slope)
    np.testing.assert_allclose(ranker.score(liked, disliked), wanted, rtol=1e-3, atol=1e-3)


def test_bpr_is_the_same_by_its_seed_and_another_by_another(seen):
    first, again, other = (Bpr.fit(seen, dim=8, epochs=3, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.factors, again.factors)
    np.testing.assert_array_equal(first.biases, again.biases)
    assert not np.array_equal(first.factors, other.factors)


def test_bpr_of_nobody_ranks_nothing_and_breaks_nothing():
    ranker = Bpr.fit(Interactions.of([[], []], 5), dim=4, epochs=2)
    assert np.isfinite(ranker.score([1], [2])).all()


def test_transitions_fade_with_distance():
    ranker = Directed.fit(Interactions.of([[0, 1, 2]], 3), window=2, fading=0.5, popularity=0.0)
    np.testing.assert_allclose(ranker.follows.toarray(), [[0, 1, 0.5], [0, 0, 1], [0, 0, 0]])


def test_transitions_do_not_cross_from_one_person_to_the_next():
    ranker = Directed.fit(Interactions.of([[0, 1], [2, 3]], 4))
    assert ranker.follows[1, 2] == 0


def test_recency_weighs_the_latest_most():
    np.testing.assert_allclose(recency(3, 0.5), [0.25, 0.5, 1.0])
    np.testing.assert_allclose(recency(2, 0.5, 0.2), [0.6, 1.0])
    assert recency(0, 0.5).shape == (0,)
