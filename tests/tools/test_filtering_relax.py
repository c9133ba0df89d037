"""Relaxation: exactly the minimal conflicts and the smallest releases, held against brute force."""

from __future__ import annotations

from itertools import chain, combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.preferences import Preference
from tests.strategies import SCHEMA, catalogs, preferences
from tests.worlds import MemoryCatalog
from tools.filtering.masks import allowed
from tools.filtering.relax import relax

blocked = st.lists(st.sampled_from([f"i{n}" for n in range(25)]), max_size=10)


def subsets(of: list[Preference]) -> list[tuple[Preference, ...]]:
    return list(chain.from_iterable(combinations(of, n) for n in range(len(of) + 1)))


@settings(max_examples=300, deadline=None)
@given(catalogs, st.lists(preferences(), max_size=6), blocked)
def test_the_certificate_is_what_trying_every_subset_finds(
    catalog: MemoryCatalog, said: list[Preference], off: list[str]
) -> None:
    hard = [p.model_copy(update={"id": f"p{n}", "strength": "hard"}) for n, p in enumerate(said)]
    hard = [p for p in hard if not (p.field is None and p.polarity == "want")]
    certificate = relax(hard, catalog, off)

    def left(kept: tuple[Preference, ...]) -> int:
        return int(np.count_nonzero(allowed(kept, catalog, off)))

    if not left(()):
        assert certificate.conflicts == certificate.releases == ()
        return
    conflicts = [s for s in subsets(hard) if not left(s)]
    minimal = [s for s in conflicts if not any(set(_ids(o)) < set(_ids(s)) for o in conflicts)]
    assert {_ids(c) for c in certificate.conflicts} == {_ids(c) for c in minimal}

    freeing = [(s, n) for s in subsets(hard) if s and (n := left(tuple(p for p in hard if p not in s)))]
    least = min((len(s) for s, _ in freeing), default=0)
    assert {(_ids(s), n) for s, n in certificate.releases} == {(_ids(s), n) for s, n in freeing if len(s) == least}
    counts = [n for _, n in certificate.releases]
    assert counts == sorted(counts, reverse=True)


def _ids(group: tuple[Preference, ...]) -> tuple[str, ...]:
    return tuple(p.id for p in group)


def test_two_wishes_that_no_item_meets_together() -> None:
    rows = [("red", 3), ("red", 4), ("blue", 9)]
    items = [
        Item(id=f"i{n}", title="L", fields={"title": "L", "colour": (c,), "price": p}) for n, (c, p) in enumerate(rows)
    ]
    put = (
        Preference(field="colour", op="any_of", value=("red",)),
        Preference(field="price", op="ge", value=5),
        Preference(field="price", op="lt", value=100),
    )
    ledger = Ledger().apply(LedgerPatch(put=put, exact=True)).ledger
    certificate = relax(ledger.preferences, MemoryCatalog("lamps", SCHEMA, items))
    assert [_ids(c) for c in certificate.conflicts] == [("p1", "p2")]
    assert [(_ids(s), n) for s, n in certificate.releases] == [(("p2",), 2), (("p1",), 1)]


def test_nothing_is_to_blame_when_everything_that_fits_was_shown() -> None:
    items = [Item(id="i0", title="L", fields={"title": "L", "price": 3})]
    certificate = relax(
        [Preference(id="p1", field="price", op="le", value=5)], MemoryCatalog("l", SCHEMA, items), ["i0"]
    )
    assert certificate.conflicts == certificate.releases == ()


def test_twenty_conditions_that_all_must_go_are_found_at_once() -> None:
    items = [Item(id="i0", title="L", fields={"title": "L", "price": 3})]
    hard = [Preference(id=f"p{n}", field="price", op="gt", value=10 + n) for n in range(20)]
    certificate = relax(hard, MemoryCatalog("l", SCHEMA, items))
    assert [len(c) for c in certificate.conflicts] == [1] * 20
    assert [(len(s), n) for s, n in certificate.releases] == [(20, 1)]
