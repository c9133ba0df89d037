"""A source being read: its schema, its items, its interactions, and the rows that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.errors import BadInput
from core.items import Interaction, Item
from core.schema import CatalogSchema

OnError = Literal["skip", "stop"]


@dataclass(frozen=True)
class RowError:
    """A row that could not be read."""

    file: str
    line: int | None
    """From 1, the header counted; None where the reader could not tell."""
    problem: str

    def __str__(self) -> str:
        """One line a person can act on."""
        place = "" if self.line is None else f", line {self.line}"
        return f"{self.file}{place}: {self.problem}"


@dataclass
class Problems:
    """Collects bad rows, or stops at the first."""

    on_error: OnError = "skip"
    keep: int = 20
    first: list[RowError] = field(default_factory=list)
    count: int = 0

    def report(self, file: Path, line: int | None, problem: str) -> None:
        """Take note of a bad row; raises BadInput when told to stop."""
        error = RowError(file.name, line, problem)
        if self.on_error == "stop":
            raise BadInput(f"{error}.", "Mend the row, or import with --on-error skip.")
        self.count += 1
        if len(self.first) < self.keep:
            self.first.append(error)


@dataclass
class Source:
    """What a reader found."""

    schema: CatalogSchema
    items: Callable[[], Iterator[Item]]
    interactions: Callable[[], Iterator[Interaction]]
    problems: Problems
    notes: list[str] = field(default_factory=list)
    """What was joined or left out, in words."""


@dataclass(frozen=True)
class Given:
    """What an import names, and where a reader reports rows that it cannot read."""

    path: Path
    """A file, or the folder of an unpacked data set."""
    problems: Problems
    metadata: Path | None = None
    """Folder with facts to join."""
    schema: Path | None = None
    """Schema file of a table."""


Reader = Callable[[Given], Source]
"""From one layout of sources to its items and interactions; raises BadInput for a path that is not laid out so.

The schema that it brings says what the items' fields are; the catalogue is built under it.
"""


def need(folder: Path, *names: str) -> list[Path]:
    """The named files of a folder; raises BadInput saying which one is missing."""
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.", "Give the path of the unpacked data set.")
    missing = [n for n in names if not (folder / n).is_file()]
    if missing:
        there = ", ".join(sorted(p.name for p in folder.iterdir())[:8]) or "nothing"
        raise BadInput(f"{folder} has no {' and no '.join(missing)} (it has {there}).", "Is this the right folder?")
    return [folder / n for n in names]
