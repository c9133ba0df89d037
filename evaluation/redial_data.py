"""ReDial's items and dialogues as the recommender from dialogues takes them, with what other sources know of them.

Rows are those of the reproducibility protocol: messages in a row by one sender are one turn; each later turn of the
recommender that names items is a row, with all turns before it as context and the items named as labels. An item counts
as named where `@ID` stands as a whole token and the dialogue lists the id.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse

from core.errors import BadInput
from core.items import Interaction
from ingest.readers.metadata import Facts, read_metadata
from ingest.readers.movielens import read_movielens, split_title
from ingest.source import Problems
from simulation.redial import Message, RedialDialogue, read_redial, title_and_year
from tools.dialogues.moments import Corpus, Embed, Moment, Named, SpokenItems
from tools.linking.titles import key_of

LIKED = 3.5
"""Stars from which on a rating says that an item was liked."""
LATE = 0.8
"""Ratings in the last fifth of a source's time count as late."""
LONGEST = 600
"""Characters of an item's text."""
TOKEN = re.compile(r"(?<!\w)@(\d+)(?!\w)")
Key = tuple[tuple[str, ...], int | None]
"""A title as it is looked up, and a year."""
FAME = ("tmdb_votes", "tmdb_popularity", "imdb_votes", "imdb_likes")


@dataclass(frozen=True)
class Titles:
    """The items that may be recommended, as a file lists them."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    years: tuple[int | None, ...]

    @property
    def rows(self) -> dict[str, int]:
        """Row by id."""
        return {name: row for row, name in enumerate(self.ids)}


def read_titles(path: Path) -> Titles:
    """The items of ReDial's movies file (CSV with movieId and movieName)."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as wrong:
        raise BadInput(f"{path} could not be read: {wrong}", "Give ReDial's file of movies.") from wrong
    if not rows or not {"movieId", "movieName"} <= set(rows[0]):
        raise BadInput(f"{path} is no file of movies.", "It needs the columns movieId and movieName.")
    split = [title_and_year(row["movieName"]) for row in rows]
    return Titles(tuple(r["movieId"] for r in rows), tuple(t for t, _ in split), tuple(y for _, y in split))


def read_corpus(paths: Iterable[Path], titles: Titles) -> Corpus:
    """The dialogues of some files; items that the file of titles lacks are left out."""
    rows = titles.rows
    moments: list[Moment] = []
    mentions: list[tuple[str, tuple[int, ...]]] = []
    for path in paths:
        for dialogue in read_redial(path):
            mentions.append((dialogue.id, tuple(sorted({rows[i] for i in dialogue.listed if i in rows}))))
            moments += moments_of(dialogue, rows, titles.names)
    if not moments:
        raise BadInput("The dialogues hold no turn that recommends something.", "Give ReDial dialogues (JSONL).")
    return Corpus(tuple(moments), tuple(mentions))


def moments_of(dialogue: RedialDialogue, rows: Mapping[str, int], names: Sequence[str]) -> Iterator[Moment]:
    """The rows of one dialogue."""
    turns = dialogue.turns
    listed = {i for i in dialogue.listed if i in rows}
    found = [tuple(dict.fromkeys(i for i in TOKEN.findall(t.text) if i in listed)) for t in turns]
    for place, (turn, given) in enumerate(zip(turns, found, strict=True)):
        if not place or turn.by_seeker or not given:
            continue
        before = turns[:place]
        named = [Named(rows[i], n, before[n].by_seeker) for n in range(place) for i in found[n]]
        yield Moment(
            dialogue=dialogue.id,
            turn=place,
            named=tuple(named),
            asked=_bare(t for t in before if t.by_seeker),
            lately=" ".join(_spoken(t.text, rows, names) for t in before[-3:]),
            words=_bare(before),
            given=tuple(rows[i] for i in given),
        )


def _bare(turns: Iterable[Message]) -> str:
    return " ".join(TOKEN.sub("", t.text) for t in turns)


def _spoken(text: str, rows: Mapping[str, int], names: Sequence[str]) -> str:
    return TOKEN.sub(lambda m: names[rows[m[1]]] if m[1] in rows else "", text)


