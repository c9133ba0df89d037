"""Numbers in a message: bounds, ranges, decades and quantities with units, as wishes over number fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.plan.amounts import ORDINAL, ORDINAL_WORDS, OTHER_UNITS, PART_OF_DECADE, decade_of, read_number
from agent.plan.bounds import ABOUT, HAS_TIME, SHOULD, TURNED, bound_after, bound_before, refused_after
from agent.plan.tokens import Message
from core.schema import CatalogSchema, FieldSpec, Op
from tools.text import words

_FILLER = frozenset(
    {"the", "a", "an", "of", "is", "be", "to", "at", "in", "year", "score", "years", "runtime", "it", "its"}
)
_LOOSELY = _FILLER | {"like", "say", "maybe", "erm", "uh"}
"""Words between a bound and its amount: "nothing before, like, 1990"."""
_BOUND_FIELD = {"longer than": "length", "shorter than": "length", "newer than": "release", "older than": "release", "more recent than": "release",
                "earlier than": "release", "later than": "release", "before": "release", "after": "release", "since": "release", "better than": "quality"}  # fmt: skip


HOURS = 12
"""The highest number that is likely a time of day."""


@dataclass(frozen=True, slots=True)
class NumberMention:
    """A number with what it bounds."""

    start: int
    end: int
    field: str
    op: Op
    value: float | tuple[float, float]
    about: bool = False
    """An approximate amount."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount read at a token, in units of `field` when a unit was said."""

    end: int
    value: float
    field: str | None
    decade: bool = False
    high: float | None = None
    """Upper end when the words mean a span (a decade, a century)."""


