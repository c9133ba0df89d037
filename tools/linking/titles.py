"""Titles: which items a spoken title can mean, exactly, by a part of it, or with a slip of the keyboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from tools.text import words

ARTICLES = frozenset({"the", "a", "an"})
_NUMERALS = {
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "two": "2",
    "three": "3",
    "&": "and",
}
MARKS = (":", ",", "-", "–", "—", "!", "?", ".")
"""Marks that stand between the words of titles."""
CLOSE = 3.0
"""Points of score within which matches are equals."""
_SUBTITLE = re.compile(r"\s*(?::|\s[-–]\s)\s*")


@dataclass(frozen=True, slots=True)
class TitleMatch:
    """An item that a spoken title can mean."""

    row: int
    score: float
    """100 = the full title; less for parts and slips."""


@dataclass
class TitleIndex:
    """Titles by their tokens. Built once per catalogue; read-only afterwards."""

    titles: Sequence[str]
    years: NDArray[np.float64] | None = None
    """(rows,) year of release, NaN where unknown."""
    fame: NDArray[np.float64] | None = None
    """(rows,) how often an item is rated; only the order of magnitude is used."""
    exact: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    """Full titles, with and without their article."""
    parts: dict[tuple[str, ...], list[int]] = field(default_factory=dict)
    """What stands before or after a colon."""
    starts: dict[str, int] = field(default_factory=dict)
    """First token of a known title to the length of the longest title that begins with it."""
    tokens: dict[str, int] = field(default_factory=dict)
    """Every token of every title, with the number of titles that hold it."""
    by_gram: dict[str, list[int]] = field(default_factory=dict)
    """Letter trigram to the keys that hold it, for slips."""
    keys: list[tuple[str, ...]] = field(default_factory=list)
    holders: dict[str, list[int]] = field(default_factory=dict)
    """Token to the rows whose title holds it."""

    def at(self, tokens: Sequence[str], start: int) -> list[tuple[int, list[int], bool]]:
        """(end, rows, whole) for every known title that begins at `start`, longest first.

        Marks between the words of a title are passed over where it has them too: "Star Wars: The Force Awakens".
        """
        longest = self.starts.get(numeral(tokens[start]), 0)
        found: list[tuple[int, list[int], bool]] = []
        key: list[str] = []
        for end, token in enumerate(tokens[start : start + 2 * longest], start + 1):
            if token in MARKS:
                continue
            key.append(numeral(token))
            if len(key) > longest:
                break
            known = tuple(key)
            marked = end - start > len(key)
            if known in self.exact and not (marked and not self._marked(self.exact[known])):
                found.append((end, self.exact[known], True))
            elif known in self.parts and not marked:
                found.append((end, self.parts[known], False))
        return found[::-1]

    def _marked(self, rows: Sequence[int]) -> bool:
        """Whether one of these titles has a mark between its words."""
        return any(mark in self.titles[row] for row in rows for mark in MARKS)

    def find(self, title: str, year: int | None = None, limit: int = 8) -> list[TitleMatch]:
        """Items that `title` can mean, best first; empty when nothing is close.

        Tries the full title, then parts of titles, then titles that hold its words in a row (three or more), then slips
        of the keyboard (rapidfuzz ratio >= 82 on a shortlist by letter trigrams). A year narrows the result to items
        within one year of it.
        """
        key = key_of(title)
        if not key:
            return []
        matches = [TitleMatch(r, 100.0) for r in self.exact.get(key, ())]
        if not matches:
            matches = [TitleMatch(r, 92.0) for r in self.parts.get(key, ())]
        if not matches and len(key) > 2:
            matches = [TitleMatch(r, 88.0) for r in self.holding(key)]
        if not matches:
            matches = self._close(key)
        matches = self._of_year(self._literal_first(matches, _tokens(title)), year)
        return sorted(matches, key=lambda m: (-m.score, -self._fame(m.row), m.row))[:limit]

    def _literal_first(self, matches: list[TitleMatch], spoken: tuple[str, ...]) -> list[TitleMatch]:
        """A title spoken to the letter leads those that only differ by an article, unless they are better known.

        "Heat" is not "The Heat"; but "Mask" may well be "The Mask".
        """
        literal = {m.row for m in matches if _tokens(self.titles[m.row]) == spoken}
        if not literal or len(literal) == len(matches):
            return matches
        known = max(self._fame(row) for row in literal) >= max(self._fame(m.row) for m in matches)
        if not known and spoken[0] not in ARTICLES:
            return matches
        return [m if m.row in literal else TitleMatch(m.row, m.score - 2 * CLOSE) for m in matches]

    def holding(self, tokens: Sequence[str], most: int = 3) -> list[int]:
        """Rows whose title holds these tokens in a row, as "orient express" names one; empty when many do, or none.

        A single token must be rare: one that no more than two titles hold and that is no word of small talk.
        """
        key = tuple(numeral(t) for t in tokens)
        while len(key) > 1 and key[0] in ARTICLES:
            key = key[1:]
        rows = set(self.holders.get(key[0], ())) if key else set()
        for token in key[1:]:
            rows &= set(self.holders.get(token, ()))
        if len(key) == 1 and (len(rows) > 2 or len(key[0]) < 4):
            return []
        held = [r for r in sorted(rows) if _within(key, key_of(self.titles[r]))]
        return held if len(held) <= most else []

    def settle(self, matches: Sequence[TitleMatch], ratio: float = 20.0) -> list[TitleMatch]:
        """One match when it clearly leads (by score, or by fame of `ratio` to 1); otherwise the equals among them."""
        if not matches:
            return []
        best = [m for m in matches if m.score >= matches[0].score - CLOSE]
        if len(best) > 1 and self.fame is not None:
            ranked = sorted(best, key=lambda m: -self._fame(m.row))
            if self._fame(ranked[0].row) >= ratio * max(self._fame(ranked[1].row), 1.0):
                return ranked[:1]
            return ranked
        return best

    def _fame(self, row: int) -> float:
        if self.fame is None or np.isnan(self.fame[row]):
            return 0.0
        return float(self.fame[row])

    def _of_year(self, matches: list[TitleMatch], year: int | None) -> list[TitleMatch]:
        if year is None or self.years is None:
            return matches
        near = [m for m in matches if not np.isnan(self.years[m.row]) and abs(self.years[m.row] - year) <= 1]
        exact = [m for m in near if self.years[m.row] == year]
        return exact or near

    def _close(self, key: tuple[str, ...]) -> list[TitleMatch]:
        text = " ".join(key)
        if len(text) < 4:
            return []
        shared: dict[int, int] = {}
        for gram in grams(text):
            for number in self.by_gram.get(gram, ()):
                shared[number] = shared.get(number, 0) + 1
        likest = {
            n: count / (len(text) + sum(map(len, self.keys[n])) + len(self.keys[n])) for n, count in shared.items()
        }
        shortlist = sorted(shared, key=lambda n: (-likest[n], n))[:60]  # by Dice's coefficient, but for a constant
        names = {n: " ".join(self.keys[n]) for n in shortlist}
        close = process.extract(text, names, scorer=fuzz.ratio, score_cutoff=82, limit=8)
        found = []
        for _, score, number in close:
            rows = self.exact.get(self.keys[number]) or self.parts.get(self.keys[number], [])
            found += [TitleMatch(row, score * 0.9) for row in rows]
        return found


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    return any(whole[n : n + len(part)] == part for n in range(len(whole) - len(part) + 1))


def numeral(token: str) -> str:
    """Roman and spelled numbers in titles as digits, so that "part two" finds "Part II"."""
    return _NUMERALS.get(token, token)


def key_of(title: str) -> tuple[str, ...]:
    """The tokens by which a title is looked up: folded, without leading article, numerals as digits."""
    tokens = _tokens(title)
    while len(tokens) > 1 and tokens[0] in ARTICLES:
        tokens = tokens[1:]
    return tokens


def _tokens(title: str) -> tuple[str, ...]:
    """All tokens of a title, its article too."""
    return tuple(numeral(w.replace("'", "")) for w in words(title.replace("&", " and ")))


def _without_part(key: tuple[str, ...]) -> tuple[str, ...]:
    """ "godfather part 2" also goes by "godfather 2"."""
    if len(key) > 2 and key[-1].isdigit() and key[-2] in {"part", "volume", "vol", "chapter", "episode"}:
        return (*key[:-2], key[-1])
    return key


def grams(text: str) -> set[str]:
    """Letter trigrams of a text padded with one blank on each side."""
    padded = f" {text} "
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def build_titles(
    titles: Sequence[str],
    years: NDArray[np.float64] | None = None,
    fame: NDArray[np.float64] | None = None,
) -> TitleIndex:
    """The title index of a catalogue; rows are positions in `titles`."""
    index = TitleIndex(titles, years, fame)
    for row, title in enumerate(titles):
        full = _tokens(title)
        for key in dict.fromkeys((full, key_of(title), _without_part(key_of(title)))):
            _put(index, index.exact, key, row)
        for token in dict.fromkeys(full):
            index.holders.setdefault(token, []).append(row)
        pieces = [p for p in _SUBTITLE.split(title) if p]
        if len(pieces) > 1:
            for piece in pieces:
                if len(key_of(piece)) > 1 or len(piece) > 5:
                    _put(index, index.parts, key_of(piece), row)
    index.keys = list(dict.fromkeys([*index.exact, *index.parts]))
    for number, key in enumerate(index.keys):
        for gram in grams(" ".join(key)):
            index.by_gram.setdefault(gram, []).append(number)
    return index


def _put(index: TitleIndex, where: dict[tuple[str, ...], list[int]], key: tuple[str, ...], row: int) -> None:
    if not key:
        return
    rows = where.setdefault(key, [])
    if row not in rows:
        rows.append(row)
    index.starts[key[0]] = max(index.starts.get(key[0], 0), len(key))
    for token in key:
        index.tokens[token] = index.tokens.get(token, 0) + 1
