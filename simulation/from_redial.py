"""A population from ReDial: what real seekers liked, were suggested and took, and how they spoke.

An item of a dialogue is an item of the catalogue only where title (normalised) and year are the same; what could not
be matched is counted. Of each seeker's form: what they named themselves and liked is `Need.liked`; a suggestion that
they had not seen and liked is `Need.relevant`, one of which is the target; everything seen is `Need.known`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np

from core.items import Catalog, Item
from core.values import Value
from simulation.facets import Facet, Faceted, FacetTable
from simulation.needs import Need
from simulation.population import Member
from simulation.redial import BadLine, Judged, RedialDialogue, read_redial, title_and_year
from simulation.redial_persona import Openings, openings_of, persona_of, segments_of
from simulation.tasks import holds
from simulation.wishes import Wishes, WishHabits, draw_wishes
from tools.text import normalise

Draw = Callable[[Item, Sequence[Item], random.Random], Wishes]
"""Wishes for a target, from what it shares with items that are liked: (target, liked, chance) -> wishes."""
Match = Callable[[str], tuple[str, str | None]]
"""A title as ReDial writes it, to the count it belongs to and, where that is `matched`, the id of the item."""


class RedialCounts(Value):
    """What came of a ReDial file."""

    dialogues: int = 0
    bad_lines: tuple[BadLine, ...] = ()
    unfilled: int = 0
    """Dialogues whose form is empty."""
    items: int = 0
    """Items in forms, counted once a dialogue."""
    matched: int = 0
    without_year: int = 0
    """Items that ReDial gives no year: never matched."""
    not_in_catalog: int = 0
    """Items whose title and year the catalogue does not have."""
    ambiguous: int = 0
    """Items whose title and year several items of the catalogue share: not matched."""
    no_target: int = 0
    """Dialogues without a matched suggestion that the seeker had not seen and liked."""
    nothing_liked: int = 0
    """Dialogues with a target, but without a matched item that the seeker named and liked."""
    no_wants: int = 0
    """Dialogues for whose target no wish could be drawn."""
    members: int = 0


class _Sorted(Value):
    """A form, by what it means for a need: ids of the catalogue, in the form's order."""

    liked: tuple[str, ...]
    disliked: tuple[str, ...]
    known: tuple[str, ...]
    relevant: tuple[str, ...]
    irrelevant: tuple[str, ...]


def population_from_redial(
    path: Path,
    catalog: Catalog,
    draw: Draw,
    *,
    seed: int = 0,
    report: Callable[[RedialCounts], None] | None = None,
) -> list[Member]:
    """One member a dialogue with something liked and a target, in the order of the file.

    `report` is told once what could be matched and what could not. The same seed gives the same people. Raises
    BadInput for a file that cannot be opened; lines that cannot be read are counted.
    """
    match = _matcher(catalog)
    openings = openings_of(catalog)
    bad: list[BadLine] = []
    tally = dict.fromkeys((n for n in RedialCounts.model_fields if n != "bad_lines"), 0)
    members = []
    for dialogue in read_redial(path, bad.append):
        tally["dialogues"] += 1
        found = _member(dialogue, catalog, match, draw, openings, seed, tally)
        if found is not None:
            tally["members"] += 1
            members.append(found)
    if report is not None:
        report(RedialCounts(**tally, bad_lines=tuple(bad)))
    return members


class FacetCatalog(Catalog, Faceted, Protocol):
    """A catalogue that can be read item by item and by columns."""


def facet_draw(catalog: FacetCatalog, habits: WishHabits | None = None) -> Draw:
    """Draws wishes as for people known by ratings: facets of the target that what is liked has more than its share of.

    Where none is left (most seekers name one item or two), the values that the target and any of these share count
    alike.
    """
    table = FacetTable.read(catalog)

    def draw(target: Item, liked: Sequence[Item], chance: random.Random) -> Wishes:
        rows = [catalog.row_of(i.id) for i in liked]
        preferred = [f for f in table.preferred(rows) if holds(f.constraint, target)]
        facets = preferred or _shared(table, catalog.row_of(target.id), rows)
        return draw_wishes(target, facets, (), catalog.schema, habits or WishHabits(), chance)

    return draw


def _shared(table: FacetTable, target: int, liked: Sequence[int]) -> list[Facet]:
    """The values that an item shares with any of these."""
    both = table.holds[[target]].multiply(table.holds[liked].sum(axis=0))
    return [
        Facet(constraint=table.constraints[place], weight=1.0, usual=float(table.usual[place]))
        for place in np.flatnonzero(both.toarray().ravel())
        if isinstance(table.constraints[place].value, str)
    ]


def _member(
    dialogue: RedialDialogue,
    catalog: Catalog,
    match: Match,
    draw: Draw,
    openings: Openings,
    seed: int,
    tally: dict[str, int],
) -> Member | None:
    if not dialogue.judged:
        tally["unfilled"] += 1
        return None
    ids = _matched(dialogue, match, tally)
    form = _sorted_out({ids[k]: j for k, j in dialogue.judged.items() if k in ids})
    if not form.relevant or not form.liked:
        tally["nothing_liked" if form.relevant else "no_target"] += 1
        return None
    chance = random.Random(_seed_of(seed, dialogue.id))  # noqa: S311 - reproducible, not secret
    target = chance.choice(form.relevant)
    wishes = draw(catalog.item(target), catalog.find(form.liked), chance)
    if not wishes.wants:
        tally["no_wants"] += 1
        return None
    return Member(
        id=f"redial-{dialogue.id}",
        need=Need(wants=wishes.wants, soft=wishes.soft, target=target, **form.model_dump()),
        persona=persona_of(dialogue, openings),
        segments=segments_of(dialogue, openings),
    )


def _matched(dialogue: RedialDialogue, match: Match, tally: dict[str, int]) -> dict[str, str]:
    """ReDial's ids to the catalogue's, for what can be matched."""
    ids = {}
    for key in dialogue.judged:
        outcome, found = match(dialogue.titles.get(key, ""))
        tally["items"] += 1
        tally[outcome] += 1
        if found is not None:
            ids[key] = found
    return ids


def _matcher(catalog: Catalog) -> Match:
    """How titles are matched to the items of a catalogue."""
    release = catalog.schema.role("release")
    held: dict[tuple[str, int], list[str]] = {}
    for item in catalog.at(range(len(catalog))) if release is not None else ():
        for year in item.values(release.name) if release is not None else ():
            held.setdefault((normalise(item.title), int(year)), []).append(item.id)

    def match(written: str) -> tuple[str, str | None]:
        title, year = title_and_year(written)
        if year is None:
            return "without_year", None
        ids = held.get((normalise(title), year), [])
        if len(ids) == 1:
            return "matched", ids[0]
        return "ambiguous" if ids else "not_in_catalog", None

    return match


def _sorted_out(judged: Mapping[str, Judged]) -> _Sorted:
    def where(**said: bool) -> tuple[str, ...]:
        return tuple(i for i, j in judged.items() if all(getattr(j, name) is value for name, value in said.items()))

    return _Sorted(
        liked=where(suggested=False, liked=True),
        disliked=where(seen=True, liked=False),
        known=tuple(dict.fromkeys((*where(seen=True), *where(suggested=False, liked=True)))),
        relevant=where(suggested=True, seen=False, liked=True),
        irrelevant=where(suggested=True, seen=False, liked=False),
    )


def _seed_of(seed: int, dialogue: str) -> int:
    return int.from_bytes(sha256(f"{seed}/redial/{dialogue}".encode()).digest()[:4], "big")
