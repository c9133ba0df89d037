"""Items found in other sources: by title and year, by a number both know, and never where several might be meant."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluation.redial_data import read_titles
from evaluation.redial_items import read_items
from evaluation.redial_joining import (
    ALONE,
    ANY,
    APART,
    BY_ID,
    BY_NUMBER,
    EXACT,
    Missing,
    Register,
    Titled,
    account,
    joining_key,
)

SHELF = Register(
    [
        Titled("The Brass Lamp", 1999, 11),
        Titled("Café Müller", 2001, 12),
        Titled("Sand: Part II", 2004, 13),
        Titled("Sand", 1984, 14),
        Titled("Sand", 2020, 15),
        Titled("Harvest V", 1990),
        Titled("A Long Name: The Oolong", 2010, 16),
    ]
)


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (Titled("Brass Lamp", 1999), (0, EXACT)),
        (Titled("Cafe Muller", 2001), (1, EXACT)),
        (Titled("Sand 2", 2004), (2, EXACT)),
        (Titled("Harvest 5", 1990), (5, EXACT)),
        (Titled("The Brass Lamp", 2000), (0, APART)),
        (Titled("Brass Lamp", None), (0, ALONE)),
        (Titled("Oolong", 2011, 16), (6, BY_NUMBER)),
        (Titled("Sand", None, 15), (4, BY_NUMBER)),
    ],
)
def test_a_record_is_found_by(item: Titled, found: tuple[int, str]):
    assert SHELF.find(item) == found


@pytest.mark.parametrize(
    "item",
    [
        Titled("Sand", None),
        Titled("Brass Lamp", 2005),
        Titled("Brass Lamp", 2005, 11),
        Titled("It", 1999, 11),
        Titled("***", 1999),
    ],
    ids=["two are so called", "other year", "number, but other year", "number, but other words", "no word"],
)
def test_nothing_is_found_for(item: Titled):
    assert SHELF.find(item) is None


def test_title_and_year_are_believed_before_a_number():
    assert SHELF.find(Titled("Sand", 1984, 15)) == (3, EXACT)


def test_numerals_count_at_the_end_of_a_title_and_not_within_it():
    assert joining_key("Harvest V") == joining_key("Harvest, Part 5")
    assert joining_key("V for Valerian") == ("v", "for", "valerian")
    assert joining_key("V") == ("v",)


def test_the_account_tells_shares_of_labels_and_what_is_missing():
    ways = {"shelf": [EXACT, None, None], "cellar": [None, ALONE, None]}
    shelf, cellar, anything = account(("Lamp", "Tea", "Rug"), ways, {0: 1, 1: 4, 2: 6}, [0, 0, 1, 2])
    assert (shelf.joined, shelf.items, shelf.labels, shelf.ways) == (1, 3, 0.5, {EXACT: 1})
    assert shelf.missing == (Missing(title="Rug", named=6), Missing(title="Tea", named=4))
    assert cellar.labels == 0.25
    assert (anything.source, anything.joined, anything.labels) == (ANY, 2, 0.75)


def put(file: Path, *rows: tuple[Any, ...]) -> None:
    file.parent.mkdir(exist_ok=True)
    with file.open("w", newline="") as out:
        csv.writer(out).writerows(rows)


def test_files_are_joined_by_id_by_title_and_by_number(tmp_path: Path):
    put(
        tmp_path / "movies.csv",
        ("movieId", "movieName"),
        (1, "Whose Lamp%3F  (1999)"),
        (2, "Oolong"),
        (3, "Other"),
        (4, "Whose Lamp?"),
    )
    records = {
        "2": {"name": "Oolong", "plot": "leaves", "imdb_id": "tt0000021"},
        "3": {"name": "Something Else", "plot": "wrong", "imdb_id": "tt0000022"},
        "9": {"name": "Whose Lamp? (1999)", "plot": "light", "imdb_id": "tt0000020"},
    }
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata" / "info.json").write_text(json.dumps(records))
    rated = tmp_path / "rated"
    put(
        rated / "movies.csv",
        ("movieId", "title", "genres"),
        (7, "Whose Lamp? (1999)", "a"),
        (8, "Big Oolong (2001)", "a"),
    )
    put(rated / "ratings.csv", ("userId", "movieId", "rating", "timestamp"), (1, 7, 5, 1), (1, 8, 5, 2), (2, 8, 1, 3))
    put(rated / "links.csv", ("movieId", "imdbId", "tmdbId"), (7, "20", ""), (8, "21", ""))
    titles = read_titles(tmp_path / "movies.csv")
    assert titles.written[0] == "Whose Lamp? (1999)"
    items, ways = read_items(
        titles, tmp_path / "metadata", [rated], lambda texts: np.zeros((len(texts), 2), np.float32)
    )
    assert ways == {"metadata": [EXACT, BY_ID, None, ALONE], "rated": [EXACT, BY_NUMBER, None, BY_NUMBER]}
    assert ["leaves" in text for text in items.texts] == [False, True, False, False]
    assert items.ratings.toarray().tolist() == [[1, 1, 0, 1]]
    np.testing.assert_allclose(np.expm1(items.fame[:, 0]), [1, 2, 0, 1])
