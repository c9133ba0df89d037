"""What models answer when they rerank: schemas in the strict dialect that servers enforce, and lenient readers.

Not every server holds a model to its schema, so what is read is checked again: a reader gives what it can use and says
what it could not.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

Schema = dict[str, Any]
_YES_NO = {"yes": True, "no": False}
_AROUND = " \t\n.,:;!\"'*`“”▁Ġ"
"""Marks around a word, those of tokenizers included."""


class Listed(NamedTuple):
    """Card numbers as an answer lists them, and what was wrong with the list."""

    numbers: tuple[int, ...]
    """In 1..count, each once, in the order of first mention."""
    doubled: tuple[int, ...]
    invented: tuple[str, ...]
    """Entries that are no card's number."""


def order_schema(count: int) -> Schema:
    """An order of cards numbered 1..count."""
    return _closed({"order": {"type": "array", "items": _number(count)}})


def ratings_schema(count: int) -> Schema:
    """A rating for each card; the scale stands in the prompt."""
    rating = _closed({"card": _number(count), "rating": {"type": "number"}})
    return _closed({"ratings": {"type": "array", "items": rating}})


def better_schema() -> Schema:
    """Which of two cards is the better one."""
    return _closed({"better": _number(2)})


def read_order(text: str, count: int) -> Listed | None:
    """The order in an answer; None when it holds no list with a card in it."""
    told = _object(text).get("order")
    if not isinstance(told, list):
        return None
    numbers, doubled, invented = dict[int, None](), dict[int, None](), []
    for entry in told:
        number = _whole(entry)
        if number is None or not 1 <= number <= count:
            invented.append(str(entry))
        elif number in numbers:
            doubled[number] = None
        else:
            numbers[number] = None
    return Listed(tuple(numbers), tuple(doubled), tuple(invented)) if numbers else None


def read_ratings(text: str, count: int) -> tuple[dict[int, float], Listed] | None:
    """(ratings by card number, what was wrong); None when there is no rating of a card in the answer.

    Of a card rated twice the first rating counts.
    """
    told = _object(text).get("ratings")
    if not isinstance(told, list):
        return None
    pairs = [(e.get("card"), _real(e.get("rating"))) for e in told if isinstance(e, dict)]
    rated = [(card, rating) for card, rating in pairs if rating is not None]
    listed = read_order(json.dumps({"order": [card for card, _ in rated]}), count)
    if listed is None:
        return None
    first: dict[int, float] = {}
    for card, rating in rated:
        number = _whole(card)
        if number in listed.numbers:
            first.setdefault(number, rating)
    return first, listed


def read_better(text: str) -> int | None:
    """1 or 2; None when the answer names neither."""
    number = _whole(_object(text).get("better"))
    return number if number in {1, 2} else None


def read_yes(text: str) -> bool | None:
    """Whether an answer begins with yes or no; None when it does neither."""
    words = text.strip(_AROUND).split(maxsplit=1)
    return _YES_NO.get(words[0].strip(_AROUND).casefold()) if words else None


def chance_of_yes(alternatives: Mapping[str, float]) -> float | None:
    """P(yes) over all spellings of yes and no among the first tokens; None where neither is among them."""
    held = {True: 0.0, False: 0.0}
    for token, logarithm in alternatives.items():
        said = _YES_NO.get(token.strip(_AROUND).casefold())
        if said is not None and not math.isnan(logarithm):
            held[said] += math.exp(min(logarithm, 0.0))
    together = held[True] + held[False]
    return held[True] / together if together > 0 else None


def _closed(properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _number(count: int) -> Schema:
    return {"type": "integer", "enum": list(range(1, count + 1))}


def _object(text: str) -> dict[str, Any]:
    """The JSON object in an answer; empty when there is none that can be read."""
    start, end = text.find("{"), text.rfind("}")
    try:
        told = json.loads(text[start : end + 1])
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _whole(value: object) -> int | None:
    """A whole number as servers without schemas write it: 3, 3.0, "3", "[3]"."""
    if isinstance(value, str):
        bare = value.strip(" []#")
        return int(bare) if bare.isascii() and bare.isdigit() and len(bare) <= 6 else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value == int(value) else None


def _real(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def missing_from(numbers: Iterable[int], count: int) -> tuple[int, ...]:
    """Cards of 1..count that an answer leaves out."""
    named = set(numbers)
    return tuple(n for n in range(1, count + 1) if n not in named)
