"""The house's rules for one item, as its schema declares them: what may not be shown, and what must be said."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.items import Item
from core.ledger import Ledger
from core.schema import CatalogSchema
from core.turn import Recommendation
from tools.filtering.receipt import receipt


def violations(item: Item, ledger: Ledger, schema: CatalogSchema) -> tuple[str, ...]:
    """Names of the declared rules that showing this item would break, and "not_liked" for one they named as liked."""
    lists: dict[str, Collection[str]] = {
        "not_seen": ledger.seen,
        "not_disliked": ledger.disliked,
        "not_shown": ledger.shown,
    }
    broken = [p.rule for p in schema.policies if item.id in lists.get(p.rule, ())]
    return (*dict.fromkeys(broken), *(("not_liked",) if item.id in ledger.liked else ()))


def notices(item: Item, schema: CatalogSchema) -> tuple[str, ...]:
    """What the house must say with an item: "promoted" where sponsored items are to be disclosed."""
    spec = schema.role("sponsored")
    told = any(p.rule == "disclose_sponsored" for p in schema.policies)
    return ("promoted",) if told and spec is not None and any(item.values(spec.name)) else ()


def guard(slate: Sequence[Recommendation], ledger: Ledger, schema: CatalogSchema) -> tuple[Recommendation, ...]:
    """The slate without what breaks a rule or fails a hard preference, checked anew from the items themselves."""
    return tuple(r for r in slate if not violations(r.item, ledger, schema) and not _fails(r.item, ledger, schema))


def _fails(item: Item, ledger: Ledger, schema: CatalogSchema) -> bool:
    """Whether a hard preference is failed, or wants a fact that nothing vouches for (free text aside)."""
    for preference, line in zip(ledger.hard, receipt(ledger.hard, item, schema), strict=True):
        vouched = preference.polarity == "avoid" or preference.field is None
        if line.verdict == "failed" or (line.verdict == "unknown" and not vouched):
            return True
    return False
