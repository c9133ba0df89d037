"""The log of an enrichment: records appended and synced one by one, so that what is paid for is not lost."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from core.errors import OperatorMustFix
from ingest.enriching.records import RECORD, Record

FOLDER = "enriching"
FILE = "answers.jsonl"


class Log:
    """One catalogue's log. `append` returns when the record is on disk; a record cut short by a kill is dropped."""

    def __init__(self, catalog_folder: Path) -> None:
        self.folder = catalog_folder / FOLDER
        self.file = self.folder / FILE

    def read(self) -> list[Record]:
        """Every whole record, the oldest first; OperatorMustFix names a line that is none."""
        if not self.file.exists():
            return []
        data = self.file.read_bytes()
        found: list[Record] = []
        for number, line in enumerate(data[: data.rfind(b"\n") + 1].splitlines(), start=1):
            try:
                found.append(RECORD.validate_json(line))
            except ValidationError:
                raise OperatorMustFix(
                    f"Line {number} of {self.file} is no record of an enrichment.",
                    "Take the line out; what it held is asked for again.",
                ) from None
        return found

    def append(self, record: Record) -> None:
        """Write a record behind the others and sync it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fresh = not self.file.exists()
        with self.file.open("ab+") as out:
            _drop_torn_line(out.fileno())
            out.write(record.model_dump_json().encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        if fresh:
            _sync(self.folder)
            _sync(self.folder.parent)

    def rewrite(self, records: Sequence[Record]) -> None:
        """Put these records in the place of all, in one step."""
        draft = self.file.with_suffix(".partial")
        with draft.open("wb") as out:
            out.writelines(_lines(records))
            out.flush()
            os.fsync(out.fileno())
        draft.replace(self.file)
        _sync(self.folder)


def _lines(records: Iterable[Record]) -> Iterable[bytes]:
    return (record.model_dump_json().encode() + b"\n" for record in records)


def _drop_torn_line(descriptor: int) -> None:
    """Cut off what stands behind the last line end: a process was killed while it wrote that."""
    size = os.fstat(descriptor).st_size
    if size and os.pread(descriptor, 1, size - 1) != b"\n":
        os.ftruncate(descriptor, os.pread(descriptor, size, 0).rfind(b"\n") + 1)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
