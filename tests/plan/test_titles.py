"""A spoken title finds its item: without article, with a slip, by part; two equals are both returned."""

from __future__ import annotations

import numpy as np

from tools.linking.titles import build_titles

TITLES = [
    "The Godfather",
    "The Godfather Part II",
    "Star Wars: Episode V - The Empire Strikes Back",
    "Crash",
    "Crash",
    "Amélie",
]
YEARS = np.asarray([1972, 1974, 1980, 1996, 2004, 2001], dtype=float)


def rows(spoken: str, year: int | None = None, fame: list[float] | None = None) -> list[int]:
    index = build_titles(TITLES, YEARS, np.asarray(fame) if fame else None)
    return [m.row for m in index.settle(index.find(spoken, year))]


def test_spelling_is_forgiven() -> None:
    assert rows("godfather") == rows("godfahter") == [0]
    assert rows("amelie") == [5]


def test_parts_and_numerals() -> None:
    assert rows("godfather part two") == rows("the godfather 2") == [1]
    assert rows("the empire strikes back") == [2]


def test_equals_are_both_meant_unless_one_leads_by_far() -> None:
    assert sorted(rows("crash")) == [3, 4]
    assert rows("crash", 1996) == [3]
    assert rows("crash", fame=[1, 1, 1, 2, 40, 1]) == [4]


def test_nothing_close_is_nothing() -> None:
    assert rows("blorptown") == []


def test_a_title_to_the_letter_leads_one_that_differs_by_an_article() -> None:
    index = build_titles(["Heat", "The Heat", "Mask", "The Mask"], None, np.asarray([102.0, 6.0, 5.0, 80.0]))

    def meant(spoken: str) -> list[str]:
        return sorted(index.titles[m.row] for m in index.settle(index.find(spoken)))

    assert meant("heat") == ["Heat"]
    assert meant("the heat") == ["The Heat"]
    assert meant("the mask") == ["The Mask"]
    assert meant("mask") == ["Mask", "The Mask"]
