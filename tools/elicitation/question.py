"""Which question is worth asking, chosen on the live candidates: how evenly it splits them, how answerable it is."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.ledger import Ledger, LedgerPatch
from core.preferences import Preference, quantity
from core.schema import CatalogSchema, FieldSpec, Op
from core.turn import Choice, Question
from tools.arrays import quantiles
from tools.catalog.columns import CategoryColumn, FlagColumn, Mask, NumberColumn
from tools.elicitation.hidden import Suspect
from tools.filtering.masks import Columnar, compare
from tools.policy.house import NO, YES

CHOICES = 4
SMALLEST_SHARE = 0.04
"""A choice that leaves less than this share of the candidates is not offered."""
ANYTHING = "surprise me"


Weighing = Literal["gain", "entropy", "random"]


@dataclass(frozen=True)
class Worth:
    """A question with what it is expected to do."""

    question: Question
    gain: float
    """Expected bits: entropy of the choices times the share that can be told, times how answerable it is."""
    entropy: float
    """Bits of the choices alone."""


def next_question(
    ledger: Ledger,
    catalog: Columnar,
    live: Mask,
    asked: Collection[str] = (),
    field: str | None = None,
    weighing: Weighing = "gain",
) -> Question | None:
    """The question with the highest expected gain, or None when none splits the candidates.

    Never a field that is known, declined, or asked before; `field` restricts the choice to one field.
    """
    options = _options(ledger, catalog, live, asked, field)
    weight = (lambda w: w.entropy) if weighing == "entropy" else (lambda w: w.gain)
    return max(options, key=weight).question if options else None


def any_question(
    ledger: Ledger, catalog: Columnar, live: Mask, asked: Collection[str] = (), seed: int = 0
) -> Question | None:
    """A question drawn at random among those that split the candidates: the baseline to beat."""
    options = _options(ledger, catalog, live, asked, None)
    draw = np.random.default_rng([seed, len(asked), int(np.count_nonzero(live))])
    return options[int(draw.integers(len(options)))].question if options else None


_OPPOSITE: dict[str, Op] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}


def suspicion_question(suspicion: Suspect, schema: CatalogSchema) -> Question:
    """Puts a suspicion to the person: "Several you passed on were over 2 h. Shall I keep to at most 2 h?"."""
    preference = suspicion.preference
    spec, label = schema.field(preference.field or ""), preference.label(schema)
    value = preference.model_copy(update={"polarity": "want"}).label(schema)
    if preference.polarity == "avoid":
        text = f"Several you passed on have the {spec.title} {value}. Shall I leave that out?"
    elif preference.op in _OPPOSITE:
        other = preference.model_copy(update={"op": _OPPOSITE[preference.op]}).label(schema)
        text = f"Several you passed on were {other}. Shall I keep to {label}?"
    else:
        text = f"Those you passed on did not have the {spec.title} {value}. Is that what you want?"
    yes = f"yes, {label}"
    agreed = LedgerPatch(put=(preference.model_copy(update={"quote": "you passed on others"}),))
    return Question(
        text=text,
        kind="confirm",
        field=spec.name,
        choices=(Choice(label=yes, patch=agreed, aliases=YES), Choice(label="no, that is not it", aliases=NO)),
    )


def _options(ledger: Ledger, catalog: Columnar, live: Mask, asked: Collection[str], field: str | None) -> list[Worth]:
    known = {p.field for p in ledger.preferences} | set(ledger.declined)
    return [
        worth
        for spec in catalog.schema.fields
        if spec.ask and spec.name not in known and spec.name not in asked and field in {None, spec.name}
        if (worth := weigh(spec, catalog, live)) is not None
    ]


def weigh(spec: FieldSpec, catalog: Columnar, live: Mask) -> Worth | None:
    """The question on one field and its gain; None when it would not split the candidates."""
    total = int(np.count_nonzero(live))
    column = catalog.columns.get(spec.name)
    if total < 2 or column is None:
        return None
    match column:
        case CategoryColumn():
            options = _values(spec, column, live, total)
        case NumberColumn():
            options = _bands(spec, column, live, total)
        case FlagColumn():
            options = _sides(spec, column, live)
    options = [o for o in options if SMALLEST_SHARE * total <= o[1] < total]
    if len(options) < 2:
        return None
    options = options[:CHOICES]
    choices = [
        Choice(label=label, count=count, patch=LedgerPatch(put=(preference,)), aliases=aliases)
        for label, count, preference, aliases in options
    ]
    anything = Choice(label=ANYTHING, patch=LedgerPatch(decline=(spec.name,)), aliases=("anything", "no preference"))
    shares = [count / total for _, count, _, _ in options]
    entropy = -sum(s / sum(shares) * math.log2(s / sum(shares)) for s in shares)
    told = float(np.count_nonzero(column.known & live)) / total
    question = Question(text=spec.ask, kind="preference", field=spec.name, choices=(*choices, anything))
    return Worth(question, entropy * told * spec.answerable, entropy)


Option = tuple[str, int, Preference, tuple[str, ...]]


def _values(spec: FieldSpec, column: CategoryColumn, live: Mask, total: int) -> list[Option]:
    """The values most candidates hold, each adding candidates the ones before it do not cover."""
    sizes = np.diff(column.indptr)
    counts = _held(column, live, sizes)
    for value, declared in spec.values.items():
        if not declared.offered and value in column.code_of:
            counts[column.code_of[value]] = total  # what everything holds is no choice
    covered = np.zeros(len(live), dtype=np.bool_)
    chosen: list[Option] = []
    while len(chosen) < CHOICES and len(counts):
        fresh = np.where(counts < total, _held(column, live & ~covered, sizes), 0)
        most = int(fresh.max())
        if most < max(1, SMALLEST_SHARE * total):
            break
        value = max(column.vocabulary[code] for code in np.flatnonzero(fresh == most))
        covered[column.rows_with(value)] = True
        preference = Preference(field=spec.name, op="any_of", value=(value,), strength=spec.strength, quote=value)
        aliases = spec.values[value].aliases if value in spec.values else ()
        chosen.append((value, int(counts[column.code_of[value]]), preference, aliases))
    return chosen


def _held(column: CategoryColumn, rows: Mask, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """(values,) how many of the rows hold each value."""
    return np.bincount(column.codes[np.repeat(rows, sizes)], minlength=len(column.vocabulary))


def _sides(spec: FieldSpec, column: FlagColumn, live: Mask) -> list[Option]:
    """Yes and no."""
    options: list[Option] = []
    for word, side in (("yes", True), ("no", False)):
        count = int(np.count_nonzero(live & (column.data == int(side))))
        options.append((word, count, Preference(field=spec.name, op="eq", value=side, strength=spec.strength), ()))
    return options


def _bands(spec: FieldSpec, column: NumberColumn, live: Mask, total: int) -> list[Option]:
    """Two or three ranges that cut the candidates at round quantiles."""
    known = np.sort(column.data[live & column.known])
    if len(known) < max(2, 0.3 * total) or known[0] == known[-1]:
        return []
    low, high = (_round(cut, spec) for cut in quantiles(known, 1 / 3, 2 / 3))
    bands = [Preference(field=spec.name, op="lt", value=low), Preference(field=spec.name, op="ge", value=high)]
    if low < high:
        bands.insert(1, Preference(field=spec.name, op="between", value=(low, high)))
    options: list[Option] = []
    for bare in bands:
        band = bare.model_copy(update={"strength": spec.strength})
        count = int(np.count_nonzero(compare(band, column.data) & live))
        options.append((_band_label(band, spec), count, band, ()))
    return options


def _band_label(band: Preference, spec: FieldSpec) -> str:
    first = quantity(band.values[0], spec)
    if band.op == "between":
        return f"{first} to {quantity(band.values[1], spec)}"
    year = spec.unit is not None and spec.unit.style == "year"
    if band.op == "lt":
        return f"before {first}" if year else f"under {first}"
    return f"{first} or later" if year else f"{first} or more"


def _round(value: float, spec: FieldSpec) -> int | float:
    style = spec.unit.style if spec.unit else "plain"
    if style == "score":
        return round(value, 1)
    step = 10 if abs(value) < 1000 or style == "year" else 100
    return int(round(value / step) * step)
