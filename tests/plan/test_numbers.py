"""Numbers in words and digits become bounds on the right field."""

from __future__ import annotations

import pytest

from agent.plan.numbers import number_reader
from agent.plan.tokens import tokenise
from tests.worlds import schema_of

FILMS = number_reader(schema_of("films"), lambda: 2026)
BOOKS = number_reader(schema_of("books"), lambda: 2026)


@pytest.mark.parametrize(
    ("said", "field", "op", "value"),
    [
        ("ideally from the 70s", "year", "between", (1970, 1979)),
        ("from the nineties", "year", "between", (1990, 1999)),
        ("early 90s", "year", "between", (1990, 1993)),
        ("the 70s or 80s", "year", "between", (1970, 1989)),
        ("after 2010", "year", "gt", 2010),
        ("from 1994 on", "year", "ge", 1994),
        ("in 1994", "year", "eq", 1994),
        ("19th century", "year", "between", (1801, 1900)),
        ("from the last ten years", "year", "ge", 2016),
        ("under two hours", "runtime", "lt", 120),
        ("between 90 and 120 minutes", "runtime", "between", (90, 120)),
        ("1h30 max", "runtime", "le", 90),
        ("two and a half hours at most", "runtime", "le", 150),
        ("no longer than 100 min", "runtime", "le", 100),
        ("about two hours", "runtime", "between", (108, 132)),
        ("an hour and a half", "runtime", "between", (81, 99)),
        ("rated 8 or more", "rating", "ge", 8),
        ("at least 4 stars", "rating", "ge", 8),
        ("over 8/10", "rating", "gt", 8),
    ],
)
def test_films(said: str, field: str, op: str, value: float | tuple[float, float]) -> None:
    (mention,) = FILMS.read(tokenise(said))
    assert (mention.field, mention.op, mention.value) == (field, op, value)


@pytest.mark.parametrize(
    ("said", "op", "value"),
    [("under 300 pages", "lt", 300), ("200 to 300 pages", "between", (200, 300)), ("300 pages tops", "le", 300)],
)
def test_books(said: str, op: str, value: float | tuple[float, float]) -> None:
    (mention,) = BOOKS.read(tokenise(said))
    assert (mention.field, mention.op, mention.value) == ("pages", op, value)


@pytest.mark.parametrize("said", ["i have two kids", "one of my favourites", "give me a second", "no. 5 please", ""])
def test_numbers_that_bound_nothing(said: str) -> None:
    assert FILMS.read(tokenise(said)) == []
