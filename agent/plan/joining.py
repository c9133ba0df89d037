"""Wishes joined by "or" are one wish for any of several values."""

from __future__ import annotations

import re

from agent.plan.reading import Reading
from core.plan import Wish
from core.schema import Strength


def merged_or(reading: Reading, wishes: list[Wish]) -> list[Wish]:
    """ "a comedy or a drama" is one wish for any of them; on single-valued fields so is "PG and PG-13"."""
    merged: list[Wish] = []
    for wish in wishes:
        last = merged[-1] if merged else None
        if last is not None and _either(reading, last, wish):
            values = (
                *(last.value if isinstance(last.value, tuple) else ()),
                *(wish.value if isinstance(wish.value, tuple) else ()),
            )
            quote = _cover(reading, last, wish)
            strength: Strength = "soft" if "soft" in (last.strength, wish.strength) else "hard"
            merged[-1] = last.model_copy(
                update={"value": tuple(dict.fromkeys(values)), "quote": quote, "strength": strength}
            )
        else:
            merged.append(wish)
    return list({(w.field, w.op, w.value, w.polarity): w for w in merged}.values())


def _either(reading: Reading, first: Wish, second: Wish) -> bool:
    if first.field is None or first.field != second.field or not first.op == second.op == "any_of":
        return False
    if first.polarity != "want" or second.polarity != "want":
        return False
    text = reading.message.text
    low, high = text.find(first.quote), text.find(second.quote)
    if low < 0 or high < 0:
        return False
    gap = text[low + len(first.quote) : high].lower()
    single = not reading.schema.field(first.field).many
    joined = bool(re.fullmatch(r"[\s,/]*(?:\bor\b|/)?\s*(?:an?|the|even|maybe|some|perhaps)?\s*(?:\w+\s+)?", gap)) and (
        "or" in gap.split() or "/" in gap
    )
    comma = bool(re.fullmatch(r"\s*,\s*(?:an?\s+)?", gap)) and bool(
        re.match(rf"{re.escape(second.quote)}\s*(?:,\s*\w+\s*)*,?\s*or\b", text[high:])
    )
    return joined or comma or (single and bool(re.fullmatch(r"\s*(?:and|,|/)\s*", gap)))


def _cover(reading: Reading, first: Wish, second: Wish) -> str:
    text = reading.message.text
    low, high = text.find(first.quote), text.find(second.quote)
    return text[low : high + len(second.quote)]
