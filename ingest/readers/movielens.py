"""MovieLens in every published layout: 100k (u.item), 1m (movies.dat), latest, 25m and 32m (movies.csv)."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.errors import BadInput
from core.items import FieldValue, Interaction, Item
from ingest.demo import read_schema
from ingest.readers.metadata import MetadataIndex, read_metadata
from ingest.source import Problems, Source, need

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "movielens.yaml"
_GENRES_100K = ("unknown", "Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror",
                "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western")  # fmt: skip
_ARTICLE = re.compile(r"^(.*), (The|A|An|Les|La|Le|El|Il|Das|Der|Die|L'|Los|Las|Un|Une)$")
_OTHER_NAMES = {"Children's": "Children", "Sci-Fi": "Science Fiction", "(no genres listed)": "", "unknown": ""}


@dataclass(frozen=True)
class Movie:
    """One row of a movies file."""

    id: str
    title: str
    genres: tuple[str, ...]


def read_movielens(folder: Path, metadata: Path | None, problems: Problems) -> Source:
    """The source for a MovieLens folder; raises BadInput naming the layouts when it is none of them."""
    layout = detect(folder)
    index = read_metadata(metadata)
    schema = read_schema(SCHEMA)
    links, tags = _links(folder, problems), _tags(folder, problems)
    source = Source(
        schema,
        lambda: _items(layout.movies(problems), index, links, tags, source),
        lambda: layout.ratings(problems),
        problems,
        [f"layout {layout.name}"],
    )
    return source


@dataclass(frozen=True)
class Layout:
    """How one published layout is read."""

    name: str
    movies: Callable[[Problems], Iterator[Movie]]
    ratings: Callable[[Problems], Iterator[Interaction]]


def detect(folder: Path) -> Layout:
    """The layout of a folder, by its files."""
    if (folder / "movies.csv").is_file():
        movies, ratings = need(folder, "movies.csv", "ratings.csv")
        return Layout("csv (latest, 25m, 32m)", lambda p: _csv_movies(movies, p), lambda p: _csv_ratings(ratings, p))
    if (folder / "movies.dat").is_file():
        (movies,) = need(folder, "movies.dat")
        ratings = folder / "ratings.dat"
        return Layout("1m", lambda p: _dat_movies(movies, p), lambda p: _split_ratings(ratings, "::", p))
    if (folder / "u.item").is_file():
        movies, ratings = need(folder, "u.item", "u.data")
        return Layout("100k", lambda p: _pipe_movies(movies, p), lambda p: _split_ratings(ratings, "\t", p))
    need(folder)
    raise BadInput(
        f"{folder} is not a MovieLens folder.",
        "It needs movies.csv and ratings.csv, or movies.dat and ratings.dat, or u.item and u.data.",
    )


def _items(
    movies: Iterator[Movie],
    index: MetadataIndex,
    links: dict[str, tuple[int | None, int | None]],
    tags: dict[str, tuple[str, ...]],
    source: Source,
) -> Iterator[Item]:
    joined = total = 0
    for movie in movies:
        title, year = split_title(movie.title)
        imdb, tmdb = links.get(movie.id, (None, None))
        facts = index.find(title, year, imdb, tmdb)
        fields: dict[str, FieldValue] = {spec.name: None for spec in source.schema.fields}
        fields |= {k: v for k, v in facts.items() if k in fields and k != "genres"}
        fields |= {"title": title, "year": year, "genres": movie.genres, "tags": tags.get(movie.id, ())}
        total += 1
        joined += bool(facts)
        yield Item(id=movie.id, title=title, fields=fields)
    if index.files:
        source.notes.append(f"{joined} of {total} items joined to metadata ({', '.join(index.files)})")


def split_title(text: str) -> tuple[str, int | None]:
    """ "Godfather, The (1972)" -> ("The Godfather", 1972); other names in brackets are left off."""
    match = re.match(r"^(.*?)\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$", text.strip())
    name, year = (match.group(1), int(match.group(2))) if match else (text.strip(), None)
    plain = name
    while (shorter := re.sub(r"\s*\([^()]*\)\s*$", "", plain).strip()) and shorter != plain:
        plain = shorter
    turned = _ARTICLE.match(plain)
    if turned:
        article = turned.group(2)
        plain = f"{article}{turned.group(1)}" if article.endswith("'") else f"{article} {turned.group(1)}"
    return plain, year


def _genres(names: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(g for n in names if (g := _OTHER_NAMES.get(n.strip(), n.strip()))))


def _csv_movies(file: Path, problems: Problems) -> Iterator[Movie]:
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        next(reader, None)
        for row in reader:
            if len(row) != 3 or not row[0].strip():
                problems.report(file, reader.line_num, f"expected movieId,title,genres, found {len(row)} columns")
                continue
            yield Movie(row[0], row[1], _genres(row[2].split("|")))


def _dat_movies(file: Path, problems: Problems) -> Iterator[Movie]:
    with file.open(encoding="latin-1") as lines:
        for number, line in enumerate(lines, start=1):
            row = line.rstrip("\r\n").split("::")
            if len(row) != 3:
                problems.report(file, number, f"expected id::title::genres, found {len(row)} parts")
                continue
            yield Movie(row[0], row[1], _genres(row[2].split("|")))


def _pipe_movies(file: Path, problems: Problems) -> Iterator[Movie]:
    with file.open(encoding="latin-1") as lines:
        for number, line in enumerate(lines, start=1):
            row = line.rstrip("\r\n").split("|")
            if len(row) != 24:
                problems.report(file, number, f"expected 24 columns, found {len(row)}")
                continue
            flags = [name for name, flag in zip(_GENRES_100K, row[5:], strict=True) if flag == "1"]
            yield Movie(row[0], row[1], _genres(flags))


def _csv_ratings(file: Path, problems: Problems) -> Iterator[Interaction]:
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle)
        next(reader, None)
        for row in reader:
            try:
                yield Interaction.model_construct(
                    user=row[0], item=row[1], rating=float(row[2]), timestamp=float(row[3])
                )
            except (IndexError, ValueError):
                problems.report(file, reader.line_num, "expected userId,movieId,rating,timestamp")


def _split_ratings(file: Path, mark: str, problems: Problems) -> Iterator[Interaction]:
    if not file.is_file():
        return
    with file.open(encoding="latin-1") as lines:
        for number, line in enumerate(lines, start=1):
            row = line.strip().split(mark)
            try:
                yield Interaction.model_construct(
                    user=row[0], item=row[1], rating=float(row[2]), timestamp=float(row[3])
                )
            except (IndexError, ValueError):
                problems.report(file, number, "expected user, item, rating, timestamp")


def _links(folder: Path, problems: Problems) -> dict[str, tuple[int | None, int | None]]:
    file = folder / "links.csv"
    if not file.is_file():
        return {}
    found: dict[str, tuple[int | None, int | None]] = {}
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            try:
                found[row["movieId"]] = (int(row["imdbId"] or 0) or None, int(row["tmdbId"] or 0) or None)
            except (KeyError, ValueError):
                problems.report(file, reader.line_num, "expected movieId,imdbId,tmdbId")
    return found


def _tags(folder: Path, problems: Problems, most: int = 8) -> dict[str, tuple[str, ...]]:
    """The tags most people gave each item, lower case."""
    file = folder / "tags.csv"
    if not file.is_file():
        return {}
    counts: dict[str, Counter[str]] = {}
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            if not row.get("movieId") or row.get("tag") is None:
                problems.report(file, reader.line_num, "expected userId,movieId,tag,timestamp")
                continue
            tag = row["tag"].strip().lower()
            if 2 < len(tag) <= 40:
                counts.setdefault(row["movieId"], Counter())[tag] += 1
    return {item: tuple(t for t, _ in c.most_common(most)) for item, c in counts.items()}
