"""Amounts in words and digits: "two and a half", "the nineties", "90s"."""

from __future__ import annotations

import re

_SMALL = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
}
OTHER_UNITS = frozenset(
    ["second", "seconds", "minute", "minutes", "min", "mins", "hour", "hours", "hrs", "day", "days", "week", "weeks", "month", "months",
     "page", "pages", "chapter", "chapters", "episode", "episodes", "season", "seasons", "dollar", "dollars", "euro", "euros", "mile",
     "miles", "km", "kilometres", "metres", "kg", "kilos", "grams"]
)  # fmt: skip
"""Measures that a number may count; where a catalogue has no such unit, the number is none of its fields'."""
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}
_WORD_NUMBERS = {**_SMALL, **_TENS, "dozen": 12, "couple": 2, "thousand": 1000}
_DECADES = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fourties": 1940, "fifties": 1950, "sixties": 1960,
    "seventies": 1970, "eighties": 1980, "nineties": 1990, "noughties": 2000, "aughts": 2000,
}  # fmt: skip
_DECADE = re.compile(r"^(\d{2}|\d{4})s$")
PART_OF_DECADE = {"early": (0, 3), "mid": (4, 6), "middle": (4, 6), "late": (7, 9)}
ORDINAL = re.compile(r"^(\d{1,2})(?:st|nd|rd|th)$")
ORDINAL_WORDS = {"sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20}


def read_number(norms: list[str], at: int) -> tuple[float, int] | None:
    """(value, end) of a number in digits or words: "90", "7.5", "two and a half", "two hundred"."""
    if at >= len(norms):
        return None
    token = norms[at]
    if re.fullmatch(r"\d+(?:\.\d+)?", token):
        return _with_half(norms, float(token), at + 1)
    if token == "a" and norms[at + 1 : at + 2] in (["couple"], ["dozen"], ["hundred"], ["thousand"]):
        at, token = at + 1, norms[at + 1]
    if token not in _WORD_NUMBERS:
        return None
    value, end = float(_WORD_NUMBERS[token]), at + 1
    if token == "couple" and norms[end : end + 1] == ["of"]:
        end += 1
    while end < len(norms):
        if norms[end] == "and" and norms[end - 1] in {"hundred", "thousand"} and norms[end + 1 : end + 2]:
            end += _WORD_NUMBERS.get(norms[end + 1], 0) in range(1, 100)  # "two hundred and ten"
        if norms[end] not in _WORD_NUMBERS:
            break
        following = _WORD_NUMBERS[norms[end]]
        value = value * following if following in {100, 1000} else value + following
        end += 1
    return _with_half(norms, value, end)


def _with_half(norms: list[str], value: float, end: int) -> tuple[float, int]:
    if norms[end : end + 3] == ["and", "a", "half"]:
        return value + 0.5, end + 3
    if norms[end : end + 2] == ["and", "half"]:
        return value + 0.5, end + 2
    if norms[end : end + 2] == ["½", ""]:
        return value + 0.5, end + 1
    return value, end


def decade_of(token: str) -> float | None:
    """First year of a decade token ("90s", "1990s", "nineties"), or None."""
    if token in _DECADES:
        return float(_DECADES[token])
    match = _DECADE.match(token)
    if match is None:
        return None
    number = int(match.group(1))
    if number >= 1000:
        return float(number // 10 * 10) if number % 10 == 0 else None
    if number % 10:
        return None
    return float(number + (2000 if number < 20 else 1900))
