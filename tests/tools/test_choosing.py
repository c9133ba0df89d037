"""Choosing a ranker on people left out, keeping it on disk, and using it in conversations."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from agent.build import build
from agent.settings import load_settings
from core.errors import BadInput
from ingest.fitting import fit_ranker, liked_histories
from tools.catalog.store import open_catalog
from tools.ranking.choosing import AT, LEAST, LIKES, Trial, gains, leave_out
from tools.ranking.cold import ColdItems
from tools.ranking.ease import Ease
from tools.ranking.fitted import FITTED, MANIFEST, damaged, read_fitted
from tools.ranking.popularity import Popularity
from tools.ranking.ranker import Interactions
from ui.cli import app


def people(count: int, items: int = 40, seed: int = 1) -> Interactions:
    """Each likes items of one half."""
    chance = np.random.default_rng(seed)
    half = items // 2
    return Interactions.of(
        [(chance.permutation(half)[:14] + half * (person % 2)).tolist() for person in range(count)], items
    )


def test_people_are_left_out_whole_and_told_of_in_part():
    every = people(60)
    others, trials = leave_out(every, seed=3, share=0.2)
    assert len(trials) == len(LIKES) * 12
    assert len(others) == 48
    kept = {tuple(others.history(p).tolist()) for p in range(len(others))}
    whole = {frozenset(h) for h in (every.history(p).tolist() for p in range(60))}
    for trial in trials:
        assert not set(trial.told) & trial.rest
        assert frozenset({*trial.told, *trial.rest}) in whole
        assert {*trial.told, *trial.rest} not in [set(h) for h in kept]
    assert [len(t.told) for t in trials[: len(LIKES)]] == list(LIKES)
    again = leave_out(every, seed=3, share=0.2)[1]
    assert again == trials
    assert not leave_out(Interactions.of([list(range(LEAST - 1))] * 9, 40))[1]


def test_gains_are_ndcg_among_what_was_not_told():
    trial = Trial((0,), frozenset({2, 3}))
    perfect = np.zeros(30, np.float32)
    perfect[[0, 2, 3]] = [9, 8, 7]
    assert gains(lambda told: perfect, [trial])[0] == pytest.approx(1)
    second = np.zeros(30, np.float32)
    second[[5, 2]] = [9, 8]
    expected = (1 / np.log2(3) + 1 / np.log2(5)) / (1 + 1 / np.log2(3))  # level scores stand in the order of their rows
    assert gains(lambda told: second, [trial])[0] == pytest.approx(expected)
    ranker = Ease.fit(people(80), regularization=5.0)
    _, trials = leave_out(people(80), share=0.3)
    blind = Popularity.fit(people(80)).score
    assert gains(ranker.score, trials).mean() > gains(blind, trials).mean() + 0.2
    assert AT == 10


def test_part_of_the_people_keeps_their_order_and_strengths():
    every = Interactions(np.array([0, 2, 2, 5]), np.array([4, 1, 3, 2, 0]), 5, np.arange(5, dtype=np.float32))
    part = every.only([2, 0])
    assert part.history(0).tolist() == [3, 2, 0]
    assert part.history(1).tolist() == [4, 1]
    assert part.strengths is not None
    assert part.strengths.tolist() == [2, 3, 4, 0, 1]


@pytest.fixture
def home(demo_home: Path, tmp_path: Path) -> Path:
    """A home of its own, so that what is fitted is not for other tests."""
    shutil.copytree(demo_home / "catalogs", tmp_path / "home" / "catalogs", symlinks=True)
    (tmp_path / "home" / "models").symlink_to(demo_home / "models")
    return tmp_path / "home"


def test_a_conversation_uses_what_was_fitted_and_damage_is_told(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TASTEMAKER_HOME", str(home))
    done = CliRunner().invoke(app, ["fit", "--catalog", "films", "--ranker", "ease", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["ranker"] == "ease"
    assert {"popularity", told["way"]} <= set(told["measured"])
    catalog = open_catalog(home, "films")
    held = read_fitted(catalog.rankers_path)
    assert held is not None
    assert held.told.catalog_version == catalog.version
    assert not damaged(catalog.rankers_path)
    liked = liked_histories(catalog).history(0)[:3].tolist()
    own, whole = Ease.load(catalog.rankers_path / FITTED / "ease").score(liked), held.scorer.score(liked)
    cold = ColdItems.load(catalog.rankers_path / FITTED / "cold").cold
    np.testing.assert_allclose(whole[~cold], own[~cold])
    assert ranker_in_use(home) == "filled"
    assert held.sequential is not None
    opened = build(load_settings(home=home, controller="rules"))
    ids = [i.id for i in catalog.at(liked)]
    brought = opened.room("films").toolbox.run("retrieve", {"route": "sequential", "liked": ids})["items"]
    opened.close()
    assert brought
    assert not {i["id"] for i in brought} & set(ids)
    weights = catalog.rankers_path / FITTED / "ease" / "weights.npy"
    body = bytearray(weights.read_bytes())
    body[-1] ^= 1
    weights.write_bytes(body)
    assert damaged(catalog.rankers_path) == ["ease/weights.npy"]
    weights.unlink()
    with pytest.raises(BadInput, match="lacks"):
        read_fitted(catalog.rankers_path)
    (catalog.rankers_path / FITTED / MANIFEST).unlink()
    assert read_fitted(catalog.rankers_path) is None
    assert ranker_in_use(home) == "item-knn"


def ranker_in_use(home: Path) -> str:
    app = build(load_settings(home=home, controller="rules", catalog="films"))
    ranker = app.room("films").pipeline.collaborative
    app.close()
    assert ranker is not None
    return ranker.name


def test_a_catalogue_without_ratings_says_so(home: Path):
    catalog = open_catalog(home, "films")
    catalog.interactions_path.rename(catalog.interactions_path.with_suffix(".gone"))
    with pytest.raises(BadInput, match="holds no ratings"):
        fit_ranker(catalog, ["ease"])


def test_an_item_nobody_rated_gets_its_place_from_its_text():
    every = people(120, seed=4)
    vectors = np.zeros((40, 6), np.float32)
    vectors[:, 0] = np.arange(40) < 20
    vectors[:, 1] = np.arange(40) >= 20
    vectors[:, 2:] = np.random.default_rng(0).normal(0, 0.1, (40, 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    hidden = {3, 33}
    seen = Interactions.of([[i for i in every.history(p).tolist() if i not in hidden] for p in range(120)], 40)
    cold = ColdItems.fit(seen, vectors)
    assert cold is not None
    assert sorted(np.flatnonzero(cold.cold)) == sorted(hidden)
    scores = Ease.fit(seen, regularization=5.0).score([1, 2])
    filled = cold.fill(scores, [1, 2])
    assert filled[3] > filled[33]
    assert scores[3] == scores[33] == 0
    warm = ~cold.cold
    np.testing.assert_array_equal(filled[warm], scores[warm])
    assert filled[3] < 5 * scores.max()
    assert ColdItems.fit(Interactions.of([[0]], 40), vectors) is None
