"""A population read off ratings: people with a history, an item in mind that they liked later, and wishes it meets.

What somebody will be tested on is held out of what is known of them: targets and what is relevant are held-out items
that they liked, and wishes are facets of the target that their known history prefers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from core.errors import BadInput
from core.items import Item
from core.schema import CatalogSchema
from core.values import Value
from ingest.ratings import Ratings
from simulation.facets import FacetTable
from simulation.histories import Histories, History, Rows, Split, only_known, read_ratings
from simulation.kinds import KINDS, Kind
from simulation.needs import Need
from simulation.personas import Persona
from simulation.population import Member
from simulation.tasks import holds
from simulation.wishes import Wishes, WishHabits, draw_wishes
from tools.catalog.columns import Column

_ID = re.compile(r"rater-(\d+)(?:\.\d+)?")


class RatedCatalog(Protocol):
    """What a population needs of a catalogue."""

    name: str
    schema: CatalogSchema

    @property
    def columns(self) -> Mapping[str, Column]: ...  # noqa: D102
    @property
    def interactions_path(self) -> Path: ...  # noqa: D102
    def __len__(self) -> int: ...
    def row_of(self, item_id: str) -> int: ...  # noqa: D102
    def at(self, rows: Sequence[int]) -> list[Item]: ...  # noqa: D102


class Demography(Value):
    """Whom a population is drawn from, and how they differ."""

    split: Split = Split()
    least_liked: int = Field(default=5, ge=1)
    """Known items somebody must like to be in it; they also need one liked item in the part held out."""
    wishes: WishHabits = WishHabits()
    kinds: tuple[Kind, ...] = KINDS
    """Personas with their shares."""


def population_from_ratings(
    catalog: RatedCatalog, users: int, seed: int, demography: Demography | None = None
) -> list[Member]:
    """`users` people, each with a held-out item in mind; the same seed draws the same, and fewer users are its first.

    Everybody with enough history comes once, in seeded order, then again with another target and persona until there
    are enough; ids are rater-17, then rater-17.2. A target is an item of the held-out part that they liked and that
    meets at least one facet their history prefers. Raises BadInput for a catalogue without ratings, or whose histories
    are too short.
    """
    if users < 1:
        raise BadInput(f"A population of {users} is none.", "Ask for one person or more.")
    demography = demography or Demography()
    source = _Source.of(catalog, demography)
    order = list(source.people)
    random.Random(seed).shuffle(order)  # noqa: S311 - reproducible, not secret
    drawn: list[Member] = []
    for sitting in range(1, users + 1):
        before = len(drawn)
        for person in order:
            if len(drawn) == users:
                return drawn
            drawn += source.members(person, sitting, seed)
        if len(drawn) == before:
            raise _too_little(catalog.name)
    return drawn


def ratings_without_held(catalog: RatedCatalog, members: Iterable[Member]) -> Ratings:
    """The catalogue's ratings without anything that is held out of what these members know.

    What rankers under test and the taste model are fitted on: `.matrix` is a CSR over people and catalogue rows.
    Members that do not come from these ratings (their ids say so) take nothing away. Raises BadInput for a catalogue
    without ratings, or for a member that is nobody of it.
    """
    ratings = read_ratings(catalog)
    known: dict[int, list[int]] = {}
    for member in members:
        found = _ID.fullmatch(member.id)
        if found is None:
            continue
        person = int(found[1])
        if person >= len(ratings.indptr) - 1:
            raise BadInput(
                f"Member {member.id!r} is nobody whose ratings catalogue {catalog.name!r} holds.",
                "Make the population anew from this catalogue.",
            )
        if person not in known:
            known[person] = [catalog.row_of(i) for i in member.need.known]
    return only_known(ratings, known)


@dataclass(frozen=True)
class _Source:
    """The people who have enough history, and what their segments are read off."""

    catalog: RatedCatalog
    demography: Demography
    histories: Histories
    people: tuple[int, ...]
    table: FacetTable

    @classmethod
    def of(cls, catalog: RatedCatalog, demography: Demography) -> _Source:
        histories = Histories(read_ratings(catalog), demography.split)
        enough = []
        for person in range(len(histories)):
            history = histories.of(person)
            if len(history.liked) >= demography.least_liked and len(history.held_liked):
                enough.append(person)
        if not enough:
            raise _too_little(catalog.name)
        return cls(catalog, demography, histories, tuple(enough), FacetTable.read(catalog))

    def members(self, person: int, sitting: int, seed: int) -> list[Member]:
        """The person for the n-th time, with the n-th of their targets; empty where they have none."""
        history = self.histories.of(person)
        preferred = self.table.preferred(history.liked)
        avoided = self.table.avoided(history.liked, history.disliked)
        targets = self.catalog.at(history.held_liked.tolist())
        targets = [t for t in targets if any(holds(f.constraint, t) for f in preferred)]
        if not targets:
            return []
        random.Random(f"{seed} {person}").shuffle(targets)  # noqa: S311 - reproducible, not secret
        chance = random.Random(f"{seed} {person} {sitting}")  # noqa: S311
        target = targets[(sitting - 1) % len(targets)]
        habits = self.demography.wishes
        wishes = draw_wishes(target, preferred, avoided, self.catalog.schema, habits, chance)
        kinds = self.demography.kinds
        persona = chance.choices([k.persona for k in kinds], [k.share for k in kinds])[0]
        name = f"rater-{person}" if sitting == 1 else f"rater-{person}.{sitting}"
        need = self._need(history, target, wishes)
        return [Member(id=name, need=need, persona=persona, segments=self._segments(history, persona))]

    def _need(self, history: History, target: Item, wishes: Wishes) -> Need:
        return Need(
            wants=wishes.wants,
            soft=wishes.soft,
            target=target.id,
            liked=self._ids(history.liked),
            disliked=self._ids(history.disliked),
            known=self._ids(history.known),
            relevant=self._ids(history.held_liked),
            irrelevant=self._ids(history.held_disliked),
        )

    def _ids(self, rows: Rows) -> tuple[str, ...]:
        return tuple(item.id for item in self.catalog.at(rows.tolist()))

    def _segments(self, history: History, persona: Persona) -> dict[str, str]:
        """Activity by terciles of the known items, taste by how famous what they like is, and the persona's name."""
        place = int(np.searchsorted(self._terciles, len(history.known), side="left"))
        known_for = float(self._fame[history.liked].mean())
        return {
            "activity": ("light", "medium", "heavy")[place],
            "taste": "mainstream" if known_for >= self._middle else "niche",
            "persona": persona.name,
        }

    @cached_property
    def _fame(self) -> NDArray[np.float64]:
        """(items,) log counts of the ratings that are not held out."""
        return np.log1p(self.histories.without_held(self.people).counts())

    @cached_property
    def _terciles(self) -> NDArray[np.float64]:
        """Numbers of known items that part the people into three."""
        return np.quantile([len(self.histories.of(p).known) for p in self.people], [1 / 3, 2 / 3])

    @cached_property
    def _middle(self) -> float:
        """The median, over people, of the mean fame of what they like."""
        return float(np.median([self._fame[self.histories.of(p).liked].mean() for p in self.people]))


def _too_little(name: str) -> BadInput:
    return BadInput(
        f"Nobody in the ratings of catalogue {name!r} has enough history: some known items they like, and a later one "
        "that is like these.",
        "Import a source with longer histories, or lower `least_liked` of the demography.",
    )
