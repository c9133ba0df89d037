"""Facts about films from public metadata files, recognised by their columns and joined by IMDb or TMDB id, or by title."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import BadInput
from tools.linking.titles import key_of

csv.field_size_limit(10_000_000)
Facts = dict[str, Any]
_LANGUAGES = {"en": "English", "fr": "French", "de": "German", "es": "Spanish", "it": "Italian", "ja": "Japanese", "ko": "Korean", "zh": "Mandarin",
              "cn": "Cantonese", "hi": "Hindi", "ru": "Russian", "pt": "Portuguese", "sv": "Swedish", "da": "Danish", "no": "Norwegian", "nl": "Dutch",
              "pl": "Polish", "fa": "Persian", "tr": "Turkish", "th": "Thai", "he": "Hebrew", "ar": "Arabic", "fi": "Finnish", "hu": "Hungarian"}  # fmt: skip
_COUNTRIES = {
    "USA": "United States",
    "UK": "United Kingdom",
    "United States of America": "United States",
    "West Germany": "Germany",
}
_RATINGS = {"G", "PG", "PG-13", "R", "NC-17"}


@dataclass(frozen=True)
class Record:
    """What a file keeps under an id of its own."""

    title: str
    facts: Facts


@dataclass
class MetadataIndex:
    """Facts by IMDb number, by TMDB number, by (title, year), and by ids that only the file itself uses."""

    by_imdb: dict[int, Facts] = field(default_factory=dict)
    by_tmdb: dict[int, Facts] = field(default_factory=dict)
    by_title: dict[tuple[tuple[str, ...], int], Facts] = field(default_factory=dict)
    by_id: dict[str, Record] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def find(self, title: str, year: int | None, imdb: int | None = None, tmdb: int | None = None) -> Facts:
        """Everything known of an item; facts from the first source that has them win."""
        return completed(
            (
                self.by_tmdb.get(tmdb, {}) if tmdb else {},
                self.by_imdb.get(imdb, {}) if imdb else {},
                self.by_title.get((key_of(title), year), {}) if year and not (imdb or tmdb) else {},
            )
        )

    def add(self, facts: Facts, title: str, year: int | None, imdb: int | None, tmdb: int | None) -> None:
        """Learn one record; what is known already is completed, not replaced."""
        records = [self.by_imdb.setdefault(imdb, {})] if imdb else []
        records += [self.by_tmdb.setdefault(tmdb, {})] if tmdb else []
        records += [self.by_title.setdefault((key_of(title), year), {})] if year else []
        for held in records:
            for name, value in facts.items():
                if value not in (None, "", ()) and held.get(name) in (None, "", ()):
                    held[name] = value


def completed(parts: Iterable[Facts]) -> Facts:
    """All that some records tell; facts from the first that has them win."""
    found: Facts = {}
    for part in parts:
        for name, value in part.items():
            if found.get(name) in (None, "", ()):
                found[name] = value
    return found


def read_metadata(folder: Path | None) -> MetadataIndex:
    """Read every metadata file of a folder that is recognised; raises BadInput when none is."""
    index = MetadataIndex()
    if folder is None:
        return index
    if not folder.is_dir():
        raise BadInput(f"There is no metadata folder {folder}.")
    for file in sorted(folder.glob("*.csv")):
        with file.open(encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            columns = set(reader.fieldnames or ())
            for needs, read in _CSV_KINDS:
                if needs <= columns:
                    read(reader, index)
                    index.files.append(file.name)
                    break
    for file in sorted(folder.glob("*.json")):
        records = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(records, dict) and records and "imdb_id" in next(iter(records.values()), {}):
            _records(records, index)
            index.files.append(file.name)
    if not index.files:
        raise BadInput(
            f"No metadata file in {folder} is recognised.",
            "Known are: TMDB 5000 (CSV), IMDB 5000 (CSV), ReDial movie information (JSON), or a CSV with imdb_id or tmdb_id.",
        )
    return index


def _tmdb(rows: Iterable[Mapping[str, str]], index: MetadataIndex) -> None:
    for row in rows:
        year = _year(row["release_date"])
        facts = {
            "runtime": _number(row["runtime"]),
            "description": row["overview"].strip(),
            "genres": _names(row["genres"]),
            "themes": _names(row["keywords"])[:12],
            "countries": tuple(_COUNTRIES.get(c, c) for c in _names(row["production_countries"])),
            "languages": _spoken(row),
            "tmdb_votes": _amount(row.get("vote_count")),
            "tmdb_popularity": _amount(row.get("popularity")),
        }
        index.add(facts, row["title"], year, None, _number(row["id"]))


def _spoken(row: Mapping[str, str]) -> tuple[str, ...]:
    original = row.get("original_language", "")
    return (_LANGUAGES.get(original, original),) if original else ()


def _imdb(rows: Iterable[Mapping[str, str]], index: MetadataIndex) -> None:
    for row in rows:
        match = re.search(r"tt(\d+)", row["movie_imdb_link"])
        cast = tuple(n.strip() for n in (row["actor_1_name"], row["actor_2_name"], row["actor_3_name"]) if n.strip())
        rating = row["content_rating"].strip()
        facts = {
            "runtime": _number(row["duration"]),
            "directors": tuple(n.strip() for n in row["director_name"].split("|") if n.strip()),
            "cast": cast,
            "themes": tuple(t.strip("\xa0 ") for t in row["plot_keywords"].split("|") if t.strip("\xa0 ")),
            "countries": (_COUNTRIES.get(row["country"], row["country"]),) if row["country"] else (),
            "languages": (row["language"],) if row["language"] else (),
            "age_rating": rating if rating in _RATINGS else None,
            "imdb_votes": _amount(row.get("num_voted_users")),
            "imdb_likes": _amount(row.get("movie_facebook_likes")),
        }
        index.add(
            facts,
            row["movie_title"].strip("\xa0 "),
            _number(row["title_year"]),
            int(match.group(1)) if match else None,
            None,
        )


def _records(records: Mapping[str, Mapping[str, Any]], index: MetadataIndex) -> None:
    for number, record in records.items():
        match = re.match(r"(.*?)\s*\((\d{4})\)\s*$", record.get("name", ""))
        imdb = re.search(r"(\d+)", record.get("imdb_id") or "")
        facts = {
            "description": (record.get("plot") or "").strip(),
            "directors": tuple(record.get("director") or ()),
            "cast": tuple(record.get("star") or ()),
            "writers": tuple(record.get("writer") or ()),
            "genres": tuple(record.get("genre") or ()),
            "imdb": int(imdb.group(1)) if imdb else None,
        }
        title, year = (match.group(1), int(match.group(2))) if match else (record.get("name", ""), None)
        index.by_id[number] = Record(title, facts)
        index.add(facts, title, year, int(imdb.group(1)) if imdb else None, None)


def _generic(rows: Iterable[Mapping[str, str]], index: MetadataIndex) -> None:
    many = {"genres", "directors", "cast", "countries", "languages", "themes", "tags"}
    for row in rows:
        facts: Facts = {}
        for name, value in row.items():
            if name in {"imdb_id", "tmdb_id", "title", "year"} or not value:
                continue
            facts[name] = (
                tuple(v.strip() for v in value.split("|") if v.strip()) if name in many else _number(value) or value
            )
        imdb = re.search(r"(\d+)", row.get("imdb_id") or "")
        index.add(
            facts,
            row.get("title") or "",
            _number(row.get("year") or ""),
            int(imdb.group(1)) if imdb else None,
            _number(row.get("tmdb_id") or ""),
        )


_CSV_KINDS = (
    ({"overview", "keywords", "production_countries", "id"}, _tmdb),
    ({"movie_imdb_link", "director_name", "plot_keywords"}, _imdb),
    ({"imdb_id"}, _generic),
    ({"tmdb_id"}, _generic),
)


def _names(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(entry["name"]).strip("\xa0 ") for entry in json.loads(text or "[]"))
    except (ValueError, KeyError, TypeError):
        return ()


def _number(text: str) -> int | None:
    try:
        value = int(float(text))
    except ValueError:
        return None
    return value or None


def _amount(text: str | None) -> float | None:
    """A number that may have a fraction; None where none stands."""
    try:
        return float(text or "")
    except ValueError:
        return None


def _year(text: str) -> int | None:
    return int(text[:4]) if re.match(r"\d{4}", text) else None
