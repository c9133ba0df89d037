"""A population from ratings: wishes that the target meets, nothing held out among what is known, the same by seed."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInput
from ingest.ratings import Ratings
from simulation.from_ratings import Demography, population_from_ratings, ratings_without_held
from simulation.histories import Histories, Scale, Split, read_ratings
from simulation.kinds import Kind
from simulation.personas import Persona
from simulation.population import Member
from simulation.tasks import holds
from simulation.wishes import WishHabits, wishes_like
from tests.simulation.raters import DOMAINS, PEOPLE, RatedCatalog, domain, kind_disliked, kind_liked, poison

USERS = 60


@pytest.fixture(params=sorted(DOMAINS))
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> RatedCatalog:
    return domain(request.param, tmp_path)


def person_of(member: Member) -> int:
    return int(member.id.removeprefix("rater-").split(".")[0])


def test_every_wish_holds_for_the_target(catalog: RatedCatalog) -> None:
    for member in population_from_ratings(catalog, USERS, 1):
        target = catalog.item(member.need.target or "")
        assert 1 <= len(member.need.wants) <= 5
        assert all(holds(c, target) for c in (*member.need.wants, *member.need.soft)), member.id


def test_wishes_are_what_the_history_prefers(catalog: RatedCatalog) -> None:
    members = population_from_ratings(catalog, PEOPLE, 1)
    wished = [
        (c.op, c.value, person_of(m)) for m in members for c in (*m.need.wants, *m.need.soft) if c.field == "kind"
    ]
    wanted = [(value, person) for op, value, person in wished if op == "contains"]
    refused = [(value, person) for op, value, person in wished if op == "not_contains"]
    assert len(wanted) > 10
    assert sum(value == kind_liked(catalog, person) for value, person in wanted) > 0.8 * len(wanted)
    assert not any(value == kind_disliked(catalog, person) for value, person in wanted)
    assert refused
    assert all(value == kind_disliked(catalog, person) for value, person in refused)


def test_nothing_held_out_is_known(catalog: RatedCatalog) -> None:
    for member in population_from_ratings(catalog, USERS, 2):
        need = member.need
        held = {*need.relevant, *need.irrelevant}
        assert need.target in need.relevant
        assert not held & {*need.known, *need.liked, *need.disliked}
        assert {*need.liked, *need.disliked} <= set(need.known)
        assert not set(need.liked) & set(need.disliked)


def test_held_out_ratings_decide_nothing_that_is_known(catalog: RatedCatalog) -> None:
    def known(members: list[Member]) -> dict[int, tuple[tuple[str, ...], ...]]:
        return {person_of(m): (m.need.liked, m.need.disliked, m.need.known) for m in members}

    members = population_from_ratings(catalog, 30, 3)
    before, fitted_on = known(members), ratings_without_held(catalog, members)
    poison(catalog, before)
    after = known(population_from_ratings(catalog, PEOPLE, 3))
    both = sorted(set(before) & set(after))
    assert both
    assert [before[p] for p in both] == [after[p] for p in both]
    assert ratings_without_held(catalog, members).digest() == fitted_on.digest()


def test_what_is_fitted_on_holds_no_pair_that_is_tested(catalog: RatedCatalog) -> None:
    members = population_from_ratings(catalog, 20, 4)
    matrix = ratings_without_held(catalog, members).matrix
    assert matrix.shape == (PEOPLE, len(catalog))
    for member in members:
        stored = {catalog.items[row].id for row in matrix[person_of(member)].indices}
        assert stored == set(member.need.known)
    others = sorted(set(range(PEOPLE)) - {person_of(m) for m in members})
    whole = read_ratings(catalog).matrix
    assert (matrix[others] != whole[others]).nnz == 0


def test_members_from_elsewhere_take_nothing_away(catalog: RatedCatalog) -> None:
    stranger = population_from_ratings(catalog, 1, 0)[0].model_copy(update={"id": "redial-7"})
    assert ratings_without_held(catalog, [stranger]).digest() == read_ratings(catalog).digest()
    nobody = stranger.model_copy(update={"id": f"rater-{PEOPLE}"})
    with pytest.raises(BadInput, match=nobody.id):
        ratings_without_held(catalog, [nobody])


def test_the_same_seed_draws_the_same_people_and_fewer_are_the_first_of_more(catalog: RatedCatalog) -> None:
    people = population_from_ratings(catalog, USERS, 5)
    assert population_from_ratings(catalog, USERS, 5) == people
    assert population_from_ratings(catalog, 7, 5) == people[:7]
    assert population_from_ratings(catalog, USERS, 6) != people


def test_more_users_than_people_draw_further_targets(catalog: RatedCatalog) -> None:
    members = population_from_ratings(catalog, 3 * PEOPLE, 7)
    assert len({m.id for m in members}) == len(members) == 3 * PEOPLE
    targets: dict[int, list[str | None]] = {}
    for member in members:
        targets.setdefault(person_of(member), []).append(member.need.target)
    first_two = [t[:2] for t in targets.values() if len(t) > 1]
    assert sum(a != b for a, b in first_two) > len(first_two) / 2


def test_segments_are_there_and_personas_come_in_their_shares(catalog: RatedCatalog) -> None:
    kinds = (Kind(persona=Persona(name="a"), share=3), Kind(persona=Persona(name="b"), share=1))
    members = population_from_ratings(catalog, 400, 8, Demography(kinds=kinds))
    named = Counter(m.persona.name for m in members)
    assert 0.65 < named["a"] / 400 < 0.85
    assert {m.segments["persona"] for m in members} == {"a", "b"}
    assert {m.segments["activity"] for m in members} == {"light", "medium", "heavy"}
    assert {m.segments["taste"] for m in members} == {"mainstream", "niche"}


def test_habits_decide_how_many_wishes_there_are_and_when_they_are_told(catalog: RatedCatalog) -> None:
    quiet = WishHabits(counts=(1.0,), volunteer=0, on_ask=0, hidden=1, refuses=0, soft=0)
    members = population_from_ratings(catalog, USERS, 9, Demography(wishes=quiet))
    assert {len(m.need.wants) for m in members} == {1}
    assert {c.reveal for m in members for c in m.need.wants} == {"hidden"}
    refusing = WishHabits(counts=(0, 1.0), refuses=1, soft=1)
    members = population_from_ratings(catalog, USERS, 9, Demography(wishes=refusing))
    assert any(c.op == "not_contains" for m in members for c in m.need.wants)
    assert any(m.need.soft for m in members)


def test_the_latest_ratings_are_held_out(catalog: RatedCatalog) -> None:
    ratings = read_ratings(catalog)
    histories = Histories(ratings, Split(held=0.25))
    for person in range(len(histories)):
        start, end = ratings.indptr[person : person + 2]
        time = dict(zip(ratings.indices[start:end].tolist(), ratings.times[start:end].tolist(), strict=True))
        history = histories.of(person)
        assert len(history.held) == round(0.25 * len(time))
        assert max(time[r] for r in history.known.tolist()) < min(time[r] for r in history.held.tolist())


def test_without_times_the_seed_decides(catalog: RatedCatalog) -> None:
    ratings = read_ratings(catalog)
    timeless = Ratings(
        ratings.indptr, ratings.indices, ratings.data, np.full(len(ratings), np.nan), ratings.items
    )  # fmt: skip
    held = [Histories(timeless, Split(seed=s)).of(0).held.tolist() for s in (1, 1, 2)]
    assert held[0] == held[1] != held[2]


def test_liking_is_relative_to_the_person_and_to_the_scale() -> None:
    scale = Scale(low=1, high=5, mean=3.5)
    kind, strict = np.array([5, 5, 5, 5, 4.0] * 4), np.array([3, 3, 2, 2, 1.0] * 4)
    assert scale.grade(np.array([4.0]), kind) < 1 == scale.grade(np.array([5.0]), kind)
    assert scale.grade(np.array([3.0]), strict) == 1
    assert scale.grade(np.array([2.5]), strict) == 0.5
    assert scale.grade(np.array([1.0]), strict) == 0
    assert scale.grade(np.array([np.nan]), strict) == 1


def test_data_without_differences_are_all_liked() -> None:
    assert Scale.of(np.array([np.nan, np.nan])).implicit
    assert Scale.of(np.array([1.0, 1.0])).grade(np.array([1.0]), np.array([1.0])) == 1


def test_no_ratings_and_short_histories_are_said(catalog: RatedCatalog, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="enough history"):
        population_from_ratings(catalog, 5, 0, Demography(least_liked=1000))
    with pytest.raises(BadInput, match="one person or more"):
        population_from_ratings(catalog, 0, 0)
    catalog.interactions_path = tmp_path / "none.npz"
    with pytest.raises(BadInput, match="no ratings"):
        population_from_ratings(catalog, 5, 0)


def test_a_few_liked_items_are_enough_to_wish_for_what_a_target_shares_with_them(catalog: RatedCatalog) -> None:
    draw = wishes_like(catalog)
    drawn = 0
    for seed, target in enumerate(catalog.items):
        alike = [i for i in catalog.items if i.values("kind") == target.values("kind") and i != target][:3]
        wants = draw(target, alike, random.Random(seed))
        assert wants == draw(target, alike, random.Random(seed))
        assert all(holds(c, target) and any(holds(c, i) for i in alike) for c in wants)
        drawn += bool(wants)
    assert drawn > len(catalog) / 2
    assert draw(catalog.items[0], (), random.Random(0)) == ()
