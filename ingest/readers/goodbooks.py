"""Goodbooks-10k: books.csv, and ratings.csv where it is there."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from core.items import FieldValue, Interaction, Item
from ingest.demo import read_schema
from ingest.source import Problems, Source, need

SCHEMA = Path(__file__).resolve().parent.parent / "schemas" / "goodbooks.yaml"
_LANGUAGES = {"eng": "English", "en-US": "English", "en-GB": "English", "en-CA": "English", "en": "English", "fre": "French", "spa": "Spanish", "ger": "German",
              "ita": "Italian", "jpn": "Japanese", "por": "Portuguese", "ara": "Arabic", "pol": "Polish", "nor": "Norwegian", "dan": "Danish", "ind": "Indonesian",
              "per": "Persian", "nl": "Dutch", "tur": "Turkish", "rum": "Romanian", "rus": "Russian", "swe": "Swedish", "fil": "Filipino"}  # fmt: skip


def read_goodbooks(folder: Path, problems: Problems) -> Source:
    """The source for a Goodbooks folder."""
    (books,) = need(folder, "books.csv")
    ratings = folder / "ratings.csv"
    return Source(read_schema(SCHEMA), lambda: _items(books, problems), lambda: _ratings(ratings, problems), problems)


def _items(file: Path, problems: Problems) -> Iterator[Item]:
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            if not row.get("book_id") or not row.get("title"):
                problems.report(file, reader.line_num, "a row without book_id or title")
                continue
            title, series = split_series(row["title"])
            fields: dict[str, FieldValue] = {
                "title": title,
                "authors": tuple(a.strip() for a in (row.get("authors") or "").split(",") if a.strip()),
                "year": _number(row.get("original_publication_year")),
                "series": series,
                "languages": (_LANGUAGES[code],) if (code := row.get("language_code") or "") in _LANGUAGES else (),
                "rating": _scaled(row.get("average_rating")),
                "ratings": _number(row.get("ratings_count")),
            }
            yield Item(id=row["book_id"], title=title, fields=fields)


def split_series(text: str) -> tuple[str, str | None]:
    """ "Catching Fire (The Hunger Games, #2)" -> ("Catching Fire", "The Hunger Games")."""
    match = re.match(r"^(.*?)\s*\(([^()#]+?),?\s*#[\d.\-–]+[^()]*\)\s*$", text)
    return (match.group(1), match.group(2).strip()) if match else (text.strip(), None)


def _number(text: str | None) -> int | None:
    try:
        return int(float(text or ""))
    except ValueError:
        return None


def _scaled(text: str | None) -> float | None:
    try:
        return round(2 * float(text or ""), 2)
    except ValueError:
        return None


def _ratings(file: Path, problems: Problems) -> Iterator[Interaction]:
    if not file.is_file():
        return
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            try:
                yield Interaction.model_construct(
                    user=row["user_id"], item=row["book_id"], rating=float(row["rating"]), timestamp=None
                )
            except (KeyError, TypeError, ValueError):
                problems.report(file, reader.line_num, "expected user_id,book_id,rating")