@dataclass
class Elsewhere:
    """What rating sources know of the items."""

    likes: list[tuple[str, int]] = field(default_factory=list)
    """(person, row)."""
    counts: list[np.ndarray] = field(default_factory=list)
    """(n,) for each source, of all ratings and of the late ones."""


def read_items(titles: Titles, metadata: Path | None, ratings: Sequence[Path], embed: Embed) -> SpokenItems:
    """The items with what metadata files and rating sources know of them; both may be missing."""
    index = read_metadata(metadata)
    facts = [index.find(name, year) for name, year in zip(titles.names, titles.years, strict=True)]
    by_imdb = {f["imdb"]: row for row, f in reversed(list(enumerate(facts))) if f.get("imdb")}
    by_title = {
        (key_of(name), year): row
        for row, (name, year) in reversed(list(enumerate(zip(titles.names, titles.years, strict=True))))
    }
    elsewhere = Elsewhere()
    for number, folder in enumerate(ratings):
        _rated(folder, str(number), len(titles.ids), by_imdb, by_title, elsewhere)
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
    return SpokenItems(
        titles=titles.names,
        texts=texts,
        vectors=embed([t[:LONGEST] for t in texts]),
        groups=groups,
        people=tuple(frozenset(p.lower() for p in _people(f)) for f in facts),
        years=np.asarray([np.nan if y is None else float(y) for y in titles.years]),
        fame=np.log1p(np.asarray([*elsewhere.counts, *told], dtype=np.float32)).T,
        ratings=likes,
    )


def _people(facts: Facts) -> list[str]:
    return [p for name in ("directors", "cast", "writers") for p in facts.get(name) or ()]


def _text(name: str, year: int | None, facts: Facts, genres: Sequence[str]) -> str:
    themes = " ".join(facts.get("themes") or ())
    people = ", ".join(_people(facts)[:5])
    return f"{name} ({year or ''}). {', '.join(genres)}. {facts.get('description') or ''} {themes} {people}"


def _rated(
    folder: Path, source: str, count: int, by_imdb: Mapping[int, int], by_title: Mapping[Key, int], held: Elsewhere
) -> None:
    """Add what one rating source knows."""
    rows, interactions = _source(folder, by_imdb, by_title)
    counts: Counter[int] = Counter()
    times: list[tuple[float, int]] = []
    for one in interactions:
        row = rows.get(one.item)
        if row is None:
            continue
        counts[row] += 1
        if one.timestamp is not None:
            times.append((one.timestamp, row))
        if one.rating is None or one.rating >= LIKED:
            held.likes.append((f"{source}/{one.user}", row))
    held.counts.append(np.asarray([counts[row] for row in range(count)], dtype=np.float32))
    if times:
        first, last = min(times)[0], max(times)[0]
        late = Counter(row for time, row in times if time >= first + LATE * (last - first))
        held.counts.append(np.asarray([late[row] for row in range(count)], dtype=np.float32))


def _source(
    folder: Path, by_imdb: Mapping[int, int], by_title: Mapping[Key, int]
) -> tuple[dict[str, int], Iterator[Interaction]]:
    """(row by the source's item id, its interactions) of a MovieLens folder in any published or renumbered layout."""
    if (folder / "interactions.txt").is_file():
        numbers = dict(line.split() for line in (folder / "items-to-movies.txt").read_text().splitlines() if line)
        movies = _dat_titles(folder / "movies.dat")
        keys = {n: movies[movie] for n, movie in numbers.items() if movie in movies}
        rows = {n: by_title[key] for n, key in keys.items() if key in by_title}
        return rows, _pairs(folder / "interactions.txt")
    source = read_movielens(folder, None, Problems())
    links = _imdb_numbers(folder)
    rows = {}
    for item in source.items():
        row = by_imdb.get(links.get(item.id, -1))
        told = next(iter(item.values("year")), None)
        year = int(told) if told is not None else None
        row = by_title.get((key_of(item.title), year)) if row is None else row
        if row is not None:
            rows[item.id] = row
    return rows, source.interactions()


def _dat_titles(file: Path) -> dict[str, Key]:
    found = {}
    for line in file.read_text(encoding="latin-1").splitlines():
        number, title, *_ = line.split("::")
        name, year = split_title(title)
        found[number] = key_of(name), year
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
