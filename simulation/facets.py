"""Facets: simple things that hold of items, and which of them somebody's history prefers or avoids."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.schema import CatalogSchema, FieldSpec
from core.values import Value
from simulation.tasks import Constraint, Operator
from tools.catalog.columns import CategoryColumn, Column, FlagColumn, Mask, NumberColumn
from tools.elicitation.hidden import requirements

Floats = NDArray[np.float64]

NO_TASTE = frozenset({"title", "description", "series", "availability", "sponsored", "popularity"})
"""Roles that say nothing of taste in words people use: names, circumstances, and how many others have been there."""
FEWEST = 5
"""Items that must share a value before it is a facet."""
PRIOR = 10.0
"""Imagined items of the catalogue's usual kind that every history starts from."""
PREFERRED = 1.0
"""Standard errors above the usual from which on somebody prefers a facet."""
AVOIDED = 1.5
"""Standard errors between dislikes and likes from which on somebody avoids a facet."""
NOTICED = 0.03
"""Share of the catalogue that must hold a value before its absence from a history means anything."""
_BOUNDS: Mapping[str, Operator] = {"ge": ">=", "le": "<="}


class Faceted(Protocol):
    """A catalogue with columns."""

    schema: CatalogSchema

    @property
    def columns(self) -> Mapping[str, Column]: ...  # noqa: D102
    def __len__(self) -> int: ...


class Facet(Value):
    """A constraint and how strongly a history speaks for it."""

    constraint: Constraint
    weight: float
    """Standard errors."""
    usual: float = 0.0
    """Share of the catalogue's items that meet it."""


@dataclass(frozen=True)
class FacetTable:
    """The facets of a catalogue."""

    constraints: tuple[Constraint, ...]
    """"contains" and "==" for values, ">=" and "<=" for numbers."""
    holds: sparse.csr_matrix
    """(items, constraints) 1 where an item meets a constraint."""
    known: Mapping[str, Mask]
    """By field, (items,) where the catalogue says anything of it; what it does not know counts for nothing."""

    @classmethod
    def read(cls, catalog: Faceted) -> FacetTable:
        """The values that at least five items share and, of numbers, bounds at the tenths in round numbers."""
        constraints: list[Constraint] = []
        columns: list[NDArray[np.int64]] = []
        known: dict[str, Mask] = {}
        for spec in catalog.schema.fields:
            column = catalog.columns.get(spec.name)
            if column is None or spec.role in NO_TASTE:
                continue
            for constraint, rows in _facets(spec, column):
                if FEWEST <= len(rows) < column.known.sum():
                    constraints.append(constraint)
                    columns.append(rows)
                    known[spec.name] = column.known
        starts = np.concatenate([[0], np.cumsum([len(c) for c in columns], dtype=np.int64)])
        rows = np.concatenate(columns) if columns else np.zeros(0, dtype=np.int64)
        shape = (len(catalog), len(constraints))
        holds = sparse.csc_matrix((np.ones(len(rows)), rows, starts), shape=shape).tocsr()
        return cls(tuple(constraints), holds, known)

    @cached_property
    def usual(self) -> Floats:
        """(constraints,) share of the catalogue's items that meet each, of those whose field is known."""
        share: Floats = np.asarray(self.holds.sum(axis=0)).ravel() / self._counted(np.arange(self.holds.shape[0]))
        return share

    @cached_property
    def by_field(self) -> Mapping[str, NDArray[np.int64]]:
        """Places of the constraints of each field."""
        names = [c.field for c in self.constraints]
        return {n: np.flatnonzero([m == n for m in names]) for n in dict.fromkeys(names)}

    def lift(self, rows: Sequence[int] | NDArray[np.integer]) -> Floats:
        """(constraints,) standard errors by which each is more common among these rows than in the catalogue.

        Log-odds with an informative prior (Monroe, Colaresi and Quinn, "Fightin' words", Political Analysis 2008).
        """
        rows = np.asarray(rows, dtype=np.int64)
        met, count = np.asarray(self.holds[rows].sum(axis=0)).ravel(), self._counted(rows)
        with_it, without = met + PRIOR * self.usual, count - met + PRIOR * (1 - self.usual)
        odds = np.log(with_it / without) - np.log(self.usual / (1 - self.usual))
        found: Floats = odds / np.sqrt(1 / with_it + 1 / without)
        return found

    def _counted(self, rows: NDArray[np.integer]) -> Floats:
        """(constraints,) how many of these rows say anything of each constraint's field."""
        found = np.zeros(len(self.constraints))
        for name, places in self.by_field.items():
            found[places] = self.known[name][rows].sum()
        return found

    def preferred(self, liked: Sequence[int] | NDArray[np.integer], least: int = 2) -> list[Facet]:
        """What is over-represented in what they like, strongest first; of a number's bounds the strongest each way.

        At least `least` liked items must meet it.
        """
        lift = self.lift(liked)
        met = np.asarray(self.holds[np.asarray(liked, dtype=np.int64)].sum(axis=0)).ravel()
        fine = (lift >= PREFERRED) & (met >= least)
        found: dict[tuple[object, ...], Facet] = {}
        for place in np.argsort(-lift, kind="stable"):
            if fine[place]:
                constraint = self.constraints[place]
                way = (constraint.op,) if constraint.op in _BOUNDS.values() else (constraint.op, constraint.value)
                facet = Facet(constraint=constraint, weight=float(lift[place]), usual=float(self.usual[place]))
                found.setdefault((constraint.field, *way), facet)
        return list(found.values())

    def avoided(self, liked: NDArray[np.integer], disliked: NDArray[np.integer]) -> list[Facet]:
        """Refusals of values that are rarer than usual in what they like and commoner in what they do not."""
        by_likes, by_dislikes = self.lift(liked), self.lift(disliked)
        apart = by_dislikes - by_likes
        fine = (apart >= AVOIDED) & (by_likes < 0) & (self.usual >= NOTICED)
        return [
            Facet(
                constraint=_refusing(self.constraints[place]),
                weight=float(apart[place]),
                usual=float(1 - self.usual[place]),
            )
            for place in np.argsort(-apart, kind="stable")
            if fine[place] and isinstance(self.constraints[place].value, str)
        ]


def _refusing(constraint: Constraint) -> Constraint:
    return constraint.model_copy(update={"op": "not_contains"})


def _facets(spec: FieldSpec, column: Column) -> Iterator[tuple[Constraint, NDArray[np.int64]]]:
    """Constraints on a field, each with the ascending rows that meet it."""
    match column:
        case CategoryColumn():
            op: Operator = "contains" if spec.many else "=="
            for value in column.vocabulary:
                yield Constraint(field=spec.name, op=op, value=value), column.rows_with(value).astype(np.int64)
        case FlagColumn():
            for side in (True, False):
                rows = np.flatnonzero(column.data == int(side))
                yield Constraint(field=spec.name, op="==", value=side), rows
        case NumberColumn():
            for wish in requirements(spec, column, 0):
                at = float(wish.values[0])
                met = column.data >= at if wish.op == "ge" else column.data <= at
                yield Constraint(field=spec.name, op=_BOUNDS[wish.op], value=wish.values[0]), np.flatnonzero(met)
