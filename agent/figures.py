"""Figures in prose: every number a text states, in the unit of the catalogue, so that it can be held against facts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from core.schema import CatalogSchema

_SPELLED = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_AMOUNT = rf"(?:\d[\d,]*(?:\.\d+)?|\b(?:{'|'.join(_SPELLED)})\b)"
_DECADE = re.compile(r"(?<![\w.])[’']?(\d{2}|\d{4})(?<=0)[’']?s\b")
_CENTURY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)[- ]century\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\b\d{1,3}(?:st|nd|rd|th)\b", re.IGNORECASE)
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(?:5|10|100)\b|out of (?:five|ten|5|10|100)\b)")
_PLAIN = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\d)")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number as stated: true when any number in `low`..`high` is a fact."""

    text: str
    low: float
    high: float

    def within(self, facts: Iterable[float]) -> bool:
        """Whether a fact bears it out."""
        return any(self.low - 1e-6 <= fact <= self.high + 1e-6 for fact in facts)


def figures(text: str, schema: CatalogSchema) -> list[Figure]:
    """The figures of `text`: amounts with a unit in that field's own unit, decades and centuries as spans."""
    found: list[Figure] = []

    def take(pattern: re.Pattern[str], rest: str) -> str:
        def note(match: re.Match[str]) -> str:
            found.append(_read(pattern, match, schema))
            return " \N{MIDDLE DOT} "

        return pattern.sub(note, rest)

    quantities = _quantities(schema)
    for pattern in (_CENTURY, _DECADE, _SHARE, *([quantities] if quantities else []), _ORDINAL, _PLAIN):
        text = take(pattern, text)
    return found


def numbers(texts: Iterable[str], schema: CatalogSchema) -> set[float]:
    """Every number the texts state, as written and in the unit of a field; decades by their first and last year."""
    held: set[float] = set()
    for text in texts:
        held.update(number for figure in figures(text, schema) for number in (figure.low, figure.high))
        held.update(_value(match[0]) for match in _PLAIN.finditer(text))
    return held


def _read(pattern: re.Pattern[str], match: re.Match[str], schema: CatalogSchema) -> Figure:
    if pattern is _CENTURY:
        low = (int(match[1]) - 1) * 100
        return Figure(match[0], low, low + 100)
    if pattern is _DECADE:
        low = int(match[1]) + (1900 if len(match[1]) == 2 else 0)
        return Figure(match[0], low, low + 9)
    if pattern is _SHARE or pattern is _PLAIN or pattern is _ORDINAL:
        number = _value(re.sub(r"[^\d.,]", "", match[1] if pattern is _SHARE else match[0]))
        return Figure(match[0], number, number)
    number = _amount(match["amount"]) * _factor(match["unit"], schema)
    if match["half"] or match["half2"]:
        number += _factor(match["unit"], schema) / 2
    if match["more"]:
        number += _amount(match["more"]) * (_factor(match["small"], schema) if match["small"] else 1)
    return Figure(match[0], number, number)


def _units(schema: CatalogSchema) -> dict[str, float]:
    return {
        word.casefold(): factor
        for spec in schema.fields
        if spec.unit is not None and spec.unit.style != "year"
        for word, factor in {spec.unit.name: 1.0, spec.unit.plural: 1.0, **spec.unit.spoken}.items()
        if word
    }


def _factor(word: str, schema: CatalogSchema) -> float:
    return _units(schema)[word.casefold()]


def _quantities(schema: CatalogSchema) -> re.Pattern[str] | None:
    """Amounts with a unit: "113 minutes", "1 h 53", "two and a half hours"."""
    words = sorted(_units(schema), key=len, reverse=True)
    return _pattern(tuple(words)) if words else None


@lru_cache(maxsize=8)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    unit = "|".join(map(re.escape, words))
    return re.compile(
        rf"(?<![\w.])(?P<amount>{_AMOUNT})(?P<half> and a half)?[\s-]?(?P<unit>{unit})\b"
        rf"(?P<half2> and a half)?"
        rf"(?:\s?(?:and )?(?P<more>\d{{1,2}})(?!\d)(?:\s?(?P<small>{unit})\b)?)?",
        re.IGNORECASE,
    )


def _amount(text: str) -> float:
    spelled = _SPELLED.get(text.casefold())
    return float(spelled) if spelled is not None else _value(text)


def _value(text: str) -> float:
    return float(text.replace(",", ""))
