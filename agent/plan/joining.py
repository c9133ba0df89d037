"""Wishes joined by "or" are one wish for any of several values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.plan.cues import LIST
from agent.plan.mention import LISTABLE
from agent.plan.reading import Reading
from core.plan import Wish
from core.schema import Strength

_ARTICLE = r"(?:an?|the|even|maybe|some|perhaps|either)"


@dataclass(frozen=True, slots=True)
class Placed:
    """A wish with the tokens it was read from."""

    wish: Wish
    start: int
    end: int


def closed_lists(reading: Reading) -> frozenset[int]:
    """Positions of the mentions that are later members of a list that an "or" closes: "horror, war or crime"."""
    found: set[int] = set()
    members: list[int] = []
    closed = False
    places = [n for n, m in enumerate(reading.mentions) if m.kind in LISTABLE]
    for last, place in zip([None, *places], places, strict=False):
        between = reading.between(reading.mentions[last], reading.mentions[place]) if last is not None else []
        if between and all(n in LIST for n in between):
            members.append(place)
            closed = closed or bool({"or", "nor"} & set(between)) or between == ["and"]
        else:
            found |= set(members) if closed else set()
            members, closed = [], False
    return frozenset(found | (set(members) if closed else set()))


def merged_or(reading: Reading, placed: Sequence[Placed]) -> list[Wish]:
    """ "a comedy or a drama" is one wish for any of them; on a field of one value so are all the values in a row.

    An item has one age rating: "PG and PG-13" cannot mean both at once.
    """
    merged: list[Placed] = []
    for new in placed:
        last = merged[-1] if merged else None
        if last is None or not _either(reading, last, new):
            merged.append(new)
            continue
        values = (*_values(last.wish), *_values(new.wish))
        strength: Strength = "soft" if "soft" in (last.wish.strength, new.wish.strength) else "hard"
        quote = reading.message.quote(last.start, new.end)
        joined = last.wish.model_copy(
            update={"value": tuple(dict.fromkeys(values)), "quote": quote, "strength": strength}
        )
        merged[-1] = Placed(joined, last.start, new.end)
    return list({(w.field, w.op, w.value, w.polarity): w for w in (p.wish for p in merged)}.values())


def _values(wish: Wish) -> tuple[object, ...]:
    return wish.value if isinstance(wish.value, tuple) else ()


def _any_will_do(reading: Reading, field: str) -> bool:
    """Whether a field says where an item is to be had: who names two such places has both, and needs one."""
    return any(p.rule == "available" and p.field == field for p in reading.schema.policies)


def _either(reading: Reading, first: Placed, second: Placed) -> bool:
    one, other = first.wish, second.wish
    if one.field is None or one.field != other.field or not one.op == other.op == "any_of":
        return False
    if one.polarity != "want" or other.polarity != "want":
        return False
    gap = " ".join(reading.message.norms[first.end : second.start])
    behind = " ".join(reading.message.norms[second.end :])
    single = not reading.schema.field(one.field).many or _any_will_do(reading, one.field)
    joined = bool(re.fullmatch(rf"[,/]? ?(?:or|/|and/or)(?: {_ARTICLE})?(?: \w+)?", gap)) or gap.endswith(" / or")
    comma = bool(re.fullmatch(rf",(?: {_ARTICLE})?", gap)) and bool(re.match(r"(?:, \w+ )*,? ?or\b", behind))
    return joined or comma or (single and bool(re.fullmatch(r"(?:,|/|;)? ?(?:and|or|/|also|even|&)?(?: the)?", gap)))
