"""The taste model: what people like, from known ratings alone, as a probability, and the same by seed."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.taste import area, measured
from core.errors import BadInput
from ingest.importing import import_catalog
from ingest.ratings import Ratings
from simulation.calibration import Logistic
from simulation.facets import FacetTable
from simulation.from_ratings import population_from_ratings, ratings_without_held
from simulation.histories import LIKED, Histories, graded, kept, read_ratings
from simulation.tasks import holds
from simulation.taste import TasteModel, contents_of
from tests.simulation.raters import DOMAINS, PEOPLE, RatedCatalog, domain, kind_disliked, kind_liked, poison
from tools.catalog.columns import NumberColumn
from tools.catalog.store import open_catalog


@pytest.fixture(params=sorted(DOMAINS))
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> RatedCatalog:
    return domain(request.param, tmp_path)


def fitted(catalog: RatedCatalog, seed: int = 0) -> TasteModel:
    members = population_from_ratings(catalog, PEOPLE, 0)
    return TasteModel.fit(catalog, ratings_without_held(catalog, members), seed)


def chances(catalog: RatedCatalog, model: TasteModel, person: int) -> np.ndarray:
    history = Histories(read_ratings(catalog)).of(person)
    neither = history.known[history.known_grades == 0.5]
    return model.chances(history.liked.tolist(), history.disliked.tolist(), neither.tolist())


def test_people_like_their_kind(catalog: RatedCatalog) -> None:
    model = fitted(catalog)
    for person in range(PEOPLE):
        found = chances(catalog, model, person)
        assert found.shape == (len(catalog),)
        assert ((found >= 0) & (found <= 1)).all()
        loved = [kind_liked(catalog, person) in i.values("kind") for i in catalog.items]
        hated = [kind_disliked(catalog, person) in i.values("kind") for i in catalog.items]
        assert found[loved].mean() > found[hated].mean() + 0.2


def test_it_beats_the_mean_of_the_item_on_what_is_held_out(catalog: RatedCatalog) -> None:
    found = measured(catalog, seed=0)
    assert found["taste/auc"].low > found["item mean/auc"].high
    assert found["taste/log loss"].high < found["constant/log loss"].low
    assert found["constant/auc"].value == 0.5


def test_held_out_ratings_change_nothing(catalog: RatedCatalog) -> None:
    members = population_from_ratings(catalog, 25, 1)
    before = TasteModel.fit(catalog, ratings_without_held(catalog, members), 3).chances([1, 2, 3], [4])
    poison(catalog, [int(m.id.removeprefix("rater-")) for m in members])
    after = TasteModel.fit(catalog, ratings_without_held(catalog, members), 3).chances([1, 2, 3], [4])
    assert before.tolist() == after.tolist()
    leaking = TasteModel.fit(catalog, read_ratings(catalog), 3).chances([1, 2, 3], [4])
    assert leaking.tolist() != after.tolist()


def test_fields_derived_from_ratings_are_not_looked_at(catalog: RatedCatalog) -> None:
    before = fitted(catalog).chances([0, 5], [7])
    for name in ("votes", "mean"):
        catalog.columns[name] = NumberColumn(np.arange(len(catalog), dtype=np.float64))
    assert fitted(catalog).chances([0, 5], [7]).tolist() == before.tolist()
    assert len(contents_of(catalog)) == 4


def test_the_same_seed_fits_the_same(catalog: RatedCatalog) -> None:
    one, same, other = (fitted(catalog, seed).chances([0, 1], [2]) for seed in (0, 0, 1))
    assert one.tolist() == same.tolist() != other.tolist()


def test_visits_alone_tell_what_is_chosen(catalog: RatedCatalog) -> None:
    ratings = read_ratings(catalog)
    chosen = kept(ratings, graded(ratings).data == LIKED)
    nothing = np.full(len(chosen), np.nan, dtype=np.float32)
    model = TasteModel.fit(catalog, Ratings(chosen.indptr, chosen.indices, nothing, chosen.times, chosen.items), 0)
    for person in range(6):
        liked = chosen.indices[chosen.indptr[person] : chosen.indptr[person + 1]].tolist()
        found = model.chances(liked)
        loved = [kind_liked(catalog, person) in i.values("kind") for i in catalog.items]
        hated = [kind_disliked(catalog, person) in i.values("kind") for i in catalog.items]
        assert found[loved].mean() > found[hated].mean() + 0.1


def test_somebody_unknown_gets_an_answer_and_no_ratings_are_said(catalog: RatedCatalog) -> None:
    assert np.isfinite(fitted(catalog).chances([])).all()
    ratings = read_ratings(catalog)
    with pytest.raises(BadInput, match="no ratings to learn"):
        TasteModel.fit(catalog, kept(ratings, np.zeros(len(ratings), dtype=np.bool_)), 0)


def test_facets_hold_of_the_items_they_are_said_to_hold_of(catalog: RatedCatalog) -> None:
    table = FacetTable.read(catalog)
    assert {c.field for c in table.constraints} >= {"kind", "maker", "boxed", "mean"}
    assert "votes" not in {c.field for c in table.constraints}
    marked = table.holds.toarray() > 0
    for place, constraint in enumerate(table.constraints):
        assert marked[:, place].tolist() == [holds(constraint, item) for item in catalog.items], constraint


def test_a_history_prefers_what_it_is_full_of_and_avoids_what_it_dislikes(catalog: RatedCatalog) -> None:
    table = FacetTable.read(catalog)
    kind = kind_liked(catalog, 0)
    liked = np.array([r for r, i in enumerate(catalog.items) if i.values("kind") == (kind,)])
    disliked = np.array([r for r, i in enumerate(catalog.items) if i.values("kind") == (kind_disliked(catalog, 0),)])
    strongest = table.preferred(liked)[0].constraint
    assert (strongest.field, strongest.value) == ("kind", kind)
    refused = table.avoided(liked, disliked)[0].constraint
    assert (refused.op, refused.value) == ("not_contains", kind_disliked(catalog, 0))
    assert table.preferred(np.zeros(0, dtype=np.int64)) == []


def test_a_logistic_regression_recovers_the_chances_it_was_drawn_from() -> None:
    chance = np.random.default_rng(0)
    scores = chance.normal(size=(4000, 2))
    truth = 1 / (1 + np.exp(-(0.5 + 1.2 * scores[:, 0])))
    found = Logistic.fit(scores, (chance.random(4000) < truth).astype(float))(scores)
    assert np.abs(found - truth).mean() < 0.03


def test_the_area_counts_pairs_and_halves_ties() -> None:
    assert area(np.array([0.1, 0.4, 0.8]), np.array([0.0, 1.0, 1.0])) == 1
    assert area(np.array([0.5, 0.5]), np.array([0.0, 1.0])) == 0.5
    assert area(np.array([0.9, 0.1, 0.5]), np.array([0.0, 1.0, 1.0])) == 0


@pytest.mark.dataset
def test_on_movielens_it_knows_more_than_the_mean_of_the_item(tmp_path: Path) -> None:
    folder = os.environ.get("TASTEMAKER_MOVIELENS_SMALL")
    if not folder:
        pytest.skip("TASTEMAKER_MOVIELENS_SMALL names no copy of MovieLens latest-small")
    import_catalog("movielens", Path(folder), "ml", tmp_path, embedder="none")
    found = measured(open_catalog(tmp_path, "ml"), seed=0)
    assert found["taste/auc"].low > found["item mean/auc"].high
    assert found["taste/calibration error"].value < 0.03
