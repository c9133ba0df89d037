"""Histories whose next item is left out: files of several layouts, and catalogues with dated ratings.

Layouts: lines "user item item …" in time order (a user may fill several lines); CSV with the columns history_item_id (a
list) and item_id (what came next); CSV with columns for user, item and timestamp; interactions.npz of a catalogue.
"""

from __future__ import annotations

import ast
import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from tools.ranking.holding_out import Asked, hold_out
from tools.ranking.ranker import Interactions

USER, ITEM, TIME = ("userId", "user_id", "user"), ("movieId", "item_id", "item"), ("timestamp", "time")


@dataclass(frozen=True)
class Read:
    """A part as it stands in its file; users and items by their names there."""

    histories: Mapping[str, Sequence[str]]
    asked: Sequence[tuple[Sequence[str], str]] | None = None
    """Histories with their next item, where the file says so itself."""


@dataclass(frozen=True, eq=False)
class Split:
    """What is fitted on and what is asked; items are rows."""

    items: tuple[str, ...]
    fitting: Interactions
    """What rankers are fitted on."""
    held: tuple[Asked, ...]
    """Next items kept out of `fitting`, for learning how to blend."""
    cases: tuple[Asked, ...]
    """What is measured."""
    dropped: int = 0
    """Questions left out, because the target stands in the history."""

    def digest(self) -> str:
        """SHA-256 of everything that fitting sees."""
        seen = hashlib.sha256(repr(len(self.items)).encode())
        for part in (self.fitting.indptr.tobytes(), self.fitting.items.tobytes(), repr(self.held).encode()):
            seen.update(part)
        return seen.hexdigest()

    def by_frequency(self) -> NDArray[np.int64]:
        """(items,) their rows, those that most people had in the fitting part first."""
        return np.argsort(-np.bincount(self.fitting.items, minlength=len(self.items)), kind="stable")

    def asked(self) -> str:
        """SHA-256 of what is measured."""
        return hashlib.sha256(repr(self.cases).encode()).hexdigest()


def read(path: Path) -> Read:
    """One part; raises BadInput when the file has none of the layouts."""
    if not path.is_file():
        raise BadInput(f"There is no file {path}.", "Give the file with the histories.")
    if path.suffix == ".npz":
        return Read(_dated(path))
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".csv":
            return _read_csv(csv.DictReader(lines), path)
        histories: dict[str, list[str]] = {}
        for number, line in enumerate(lines, 1):
            words = line.split()
            if len(words) == 1:
                raise BadInput(f"{path}:{number} holds a user and no item.", "A line reads: user item item …")
            if words:
                histories.setdefault(words[0], []).extend(words[1:])
    return _some(Read(histories), path)


def split(train: Read, test: Read | None, seed: int = 0, most: int | None = None) -> Split:
    """Without a test part the last item of each history is asked for and fitted without; else all of `train` is fitted.

    From the fitting part the last items of some people are held out in turn. `most` cases at most, drawn at random.
    """
    names = {item: None for part in (train, test) if part is not None for item in _items(part)}
    row = {name: place for place, name in enumerate(sorted(names, key=_numbers_first))}
    kept = {user: tuple(row[i] for i in items) for user, items in train.histories.items()}
    if test is None:
        cases = [Asked(h[:-1], h[-1]) for h in kept.values() if len(h) > 1]
        kept = {user: h[:-1] if len(h) > 1 else h for user, h in kept.items()}
    else:
        cases = [Asked(tuple(row[i] for i in h), row[target]) for h, target in _asked(train, test)]
    fresh = [c for c in cases if c.target not in c.history and c.history]
    dropped = len(cases) - len(fresh)
    rng = np.random.default_rng(seed)
    fitting, held = hold_out(Interactions.of(list(kept.values()), len(row)), rng)
    if most is not None and most < len(fresh):
        fresh = [fresh[n] for n in sorted(rng.permutation(len(fresh))[:most].tolist())]
    if not fresh:
        raise BadInput("Nothing is asked for: no history has a next item.", "Give --test, or longer histories.")
    return Split(tuple(row), fitting, tuple(held), tuple(fresh), dropped)


def _asked(train: Read, test: Read) -> Iterator[tuple[Sequence[str], str]]:
    """(history, next item): as the test file says itself, or the first item of each user that training has not."""
    if test.asked is not None:
        yield from test.asked
        return
    for user, items in test.histories.items():
        before = list(train.histories.get(user, ()))
        if before:
            whole = len(items) > len(before) and list(items[: len(before)]) == before
            yield before, items[len(before)] if whole else items[0]
        elif len(items) > 1:
            yield items[:-1], items[-1]


def _items(part: Read) -> Iterator[str]:
    for items in part.histories.values():
        yield from items


def _numbers_first(name: str) -> tuple[int, int, str]:
    return (0, int(name), "") if name.isdecimal() else (1, 0, name)


def _some(part: Read, path: Path) -> Read:
    if not part.histories:
        raise BadInput(f"{path} holds no histories.", "A line reads: user item item …")
    return part


def _read_csv(rows: csv.DictReader[str], path: Path) -> Read:
    columns = rows.fieldnames or ()
    user, item, time = (next((n for n in names if n in columns), None) for names in (USER, ITEM, TIME))
    if user is None or item is None or ("history_item_id" not in columns and time is None):
        raise BadInput(
            f"{path} has none of the layouts of histories.",
            "Its columns should be user, item and timestamp, or user_id, history_item_id and item_id.",
        )
    if "history_item_id" in columns:
        return _some(_with_next(rows, user, item), path)
    dated: dict[str, list[tuple[float, str]]] = {}
    for line in rows:
        dated.setdefault(line[user], []).append((float(line[time or ""]), line[item]))
    in_order = {u: [name for _, name in sorted(given, key=lambda g: g[0])] for u, given in dated.items()}
    return _some(Read(in_order), path)


def _with_next(rows: csv.DictReader[str], user: str, item: str) -> Read:
    """Each row asks for one item; the rows of a user together make the history."""
    histories: dict[str, list[str]] = {}
    asked = []
    for line in rows:
        before = [str(i) for i in ast.literal_eval(line["history_item_id"])]
        asked.append((before, line[item]))
        known = histories.setdefault(line[user], [])
        known += [i for i in dict.fromkeys([*before, line[item]]) if i not in known]
    return Read(histories, asked)


def _dated(path: Path) -> dict[str, list[str]]:
    """The ratings of a catalogue, each person's in order of time."""
    with np.load(path) as held:
        indptr, rows, times = held["indptr"], held["indices"], held["times"]
    if np.isnan(times).any():
        raise BadInput("The ratings of this catalogue have no dates.", "Choose one with dated ratings.")
    order = np.lexsort((times, np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))))
    return {
        str(p): [str(r) for r in rows[order[indptr[p] : indptr[p + 1]]].tolist()]
        for p in range(len(indptr) - 1)
        if indptr[p + 1] > indptr[p]
    }