@dataclass(frozen=True)
class NumberReader:
    """Reads the number wishes of messages in one catalogue."""

    schema: CatalogSchema
    units: Mapping[str, tuple[str, float]]
    """Spoken unit to (field, how many of the field's unit)."""
    names: Mapping[str, str]
    """Spoken one-word name of a number field to the field."""
    this_year: Callable[[], int]

    def read(self, message: Message, default_field: str | None = None, *, graded: bool = False) -> list[NumberMention]:
        """Every number wish, left to right; `default_field` is what a bare number means (our open question).

        `graded`: the message speaks of how good items are, so that a bare bound of ten or less is one on that.
        """
        found: list[NumberMention] = []
        at = 0
        norms = message.norms
        while at < len(norms):
            mention = self._relative_years(norms, at) or self._at(message, at, default_field, graded=graded)
            if mention is None or mention.end <= at:
                at += 1
                continue
            found.append(mention)
            at = mention.end
        return _join_spans(found, norms)

    def _at(
        self, message: Message, at: int, default_field: str | None, *, graded: bool = False
    ) -> NumberMention | None:
        norms = message.norms
        between = self._between(norms, at, default_field)
        if between is not None:
            return between
        start, op, bound = bound_before(norms, at)
        about, named = False, None
        while (
            start < len(norms)
            and not (norms[start] in {"a", "an"} and self._half(norms, start))
            and (norms[start] in ABOUT or (op is not None and (norms[start] in _LOOSELY or norms[start] in self.names)))
        ):
            about |= norms[start] in ABOUT
            named = self.names.get(norms[start], named)  # "a minimum rating of 8"
            start += 1
        quantity = self._quantity(norms, start)
        if quantity is None:
            return None
        if _time_of_day(norms, start, quantity) or (quantity.field is None and _measures_else(norms, quantity.end)):
            return None
        quantity = self._out_of(norms, quantity)
        end = quantity.end
        after_op, end = bound_after(norms, end, norms[max(at - 2, 0) : start])
        if after_op == "about":
            about = True
        elif after_op is not None:
            op = after_op  # type: ignore[assignment]
        elif op in TURNED and refused_after(norms, end):
            op = TURNED[op]  # "above two hours is too long"
        quality = self.schema.role("quality")
        if op and quantity.value <= 10 and quality and (graded or norms[start - 1] in {"a", "an"}):
            default_field = quality.name  # "at least a 7.5"
        field = quantity.field or named or self._field_near(norms, at, end, quantity, bound, default_field)
        if field is None or (op is None and quantity.field is None and norms[start:end] == ["one"]):
            return None  # "a well rated one"
        if op is None and HAS_TIME.search(" ".join(norms[:at])) and self.schema.field(field).role == "length":
            op = "le"  # "I've only got 110 minutes" is a bound
        return self._mention(at, end, field, op, quantity, about=about)

    def _out_of(self, norms: list[str], quantity: Quantity) -> Quantity:
        """ "8/10" and "8 out of 10" are points of a quality field."""
        quality = self.schema.role("quality")
        rest = norms[quantity.end : quantity.end + 3]
        for joint in (["/"], ["out", "of"]):
            if quality and quantity.field is None and rest[: len(joint)] == joint:
                whole = read_number(norms, quantity.end + len(joint))
                if whole and whole[0] in {5.0, 10.0, 100.0}:
                    return Quantity(whole[1], quantity.value * 10 / whole[0], quality.name)
        return quantity

    def _mention(
        self, start: int, end: int, field: str, op: Op | None, quantity: Quantity, *, about: bool
    ) -> NumberMention | None:
        low, high = quantity.value, quantity.high if quantity.high is not None else quantity.value
        spec = self.schema.field(field)
        style = spec.unit.style if spec.unit else "plain"
        if op is None and quantity.high is not None:
            return NumberMention(start, end, field, "between", (low, high), about=False)
        if op in {"lt", "ge"}:
            return NumberMention(start, end, field, op, low)
        if op in {"gt", "le"}:
            return NumberMention(start, end, field, op, high)
        if op == "eq" or (style == "year" and not about):
            return NumberMention(start, end, field, "eq", low)
        if style in {"score"} and not about:
            return NumberMention(start, end, field, "ge", low)
        spread = 2.0 if style == "year" else round(low * 0.1, 1)
        return NumberMention(start, end, field, "between", (low - spread, low + spread), about=True)

    def _between(self, norms: list[str], at: int, default_field: str | None) -> NumberMention | None:
        start, opened = at, False
        if norms[at] in {"between", "from"}:
            start, opened = at + 1, True
        if start < len(norms) and norms[start] == "the":
            start += 1
        first = self._quantity(norms, start)
        if first is None or first.end >= len(norms):
            return None
        joint = norms[first.end]
        joints = {"-", "–", "—", "to", "until", "till", "through"} | ({"and"} if norms[at] == "between" else set())
        if joint not in joints:
            return None
        following = first.end + 1
        if following < len(norms) and norms[following] == "the":
            following += 1
        second = self._quantity(norms, following)
        if second is None:
            return None
        plain = not opened and first.field is None and first.high is None and not _yearlike(first)
        if plain and joint in {"to", "until", "till"} and second.field is None:
            return None
        field = second.field or first.field or self._field_near(norms, at, second.end, second, "", default_field)
        if field is None:
            return None
        low, high = first.value, second.high if second.high is not None else second.value
        if second.field is not None and first.field is None:
            low *= self._multiplier(norms, following, second)
        if low > high:
            low, high = high, low
        return NumberMention(at, second.end, field, "between", (low, high))

    def _multiplier(self, norms: list[str], start: int, quantity: Quantity) -> float:
        plain = read_number(norms, start)
        return quantity.value / plain[0] if plain and plain[0] else 1.0

    def _relative_years(self, norms: list[str], at: int) -> NumberMention | None:
        release = self.schema.role("release")
        if release is None:
            return None
        if not any(n in _RECENTLY for n in norms[at : at + 3]):
            return None
        text = " ".join(norms[at : at + 7])
        match = re.match(
            r"(?:from |in |of |over |within )?(?:the )?(?:last|past|recent) (?:(\w+) )?(years?|decades?)\b", text
        )
        if match:
            amount = read_number([match.group(1) or "one"], 0)
            count = amount[0] if amount else {"few": 5.0, "several": 5.0}.get(match.group(1) or "", 0.0)
            if count:
                years = count * (10 if match.group(2).startswith("decade") else 1)
                return NumberMention(at, at + len(match.group().split()), release.name, "ge", self.this_year() - years)
        match = re.match(r"(?:from |in |of )?(this year|last year|this decade|this century|this millennium)\b", text)
        told = at != 0 and not text.startswith(("from ", "in ", "of ")) and norms[at - 1] not in _DATED
        if match and told and match.group(1).endswith("year"):
            match = None  # "we saw it last year"
        if match:
            year = self.this_year()
            length = len(match.group().split())
            if match.group(1) in {"this century", "this millennium"}:
                return NumberMention(at, at + length, release.name, "between", (2001.0, 2100.0))
            value = {"this year": year, "last year": year - 1}.get(match.group(1), year // 10 * 10)
            op: Op = "eq" if match.group(1) in {"this year", "last year"} else "ge"
            return NumberMention(at, at + length, release.name, op, float(value))
        return None

    def _quantity(self, norms: list[str], at: int) -> Quantity | None:
        span = self._decade(norms, at) or self._century(norms, at)
        if span is not None:
            return span
        plain = read_number(norms, at)
        if plain is None:
            return self._half(norms, at)
        value, end = plain
        end += norms[end : end + 1] == ["ish"]  # "200-ish pages"
        unit = self.units.get(norms[end]) if end < len(norms) else None
        if unit is None:
            return Quantity(plain[1], value, None)
        field, size = unit
        spec = self.schema.field(field)
        if spec.unit is not None and spec.unit.style == "score" and value > 10 / size:
            size = 1.0  # eight stars are not of five
        value, end = value * size, end + 1
        value, end = self._tail(norms, value, end, field, size)
        return Quantity(end, value, field)

    def _tail(self, norms: list[str], value: float, end: int, field: str, size: float) -> tuple[float, int]:
        """ "… and a half", "… and 30 minutes", "1 h 30"."""
        rest = norms[end : end + 3]
        if rest[:3] == ["and", "a", "half"]:
            return value + size / 2, end + 3
        if rest[:2] == ["and", "half"]:
            return value + size / 2, end + 2
        following = end + 1 if rest[:1] == ["and"] else end
        more = read_number(norms, following)
        if more is None:
            return value, end
        unit = self.units.get(norms[more[1]]) if more[1] < len(norms) else None
        if unit is not None and unit[0] == field and unit[1] < size:
            return value + more[0] * unit[1], more[1] + 1
        behind = norms[more[1] : more[1] + 1]
        alone = following == end or not behind or not behind[0][0].isalnum() or bound_after(norms, more[1], [])[0]
        if unit is None and size == 60 and alone and more[0] < 60:  # "two hours ten", "two hours and ten."
            return value + more[0], more[1]
        return value, end

    def _half(self, norms: list[str], at: int) -> Quantity | None:
        if (
            norms[at : at + 2] in (["half", "an"], ["half", "a"])
            and at + 2 < len(norms)
            and norms[at + 2] in self.units
        ):
            field, size = self.units[norms[at + 2]]
            return Quantity(at + 3, size / 2, field)
        if at + 1 < len(norms) and norms[at] in {"a", "an"} and norms[at + 1] in self.units:
            field, size = self.units[norms[at + 1]]
            if size > 1:
                value, end = self._tail(norms, size, at + 2, field, size)
                return Quantity(end, value, field)
        return None

    def _decade(self, norms: list[str], at: int) -> Quantity | None:
        release = self.schema.role("release")
        if release is None or at >= len(norms):
            return None
        start, part = at, None
        if norms[at] in PART_OF_DECADE and at + 1 < len(norms):
            part, start = PART_OF_DECADE[norms[at]], at + 1
            while start < len(norms) and norms[start] in {"the", "of", "to", "late", "-"}:
                start += 1
        if start >= len(norms):
            return None
        first = decade_of(norms[start])
        if first is None:
            return None
        low, high = (first + part[0], first + part[1]) if part else (first, first + 9)
        return Quantity(start + 1, low, release.name, decade=True, high=high)

    def _century(self, norms: list[str], at: int) -> Quantity | None:
        release = self.schema.role("release")
        if release is None or at + 1 >= len(norms) or norms[at + 1] not in {"century", "centuries"}:
            return None
        match = ORDINAL.match(norms[at])
        number = int(match.group(1)) if match else ORDINAL_WORDS.get(norms[at])
        if number is None:
            return None
        return Quantity(at + 2, (number - 1) * 100 + 1, release.name, high=number * 100)

    def _field_near(
        self, norms: list[str], start: int, end: int, quantity: Quantity, bound: str, default_field: str | None
    ) -> str | None:
        """The field of a number without a unit: named nearby, fixed by the bound's words, a year, or asked for."""
        for place in range(start - 1, max(start - 5, -1), -1):
            if norms[place] in self.names:
                return self.names[norms[place]]
            if norms[place] not in _FILLER:
                break
        if end < len(norms) and norms[end] in self.names:
            return self.names[norms[end]]
        behind = end
        while norms[behind : behind + 1] in (["in"], ["for"], ["as"], ["the"], ["a"], ["its"], ["user"]):
            behind += 1  # "at least 5.5 in the ratings"
        if end < behind < len(norms) and (named := self.names.get(norms[behind]) or self.names.get(norms[behind][:-1])):
            quality = self.schema.role("quality")
            counts = self.schema.field(named).role == "popularity"
            return quality.name if quality and counts and quantity.value <= 10 else named
        for place in range(start - 1, max(start - 6, -1), -1):  # "the rating should be 8"
            if norms[place] in self.names and norms[place + 1] in SHOULD:
                return self.names[norms[place]]
            if norms[place] in {",", ".", ";", "and", "but"}:
                break
        release, quality = self.schema.role("release"), self.schema.role("quality")
        if release is not None and _yearlike(quantity):
            return release.name
        if quality is not None and quantity.value <= 10 and _GRADES & set(norms[max(start - 2, 0) : start]):
            return quality.name  # "that people gave 7.5 and up"
        role = _BOUND_FIELD.get(bound)
        spec = self.schema.role(role) if role in {"length", "quality"} else None  # type: ignore[arg-type]
        return spec.name if spec else default_field


_GRADES = frozenset({"gave", "scored", "scores", "scoring"})
"""Verbs before a number that make it a grade."""
_RECENTLY = frozenset({"last", "past", "recent", "this"})
_DATED = frozenset(
    {"from", "in", "of", "made", "released", "published", "written", "until", "till", "since", ",", "or"}
)
"""Words before "last year" by which it dates an item."""


def _yearlike(quantity: Quantity) -> bool:
    return quantity.field is None and quantity.value.is_integer() and 1000 <= quantity.value <= 2100


def _join_spans(mentions: list[NumberMention], norms: list[str]) -> list[NumberMention]:
    """ "the 70s or 80s" is one span from the first to the last."""
    joined: list[NumberMention] = []
    for mention in mentions:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.field == mention.field
            and last.op == mention.op == "between"
            and not mention.about
        ):
            gap = norms[last.end : mention.start]
            if gap and set(gap) <= {"or", "and", "the", ",", "early", "from"} and {"or", "and", ","} & set(gap):
                pair = (*last.value, *mention.value)  # type: ignore[misc]
                joined[-1] = NumberMention(last.start, mention.end, last.field, "between", (min(pair), max(pair)))
                continue
        joined.append(mention)
    return joined


