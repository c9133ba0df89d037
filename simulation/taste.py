"""Taste: the probability that a person, known by some items, likes any item of a catalogue.

The model that judges is of another family than the rankers it judges (co-rating neighbours and text vectors), so that
being like it earns nothing: biases and factors of grades, and affinities to the values of fields, each an average of
what a person's grades leave over the usual; a logistic regression, fitted on a part left out of these, weighs and
calibrates them. Fields that are derived from ratings are left out, as they would hold what is to be held out.

It answers "given that they tried it, did they like it", since that is what ratings tell. Data without differences are
held against as many items drawn at random of those they did not choose (Pan et al., "One-class collaborative
filtering", ICDM 2008): the probability then is that of choosing an item rather than a random one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import sparse

from core.errors import BadInput
from core.values import Value
from ingest.ratings import Ratings
from simulation.calibration import Logistic
from simulation.facets import Faceted, FacetTable
from simulation.factors import Factors, FactorSettings
from simulation.histories import DISLIKED, LIKED, NEITHER, Grades, Rows, graded

Floats = NDArray[np.float64]


class TasteSettings(Value):
    """How the model is fitted."""

    validation: float = Field(default=0.2, gt=0, lt=1)
    """Share of each person's ratings that the probability is calibrated on."""
    people: int = 3000
    """People it is calibrated on, at most."""
    damping: float = 5.0
    """Imagined indifferent items that the affinity to a value starts from."""
    decimals: int = 6
    """Places of a probability: the same on machines whose arithmetic differs in the last ones."""


@dataclass(frozen=True)
class TasteModel:
    """A fitted model of what people like."""

    factors: Factors
    contents: tuple[sparse.csr_matrix, ...]
    """By field, (items, values) which values an item holds."""
    weigh: Logistic
    settings: TasteSettings

    @classmethod
    def fit(cls, catalog: Faceted, ratings: Ratings, seed: int, settings: TasteSettings | None = None) -> TasteModel:
        """Fit from these ratings alone: leave out what is held out (`histories.only_known`).

        Raises BadInput when there are none.
        """
        settings = settings or TasteSettings()
        if not len(ratings):
            raise BadInput("There are no ratings to learn taste from.", "Hold out fewer, or use a larger source.")
        chance = np.random.default_rng(seed)
        grades, contents = graded(ratings), contents_of(catalog)
        one_class = bool((grades.data == LIKED).all())
        if one_class:
            grades = _with_contrast(grades, chance)
        fitting, left_out = _divided(grades, settings.validation, chance)
        draft = cls(Factors.fit(fitting, seed, FactorSettings()), contents, _UNFITTED, settings)
        weigh = draft._calibrated(_liked(fitting) if one_class else fitting, left_out, chance)
        return cls(Factors.fit(grades, seed, FactorSettings()), contents, weigh, settings)

    def chances(self, liked: Sequence[int], disliked: Sequence[int] = (), neither: Sequence[int] = ()) -> Floats:
        """(items,) probability that somebody known by these rows likes each item."""
        rows = np.concatenate([np.asarray(r, dtype=np.int64) for r in (liked, disliked, neither)])
        grades = np.repeat([LIKED, DISLIKED, NEITHER], [len(liked), len(disliked), len(neither)])
        every = np.arange(len(self.factors.item_bias))
        return np.round(self.weigh(self.scores(rows, grades, every)), self.settings.decimals)

    def scores(self, known: Rows, grades: Grades, asked: Rows) -> Floats:
        """(asked, scores) what speaks for each of the rows `asked`, of somebody known by graded rows."""
        factors = self.factors
        person = factors.fold_in(known, grades)
        found = [
            factors.item_bias[asked],
            np.full(len(asked), person.bias),
            factors.items[asked] @ person.factors,
            np.log1p(factors.counts[asked]),
        ]
        for values in self.contents:
            held = values[known]
            total, count = held.T @ person.residuals, np.asarray(held.sum(axis=0)).ravel()
            there = values[asked]
            met = np.maximum(np.diff(there.indptr), 1)
            found.append(there @ (total / (count + self.settings.damping)) / met)
        return np.stack(found, axis=1)

    def _calibrated(
        self, known: sparse.csr_matrix, left_out: sparse.csr_matrix, chance: np.random.Generator
    ) -> Logistic:
        people = np.flatnonzero(np.diff(left_out.indptr))
        if len(people) > self.settings.people:
            people = np.sort(chance.choice(people, self.settings.people, replace=False))
        scores, labels = [np.zeros((0, 4 + len(self.contents)))], [np.zeros(0)]
        for person in map(int, people):
            rows, grades = _of(known, person)
            asked, answers = _of(left_out, person)
            scores.append(self.scores(rows, grades, asked))
            labels.append((answers == LIKED).astype(np.float64))
        return Logistic.fit(np.concatenate(scores), np.concatenate(labels))


_UNFITTED = Logistic(np.zeros(0), np.ones(0), np.zeros(0), 0.0)


def contents_of(catalog: Faceted) -> tuple[sparse.csr_matrix, ...]:
    """(items, values) of each field that says something of taste and is not derived from ratings."""
    table, columns = FacetTable.read(catalog), []
    for name, places in table.by_field.items():
        if catalog.schema.field(name).derived is None:
            columns.append(table.holds[:, places].tocsr())
    return tuple(columns)


def _of(grades: sparse.csr_matrix, person: int) -> tuple[Rows, Grades]:
    place = slice(int(grades.indptr[person]), int(grades.indptr[person + 1]))
    return grades.indices[place].astype(np.int64), grades.data[place]


def _divided(
    grades: sparse.csr_matrix, share: float, chance: np.random.Generator
) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """The grades without a random share of each person's, and that share."""
    out = np.zeros(grades.nnz, dtype=np.bool_)
    for start, end in zip(grades.indptr[:-1], grades.indptr[1:], strict=True):
        out[start + chance.permutation(end - start)[: round(share * (end - start))]] = True
    return _only(grades, ~out), _only(grades, out)


def _liked(grades: sparse.csr_matrix) -> sparse.csr_matrix:
    """What was liked alone: of real people nothing else will be known."""
    return _only(grades, grades.data == LIKED)


def _only(grades: sparse.csr_matrix, keep: NDArray[np.bool_]) -> sparse.csr_matrix:
    starts = np.concatenate([[0], np.cumsum(keep)])[grades.indptr]
    return sparse.csr_matrix((grades.data[keep], grades.indices[keep], starts), grades.shape)


def _with_contrast(grades: sparse.csr_matrix, chance: np.random.Generator) -> sparse.csr_matrix:
    """Beside what was chosen, as many rows of each person that they did not choose, as not liked."""
    rows, given, sizes = [], [], []
    for person in range(grades.shape[0]):
        chosen, liked = _of(grades, person)
        drawn = np.unique(chance.integers(0, grades.shape[1], len(chosen)))
        others = drawn[~np.isin(drawn, chosen)]
        rows += [chosen, others]
        given += [liked, np.full(len(others), DISLIKED)]
        sizes.append(len(chosen) + len(others))
    starts = np.concatenate([[0], np.cumsum(sizes)])
    return sparse.csr_matrix((np.concatenate(given), np.concatenate(rows), starts), grades.shape)
