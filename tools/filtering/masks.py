"""Masks: which rows pass a preference, and of which the catalogue can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.ledger import Ledger
from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from tools.catalog.columns import Column, FlagColumn, Mask, NumberColumn


class Columnar(Protocol):
    """What a filter needs of a catalogue."""

    schema: CatalogSchema

    @property
    def columns(self) -> Mapping[str, Column]:
        """Columns by field name."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def row_of(self, item_id: str) -> int:
        """Row of an id; raises KeyError."""
        ...


class TextSearch(Protocol):
    """Which rows hold all the words of a phrase in their text."""

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Rows whose text holds every term of `phrase`."""
        ...


def verdicts(preference: Preference, catalog: Columnar, text: TextSearch | None = None) -> tuple[Mask, Mask]:
    """(passed, known), both (rows,): `passed` is meaningful only where `known`.

    Free text is never known to pass; a row is known to break a refusal when its text holds all the words.
    """
    rows = len(catalog)
    if preference.field is None or preference.field not in catalog.columns:
        return _text(preference, rows, text)
    column, spec = catalog.columns[preference.field], catalog.schema.field(preference.field)
    positive, known = _positive(preference, column, spec)
    return (~positive & known if preference.polarity == "avoid" else positive & known), known


def _text(preference: Preference, rows: int, text: TextSearch | None) -> tuple[Mask, Mask]:
    nothing = np.zeros(rows, dtype=np.bool_)
    if text is None or preference.op not in {"about", "contains"}:
        return nothing, nothing.copy()
    held = np.zeros(rows, dtype=np.bool_)
    held[text.holding(str(preference.value))] = True
    return (held if preference.polarity == "want" else nothing), held


def _positive(preference: Preference, column: Column, spec: FieldSpec) -> tuple[Mask, Mask]:
    match column:
        case NumberColumn():
            with np.errstate(invalid="ignore"):
                return compare(preference, column.data), column.known
        case FlagColumn():
            return column.data == int(bool(preference.values[0])), column.known
    wanted = values_meant(preference, spec)
    if preference.op == "all_of":
        mask = np.ones(column.size, dtype=np.bool_)
        for value in wanted:
            mask &= column.mask_any([value])
        return mask, column.known
    return column.mask_any(wanted), column.known


def compare(preference: Preference, data: NDArray[np.float64]) -> Mask:
    """A number preference over numbers; both ends of between included."""
    first = float(preference.values[0])
    match preference.op:
        case "lt":
            return data < first
        case "le":
            return data <= first
        case "gt":
            return data > first
        case "ge":
            return data >= first
        case "between":
            return (data >= first) & (data <= float(preference.values[1]))
        case "any_of":
            return np.asarray(np.isin(data, [float(v) for v in preference.values]), dtype=np.bool_)
    return np.asarray(data == first, dtype=np.bool_)


def values_meant(preference: Preference, spec: FieldSpec) -> Sequence[str]:
    """The category values that satisfy a preference: bounds on an ordered category become the values within them."""
    values = [str(v) for v in preference.values]
    if preference.op in {"lt", "le", "gt", "ge", "between"} and spec.order:
        places = [spec.order.index(v) for v in values if v in spec.order]
        if not places:
            return ()
        low, high = {
            "lt": (0, places[0] - 1),
            "le": (0, places[0]),
            "gt": (places[0] + 1, len(spec.order)),
            "ge": (places[0], len(spec.order)),
            "between": (places[0], places[-1]),
        }[preference.op]
        return spec.order[low : high + 1]
    return values


def allowed(
    preferences: Iterable[Preference], catalog: Columnar, blocked: Iterable[str] = (), text: TextSearch | None = None
) -> Mask:
    """(rows,) True where no hard preference is broken and the item is not blocked.

    A wanted fact that is unknown does not pass: nothing vouches for it. A refused fact that is unknown does; the
    receipt says so. Wanted free text does not filter.
    """
    mask = np.ones(len(catalog), dtype=np.bool_)
    for preference in preferences:
        if not preference.hard:
            continue
        passed, known = verdicts(preference, catalog, text)
        if preference.polarity == "avoid":
            mask &= passed | ~known
        elif preference.field is not None:
            mask &= passed
    for item in blocked:
        try:
            mask[catalog.row_of(item)] = False
        except KeyError:
            continue
    return mask


def permitted(ledger: Ledger, catalog: Columnar, text: TextSearch | None = None) -> Mask:
    """(rows,) what may be shown under a ledger and the house's policies: none broken, nothing ruled out."""
    return allowed(ledger.preferences, catalog, off_the_table(ledger, catalog.schema), text)


def off_the_table(ledger: Ledger, schema: CatalogSchema) -> frozenset[str]:
    """Items not to show whatever they are like: those liked (they are known), and what the policies rule out."""
    lists = {"not_seen": ledger.seen, "not_disliked": ledger.disliked, "not_shown": ledger.shown}
    ruled = {item for policy in schema.policies for item in lists.get(policy.rule, ())}
    return frozenset(ruled) | frozenset(ledger.liked)
