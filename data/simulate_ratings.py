"""Write ratings.csv for a demo catalogue: ratings by simulated people.

    python data/simulate_ratings.py data/films --seed 7 --users 1000
    python data/simulate_ratings.py data/books --seed 7 --users 600

The people are made up by the program below. Nothing in the file is data about anyone, and nothing is derived from a
real person's ratings: the demo must not need a licence, and it must not look as if it measured an audience. The file
serves to show and test the recommender; results on it say nothing about real readers or viewers.

The model, in the order in which it draws (one generator, so that a seed gives the same file again):

1. Items are described by genres, themes, moods, people, series and era, each group scaled by ``GROUP_WEIGHTS``.
   Rare attributes weigh more than common ones; an attribute of a single item cannot be shared and is left out.
2. A taste community loves what a few alike items have in common: an item is drawn, and the community's taste is the
   mean of its nearest neighbours, as a deviation from the catalogue's mean. There are many such communities.
3. A person belongs to a few overlapping communities (Dirichlet weights) and adds personal noise. The match between a
   person and an item is the product of taste and item, standardised for each person.
4. Fame is heavy-tailed (Pareto) and drawn from the seed, leaning on what the catalogue itself says: a work is better
   known when its people have several works here, when it belongs to a series, and when it is recent. Quality is normal
   and leans slightly on fame. Both are invented: they tell nothing about the real work.
5. A person has seen between 15 and 120 items (log-normal), drawn without replacement; the odds rise with fame and
   match.
6. A rating is a mean plus the person's leniency, match, quality and noise, rounded to halves between 0.5 and 5.
7. Times lie in the year after the catalogue's newest item. A person's order drifts along one random direction of
   taste, so that neighbours in time are somewhat alike, and volumes of a series come in their order.
"""

import argparse
import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GROUP_WEIGHTS = {"genres": 1.0, "themes": 0.8, "moods": 0.9, "people": 0.5, "series": 0.7, "era": 0.5}
PEOPLE_FIELDS = ("authors", "directors", "cast")
ERAS = ((1900, "before 1900"), (1950, "1900-1949"), (1980, "1950-1979"), (2000, "1980-1999"), (2010, "2000-2009"))
LAST_ERA = "2010 and later"

COMMUNITIES = 80
NEIGHBOURS = 6
MEMBERSHIP = 0.03
PERSONAL_NOISE = 0.4

FAME_TAIL = 0.3
SERIES_FAME = 0.5
PEOPLE_FAME = 0.35
RECENT_FAME = 0.35
LATEST_YEARS = 40
EXPOSURE_MATCH = 2.0
COUNT_RANGE = (15, 120)
COUNT_MEDIAN = 29.0
COUNT_SPREAD = 0.55

MEAN_RATING = 3.1
LENIENCY = 0.3
MATCH_EFFECT = 0.45
QUALITY_EFFECT = 0.35
RATING_NOISE = 0.5
RATING_RANGE = (0.5, 5.0)

ORDER_NOISE = 1.0
YEAR_SECONDS = 365 * 24 * 3600

Item = dict[str, Any]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def read_items(path: Path) -> list[Item]:
    """Read a JSONL file of items."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def era(year: int) -> str:
    """Name the era in which a work came out."""
    return next((name for end, name in ERAS if year < end), LAST_ERA)


def attributes(item: Item, group: str) -> list[str]:
    """List an item's attributes in one group."""
    if group == "people":
        return [name for field in PEOPLE_FIELDS for name in item.get(field, [])]
    if group == "series":
        return [item["series"]] if item.get("series") else []
    return [era(item["year"])] if group == "era" else list(item.get(group, []))


def group_matrix(items: list[Item], group: str) -> Floats:
    """Describe the items by the shared attributes of one group, rows of unit length or empty."""
    lists = [attributes(item, group) for item in items]
    counts = Counter(name for names in lists for name in set(names))
    columns = {name: place for place, name in enumerate(sorted(n for n, count in counts.items() if count > 1))}
    matrix = np.zeros((len(items), len(columns)))
    for row, names in enumerate(lists):
        for name in names:
            if name in columns:
                matrix[row, columns[name]] = np.log(1 + len(items) / counts[name])
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return matrix / np.where(lengths > 0, lengths, 1)


def item_matrix(items: list[Item]) -> Floats:
    """Describe the items by all groups, as deviations from the catalogue's mean."""
    matrix = np.hstack([weight * group_matrix(items, group) for group, weight in GROUP_WEIGHTS.items()])
    return np.asarray(matrix - matrix.mean(axis=0), dtype=np.float64)


def draw_match(rng: np.random.Generator, features: Floats, users: int) -> Floats:
    """Draw every person's taste and return the match of person and item (mean 0, spread 1 for each person)."""
    anchors = rng.choice(len(features), size=min(COMMUNITIES, len(features)), replace=False)
    lengths = np.linalg.norm(features, axis=1)
    likeness = features[anchors] @ features.T / np.where(lengths > 0, lengths, 1)
    nearest = np.argsort(-likeness, axis=1, kind="stable")[:, :NEIGHBOURS]
    communities = features[nearest].mean(axis=1)
    communities /= np.linalg.norm(communities, axis=1, keepdims=True)
    tastes = rng.dirichlet(np.full(len(anchors), MEMBERSHIP), size=users) @ communities
    tastes /= np.linalg.norm(tastes, axis=1, keepdims=True)
    noise = rng.normal(size=tastes.shape) * features.std(axis=0)
    tastes += PERSONAL_NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
    match = tastes @ features.T
    match -= match.mean(axis=1, keepdims=True)
    return np.asarray(match / match.std(axis=1, keepdims=True), dtype=np.float64)


