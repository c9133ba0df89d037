"""ReDial's items with what metadata files and ratings know of them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from core.items import Interaction
from evaluation.redial_data import Titles
from evaluation.redial_joining import BY_ID, EXACT, Register, Titled, Ways, joining_key
from ingest.readers.metadata import Facts, MetadataIndex, completed, read_metadata
from ingest.readers.movielens import read_movielens, split_title
from ingest.source import Problems
from tools.dialogues.moments import Embed, SpokenItems

LIKED = 3.5
"""Stars from which on a rating says that an item was liked."""
LATE = 0.8
"""Ratings in the last fifth of a source's time count as late."""
LONGEST = 600
"""Characters of an item's text."""
FAME = ("tmdb_votes", "tmdb_popularity", "imdb_votes", "imdb_likes")


@dataclass
class Elsewhere:
    """What rating sources know of the items."""

    likes: list[tuple[str, int]] = field(default_factory=list)
    """(person, row)."""
    counts: list[NDArray[np.float32]] = field(default_factory=list)
    """(n,) for each source, of all ratings and of the late ones."""
    ways: dict[str, list[str | None]] = field(default_factory=dict)
    """By source, how each item was joined."""


def read_items(
    titles: Titles, metadata: Path | None, ratings: Sequence[Path], embed: Embed
) -> tuple[SpokenItems, Ways]:
    """The items with what metadata and ratings know of them, and how these were joined; both may be missing."""
    facts, ways = join_metadata(titles, read_metadata(metadata))
    wanted = [
        Titled(name, year, f.get("imdb")) for name, year, f in zip(titles.names, titles.years, facts, strict=True)
    ]
    links = {movie: number for folder in ratings for movie, number in _imdb_numbers(folder).items()}
    elsewhere = Elsewhere(ways={"metadata": ways} if metadata is not None else {})
    for number, folder in enumerate(ratings):
        _rated(folder, str(number), wanted, links, elsewhere)
    people = {person: n for n, person in enumerate(dict.fromkeys(p for p, _ in elsewhere.likes))}
    likes = sparse.csr_matrix(
        (np.ones(len(elsewhere.likes)), ([people[p] for p, _ in elsewhere.likes], [r for _, r in elsewhere.likes])),
        shape=(max(1, len(people)), len(titles.ids)),
        dtype=np.float32,
    )
    likes.sum_duplicates()
    likes.data[:] = 1.0
    told = [[float(f.get(name) or 0.0) for f in facts] for name in FAME]
    genres = [tuple(dict.fromkeys(g.lower() for g in f.get("genres", ()))) for f in facts]
    kinds = {g: n for n, g in enumerate(sorted({g for held in genres for g in held}))}
    groups = np.zeros((len(titles.ids), max(1, len(kinds))), dtype=np.float32)
    for row, held in enumerate(genres):
        groups[row, [kinds[g] for g in held]] = 1.0
    texts = tuple(_text(n, y, f, g) for n, y, f, g in zip(titles.names, titles.years, facts, genres, strict=True))
    items = SpokenItems(
        titles=titles.names,
        texts=texts,
        vectors=embed([t[:LONGEST] for t in texts]),
        groups=groups,
        people=tuple(frozenset(p.lower() for p in _people(f)) for f in facts),
        years=np.asarray([np.nan if y is None else float(y) for y in titles.years]),
        fame=np.log1p(np.asarray([*elsewhere.counts, *told], dtype=np.float32)).T,
        ratings=likes,
    )
    return items, elsewhere.ways


def join_metadata(titles: Titles, index: MetadataIndex) -> tuple[list[Facts], list[str | None]]:
    """(facts, way of joining) of every item.

    A record is the item's by title and year, or where it bears the item's id and title. What is known under its IMDb
    number is added where title and year found nothing.
    """
    known = [Titled(" ".join(key), year) for key, year in index.by_title]
    register, records = Register(known), list(index.by_title.values())
    facts, ways = [], []
    for name, title, year in zip(titles.ids, titles.names, titles.years, strict=True):
        found = register.find(Titled(title, year))
        own = index.by_id.get(name)
        if own is not None and joining_key(own.title) != joining_key(title):
            own = None
        own_facts = own.facts if own is not None else {}
        numbered = index.by_imdb.get(own_facts.get("imdb") or 0, {}) if found is None else {}
        parts = [records[found[0]] if found is not None else {}, own_facts, numbered]
        exact = found is not None and found[1] == EXACT
        facts.append(completed(parts if exact else [own_facts, parts[0], numbered]))
        ways.append(BY_ID if own is not None and not exact else found and found[1])
    return facts, ways


