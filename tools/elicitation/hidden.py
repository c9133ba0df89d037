"""Hidden requirements: what a person seems to insist on without saying so, read off what they passed on.

Each field gets a distribution over "nothing hidden here" and simple requirements (at most, at least, has, has not).
An item they passed on speaks for the requirements it breaks, one they took against them; the update is Bayes' rule
with a chance of passing on an item for reasons of its own (noisy-or, Pearl 1988, one cause a field).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from core.ledger import Ledger
from core.preferences import Preference
from core.schema import FieldSpec, Op
from tools.catalog.columns import CategoryColumn, Column, FlagColumn, Mask, NumberColumn
from tools.filtering.masks import Columnar, verdicts


@dataclass(frozen=True)
class Shown:
    """An item that was shown and how it was taken."""

    row: int
    passed_on: bool
    """Turned down without a reason; False: taken or liked."""
    weight: float = 1.0
    """Below 1 for an item merely left uncommented."""


@dataclass(frozen=True)
class HiddenWeights:
    """Chances the update works with."""

    cares: float = 0.45
    """A person has an unspoken requirement on a field they can answer a question about."""
    constrained: float = 0.35
    """The same, as a share, on a field they have already said something about."""
    other_reasons: float = 0.4
    """An item is passed on although it breaks nothing."""
    broken_yet_taken: float = 0.03
    fewest: float = 0.04
    """A requirement met or broken by less than this share of the candidates is not weighed."""
    values: int = 40
    """Values of a category weighed, the commonest."""
    plausible: float = 0.7
    """The power of the share of candidates that meet a requirement in its prior: few people insist on what is rare."""


DEFAULT = HiddenWeights()


@dataclass(frozen=True)
class Suspect:
    """One possible requirement on a field, with its probability."""

    preference: Preference
    probability: float
    explained: float
    """Items passed on that it accounts for, each by its weight."""


@dataclass(frozen=True)
class FieldBelief:
    """What may be hidden in one field."""

    spec: FieldSpec
    preferences: tuple[Preference, ...]
    probabilities: NDArray[np.float64]
    """(requirements,) what is left of 1 says that nothing is hidden."""
    breaks: NDArray[np.bool_]
    """(requirements, rows) which of the rows weighed break which."""
    explained: NDArray[np.float64]
    """(requirements,) items passed on that each accounts for, by their weights."""

    @property
    def cares(self) -> float:
        """Probability that something is hidden here."""
        return float(self.probabilities.sum())

    def risk(self) -> NDArray[np.float64]:
        """(rows,) probability that each row breaks what is hidden here."""
        return np.asarray(self.probabilities @ self.breaks, dtype=np.float64)

    @property
    def best(self) -> Suspect | None:
        """The likeliest requirement."""
        if not len(self.preferences):
            return None
        place = int(np.argmax(self.probabilities))
        return Suspect(self.preferences[place], float(self.probabilities[place]), float(self.explained[place]))


@dataclass(frozen=True)
class Hidden:
    """What may be hidden, over all fields, for the rows weighed."""

    rows: tuple[int, ...] = ()
    fields: tuple[FieldBelief, ...] = field(default_factory=tuple)

    def fits(self) -> NDArray[np.float64]:
        """(rows,) probability that a row breaks nothing hidden."""
        kept = np.ones(len(self.rows))
        for belief in self.fields:
            kept *= 1.0 - np.clip(belief.risk(), 0.0, 1.0)
        return kept

    def of(self, name: str) -> FieldBelief | None:
        """The belief on one field, or None."""
        return next((b for b in self.fields if b.spec.name == name), None)


@dataclass(frozen=True)
class Requirements:
    """The simple requirements a person may have on one field, and which rows break which."""

    preferences: tuple[Preference, ...]
    packed: NDArray[np.uint8]
    """(requirements, rows / 8) one bit a row: whether it breaks the requirement."""

    def broken_by(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(requirements, rows given) whether each row breaks each requirement."""
        return np.asarray((self.packed[:, rows >> 3] >> (7 - (rows & 7)).astype(np.uint8)) & 1, dtype=np.bool_)