def number_reader(schema: CatalogSchema, this_year: Callable[[], int]) -> NumberReader:
    """The reader for a schema; `this_year` is asked when a message says "the last ten years"."""
    units: dict[str, tuple[str, float]] = {}
    names: dict[str, str] = {}
    for spec in schema.fields:
        if spec.type != "number":
            continue
        _learn(spec, units, names)
    return NumberReader(schema, units, names, this_year)


def _learn(spec: FieldSpec, units: dict[str, tuple[str, float]], names: dict[str, str]) -> None:
    if spec.unit is not None:
        for spoken, size in spec.unit.spoken.items():
            units.setdefault(spoken, (spec.name, size))
    for phrase in (spec.title, *spec.spoken):
        last = words(phrase)[-1:]
        if last:
            names.setdefault(last[0], spec.name)


def _measures_else(norms: list[str], end: int) -> bool:
    """Whether a number without a unit of this catalogue counts something else: "two hours" of a book."""
    return end < len(norms) and norms[end] in OTHER_UNITS


def _time_of_day(norms: list[str], start: int, quantity: Quantity) -> bool:
    """ "It's nearly ten"."""
    roughly = start > 1 and norms[start - 1] in ABOUT and norms[start - 2] in {"its", "is", "already"}
    return roughly and quantity.field is None and quantity.value <= HOURS
