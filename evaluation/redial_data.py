"""ReDial's titles and dialogues as the recommender from dialogues takes them.

Rows are those of the reproducibility protocol: messages in a row by one sender are one turn; each later turn of the
recommender that names items is a row, with all turns before it as context and the items named as labels. An item counts
as named where `@ID` stands as a whole token and the dialogue lists the id.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from core.errors import BadInput
from simulation.redial import Message, RedialDialogue, read_redial, title_and_year
from tools.dialogues.moments import Corpus, Moment, Named

TOKEN = re.compile(r"(?<!\w)@(\d+)(?!\w)")


@dataclass(frozen=True)
class Titles:
    """The items that may be recommended, as a file lists them."""

    ids: tuple[str, ...]
    names: tuple[str, ...]
    years: tuple[int | None, ...]

    @property
    def written(self) -> tuple[str, ...]:
        """As a person would write them, with their years."""
        return tuple(n if y is None else f"{n} ({y})" for n, y in zip(self.names, self.years, strict=True))

    @property
    def rows(self) -> dict[str, int]:
        """Row by id."""
        return {name: row for row, name in enumerate(self.ids)}


def read_titles(path: Path) -> Titles:
    """The items of ReDial's movies file (CSV with movieId and movieName, some of whose marks are percent-encoded)."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as wrong:
        raise BadInput(f"{path} could not be read: {wrong}", "Give ReDial's file of movies.") from wrong
    if not rows or not {"movieId", "movieName"} <= set(rows[0]):
        raise BadInput(f"{path} is no file of movies.", "It needs the columns movieId and movieName.")
    split = [title_and_year(unquote(row["movieName"])) for row in rows]
    return Titles(tuple(r["movieId"] for r in rows), tuple(t for t, _ in split), tuple(y for _, y in split))


def read_corpus(paths: Iterable[Path], titles: Titles) -> Corpus:
    """The dialogues of some files; items that the file of titles lacks are left out."""
    rows = titles.rows
    moments: list[Moment] = []
    mentions: list[tuple[str, tuple[int, ...]]] = []
    for path in paths:
        for dialogue in read_redial(path):
            mentions.append((dialogue.id, tuple(sorted({rows[i] for i in dialogue.listed if i in rows}))))
            moments += moments_of(dialogue, rows, titles.names)
    if not moments:
        raise BadInput("The dialogues hold no turn that recommends something.", "Give ReDial dialogues (JSONL).")
    return Corpus(tuple(moments), tuple(mentions))


def moments_of(dialogue: RedialDialogue, rows: Mapping[str, int], names: Sequence[str]) -> Iterator[Moment]:
    """The rows of one dialogue."""
    turns = dialogue.turns
    listed = {i for i in dialogue.listed if i in rows}
    found = [tuple(dict.fromkeys(i for i in TOKEN.findall(t.text) if i in listed)) for t in turns]
    for place, (turn, given) in enumerate(zip(turns, found, strict=True)):
        if not place or turn.by_seeker or not given:
            continue
        before = turns[:place]
        named = [Named(rows[i], n, before[n].by_seeker) for n in range(place) for i in found[n]]
        yield Moment(
            dialogue=dialogue.id,
            turn=place,
            named=tuple(named),
            asked=_bare(t for t in before if t.by_seeker),
            lately=" ".join(_spoken(t.text, rows, names) for t in before[-3:]),
            words=_bare(before),
            given=tuple(rows[i] for i in given),
        )


def _bare(turns: Iterable[Message]) -> str:
    return " ".join(TOKEN.sub("", t.text) for t in turns)


def _spoken(text: str, rows: Mapping[str, int], names: Sequence[str]) -> str:
    return TOKEN.sub(lambda m: names[rows[m[1]]] if m[1] in rows else "", text)
