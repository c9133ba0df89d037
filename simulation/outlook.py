"""How a person without an item in mind looks at a catalogue: what they would take, and what they can say of it.

Both come from what is known of them. Held-out ratings decide what they take where there are any, and are never spoken.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from pydantic import Field

from core.items import Item
from core.values import Value
from simulation.facets import Facet, FacetTable
from simulation.from_ratings import RatedCatalog, ratings_without_held
from simulation.needs import Need
from simulation.population import Member
from simulation.taste import Floats, TasteModel

Verdict = Literal["known", "takes", "passes"]

MOST_FACETS = 3
"""Facets of a field that somebody speaks of, the strongest ones."""


class Catalogue(RatedCatalog, Protocol):
    """What an outlook needs of a catalogue."""

    def find(self, ids: Iterable[str]) -> list[Item]: ...  # noqa: D102


class Acceptance(Value):
    """When somebody takes an item that nothing is known of: settings, not measurements."""

    margin: float = 1.0
    """How far the log-odds of liking it must lie above those of what they usually have."""
    eagerness: float = Field(default=0.4, ge=0, le=1)
    """Chance that such an item is what they feel like now, given that they would like it."""


@dataclass(frozen=True)
class Outlook:
    """One person's view of a catalogue."""

    member: str
    need: Need
    chances: Floats
    """(items,) probability that they like each."""
    bar: float
    """The least probability at which an item may be taken."""
    acceptance: Acceptance
    titles: tuple[str, ...]
    """Of items they like, the best first; none that is also a title of something held out."""
    preferred: tuple[Facet, ...]
    avoided: tuple[Facet, ...]
    catalog: Catalogue

    def chance_of(self, item: str) -> float:
        """The probability that they take an item: 1 or 0 where a held-out rating tells, and 0 for what they know."""
        if item in self.need.known or item in self.need.irrelevant:
            return 0.0
        if item in self.need.relevant:
            return 1.0
        likes = float(self.chances[self.catalog.row_of(item)])
        return likes * self.acceptance.eagerness if likes >= self.bar else 0.0

    def verdict(self, item: str) -> Verdict:
        """What they do with an item; the same whenever and however often they see it."""
        if item in self.need.known:
            return "known"
        drawn = random.Random(f"{self.member} {item}").random()  # noqa: S311 - reproducible, not secret
        return "takes" if drawn < self.chance_of(item) else "passes"


@dataclass(frozen=True)
class Outlooks:
    """A catalogue with a fitted taste model, from which anybody's outlook is read."""

    catalog: Catalogue
    model: TasteModel
    table: FacetTable
    acceptance: Acceptance = Acceptance()

    @classmethod
    def fit(cls, catalog: Catalogue, members: Iterable[Member], seed: int) -> Outlooks:
        """Fitted from all ratings but those held out of what the members know; BadInput where there are none."""
        model = TasteModel.fit(catalog, ratings_without_held(catalog, members), seed)
        return cls(catalog, model, FacetTable.read(catalog))

    def of(self, member: Member) -> Outlook:
        """The outlook of a member, whether of these ratings or not."""
        need = member.need
        liked, disliked, known = (self._rows(ids) for ids in (need.liked, need.disliked, need.known))
        neither = [r for r in known if r not in {*liked, *disliked}]
        chances = self.model.chances(liked, disliked, neither)
        familiar = [*liked, *disliked, *neither]
        usual = float(chances[familiar].mean() if familiar else chances.mean())
        held = {i.title.casefold() for i in self.catalog.find([*need.relevant, *need.irrelevant])}
        titles = (i.title for i in self.catalog.find(need.liked))
        return Outlook(
            member=member.id,
            need=need,
            chances=chances,
            bar=_raised(usual, self.acceptance.margin),
            acceptance=self.acceptance,
            titles=tuple(t for t in dict.fromkeys(titles) if t.casefold() not in held),
            preferred=_spoken(self.table.preferred(liked), held),
            avoided=_spoken(self.table.avoided(np.array(liked, np.int64), np.array(disliked, np.int64)), held),
            catalog=self.catalog,
        )

    def _rows(self, ids: Sequence[str]) -> list[int]:
        return [self.catalog.row_of(i) for i in ids]


def _raised(probability: float, margin: float) -> float:
    """The probability whose log-odds lie higher by `margin`."""
    odds = probability / max(1 - probability, 1e-9) * float(np.exp(margin))
    return odds / (1 + odds)


def _spoken(facets: Sequence[Facet], unsaid: set[str]) -> tuple[Facet, ...]:
    """The strongest facets of each field, without values that are titles of what is held out."""
    kept: list[Facet] = []
    for facet in facets:
        here = sum(f.constraint.field == facet.constraint.field for f in kept)
        if here < MOST_FACETS and str(facet.constraint.value).casefold() not in unsaid:
            kept.append(facet)
    return tuple(kept)
