"""Titles that a simulated person must not bring up: whether a text names one of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from tools.linking.english import common
from tools.linking.titles import key_of, numeral
from tools.text import fold

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|&")
_YEAR = re.compile(r"\s*\((?:1[89]|20)\d\d\)\s*$")
_LAST_ARTICLE = re.compile(r",\s*(?:the|an?)\s*$", re.IGNORECASE)
_PIECES = re.compile(r"\s*:\s*|\s[-–]\s")
_STARTS = re.compile(r"(?:^|[.!?:\n])\W*$")
_QUOTES = "\"“”«»*_'‘’"

Key = tuple[str, ...]


def key(title: str) -> Key:
    """The words by which a title is known: folded, without a year in brackets and without its article."""
    return key_of(_LAST_ARTICLE.sub("", _YEAR.sub("", title)))


def holds_title(value: str, title: str) -> bool:
    """Whether a value of a field gives the title away: holds all of its words in a row, or is its only word."""
    wanted, words = key(title), _keys_in(value)
    if len(wanted) == 1:
        return key(value) == wanted
    return any(tuple(words[n : n + len(wanted)]) == wanted for n in range(len(words)))


def named(text: str, titles: Iterable[str], spoken: Iterable[str] = ()) -> tuple[str, ...]:
    """Those of `titles` that the text names, apart from what in it is one of the texts in `spoken`.

    A title of several words counts wherever they stand in a row, and so does what stands before or after its colon. A
    title of one word counts wherever it stands when it is no common English word, otherwise only where it is marked:
    quoted, followed by a year, written in capitals within a sentence, or the whole text. "crash" in "a car crash" is no
    title, and "Up" at the start of a sentence goes unnoticed.
    """
    words = list(_WORD.finditer(text))
    keys = _keys_in(text)
    free = _without(keys, spoken)
    return tuple(t for t in titles if any(_stands(text, words, keys, free, k) for k in _ways(t)))


def _stands(text: str, words: Sequence[re.Match[str]], keys: Sequence[str], free: Sequence[bool], wanted: Key) -> bool:
    plain = len(wanted) == 1 < len(keys) and common(wanted[0])
    for start in range(len(keys) - len(wanted) + 1):
        end = start + len(wanted)
        here = tuple(keys[start:end]) == wanted and any(free[start:end])
        if here and (not plain or _marked(text, words[start])):
            return True
    return False


def _marked(text: str, word: re.Match[str]) -> bool:
    before, after = text[: word.start()], text[word.end() :]
    if before[-1:] in set(_QUOTES) and after[:1] in set(_QUOTES):
        return True
    if re.match(r"\s*\((?:1[89]|20)\d\d\)", after):
        return True
    return word.group()[0].isupper() and len(word.group()) > 1 and not _STARTS.search(before)


def _without(keys: Sequence[str], spoken: Iterable[str]) -> list[bool]:
    """For each word, whether it is part of nothing that may be said."""
    free = [True] * len(keys)
    ways = {k for text in spoken for k in (*_ways(text), tuple(_keys_in(text)))} - {()}
    for way in sorted(ways):
        for start in range(len(keys) - len(way) + 1):
            if tuple(keys[start : start + len(way)]) == way:
                free[start : start + len(way)] = [False] * len(way)
    return free


def _ways(title: str) -> Iterator[Key]:
    """The whole title, and each of its parts that has two words or more."""
    if whole := key(title):
        yield whole
    pieces = _PIECES.split(_YEAR.sub("", title))
    if len(pieces) > 1:
        yield from (k for k in map(key, pieces) if len(k) > 1)


def _keys_in(text: str) -> list[str]:
    return [numeral("and" if w == "&" else fold(w).replace("'", "")) for w in _WORD.findall(text)]
