"""Whatever the catalogue and the ledger: nothing shown breaks a hard preference or was off the table."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from agent.outcome import Abstained, Recommended
from agent.recommend import Pipeline
from agent.situation import Situation
from core.items import Item
from core.ledger import Ledger
from core.plan import Recommend
from core.preferences import Preference
from core.schema import FieldSpec, Policy
from tests.strategies import SCHEMA, catalogs, ledgers, preferences
from tests.worlds import MemoryCatalog
from tools.filtering.masks import allowed, permitted, verdicts
from tools.filtering.receipt import receipt


def broken(preference: Preference, catalog: MemoryCatalog, row: int) -> bool:
    """Independent of the masks: does this item break this preference, by its own fields?"""
    values = catalog.items[row].values(preference.field or "")
    if preference.field is None or not values:
        return False
    order = SCHEMA.field(preference.field).order
    wanted = preference.values
    if order and preference.op in {"lt", "le", "gt", "ge"}:
        values, wanted = (order.index(values[0]),), (order.index(str(wanted[0])),)
    match preference.op:
        case "any_of" | "eq":
            met = bool(set(values) & set(wanted))
        case "all_of":
            met = set(wanted) <= set(values)
        case "lt":
            met = values[0] < wanted[0]
        case "le":
            met = values[0] <= wanted[0]
        case "gt":
            met = values[0] > wanted[0]
        case "ge":
            met = values[0] >= wanted[0]
        case _:
            met = wanted[0] <= values[0] <= wanted[1]
    return met != (preference.polarity == "want")


@settings(max_examples=300, deadline=None)
@given(catalogs, ledgers())
def test_no_slate_breaks_the_ledger(catalog: MemoryCatalog, ledger: Ledger) -> None:
    pipeline = Pipeline(catalog, None, None, None)
    known = tuple(i for i in (*ledger.liked, *ledger.disliked) if i in catalog.rows)
    ledger = ledger.model_copy(
        update={
            "liked": tuple(i for i in ledger.liked if i in known),
            "disliked": tuple(i for i in ledger.disliked if i in known),
        }
    )
    outcome, _ = pipeline.recommend(Situation(ledger), Recommend(count=5))
    if isinstance(outcome, Abstained):
        assert not permitted(ledger, catalog).any()
        return
    assert isinstance(outcome, Recommended)
    for shown in outcome.cards:
        row = catalog.row_of(shown.item.id)
        assert not any(broken(p, catalog, row) for p in ledger.hard)
        assert shown.item.id not in {*ledger.liked, *ledger.disliked, *ledger.seen, *ledger.shown}
        assert all(line.verdict != "failed" for line in shown.receipt if line.strength == "hard")


@settings(max_examples=300, deadline=None)
@given(catalogs, preferences())
def test_masks_and_receipts_agree(catalog: MemoryCatalog, preference: Preference) -> None:
    if preference.field is None:
        return
    passed, known = verdicts(preference, catalog)
    for row, item in enumerate(catalog.items):
        (line,) = receipt((preference,), item, SCHEMA)
        expected = "unknown" if not known[row] else "passed" if passed[row] else "failed"
        assert line.verdict == expected


@settings(max_examples=200, deadline=None)
@given(catalogs, ledgers())
def test_one_more_hard_preference_never_adds_an_item(catalog: MemoryCatalog, ledger: Ledger) -> None:
    hard = [p for p in ledger.preferences if p.hard]
    for count in range(len(hard)):
        more, fewer = allowed(hard[:count], catalog), allowed(hard[: count + 1], catalog)
        assert not np.any(fewer & ~more)


def test_a_promoted_item_says_so_where_the_house_wants_it() -> None:
    fields = (*SCHEMA.fields, FieldSpec(name="paid", type="flag", role="sponsored"))
    rules = (*SCHEMA.policies, Policy(rule="disclose_sponsored"))
    lamps = [Item(id=f"i{n}", title=f"Lamp {n}", fields={"title": f"Lamp {n}", "paid": n == 0}) for n in range(3)]
    for policies, said in (
        (rules, {"i0": ("promoted",), "i1": (), "i2": ()}),
        (SCHEMA.policies, dict.fromkeys(("i0", "i1", "i2"), ())),
    ):
        schema = SCHEMA.model_copy(update={"fields": fields, "policies": policies})
        outcome, _ = Pipeline(MemoryCatalog("lamps", schema, lamps), None, None, None).recommend(
            Situation(Ledger()), Recommend(count=3)
        )
        assert isinstance(outcome, Recommended)
        assert {r.item.id: r.notices for r in outcome.slate} == said


def test_a_house_may_allow_what_was_shown_before() -> None:
    schema = SCHEMA.model_copy(update={"policies": (Policy(rule="not_seen"),)})
    catalog = MemoryCatalog("lamps", schema, [Item(id="i0", title="Lamp", fields={"title": "Lamp"})])
    assert permitted(Ledger(shown=("i0",)), catalog).all()
    assert not permitted(Ledger(seen=("i0",)), catalog).any()
