"""Taste learnt from people who told some of what they liked and were left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.tools.test_choosing import people
from tools.ranking.choosing import gains, leave_out
from tools.ranking.ease import Ease
from tools.ranking.ranker import Interactions, Scorer
from tools.ranking.taste import PARTS, Evidence, Taste, TasteWeights, learn, likers_of, load, save

COLLABORATIVE, POPULARITY = PARTS.index("collaborative"), PARTS.index("popularity")


def evidence(ranker: Scorer, interactions: Interactions) -> Evidence:
    """Without columns, vectors or quality."""
    likers = likers_of(interactions)
    return Evidence(ranker, likers, {}, None, np.full(len(likers), 0.5, dtype=np.float32))


def crowd(count: int = 240, items: int = 60, seed: int = 2) -> Interactions:
    """All like the first ten items; of the others, each those of one half."""
    chance = np.random.default_rng(seed)
    half = (items - 10) // 2
    own = [chance.permutation(half)[:8] + 10 + half * (person % 2) for person in range(count)]
    common = [chance.permutation(10)[:7] for _ in range(count)]
    return Interactions.of(
        [chance.permutation(np.concatenate(pair)).tolist() for pair in zip(own, common, strict=True)], items
    )


def test_what_is_learnt_beats_its_parts():
    others, trials = leave_out(crowd(), seed=1, share=0.3)
    inner, asked = leave_out(others, seed=2, share=0.4)
    weights = learn(evidence(Ease.fit(inner, regularization=20.0), inner), asked)
    ranker = Ease.fit(others, regularization=20.0)
    taste = Taste(evidence(ranker, others), weights)
    found = gains(taste.score, trials).mean()
    assert found > gains(ranker.score, trials).mean()
    assert found > gains(lambda _: likers_of(others), trials).mean()
    assert weights.once[POPULARITY] > 0
    assert weights.after(5)[COLLABORATIVE] > 0


def test_what_divides_people_counts_where_nothing_is_popular():
    every = people(200)
    inner, asked = leave_out(every, seed=3, share=0.4)
    weights = learn(evidence(Ease.fit(inner, regularization=5.0), inner), asked).after(3)
    assert weights[COLLABORATIVE] > 3 * abs(weights[POPULARITY])


def test_parts_are_standard_scores_of_what_was_not_told():
    every = people(100)
    parts = evidence(Ease.fit(every, regularization=5.0), every).parts([0, 1], [25])
    fresh = np.delete(parts, [0, 1, 25], axis=0)
    np.testing.assert_allclose(fresh[:, COLLABORATIVE].mean(), 0, atol=1e-9)
    np.testing.assert_allclose(fresh[:, COLLABORATIVE].std(), 1, atol=1e-6)
    assert not fresh[:, PARTS.index("values")].any()


def test_no_trial_to_learn_from_is_an_error():
    every = people(40)
    with pytest.raises(ValueError, match="no trial"):
        learn(evidence(Ease.fit(every), every), [])


def test_weights_come_back_from_disk(tmp_path: Path):
    weights = TasteWeights(once=(1.0, 2.0, 3.0, 4.0, 5.0), more=(0.1, 0.2, 0.3, 0.4, 0.5))
    save(tmp_path / "taste", weights, np.arange(4, dtype=np.float32))
    held, likers = load(tmp_path / "taste")
    assert held == weights
    assert likers.tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(held.after(1), weights.once)
    assert held.after(3)[0] == pytest.approx(1 + 0.1 * np.log(3))
