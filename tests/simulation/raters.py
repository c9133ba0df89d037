"""Two small domains with ratings of people whose taste is known: each likes one kind and cannot bear another."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.items import Interaction, Item
from core.schema import CatalogSchema
from ingest.ratings import Ratings, collect
from simulation.histories import Histories, read_ratings
from tests.worlds import MemoryCatalog

PEOPLE, ITEMS, RATED = 45, 90, 30
DOMAINS = {
    "teas": ("tea", "drink", ("Smoky", "Floral", "Malty"), "grams"),
    "trails": ("trail", "walk", ("Coastal", "Alpine", "Woodland"), "miles"),
}


@dataclass
class RatedCatalog(MemoryCatalog):
    """A catalogue in memory whose ratings lie in a file."""

    interactions_path: Path = Path("nowhere")


def domain(name: str, folder: Path) -> RatedCatalog:
    """A catalogue of this domain; its ratings are written to `folder`."""
    noun, use, kinds, amount = DOMAINS[name]
    chance = random.Random(name)
    items = [_item(n, name, kinds, amount, chance) for n in range(ITEMS)]
    catalog = RatedCatalog(name, _schema(name, noun, use, amount), items)
    catalog.interactions_path = folder / f"{name}.npz"
    ratings_of(catalog, kinds, chance).save(catalog.interactions_path)
    return catalog


def ratings_of(catalog: RatedCatalog, kinds: tuple[str, ...], chance: random.Random) -> Ratings:
    """Person n likes kind n % 3 and dislikes the next; large amounts are liked a little more by everybody."""
    rows = {item.id: row for row, item in enumerate(catalog.items)}
    return collect(_given(catalog, kinds, chance), rows, lambda _: None)[0]


def poison(catalog: RatedCatalog, people: Iterable[int]) -> None:
    """Turn the held-out ratings of these people round, in the catalogue's file."""
    ratings = read_ratings(catalog)
    data, histories = ratings.data.copy(), Histories(ratings)
    for person in people:
        start, end = ratings.indptr[person : person + 2]
        held = np.isin(ratings.indices[start:end], histories.of(person).held)
        data[start:end][held] = 6 - data[start:end][held]
    assert (data != ratings.data).any()
    Ratings(ratings.indptr, ratings.indices, data, ratings.times, ratings.items).save(catalog.interactions_path)


def kind_liked(catalog: RatedCatalog, person: int) -> str:
    """The kind that a person likes."""
    return DOMAINS[catalog.name][2][person % 3]


def kind_disliked(catalog: RatedCatalog, person: int) -> str:
    """The kind that a person cannot bear."""
    return DOMAINS[catalog.name][2][(person + 1) % 3]


def _given(catalog: RatedCatalog, kinds: tuple[str, ...], chance: random.Random) -> list[Interaction]:
    found = []
    for person in range(PEOPLE):
        loved, hated = kinds[person % 3], kinds[(person + 1) % 3]
        for place, item in enumerate(chance.sample(catalog.items, RATED + person % 7)):
            here = item.values("kind")
            rating = 3 + 1.5 * (loved in here) - 1.5 * (hated in here) + chance.choice((-0.5, 0, 0, 0.5))
            found.append(Interaction(user=f"p{person}", item=item.id, rating=min(5, max(1, rating)), timestamp=place))
    return found


def _item(number: int, name: str, kinds: tuple[str, ...], amount: str, chance: random.Random) -> Item:
    title = f"Qx{number}{name.title()}"
    return Item(
        id=f"{name}-{number}",
        title=title,
        fields={
            "title": title,
            "kind": tuple(chance.sample(kinds, 1 + (chance.random() < 0.2))),
            "maker": (f"{chance.choice(('Ada', 'Bo', 'Cy', 'Di'))} {chance.choice(('North', 'South'))}",),
            amount: chance.randrange(10, 200),
            "boxed": chance.random() < 0.5,
            "votes": chance.randrange(100),
            "mean": round(chance.uniform(2, 9), 1),
        },
    )


def _schema(name: str, noun: str, use: str, amount: str) -> CatalogSchema:
    return CatalogSchema.model_validate(
        {
            "name": name,
            "title": name.title(),
            "noun": {"one": noun, "many": name},
            "consumption": {"bare": [use], "past": [f"{use}ed"]},
            "purpose": f"find something to {use}",
            "fields": [
                {"name": "title", "type": "text", "role": "title"},
                {"name": "kind", "type": "category", "many": True, "role": "genre", "ask": "Which kind?"},
                {"name": "maker", "type": "people", "many": True, "role": "creator"},
                {
                    "name": amount,
                    "type": "number",
                    "role": "length",
                    "unit": {"name": amount[:-1], "plural": amount},
                    "comparatives": {"bigger": "more", "smaller": "less"},
                },
                {"name": "boxed", "type": "flag"},
                {"name": "votes", "type": "number", "role": "popularity", "derived": "rating_count"},
                {
                    "name": "mean",
                    "type": "number",
                    "role": "quality",
                    "derived": "mean_rating",
                    "unit": {"name": "point", "plural": "points", "style": "score"},
                },
            ],
        }
    )
