"""Fusion: it learns whom to trust, and blends no worse than the best of its rankers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tools.test_rankers import ITEMS, wheels
from tools.ranking.fusion import DEPTH, Fusion, features
from tools.ranking.holding_out import hold_out
from tools.ranking.ranker import Interactions

KINDS = ("popularity", "item-knn", "directed")


@pytest.fixture(scope="module")
def seen() -> Interactions:
    return Interactions.of(wheels(), ITEMS)


@pytest.fixture(scope="module")
def fusion(seen) -> Fusion:
    return Fusion.fit(seen, KINDS)


def test_the_ranker_that_knows_counts_most(fusion):
    counts = dict(zip(fusion.blend.rankers, np.add(fusion.blend.scores, fusion.blend.ranks), strict=True))
    assert max(counts, key=counts.__getitem__) == "directed"


def test_it_finds_what_comes_next(fusion):
    scores = fusion.score([2, 3, 4])
    scores[[2, 3, 4]] = -np.inf
    assert int(np.argmax(scores)) == 5


def test_a_saved_fusion_scores_the_same(fusion, tmp_path: Path):
    fusion.save(tmp_path)
    again = Fusion.load(tmp_path)
    assert again.blend == fusion.blend
    np.testing.assert_allclose(again.score([2, 3], [15]), fusion.score([2, 3], [15]), rtol=1e-5)


def test_features_are_standard_scores_and_ranks_of_what_was_not_had():
    told = features([np.asarray([9, 1, 3, 2], dtype=np.float32)], [0])
    np.testing.assert_allclose(told[1:, 0], [-1.2247, 1.2247, 0.0], atol=1e-3)
    np.testing.assert_allclose(told[1:, 1], [-np.log(3), 0.0, -np.log(2)])


def test_ranks_beyond_the_depth_are_not_told_apart():
    told = features([np.arange(3 * DEPTH, dtype=np.float32)], [])
    assert np.unique(told[: 2 * DEPTH, 1]).tolist() == [-np.log1p(DEPTH)]


def test_nothing_held_out_weighs_all_alike(seen):
    learnt = Fusion.learn(Fusion.fit(seen, KINDS).rankers, [])
    assert set(learnt.blend.scores) == {1.0}


def test_held_out_items_are_the_last_of_some(seen):
    kept, held = hold_out(seen, np.random.default_rng(0), most=10)
    assert len(held) == 10
    assert len(kept.items) == len(seen.items) - 10
    whole = {tuple(seen.history(p).tolist()) for p in range(len(seen))}
    assert all((*asked.history, asked.target) in whole for asked in held)
    assert sum(len(kept.history(p)) != len(seen.history(p)) for p in range(len(seen))) == 10


def test_short_histories_keep_all():
    kept, held = hold_out(Interactions.of([[0, 1], [2], []], 3), np.random.default_rng(0))
    assert held == []
    assert kept.items.tolist() == [0, 1, 2]
