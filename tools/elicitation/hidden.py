"""Hidden requirements: what a person seems to insist on without saying so, read off what they passed on.

Each field gets a distribution over "nothing hidden here" and simple requirements (at most, at least, has, has not).
An item they passed on speaks for the requirements it breaks, one they took against them; the update is Bayes' rule
with a chance of passing on an item for reasons of its own (noisy-or, Pearl 1988, one cause a field).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

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
    """The simple requirements a person may have on each field of a catalogue, and which rows break which."""

    preferences: tuple[Preference, ...]
    fields: dict[str, NDArray[np.int64]]
    """The places in `preferences` of each field's requirements."""
    packed: NDArray[np.uint8]
    """(rows, requirements / 8) one bit a requirement: whether the row breaks it."""

    @cached_property
    def places(self) -> dict[tuple[object, ...], int]:
        """Where each requirement stands."""
        return {_key(p): n for n, p in enumerate(self.preferences)}

    @cached_property
    def numbered(self) -> NDArray[np.object_]:
        """(requirements,) the preferences, to be taken by their places."""
        held = np.empty(len(self.preferences), dtype=object)
        held[:] = self.preferences
        return held

    def broken_by(self, of: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(requirements given, rows given) whether each row breaks each requirement."""
        bits = np.unpackbits(self.packed[rows], axis=1, count=len(self.preferences))
        return np.ascontiguousarray(bits.T[of]).view(np.bool_)


@dataclass(frozen=True)
class Suspicions:
    """What a person may insist on unspoken, in one catalogue. What each row breaks is worked out once."""

    catalog: Columnar
    weights: HiddenWeights = DEFAULT

    @cached_property
    def _possible(self) -> Requirements:
        preferences: list[Preference] = []
        places: dict[str, NDArray[np.int64]] = {}
        for spec in self.catalog.schema.fields:
            column = self.catalog.columns.get(spec.name)
            if column is not None and spec.ask:
                made = requirements(spec, column, self.weights.values)
                places[spec.name] = np.arange(len(preferences), len(preferences) + len(made))
                preferences += made
        return Requirements(tuple(preferences), places, _packed(preferences, self.catalog))

    def suspect(
        self, ledger: Ledger, rows: Sequence[int], shown: Iterable[Shown] = (), settled: Collection[str] = ()
    ) -> Hidden:
        """The belief about the candidates in `rows`; `settled` fields have been asked about and answered."""
        history, possible = list(shown), self._possible
        open_fields = [n for n, places in possible.fields.items() if len(places) and n not in ledger.declined]
        specs = [self.catalog.schema.by_name[name] for name in open_fields]
        priors = [(s, chance) for s in specs if (chance := prior_of(s, ledger, settled, self.weights)) > 0]
        if not priors or not len(rows):
            return Hidden(tuple(rows))
        of = np.concatenate([possible.fields[spec.name] for spec, _ in priors])
        every = possible.broken_by(of, np.asarray([*rows, *(s.row for s in history)], dtype=np.int64))
        now, past = every[:, : len(rows)], every[:, len(rows) :]
        share = now.mean(axis=1)
        weighed = (self.weights.fewest <= share) & (share <= 1 - self.weights.fewest)
        said = [n for p in ledger.preferences if (n := possible.places.get(_key(p))) is not None]
        if said:
            unsaid = np.ones(len(possible.preferences), dtype=np.bool_)
            unsaid[said] = False
            weighed &= unsaid[of]
        plausible = (1.0 - share) ** self.weights.plausible
        told = plausible * self._likelihood(past, history)
        explained = past @ np.asarray([s.weight * s.passed_on for s in history])
        made, start = [], 0
        for spec, prior in priors:
            end = start + len(possible.fields[spec.name])
            chosen = start + np.flatnonzero(weighed[start:end])
            start = end
            if len(chosen):
                mass = prior / plausible[chosen].sum() * told[chosen]
                probabilities = mass / (mass.sum() + 1 - prior)
                preferences = tuple(possible.numbered[of[chosen]].tolist())
                made.append(FieldBelief(spec, preferences, probabilities, now[chosen], explained[chosen]))
        return Hidden(tuple(rows), tuple(made))

    def _likelihood(self, past: NDArray[np.bool_], history: Sequence[Shown]) -> NDArray[np.float64]:
        """(requirements,) how much likelier each requirement makes what was taken and passed on."""
        weights = self.weights
        passed = np.log(1 / weights.other_reasons)
        taken = np.log(weights.broken_yet_taken / (1 - weights.other_reasons))
        logs = [s.weight * (passed if s.passed_on else taken) for s in history]
        return np.asarray(np.exp(past @ np.asarray(logs, dtype=np.float64)))


def _key(preference: Preference) -> tuple[object, ...]:
    return preference.field, preference.op, preference.value, preference.polarity


def _packed(preferences: Sequence[Preference], catalog: Columnar) -> NDArray[np.uint8]:
    """(rows, preferences / 8) which rows break which, one bit a preference; worked out eight at a time."""
    groups = [preferences[start : start + 8] for start in range(0, len(preferences), 8)]
    packed = np.empty((len(catalog), len(groups)), dtype=np.uint8)
    for place, group in enumerate(groups):
        packed[:, place] = np.packbits([_broken(p, catalog) for p in group], axis=0)[0]
    return packed


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