def draw_fame(rng: np.random.Generator, items: list[Item]) -> Floats:
    """Draw the logarithm of each item's fame: a Pareto tail on top of people, series and recency."""
    works = Counter(name for item in items for name in set(attributes(item, "people")))
    people = np.array([_most_works(item, works) for item in items], dtype=np.float64)
    series = np.array([bool(item.get("series")) for item in items], dtype=np.float64)
    age = max(item["year"] for item in items) - np.array([item["year"] for item in items], dtype=np.float64)
    known = PEOPLE_FAME * np.log2(people) + SERIES_FAME * series + RECENT_FAME * np.exp(-age / LATEST_YEARS)
    return np.asarray(known + FAME_TAIL * rng.standard_exponential(len(items)), dtype=np.float64)


def _most_works(item: Item, works: Counter[str]) -> int:
    """Count the works in the catalogue of the item's most prolific person; 1 when it names nobody."""
    return max((works[name] for name in attributes(item, "people")), default=1)


def draw_seen(rng: np.random.Generator, match: Floats, fame: Floats) -> Flags:
    """Draw what each person has seen, without replacement (Gumbel noise on the log odds, then the top ones)."""
    users, items = match.shape
    wanted = np.rint(rng.lognormal(np.log(COUNT_MEDIAN), COUNT_SPREAD, size=users)).astype(np.int64)
    counts = np.minimum(np.clip(wanted, *COUNT_RANGE), items)
    scores = fame + EXPOSURE_MATCH * match + rng.gumbel(size=match.shape)
    ranks = np.argsort(np.argsort(-scores, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(ranks < counts[:, None], dtype=np.bool_)


def draw_ratings(rng: np.random.Generator, match: Floats, fame: Floats) -> Floats:
    """Draw the rating that each person would give each item, in halves."""
    quality = rng.normal(size=fame.shape) + 0.25 * (fame - fame.mean()) / fame.std()
    leniency = LENIENCY * rng.normal(size=(len(match), 1))
    noise = RATING_NOISE * rng.normal(size=match.shape)
    scores = MEAN_RATING + leniency + MATCH_EFFECT * match + QUALITY_EFFECT * quality + noise
    return np.asarray(np.clip(np.rint(2 * scores) / 2, *RATING_RANGE), dtype=np.float64)


def draw_order(rng: np.random.Generator, features: Floats, users: int) -> Floats:
    """Draw for each person a key for each item by which it comes earlier or later in time."""
    drift = rng.normal(size=(users, features.shape[1])) @ features.T
    drift /= drift.std(axis=1, keepdims=True)
    return np.asarray(drift + ORDER_NOISE * rng.normal(size=drift.shape), dtype=np.float64)


def keep_series_order(order: Integers, items: list[Item]) -> list[int]:
    """Keep the places a person's order gives to each series, but fill them with its volumes by year."""
    volumes: dict[str, list[int]] = {}
    for item in order.tolist():
        if name := items[item].get("series"):
            volumes.setdefault(name, []).append(item)
    by_year = {name: iter(sorted(all_, key=lambda i: (items[i]["year"], i))) for name, all_ in volumes.items()}
    return [next(by_year[name]) if (name := items[item].get("series")) else item for item in order.tolist()]


def draw_times(rng: np.random.Generator, count: int, start: int) -> list[int]:
    """Draw increasing times in the year from ``start``, no two at the same second."""
    return [start + second for second in sorted(rng.choice(YEAR_SECONDS, size=count, replace=False).tolist())]


def simulate(items: list[Item], seed: int, users: int) -> list[tuple[str, str, float, int]]:
    """Simulate people and return their ratings as (user, item, rating, timestamp), person by person in time order."""
    rng = np.random.default_rng(seed)
    features = item_matrix(items)
    match = draw_match(rng, features, users)
    fame = draw_fame(rng, items)
    seen = draw_seen(rng, match, fame)
    ratings = draw_ratings(rng, match, fame)
    keys = draw_order(rng, features, users)
    start = int(datetime(max(item["year"] for item in items) + 1, 1, 1, tzinfo=UTC).timestamp())
    rows = []
    for user in range(users):
        chosen = np.flatnonzero(seen[user])
        order = keep_series_order(chosen[np.argsort(keys[user, chosen], kind="stable")], items)
        for item, time in zip(order, draw_times(rng, len(order), start), strict=True):
            rows.append((f"u{user + 1}", str(items[item]["id"]), float(ratings[user, item]), time))
    return rows


def main(arguments: list[str] | None = None) -> None:
    """Read the catalogue, simulate, and write ratings.csv beside it."""
    parser = argparse.ArgumentParser(description="Simulate people who rate a demo catalogue.")
    parser.add_argument("folder", type=Path, help="the folder with items.jsonl; ratings.csv is written there")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--users", type=int, default=1000)
    options = parser.parse_args(arguments)
    rows = simulate(read_items(options.folder / "items.jsonl"), options.seed, options.users)
    with (options.folder / "ratings.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("user", "item", "rating", "timestamp"))
        writer.writerows(rows)
    print(f"{len(rows)} ratings by {options.users} simulated people")


if __name__ == "__main__":
    main()
