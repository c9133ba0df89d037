"""Pointing at items of the last slate: "the second one", "that one", "these", "both"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.plan.domain import Domain
from agent.plan.tokens import Message
from core.plan import Reference

_ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5,
             "last": -1, "middle": 2, "top": 1, "final": -1}  # fmt: skip
_COUNTS = {"two": 2, "2": 2, "three": 3, "3": 3, "couple": 2, "four": 4, "4": 4, "five": 5}
_NUMBERS = {"one": 1, "1": 1, "two": 2, "2": 2, "three": 3, "3": 3, "four": 4, "4": 4, "five": 5, "5": 5}
_ORD = "|".join(_ORDINALS)
_SEVERAL = r"\b(?:the )?(first|last) (two|2|three|3|couple|four|4|five)\b(?: of (?:them|these|those))?"
_ORDINAL = rf"\b(?:the|your|that|this) ({_ORD})(?: (one|choice|option|pick|suggestion|recommendation|NOUN))?(?= |$)"
_BOTH_ORDINALS = (
    rf"\b(?:the |numbers? )?({_ORD}|[1-5]) (?:and|&|plus) (?:the |number )?({_ORD}|[1-5])(?: (?:ones?|NOUN))?(?= |$)"
)
_BARE_ORDINAL = rf"^(?:({_ORD})(?: (?:one|NOUN))?)(?= ?[.!?,]?(?: please)?$)"
_NUMBERED = r"(?:\b(?:number|no|option|choice|item|#) ?|# )(one|two|three|four|five|[1-5])\b"
_ALL = r"\b(?:all (?:of (?:them|these|those)|three|the above)|them all|both(?: of (?:them|these|those))?|(?:any|some|none|one|which) of (?:them|these|those|the)|these(?: (?:two|three|ones|NOUN))?|those(?: (?:two|three|ones|NOUN))?|the (?:list|others?)|(?:read|seen|watched|heard|played|had) em(?: all)?|them|they|your (?:list|picks|suggestions|recommendations))\b"
_THAT = r"\b(?:(?:that|this) (?:one|NOUN)|that|this|it|its|the (?:one|NOUN) you (?:just )?(?:showed|suggested|mentioned|recommended)|he|she|him|her)\b"
_FOLLOWED_BY_MORE = re.compile(
    r"^(?:half|time|part|act|season|place|thing|name|world|person|century|kiss|man|minute|hour|year|day|date|night)s?\b"
)


@dataclass(frozen=True, slots=True)
class RefMention:
    """A place in the message that points at the last slate."""

    start: int
    end: int
    references: tuple[Reference, ...]
    weak: bool = False
    """"it", "that": may as well point at nothing."""


def find_references(message: Message, domain: Domain) -> list[RefMention]:
    """Every pointing expression, left to right, without overlaps; strong ones win over weak ones."""
    found: list[RefMention] = []

    def take(start: int, end: int, references: tuple[Reference, ...], *, weak: bool = False) -> None:
        if not any(start < m.end and m.start < end for m in found):
            found.append(RefMention(start, end, references, weak))

    for start, end, match in message.spans(domain.pattern(_SEVERAL)):
        count = _COUNTS[match.group(2)]
        order = range(1, count + 1) if match.group(1) == "first" else range(-count, 0)
        take(start, end, tuple(Reference(ordinal=n, quote=message.quote(start, end)) for n in order))
    for start, end, match in message.spans(domain.pattern(_BOTH_ORDINALS)):
        places = [_ORDINALS.get(g) or int(g) for g in match.groups()]
        take(start, end, tuple(Reference(ordinal=n, quote=message.quote(start, end)) for n in places))
    for pattern in (_ORDINAL, _BARE_ORDINAL):
        for start, end, match in message.spans(domain.pattern(pattern)):
            rest = " ".join(message.norms[end : end + 1])
            if match.group(1) in {"last", "top", "final", "middle"} and match.lastindex == 1 and rest[:1].isalnum():
                continue
            if not _FOLLOWED_BY_MORE.match(rest) and not rest.isdigit():
                take(start, end, (Reference(ordinal=_ORDINALS[match.group(1)], quote=message.quote(start, end)),))
    for start, end, match in message.spans(domain.pattern(_NUMBERED)):
        take(start, end, (Reference(ordinal=_NUMBERS[match.group(1)], quote=message.quote(start, end)),))
    for start, end, _ in message.spans(domain.pattern(_ALL)):
        take(start, end, (Reference(everything=True, quote=message.quote(start, end)),))
    for start, end, match in message.spans(domain.pattern(_THAT)):
        weak = match.group() in {"that", "this", "it", "its", "he", "she", "him", "her"}
        take(start, end, (Reference(quote=message.quote(start, end)),), weak=weak)
    return sorted(found, key=lambda m: m.start)
