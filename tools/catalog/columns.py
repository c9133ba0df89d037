"""Columns of a catalogue: one array per field, memory-mapped, read by filters and rankers.

Unknown facts are NaN (numbers), -1 (flags) or an empty slice (categories); a mask never treats unknown as false
without saying so: every column also tells which rows are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tools.text import words

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class NumberColumn:
    """A number per row; NaN where unknown."""

    data: NDArray[np.float64]
    """(rows,)"""

    @cached_property
    def known(self) -> Mask:
        """(rows,) True where the catalogue says."""
        return ~np.isnan(self.data)

    @cached_property
    def sorted(self) -> NDArray[np.float64]:
        """The known values in ascending order."""
        return np.sort(self.data[self.known])

    def quantile(self, share: float) -> float:
        """The value below which `share` (0..1) of the known values lie, interpolated; NaN if none is known."""
        if not len(self.sorted):
            return float("nan")
        place = share * (len(self.sorted) - 1)
        low = int(place)
        high = min(low + 1, len(self.sorted) - 1)
        below, above = float(self.sorted[low]), float(self.sorted[high])
        return below + (above - below) * (place - low)


@dataclass(frozen=True)
class FlagColumn:
    """Yes (1), no (0) or unknown (-1) per row."""

    data: NDArray[np.int8]
    """(rows,)"""

    @cached_property
    def known(self) -> Mask:
        """(rows,) True where the catalogue says."""
        return self.data >= 0


@dataclass(frozen=True)
class CategoryColumn:
    """Zero or more values per row, as a compressed sparse row matrix over a vocabulary, and its transpose."""

    vocabulary: tuple[str, ...]
    indptr: NDArray[np.int64]
    """(rows + 1,)"""
    codes: NDArray[np.int32]
    """(stored,) codes of the values of row r: codes[indptr[r]:indptr[r + 1]]"""
    by_value_indptr: NDArray[np.int64]
    """(values + 1,)"""
    by_value_rows: NDArray[np.int32]
    """(stored,) ascending rows that hold value v: by_value_rows[by_value_indptr[v]:by_value_indptr[v + 1]]"""

    @cached_property
    def code_of(self) -> dict[str, int]:
        """Vocabulary position by exact value."""
        return {value: code for code, value in enumerate(self.vocabulary)}

    @cached_property
    def codes_by_word(self) -> dict[str, frozenset[int]]:
        """Vocabulary positions of the values that hold a word, by the word."""
        found: dict[str, set[int]] = {}
        for code, value in enumerate(self.vocabulary):
            for word in words(value):
                found.setdefault(word, set()).add(code)
        return {word: frozenset(codes) for word, codes in found.items()}

    def narrower(self, value: str) -> tuple[str, ...]:
        """The values that hold all words of `value`, itself among them: "war" and "world war ii" for "war"."""
        held = [self.codes_by_word.get(word, frozenset()) for word in words(value)]
        inside = frozenset.intersection(*held) if held else frozenset()
        return tuple(self.vocabulary[c] for c in sorted(inside))

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(values,) number of rows that hold each value."""
        return np.diff(self.by_value_indptr)

    @cached_property
    def known(self) -> Mask:
        """(rows,) True where at least one value is stored."""
        return np.diff(self.indptr) > 0

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.indptr) - 1

    def rows_with(self, value: str) -> NDArray[np.int32]:
        """Ascending rows that hold `value`; empty when nobody does."""
        code = self.code_of.get(value)
        if code is None:
            return np.empty(0, dtype=np.int32)
        return self.by_value_rows[self.by_value_indptr[code] : self.by_value_indptr[code + 1]]

    def mask_any(self, values: Iterable[str]) -> Mask:
        """(rows,) True where the row holds at least one of `values`."""
        mask = np.zeros(self.size, dtype=np.bool_)
        for value in values:
            mask[self.rows_with(value)] = True
        return mask

    def values_at(self, row: int) -> tuple[str, ...]:
        """The values of one row."""
        return tuple(self.vocabulary[c] for c in self.codes[self.indptr[row] : self.indptr[row + 1]])

    def sharing(self, rows: Sequence[int]) -> Iterator[NDArray[np.int64]]:
        """For each value that more than one of `rows` holds, the places of those that do."""
        at = np.asarray(rows, dtype=np.int64)
        first = self.indptr[at]
        counts = self.indptr[at + 1] - first
        places = np.repeat(np.arange(len(at)), counts)
        codes = self.codes[np.arange(len(places)) + (first - np.cumsum(counts) + counts)[places]]
        order = np.argsort(codes, kind="stable")
        held = codes[order]
        ends = [*(np.flatnonzero(held[1:] != held[:-1]) + 1).tolist(), len(held)]
        for start, end in zip([0, *ends], ends, strict=False):
            if end - start > 1:
                yield places[order[start:end]]


Column = NumberColumn | FlagColumn | CategoryColumn


def category_column(rows: Iterable[Iterable[str]]) -> CategoryColumn:
    """Build a category column in memory; the vocabulary is in order of first appearance."""
    code_of: dict[str, int] = {}
    codes: list[int] = []
    indptr = [0]
    for values in rows:
        codes.extend(dict.fromkeys(code_of.setdefault(v, len(code_of)) for v in values))
        indptr.append(len(codes))
    return from_codes(tuple(code_of), np.asarray(indptr, dtype=np.int64), np.asarray(codes, dtype=np.int32))


def from_codes(vocabulary: tuple[str, ...], indptr: NDArray[np.int64], codes: NDArray[np.int32]) -> CategoryColumn:
    """Build a category column from its row-wise half; the value-wise half is derived."""
    order = np.argsort(codes, kind="stable")
    row_of = np.repeat(np.arange(len(indptr) - 1, dtype=np.int32), np.diff(indptr))
    starts = np.zeros(len(vocabulary) + 1, dtype=np.int64)
    np.cumsum(np.bincount(codes, minlength=len(vocabulary)), out=starts[1:])
    return CategoryColumn(vocabulary, indptr, codes, starts, row_of[order])