def _people(facts: Facts) -> list[str]:
    return [p for name in ("directors", "cast", "writers") for p in facts.get(name) or ()]


def _text(name: str, year: int | None, facts: Facts, genres: Sequence[str]) -> str:
    themes = " ".join(facts.get("themes") or ())
    people = ", ".join(_people(facts)[:5])
    return f"{name} ({year or ''}). {', '.join(genres)}. {facts.get('description') or ''} {themes} {people}"


def _rated(folder: Path, source: str, wanted: Sequence[Titled], links: Mapping[str, int], held: Elsewhere) -> None:
    """Add what one rating source knows."""
    ids, records, interactions = _source(folder, links)
    register = Register(records)
    found = [register.find(item) for item in wanted]
    held.ways[_name(folder, held.ways)] = [match and match[1] for match in found]
    rows: dict[str, list[int]] = {}
    for row, match in enumerate(found):
        if match:
            rows.setdefault(ids[match[0]], []).append(row)
    counts: Counter[int] = Counter()
    times: list[tuple[float, int]] = []
    for one in interactions:
        for row in rows.get(one.item, ()):
            counts[row] += 1
            if one.timestamp is not None:
                times.append((one.timestamp, row))
            if one.rating is None or one.rating >= LIKED:
                held.likes.append((f"{source}/{one.user}", row))
    held.counts.append(np.asarray([counts[row] for row in range(len(wanted))], dtype=np.float32))
    if times:
        first, last = min(times)[0], max(times)[0]
        late = Counter(row for time, row in times if time >= first + LATE * (last - first))
        held.counts.append(np.asarray([late[row] for row in range(len(wanted))], dtype=np.float32))


def _name(folder: Path, taken: Iterable[str]) -> str:
    name = folder.resolve().name
    return name if name not in set(taken) else str(folder)


def _source(folder: Path, links: Mapping[str, int]) -> tuple[list[str], list[Titled], Iterator[Interaction]]:
    """(ids, titles, interactions) of a MovieLens folder in any published or renumbered layout.

    Ids of movies are the same in every release but 100k: what links say of them in one folder counts in all of them.
    """
    if (folder / "interactions.txt").is_file():
        numbers = dict(line.split() for line in (folder / "items-to-movies.txt").read_text().splitlines() if line)
        movies = _dat_titles(folder / "movies.dat")
        held = {n: Titled(*movies[movie], links.get(movie)) for n, movie in numbers.items() if movie in movies}
        return list(held), list(held.values()), _pairs(folder / "interactions.txt")
    source = read_movielens(folder, None, Problems())
    numbered = not (folder / "u.item").is_file()
    ids, records = [], []
    for item in source.items():
        told = next(iter(item.values("year")), None)
        ids.append(item.id)
        year = int(told) if told is not None else None
        records.append(Titled(item.title, year, links.get(item.id) if numbered else None))
    return ids, records, source.interactions()


def _dat_titles(file: Path) -> dict[str, tuple[str, int | None]]:
    found = {}
    for line in file.read_text(encoding="latin-1").splitlines():
        number, title, *_ = line.split("::")
        found[number] = split_title(title)
    return found


def _pairs(file: Path) -> Iterator[Interaction]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            user, item = line.split()[:2]
            yield Interaction(user=user, item=item)


def _imdb_numbers(folder: Path) -> dict[str, int]:
    file = folder / "links.csv"
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as rows:
        return {r["movieId"]: int(r["imdbId"]) for r in csv.DictReader(rows) if r.get("imdbId")}
