"""What is put first: coverage, Gini, novelty and diversity, reckoned by hand on teas and on records."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import BadInput
from evaluation.next_item_lists import LISTED, Backdrop, diversity, listed, novelty
from tools.ranking.ranker import Interactions

TEAS = Interactions.of([[0, 1], [0, 1], [0, 2], [0, 0, 3]], 5)
"""Four drinkers; tea 0 by all, 1 by two, 2 and 3 by one each, 4 by nobody."""


def rows(*lists: list[int]) -> np.ndarray:
    return np.asarray([[*held, *[-1] * (LISTED - len(held))] for held in lists], dtype=np.int32)


def pairs(items: list[int], cosines: np.ndarray) -> float:
    return float(np.mean([1 - cosines[a, b] for n, a in enumerate(items) for b in items[:n]]))


def test_novelty_is_the_mean_self_information_of_a_list():
    backdrop = Backdrop.of(TEAS)
    assert backdrop.surprise.tolist() == [0.0, 1.0, 2.0, 2.0, 2.0]
    assert novelty(rows([0, 1], [2, 3, 0]), backdrop.surprise).tolist() == pytest.approx([0.5, 4 / 3])


def test_diversity_is_one_less_the_mean_cosine_of_who_had_the_items():
    had = np.asarray([[1, 1, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 0, 0, 1, 0]], dtype=float)
    length = np.maximum(np.linalg.norm(had, axis=0), 1.0)
    cosines = (had.T @ had) / np.outer(length, length)
    backdrop = Backdrop.of(TEAS)
    found = diversity(rows([0, 1], [0, 1, 2, 3], [3, 4]), backdrop.likeness)
    assert found.tolist() == pytest.approx([pairs(i, cosines) for i in ([0, 1], [0, 1, 2, 3], [3, 4])], abs=1e-6)
    assert found[2] == pytest.approx(1.0)
    assert "who had the items" in backdrop.unlike


def test_diversity_by_texts_where_there_are_any():
    texts = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    texts[7] = 0.0
    lists = np.stack([np.random.default_rng(n).permutation(40)[:LISTED] for n in range(700)]).astype(np.int32)
    backdrop = Backdrop.of(Interactions.of([[0, 1]], 40), texts)
    unit = texts / np.maximum(np.linalg.norm(texts, axis=1, keepdims=True), 1e-9)
    wanted = [pairs(held.tolist(), unit @ unit.T) for held in lists]
    np.testing.assert_allclose(diversity(lists, backdrop.likeness), wanted, atol=1e-5)
    assert "text vectors" in backdrop.unlike


def test_coverage_and_gini_describe_all_lists():
    same = listed(rows([0, 1], [0, 1], [1, 0]), Backdrop.of(TEAS))
    assert (same.coverage, same.gini) == (0.4, pytest.approx(0.6))
    spread = listed(rows([0, 1, 2], [3, 4, 0], [1, 2, 3, 4]), Backdrop.of(TEAS))
    assert (spread.coverage, spread.gini) == (1.0, 0.0)


def test_a_list_of_one_has_novelty_and_no_diversity():
    found = listed(rows([2], [0, 1]), Backdrop.of(TEAS))
    assert (found.novelty.n, found.diversity.n) == (2, 1)
    with pytest.raises(BadInput):
        listed(rows([2], [3]), Backdrop.of(TEAS))
