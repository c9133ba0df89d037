"""Series on a slate, and slates on which every wish is met by something."""

from __future__ import annotations

import numpy as np

from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference
from core.schema import CatalogSchema
from tests.worlds import MemoryCatalog
from tools.ranking.diversity import mmr
from tools.ranking.series import entry_points
from tools.ranking.soft import met

SCHEMA = {
    "name": "comics",
    "title": "Comics",
    "noun": {"one": "comic", "many": "comics"},
    "consumption": {"bare": ["read"], "past": ["read"]},
    "purpose": "find something to read",
    "fields": [
        {"name": "title", "type": "text", "role": "title"},
        {"name": "year", "type": "number", "role": "release"},
        {"name": "saga", "type": "category", "role": "series", "in_order": True},
        {"name": "mood", "type": "category", "role": "mood", "many": True, "strength": "soft"},
    ],
}
ROWS = [
    ("third", 2003, "Saga", ("dark",)),
    ("first", 2001, "Saga", ("dark",)),
    ("second", 2002, "Saga", ("funny",)),
    ("alone", 1999, None, ("funny",)),
]


def comics(*, in_order: bool = True) -> MemoryCatalog:
    schema = CatalogSchema.model_validate(SCHEMA)
    if not in_order:
        fields = tuple(f.model_copy(update={"in_order": False}) for f in schema.fields)
        schema = schema.model_copy(update={"fields": fields})
    items = [Item(id=t, title=t, fields={"title": t, "year": y, "saga": s, "mood": m}) for t, y, s, m in ROWS]
    return MemoryCatalog("comics", schema, items)


def titles(rows: list[int]) -> list[str]:
    return [ROWS[r][0] for r in rows]


ALL = np.ones(len(ROWS), dtype=np.bool_)


def test_the_first_volume_stands_for_its_series_and_the_rest_comes_last() -> None:
    assert titles(entry_points([0, 2, 3], Ledger(), comics(), ALL)) == ["first", "alone", "second"]


def test_a_first_volume_that_lacks_what_is_wished_for_stands_behind_what_has_it() -> None:
    ledger = Ledger(preferences=(Preference(field="mood", op="any_of", value=("funny",), strength="soft", id="1"),))
    assert titles(entry_points([2, 3], ledger, comics(), ALL)) == ["alone", "first"]


def test_who_has_had_the_first_volume_is_led_to_the_second() -> None:
    known = ALL.copy()
    known[1] = False
    assert titles(entry_points([0, 3], Ledger(), comics(), known)) == ["second", "alone"]


def test_without_an_order_the_best_ranked_volume_stands_for_its_series() -> None:
    assert titles(entry_points([0, 2, 3], Ledger(), comics(in_order=False), ALL)) == ["third", "alone", "second"]


def test_a_series_asked_for_by_name_comes_in_its_order() -> None:
    asked = Ledger(preferences=(Preference(id="p1", field="saga", op="any_of", value=("Saga",)),))
    assert titles(entry_points([0, 1, 2], asked, comics(), ALL)) == ["first", "second", "third"]


def test_every_wish_is_met_by_something_where_scores_are_near() -> None:
    wishes = [
        Preference(id=f"p{n}", field="mood", op="any_of", value=(mood,), strength="soft")
        for n, mood in enumerate(("dark", "funny"))
    ]
    meets = met(wishes, comics(), range(len(ROWS)))
    apart = np.eye(len(ROWS), dtype=np.float32)
    scores = [1.0, 0.95, 0.9, 0.1]
    assert titles(mmr(scores, apart, 2, 0.3)) == ["third", "first"]
    assert titles(mmr(scores, apart, 2, 0.3, meets)) == ["third", "second"]
