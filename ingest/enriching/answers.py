"""What the log of an enrichment says, folded: which items have an answer, which failed, what is still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.items import Provenance
from core.turn import Usage
from ingest.enriching.asking import Key
from ingest.enriching.reading import Written
from ingest.enriching.records import (
    Answered,
    Aside,
    Asked,
    Begun,
    Broken,
    Ended,
    Read,
    Record,
    Restored,
    Retried,
)


@dataclass(frozen=True)
class Given:
    """An answer for one item."""

    written: Written
    provenance: Provenance
    run: int
    aside: bool = False
    """Out of the catalogue, and kept."""


@dataclass(frozen=True)
class Failed:
    """An item whose part of an answer could not be kept."""

    why: str
    alone: bool
    """Whether it has had its second try."""


@dataclass
class Answers:
    """The state after some records."""

    given: dict[Key, Given] = field(default_factory=dict)
    """In the order in which the answers came."""
    failed: dict[Key, Failed] = field(default_factory=dict)
    runs: dict[int, Begun] = field(default_factory=dict)
    ended: dict[int, Ended] = field(default_factory=dict)
    calls: dict[int, Asked] = field(default_factory=dict)
    answered: dict[int, Answered] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    """Calls that were read or broke."""
    refused: set[int] = field(default_factory=set)
    """Calls that the server would not take."""
    spent: dict[int, Usage] = field(default_factory=dict)
    """By run, what answers cost."""

    @classmethod
    def of(cls, records: Iterable[Record]) -> Answers:
        """The state that a log describes."""
        found = cls()
        for record in records:
            found.take(record)
        return found

    @property
    def open_run(self) -> Begun | None:
        """The run that was cut off, or None."""
        last = max(self.runs, default=0)
        return None if last in self.ended else self.runs.get(last)

    def lost(self, run: int) -> list[Asked]:
        """Calls of a run that brought nothing and may have been paid: cut off, or with an answer nobody can read."""
        gone = self.answered.keys() | self.refused
        return [a for a in self.calls.values() if a.run == run and a.call not in gone]

    @property
    def unread(self) -> list[Asked]:
        """Calls whose answer is on disk, but not what was made of it."""
        return [a for n, a in self.calls.items() if n in self.answered and n not in self.done]

    def take(self, record: Record) -> None:
        """The state after one more record."""
        match record:
            case Begun():
                self.runs[record.run] = record
            case Asked():
                self.calls[record.call] = record
            case Answered():
                self.answered[record.call] = record
                run = self.calls[record.call].run
                self.spent[run] = self.spent.get(run, Usage()).plus(record.usage)
            case Broken():
                self._break(record)
            case Read():
                self._read(record)
            case Ended():
                self.ended[record.run] = record
            case Aside():
                self._mark([k for k, g in self.given.items() if g.run in record.runs], aside=True)
            case Restored():
                self._mark(record.keys, aside=False)
            case Retried():
                for key in record.keys:
                    self.failed.pop(key, None)

    def _read(self, record: Read) -> None:
        asked, at = self.calls[record.call], self.answered[record.call].at
        self.done.add(record.call)
        for key in asked.keys:
            if key.item in record.kept:
                by = Provenance(model=key.model, prompt=key.prompt, date=at[:10])
                self.given.pop(key, None)
                self.given[key] = Given(record.kept[key.item], by, asked.run)
                self.failed.pop(key, None)
            else:
                self.failed[key] = Failed(record.failed.get(key.item, "no answer"), asked.alone)

    def _break(self, record: Broken) -> None:
        self.done.add(record.call)
        asked = self.calls[record.call]
        if record.how == "refused":
            self.refused.add(record.call)
        if record.how == "unreadable":
            self.failed.update({key: Failed(record.why, asked.alone) for key in asked.keys})

    def _mark(self, keys: Iterable[Key], *, aside: bool) -> None:
        for key in keys:
            if key in self.given:
                held = self.given[key]
                self.given[key] = Given(held.written, held.provenance, held.run, aside)


def without_runs(records: Iterable[Record], runs: set[int]) -> list[Record]:
    """The records without everything that belongs to some runs."""
    records = list(records)
    gone = {r.call for r in records if isinstance(r, Asked) and r.run in runs}
    return [r for r in records if not _belongs(r, runs, gone)]


def _belongs(record: Record, runs: set[int], calls: set[int]) -> bool:
    match record:
        case Begun() | Asked() | Ended():
            return record.run in runs
        case Answered() | Broken() | Read():
            return record.call in calls
        case Aside():
            return set(record.runs) <= runs
    return False
