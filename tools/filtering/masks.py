"""Masks: which rows pass a preference, and of which the catalogue can tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from tools.catalog.columns import CategoryColumn, Column, FlagColumn, Mask, NumberColumn
from tools.filtering.words import asked, label_stems, met, said

BOUNDS = frozenset({"lt", "le", "gt", "ge", "between"})
CHUNK = 1000


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

    def at(self, rows: Sequence[int]) -> list[Item]:
        """The items at these rows, in the order given."""
        ...


class TextSearch(Protocol):
    """Which rows hold all the words of a phrase in their text."""

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Rows whose text holds every term of `phrase`."""
        ...


def verdicts(preference: Preference, catalog: Columnar, text: TextSearch | None = None) -> tuple[Mask, Mask]:
    """(passed, known), both (rows,): `passed` is meaningful only where `known`.

    Nothing is known where the catalogue does not say, where the field is not there, and where value and field do not
    go together (a word on a number, a bound on a category without order). Words are known only where they are said:
    an item that does not say them may still be about them.
    """
    spec = catalog.schema.by_name.get(preference.field) if preference.field else None
    if preference.field is None or (spec is not None and spec.type == "text"):
        positive, known = _text(preference, catalog, spec, text)
    else:
        column = catalog.columns.get(preference.field)
        positive, known = _nothing(len(catalog)) if spec is None or column is None else _fact(preference, column, spec)
    return (~positive & known if preference.polarity == "avoid" else positive & known), known


def _nothing(rows: int) -> tuple[Mask, Mask]:
    return np.zeros(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)


def _text(
    preference: Preference, catalog: Columnar, spec: FieldSpec | None, text: TextSearch | None
) -> tuple[Mask, Mask]:
    """Rows that say the words. The index finds them; items are read only where the index says too much."""
    held = np.zeros(len(catalog), dtype=np.bool_)
    phrases = asked(preference)
    if not phrases:
        return held, held.copy()
    indexed = spec is None or spec.indexed or spec.role in {"title", "description"}
    if text is None or not indexed:
        held[:] = True
    else:
        for value in preference.values:
            held[text.holding(str(value))] = True
    told = text is not None and spec is None and len(phrases) == 1 and len(phrases[0]) == 1
    if not told or phrases[0] & label_stems(catalog.schema):
        _reread(held, preference, catalog, spec)
    return held, held.copy()


def _reread(held: Mask, preference: Preference, catalog: Columnar, spec: FieldSpec | None) -> None:
    """Keep the held rows whose items say the words themselves (in the field, where one is given)."""
    rows = np.flatnonzero(held)
    for start in range(0, len(rows), CHUNK):
        part = [int(r) for r in rows[start : start + CHUNK]]
        for row, item in zip(part, catalog.at(part), strict=True):
            held[row] = bool(met(preference, said(item, catalog.schema, spec)))


def _fact(preference: Preference, column: Column, spec: FieldSpec) -> tuple[Mask, Mask]:
    match column:
        case NumberColumn():
            if not preference.values or any(isinstance(v, str) for v in preference.values):
                return _nothing(len(column.data))
            with np.errstate(invalid="ignore"):
                return compare(preference, column.data), column.known
        case FlagColumn():
            return np.isin(column.data, [int(bool(v)) for v in preference.values]), column.known
    return _category(preference, column, spec)


def _category(preference: Preference, column: CategoryColumn, spec: FieldSpec) -> tuple[Mask, Mask]:
    known = column.known
    if preference.op in BOUNDS:
        if not all(place(spec, v) is not None for v in preference.values):
            return _nothing(column.size)
        known = holding_any(column, spec.order)
    wanted = values_meant(preference, spec)
    if preference.op == "all_of":
        mask = np.ones(column.size, dtype=np.bool_)
        for value in wanted:
            mask &= holding_any(column, [value])
        return mask, known
    if preference.polarity == "avoid" and spec.nests:
        wanted = [*wanted, *(v for value in wanted for v in column.narrower(value))]
    return holding_any(column, wanted), known


@lru_cache(maxsize=32)
def _folded(vocabulary: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Values by their case-folded form."""
    forms: dict[str, tuple[str, ...]] = {}
    for value in vocabulary:
        form = value.casefold()
        forms[form] = (*forms.get(form, ()), value)
    return forms


def holding_any(column: CategoryColumn, values: Iterable[str]) -> Mask:
    """(rows,) True where the row holds at least one of `values`, in whatever case."""
    forms = _folded(column.vocabulary)
    return column.mask_any(v for value in values for v in forms.get(value.casefold(), ()))


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


def place(spec: FieldSpec, value: object) -> int | None:
    """Position of a value in the order of an ordered category, in whatever case; None when it has none."""
    forms = [v.casefold() for v in spec.order]
    form = str(value).casefold()
    return forms.index(form) if form in forms else None


def values_meant(preference: Preference, spec: FieldSpec) -> Sequence[str]:
    """The category values that satisfy a preference: bounds on an ordered category become the values within them.

    Empty for a bound on a category without order, or at a value that has no place in it.
    """
    values = [str(v) for v in preference.values]
    if preference.op in BOUNDS:
        places = [p for v in values if (p := place(spec, v)) is not None]
        if len(places) != len(values):
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

    A wanted fact that is unknown does not pass: nothing vouches for it. A refused fact that is unknown does, and the
    receipt says so; but not an unknown age rating (`FieldSpec.silence_passes`). Wanted free text does not filter.
    """
    mask = np.ones(len(catalog), dtype=np.bool_)
    for preference in preferences:
        if not preference.hard:
            continue
        if preference.polarity == "want" and preference.field is None:
            continue
        passed, known = verdicts(preference, catalog, text)
        mask &= passed | ~known if may_be_unknown(preference, catalog.schema) else passed
    for item in blocked:
        try:
            mask[catalog.row_of(item)] = False
        except KeyError:
            continue
    return mask


def may_be_unknown(preference: Preference, schema: CatalogSchema) -> bool:
    """Whether an item may be shown of which the catalogue does not say whether it meets a hard preference."""
    if preference.polarity == "want":
        return False
    spec = schema.by_name.get(preference.field or "")
    return spec is None or spec.silence_passes


def permitted(
    ledger: Ledger, catalog: Columnar, text: TextSearch | None = None, house: Sequence[Preference] = ()
) -> Mask:
    """(rows,) what may be shown under a ledger and the house's policies: none broken, nothing ruled out.

    `house` are the house's own demands for this person.
    """
    return allowed((*ledger.preferences, *house), catalog, off_the_table(ledger, catalog.schema), text)


def off_the_table(ledger: Ledger, schema: CatalogSchema) -> frozenset[str]:
    """Items not to show whatever they are like: those liked (they are known), and what the policies rule out."""
    lists = {"not_seen": ledger.seen, "not_disliked": ledger.disliked, "not_shown": ledger.shown}
    ruled = {item for policy in schema.policies for item in lists.get(policy.rule, ())}
    return frozenset(ruled) | frozenset(ledger.liked)