@dataclass(frozen=True)
class Suspicions:
    """What a person may insist on unspoken, in one catalogue. What each row breaks is worked out once a field."""

    catalog: Columnar
    weights: HiddenWeights = DEFAULT
    _kept: dict[str, Requirements] = field(default_factory=dict, repr=False, compare=False)

    def suspect(
        self, ledger: Ledger, rows: Sequence[int], shown: Iterable[Shown] = (), settled: Collection[str] = ()
    ) -> Hidden:
        """The belief about the candidates in `rows`; `settled` fields have been asked about and answered."""
        history = list(shown)
        places = np.asarray([*rows, *(s.row for s in history)], dtype=np.int64)
        made = []
        for spec in self.catalog.schema.fields:
            column = self.catalog.columns.get(spec.name)
            if column is None or not spec.ask or spec.name in ledger.declined:
                continue
            prior = prior_of(spec, ledger, settled, self.weights)
            if prior <= 0:
                continue
            belief = self._belief(spec, column, ledger, places, len(rows), history, prior)
            if belief is not None:
                made.append(belief)
        return Hidden(tuple(rows), tuple(made))

    def _of(self, spec: FieldSpec, column: Column) -> Requirements:
        found = self._kept.get(spec.name)
        if found is None:
            preferences = requirements(spec, column, self.weights.values)
            broken = [np.packbits(_broken(p, self.catalog)) for p in preferences]
            packed = np.asarray(broken) if broken else np.zeros((0, 0), dtype=np.uint8)
            found = self._kept[spec.name] = Requirements(tuple(preferences), packed)
        return found

    def _belief(
        self, spec: FieldSpec, column: Column, ledger: Ledger, places: NDArray[np.int64], count: int,
        history: list[Shown], prior: float,
    ) -> FieldBelief | None:  # fmt: skip
        known = {(p.op, p.value, p.polarity) for p in ledger.preferences if p.field == spec.name}
        possible, weights = self._of(spec, column), self.weights
        if not possible.preferences or not count:
            return None
        every = possible.broken_by(places)
        share = every[:, :count].mean(axis=1)
        weighed = (weights.fewest <= share) & (share <= 1 - weights.fewest)
        if known:
            weighed &= [(p.op, p.value, p.polarity) not in known for p in possible.preferences]
        if not weighed.any():
            return None
        preferences = tuple(possible.preferences[n] for n in np.flatnonzero(weighed))
        kept = (1.0 - share[weighed]) ** weights.plausible
        every = every[weighed]
        now, past = every[:, :count], every[:, count:]
        likelihood = np.ones(len(preferences))
        explained = np.zeros(len(preferences))
        for number, item in enumerate(history):
            broken = past[:, number]
            if item.passed_on:
                factor = np.where(broken, 1.0 / weights.other_reasons, 1.0)
                explained += broken * item.weight
            else:
                factor = np.where(broken, weights.broken_yet_taken / (1 - weights.other_reasons), 1.0)
            likelihood *= factor**item.weight
        mass = prior * kept / kept.sum() * likelihood
        return FieldBelief(spec, preferences, mass / (mass.sum() + 1 - prior), now, explained)


def _broken(preference: Preference, catalog: Columnar) -> Mask:
    """(rows,) what breaks a preference: of a wanted one, also what the catalogue says nothing about."""
    passed, certain = verdicts(preference, catalog)
    return ~passed if preference.polarity == "want" else ~passed & certain


def prior_of(spec: FieldSpec, ledger: Ledger, settled: Collection[str], weights: HiddenWeights) -> float:
    """Chance that the person has an unspoken requirement on a field, before anything was passed on."""
    chance = weights.cares * spec.answerable
    said = sum(p.field == spec.name and p.hard for p in ledger.preferences)
    if said:
        chance *= weights.constrained if spec.many or spec.type == "number" else 0.0
    return chance * (0.25 if spec.name in settled else 1.0)


def requirements(spec: FieldSpec, column: Column, most: int) -> list[Preference]:
    """The simple requirements a person may have on a field."""
    match column:
        case NumberColumn():
            return _bounds(spec, column)
        case FlagColumn():
            return [Preference(field=spec.name, op="eq", value=side) for side in (True, False)]
        case CategoryColumn() if spec.order:
            ends = spec.order
            return [Preference(field=spec.name, op="le", value=v) for v in ends[:-1]] + [
                Preference(field=spec.name, op="ge", value=v) for v in ends[1:]
            ]
        case CategoryColumn() if spec.type == "category":
            common = np.argsort(-column.counts, kind="stable")[:most]
            values = [column.vocabulary[int(code)] for code in common]
            wanted = [Preference(field=spec.name, op="any_of", value=(v,)) for v in values]
            return wanted + [p.model_copy(update={"polarity": "avoid"}) for p in wanted]
    return []


def _bounds(spec: FieldSpec, column: NumberColumn) -> list[Preference]:
    if not len(column.sorted):
        return []
    cuts = dict.fromkeys(round_number(column.quantile(q), spec) for q in np.arange(0.1, 0.95, 0.1))
    ways: tuple[Op, ...] = ("ge",) if spec.role == "quality" else ("le", "ge")  # nobody insists on a low one
    return [Preference(field=spec.name, op=op, value=cut) for cut in cuts for op in ways]


def round_number(value: float, spec: FieldSpec) -> int | float:
    """A bound as a person would put it: decades, tens of minutes, half points."""
    style = spec.unit.style if spec.unit else "plain"
    if style == "score":
        return round(value * 2) / 2
    step = 10 if abs(value) < 1000 or style == "year" else 100
    return int(round(value / step) * step)
