"""What somebody wishes of an item they have in mind: facets of it that their history prefers, and things they avoid."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import Field

from core.items import Item
from core.schema import CatalogSchema
from core.values import Value
from simulation.facets import Facet, Faceted, FacetTable
from simulation.tasks import Constraint, Reveal, holds

MOST_OF_A_FIELD = 2


class Rows(Faceted, Protocol):
    """A catalogue with columns that knows the rows of its items."""

    def row_of(self, item_id: str) -> int: ...  # noqa: D102


class WishHabits(Value):
    """How many wishes there are, and of what sort. Shares are relative to each other, chances lie in [0, 1]."""

    counts: tuple[float, ...] = (0.10, 0.20, 0.30, 0.25, 0.15)
    """Shares of people with 1, 2, 3, … wishes; fewer where the target gives no more."""
    volunteer: float = Field(default=0.50, ge=0)
    """Share of wishes that are told unasked."""
    on_ask: float = Field(default=0.35, ge=0)
    """Share that is told when asked for."""
    hidden: float = Field(default=0.15, ge=0)
    """Share that is never told."""
    refuses: float = Field(default=0.3, ge=0, le=1)
    """Chance of a wish for the absence of something, beside the others."""
    soft: float = Field(default=0.2, ge=0, le=1)
    """Chance that a wish for a value, other than the first, is no more than welcome."""


class Wishes(Value):
    """What must hold, and what would be welcome; all of it holds for the target."""

    wants: tuple[Constraint, ...]
    soft: tuple[Constraint, ...] = ()


def draw_wishes(
    target: Item,
    preferred: Sequence[Facet],
    avoided: Sequence[Facet],
    schema: CatalogSchema,
    habits: WishHabits,
    chance: random.Random,
) -> Wishes:
    """Wishes that the target meets, the strongest facets most likely; none where it meets nothing that is preferred."""
    left = [f for f in preferred if holds(f.constraint, target)]
    number = chance.choices(range(1, len(habits.counts) + 1), habits.counts)[0]
    drawn: list[Constraint] = []
    while left and len(drawn) < number:
        drawn.append(draw_facet(left, schema, chance))
        left = [f for f in left if _room(f.constraint, drawn)]
    wants = drawn[:1]
    soft: list[Constraint] = []
    for constraint in drawn[1:]:
        by_value = isinstance(constraint.value, str) and chance.random() < habits.soft
        (soft if by_value else wants).append(constraint)
    refusals = [f for f in avoided if holds(f.constraint, target)]
    if refusals and len(wants) < len(habits.counts) and chance.random() < habits.refuses:
        wants.append(draw_facet(refusals, schema, chance))
    return Wishes(wants=tuple(_told(c, habits, chance) for c in wants), soft=tuple(soft))


def wishes_like(
    catalog: Rows, habits: WishHabits | None = None
) -> Callable[[Item, Sequence[Item], random.Random], tuple[Constraint, ...]]:
    """Draws what must hold of a target from what it shares with a few liked items: (target, liked, chance) -> wants.

    For people of whom no more is known than that: one liked item that meets a facet is enough. Empty where the target
    shares nothing with them.
    """
    table, habits = FacetTable.read(catalog), habits or WishHabits()

    def draw(target: Item, liked: Sequence[Item], chance: random.Random) -> tuple[Constraint, ...]:
        preferred = table.preferred([catalog.row_of(i.id) for i in liked], least=1)
        return draw_wishes(target, preferred, (), catalog.schema, habits, chance).wants

    return draw


def draw_facet(facets: Sequence[Facet], schema: CatalogSchema, chance: random.Random) -> Constraint:
    """One of the facets; there must be one.

    First a field is drawn, by how well people can speak of it and by its strongest facet, then one of the field.
    """
    strongest: dict[str, float] = {}
    for facet in facets:
        name = facet.constraint.field
        strongest[name] = max(strongest.get(name, 0.0), facet.weight**0.5 * _plain(facet))
    spoken = [schema.field(name).answerable * weight for name, weight in strongest.items()]
    field = chance.choices(list(strongest), spoken)[0]
    inside = [f for f in facets if f.constraint.field == field]
    return chance.choices(inside, [f.weight * _plain(f) for f in inside])[0].constraint


def _plain(facet: Facet) -> float:
    """How readily it comes to mind: seldom what holds of nearly everything or of next to nothing."""
    return float((facet.usual * (1 - facet.usual)) ** 0.25)


def _room(constraint: Constraint, drawn: Sequence[Constraint]) -> bool:
    """Whether another wish may be added: not the same, one bound each way, at most two of a field."""
    of_field = [c for c in drawn if c.field == constraint.field]
    if len(of_field) >= MOST_OF_A_FIELD or constraint in of_field:
        return False
    return isinstance(constraint.value, str) or all(c.op != constraint.op for c in of_field)


def _told(constraint: Constraint, habits: WishHabits, chance: random.Random) -> Constraint:
    tags: tuple[Reveal, ...] = ("volunteer", "on_ask", "hidden")
    reveal = chance.choices(tags, (habits.volunteer, habits.on_ask, habits.hidden))[0]
    return constraint.model_copy(update={"reveal": reveal})
