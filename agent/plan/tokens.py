"""A message as tokens: folded words, numbers and punctuation with their places in the original text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from rapidfuzz.distance import OSA

from tools.linking.english import common
from tools.text import fold

_TOKEN = re.compile(
    r"""
    \d{1,3}(?:,\d{3})+ | \d+\.\d+ | \d+(?:st|nd|rd|th)\b | \d+'?s\b | \d+        # numbers, ordinals, decades
    | [^\W\d_]{2,}\d+\b | [^\W\d_]+(?:['’][^\W\d_]+)*                           # ww2, words
    | [<>≤≥]=? | \.{2,} | [.,;:!?()"“”…–—+/&#~-]                                # the signs that matter
    """,
    re.VERBOSE,
)
_BREAK = frozenset({".", "..", "...", "…", ";", "!", "?", "—", "–", "(", ")", ":"})
MAX_TOKENS = 400
_APART = {"we're": "weare", "i'll": "ill"}
"""Contractions that would read as another word without their apostrophe."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word or sign."""

    norm: str
    """Folded, without apostrophes, slips mended."""
    start: int
    end: int
    capital: bool = False
    """Begins with a capital letter."""
    glued: bool = False
    """Follows the previous token without a blank."""

    @property
    def word(self) -> bool:
        """Whether it is a word or number rather than a sign."""
        return self.norm[:1].isalnum()


@dataclass(frozen=True)
class Message:
    """A message split into tokens."""

    text: str
    tokens: tuple[Token, ...]
    cut: bool = False
    """True when it was too long and only its beginning was read."""
    mended: dict[str, str] = field(default_factory=dict)
    """Words taken for slips of the keyboard, and what they were read as."""

    @cached_property
    def norms(self) -> list[str]:
        """The folded tokens."""
        return [t.norm for t in self.tokens]

    @cached_property
    def flat(self) -> str:
        """The folded tokens joined by one blank: what cue patterns are matched on."""
        return " ".join(self.norms)

    @cached_property
    def _starts(self) -> list[int]:
        places, at = [], 0
        for norm in self.norms:
            places.append(at)
            at += len(norm) + 1
        return places

    def index_at(self, place: int) -> int:
        """The token that holds this place of `flat`."""
        return bisect_right(self._starts, place) - 1

    def spans(self, pattern: re.Pattern[str]) -> list[tuple[int, int, re.Match[str]]]:
        """(first token, one past the last token, match) for each match of `pattern` on `flat`."""
        return [
            (self.index_at(m.start()), self.index_at(max(m.end() - 1, m.start())) + 1, m)
            for m in pattern.finditer(self.flat)
            if m.end() > m.start()
        ]

    def quote(self, start: int, end: int) -> str:
        """The person's own words for a span of tokens."""
        if start >= end:
            return ""
        return self.text[self.tokens[start].start : self.tokens[end - 1].end]

    def breaks(self, start: int, end: int) -> bool:
        """Whether a sentence or clause ends between two tokens."""
        return any(n in _BREAK for n in self.norms[start:end])


def _hyphened(text: str, match: re.Match[str]) -> bool:
    """Whether a word is a part of one joined by hyphens: "Kore-eda" is no slip of "Korea"."""
    return text[match.start() - 1 : match.start()] == "-" or text[match.end() : match.end() + 1] == "-"


def tokenise(
    text: str, known: Callable[[str], bool] = common, mend: Callable[[str], str | None] | None = None
) -> Message:
    """Split a message; words neither `known` nor understood are offered to `mend` as slips of the keyboard."""
    tokens: list[Token] = []
    mended: dict[str, str] = {}
    last_end = -1
    for match in _TOKEN.finditer(text):
        if len(tokens) >= MAX_TOKENS:
            break
        raw = match.group()
        folded = fold(raw)
        norm = _APART.get(folded) or folded.replace("'", "") or raw
        if raw[0].isdigit():
            norm = norm.replace(",", "")
        elif (
            raw[0].isalpha() and mend is not None and len(norm) >= 4 and not known(norm) and not _hyphened(text, match)
        ):
            better = mend(norm)
            if better is not None:
                mended[norm] = better
                norm = better
        glued = match.start() == last_end
        if norm == "." and glued and tokens and len(tokens[-1].norm) == 1 and tokens[-1].norm.isalpha():
            last_end = match.end()  # the dot of an initial
            continue
        if norm == "-" and not _range_dash(text, match.start(), match.end()):
            if _spaced(text, match.start(), match.end()):
                norm = "—"
            else:
                last_end = match.end()
                continue
        tokens.append(Token(norm, match.start(), match.end(), raw[0].isupper(), glued))
        last_end = match.end()
    return Message(text, tuple(tokens), cut=len(tokens) >= MAX_TOKENS, mended=mended)


def first_of_pair(message: Message, start: int) -> int | None:
    """The token of the other name where a name at `start` ends a pair of them: "Laurel" of "Laurel and Hardy"."""
    if start < 2 or message.norms[start - 1] not in {"and", "&"} or not message.tokens[start - 2].capital:
        return None
    return start - 2


def _range_dash(text: str, start: int, end: int) -> bool:
    before, after = text[:start].rstrip()[-1:], text[end:].lstrip()[:1]
    return before.isdigit() and after.isdigit()


def _spaced(text: str, start: int, end: int) -> bool:
    return text[start - 1 : start].isspace() and text[end : end + 1].isspace()


_NEAR_KEYS = {
    letter: set(row[max(place - 1, 0) : place + 2])
    for row in ("qwertyuiop", "asdfghjkl", "zxcvbnm")
    for place, letter in enumerate(row)
}
_SOUND_ALIKE = ({*"aeiouy"}, {*"ck"}, {*"szc"}, {*"mn"}, {*"dt"}, {*"gj"}, {*"fv"}, {*"bp"})


def _likely_slip(word: str, meant: str) -> bool:
    """Whether words of one length differ by letters that fingers or ears confuse; another length is always likely."""
    if len(word) != len(meant):
        return True
    pairs = [(a, b) for a, b in zip(word, meant, strict=True) if a != b]
    if len(pairs) == 2 and pairs[0] == pairs[1][::-1]:
        return True
    return all(b in _NEAR_KEYS.get(a, ()) or any(a in group and b in group for group in _SOUND_ALIKE) for a, b in pairs)


def mender(vocabulary: dict[str, int]) -> Callable[[str], str | None]:
    """A function that finds the vocabulary word of which a word is a slip, or None.

    One edit (optimal string alignment) up to seven letters, two from eight on; the first letter must agree unless the
    word is long. Ties go to the word that stands in more phrases.
    """
    by_start: dict[tuple[str, int], list[str]] = {}
    for word in vocabulary:
        if word.isalpha() and len(word) >= 4:
            by_start.setdefault((word[0], len(word)), []).append(word)

    def mend(word: str) -> str | None:
        if not set(word) & set("aeiouy") or len(set(word)) < 3:  # a sound, not a word
            return None
        budget = 1 if len(word) < 8 else 2
        best: tuple[int, int, str] | None = None
        for length in range(len(word) - budget, len(word) + budget + 1):
            for candidate in by_start.get((word[0], length), ()):
                distance = OSA.distance(word, candidate, score_cutoff=budget)
                if distance <= budget and _likely_slip(word, candidate):
                    rank = (distance, -vocabulary[candidate], candidate)
                    best = min(best, rank) if best else rank
        return best[2] if best else None

    return mend
