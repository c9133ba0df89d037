"""Each route alone, as a tool and as the ranking the plan may ask for."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from agent.build import Tastemaker
from agent.situation import Situation
from core.errors import BadInput
from core.ledger import Ledger
from core.plan import Recommend, Route


def brought(demo: Tastemaker, catalog: str, route: str, **given: Any) -> list[str]:
    """Ids a route brings."""
    return [i["id"] for i in demo.room(catalog).toolbox.run("retrieve", {"route": route, **given})["items"]]


def some_item(demo: Tastemaker, catalog: str) -> Any:
    """The best known item that somebody made."""
    found = demo.room(catalog).catalog
    (first,) = demo.room(catalog).pipeline.routes.bring("popular", found_all(demo, catalog)).top(1).rows.tolist()
    return found.at([first])[0]


def found_all(demo: Tastemaker, catalog: str) -> Any:
    import numpy as np

    return np.ones(len(demo.room(catalog).catalog), dtype=np.bool_)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_every_route_brings_items_of_its_own(demo: Tastemaker, catalog: str) -> None:
    liked = some_item(demo, catalog).id
    names = [r for r in get_args(Route) if r != "sequential"]  # only where something was fitted
    known = [i.title for i in demo.room(catalog).catalog.at(range(30))]
    given = {"query": "a family at war", "liked": [liked], "titles": known}
    lists = {r: brought(demo, catalog, r, **given) for r in names}
    assert all(lists.values())
    assert all(liked not in ids for ids in lists.values())
    assert len({tuple(ids) for ids in lists.values()}) == len(lists)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_kin_shares_somebody_or_a_series_and_segment_a_kind(demo: Tastemaker, catalog: str) -> None:
    room, liked = demo.room(catalog), some_item(demo, catalog)
    people = [f.name for f in room.catalog.schema.fields if f.type == "people" or f.role == "series"]
    kinds = [f.name for f in room.catalog.schema.fields if f.role == "genre"]
    for route, fields in (("kin", people), ("segment", kinds)):
        for item in room.catalog.find(brought(demo, catalog, route, liked=[liked.id])):
            assert any(set(item.values(f)) & set(liked.values(f)) for f in fields)


def test_recent_is_the_latest_first_and_popular_the_best_known(demo: Tastemaker) -> None:
    room = demo.room("films")
    years = {i: room.catalog.find([i])[0].values("year")[0] for i in brought(demo, "films", "recent", count=50)}
    assert list(years.values()) == sorted(years.values(), reverse=True)


def test_a_route_keeps_to_hard_preferences(demo: Tastemaker) -> None:
    wishes = [{"field": "genres", "op": "any_of", "value": ["Comedy"]}]
    room = demo.room("films")
    items = room.catalog.find(brought(demo, "films", "popular", wishes=wishes, count=50))
    assert items
    assert all("Comedy" in i.values("genres") for i in items)


@pytest.mark.parametrize(
    "route", ["similar", "kin", "segment", "collaborative", "sequential", "dense", "lexical", "generative"]
)
def test_a_route_without_a_start_says_what_it_needs(demo: Tastemaker, route: str) -> None:
    with pytest.raises(BadInput, match="nothing to start from"):
        brought(demo, "films", route)


def test_the_plan_may_rank_by_fame_or_by_histories_alone(demo: Tastemaker) -> None:
    room = demo.room("films")
    ledger = Ledger(liked=tuple(i.id for i in room.catalog.at([3, 40, 77])))
    situation = Situation(ledger, surprise=True)
    ranked = {
        by: next(s.note for s in room.pipeline.recommend(situation, Recommend(ranker=by))[1] if s.stage == "rank")
        for by in ("fused", "collaborative", "popular")
    }
    assert ranked["popular"] == "popularity"
    assert ranked["collaborative"] == "collaborative"
    assert {"similar", "quality"} <= set(ranked["fused"].split(", "))


def test_proposed_titles_count_as_far_as_the_catalogue_has_them(demo: Tastemaker) -> None:
    titles = ["The Moonlit Saxophone (1987)", "psycho (1961)", "Rear Window (1998)", "Rear Window"]
    told = demo.room("films").toolbox.run("retrieve", {"route": "generative", "titles": titles})
    assert [i["title"] for i in told["items"]] == ["Psycho", "Rear Window"]
    assert told["not_in_catalogue"] == ["The Moonlit Saxophone (1987)", "Rear Window (1998)"]


def test_a_plan_that_narrows_the_search_to_nothing_does_not_end_it(demo: Tastemaker) -> None:
    outcome, stages = demo.room("books").pipeline.recommend(Situation(Ledger()), Recommend(routes=("kin",)))
    assert outcome.slate
    assert next(s for s in stages if s.stage == "retrieve").note.startswith("kin brought nothing; popular ")


def test_a_boosted_route_counts_more(demo: Tastemaker) -> None:
    room = demo.room("films")
    ledger = Ledger(liked=tuple(i.id for i in room.catalog.at([3])))

    def fame(*boost: Route) -> float:
        slate = room.pipeline.recommend(Situation(ledger), Recommend(boost=boost, count=10, diversity=0))[0].slate
        return sum(room.pipeline._signals.fame[room.catalog.row_of(r.item.id)] for r in slate)

    assert fame("popular") > fame()
