"""How items are found in other sources: by title and year, or a number both know; and the account of it.

Titles are compared by their words in lower case without accents and leading article, numerals as digits, and without
words such as "part" before a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.values import Value
from tools.linking.titles import key_of

if TYPE_CHECKING:
    from rich.table import Table

EXACT, BY_ID, BY_NUMBER = "title and year", "id and title", "IMDb number"
APART, ALONE = "title, a year apart", "title alone, one item so called"
ANY = "any of them"
MOST = 10
"""Items told of those that found nothing."""
PARTS = frozenset({"part", "volume", "vol", "chapter", "episode"})
LETTERS = {"i": "1", "v": "5", "x": "10"}
"""Roman numerals that are words elsewhere; at the end of a title they count."""
Key = tuple[str, ...]


@dataclass(frozen=True)
class Titled:
    """An item or a record as it is joined."""

    title: str
    year: int | None
    imdb: int | None = None


@dataclass
class Register:
    """Records of one source by title and by number, told by their places 0..n-1."""

    records: Sequence[Titled]
    by_title: dict[Key, dict[int | None, list[int]]] = field(default_factory=dict)
    by_imdb: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place, record in enumerate(self.records):
            if key := joining_key(record.title):
                self.by_title.setdefault(key, {}).setdefault(record.year, []).append(place)
            if record.imdb is not None:
                self.by_imdb.setdefault(record.imdb, place)

    def find(self, item: Titled) -> tuple[int, str] | None:
        """(place, way) of the record that an item means; None where none does, or several might."""
        years = self.by_title.get(joining_key(item.title), {})
        if item.year is not None and item.year in years:
            return years[item.year][0], EXACT
        numbered = self.by_imdb.get(item.imdb) if item.imdb is not None else None
        if numbered is not None and alike(item, self.records[numbered]):
            return numbered, BY_NUMBER
        places = [p for held in years.values() for p in held]
        if item.year is not None:
            places = [p for y, held in years.items() if y is not None and abs(y - item.year) == 1 for p in held]
        return (places[0], ALONE if item.year is None else APART) if len(places) == 1 else None


def alike(first: Titled, second: Titled) -> bool:
    """Whether a number that both bear may be believed: they share a word, and the years are no more than one apart."""
    near = first.year is None or second.year is None or abs(first.year - second.year) <= 1
    return near and bool(set(joining_key(first.title)) & set(joining_key(second.title)))


def joining_key(title: str) -> Key:
    """The words by which titles are joined."""
    key = key_of(title)
    if len(key) > 1 and key[-1] in LETTERS:
        key = (*key[:-1], LETTERS[key[-1]])
    numbered = {place for place, word in enumerate(key[1:]) if word.isdigit()}
    return tuple(word for place, word in enumerate(key) if not (word in PARTS and place in numbered))


class Missing(Value):
    """An item that found nothing."""

    title: str
    named: int
    """Dialogues that name it."""


class Join(Value):
    """How the items found one source, or any of them."""

    source: str
    ways: dict[str, int]
    """Items by the way they were joined."""
    joined: int
    items: int
    labels: float
    """Share of the labels of the test part that the items joined make up."""
    missing: tuple[Missing, ...]
    """The items named most often that were not joined."""


Ways = Mapping[str, Sequence[str | None]]
"""By source, the way in which each item was joined; None where it was not."""


def account(names: Sequence[str], ways: Ways, named: Mapping[int, int], labels: Iterable[int]) -> tuple[Join, ...]:
    """How each source was joined, and any of them: `named` counts dialogues by row, `labels` are the test part's."""
    counted = Counter(labels)
    found: dict[str, Sequence[str | None]] = {**ways}
    if len(ways) > 1:
        found[ANY] = [next(filter(None, held), None) for held in zip(*ways.values(), strict=True)]
    return tuple(_join(source, held, names, named, counted) for source, held in found.items())


def _join(
    source: str, ways: Sequence[str | None], names: Sequence[str], named: Mapping[int, int], labels: Counter[int]
) -> Join:
    left = sorted((row for row, way in enumerate(ways) if way is None), key=lambda row: (-named.get(row, 0), row))
    told = Counter(way for way in ways if way is not None)
    return Join(
        source=source,
        ways={} if source == ANY else dict(told.most_common()),
        joined=told.total(),
        items=len(ways),
        labels=sum(n for row, n in labels.items() if ways[row] is not None) / max(1, labels.total()),
        missing=tuple(Missing(title=names[row], named=named[row]) for row in left[:MOST] if named.get(row)),
    )


def table(joins: Iterable[Join]) -> Table:
    """One row a source: items joined, by what, the share of labels, and what is missing."""
    from rich.table import Table

    drawn = Table(title="How the items were joined", title_justify="left", show_lines=True)
    for column in ("source", "items joined", "by", "labels", "found nothing, and in how many dialogues named"):
        drawn.add_column(column, justify="right" if column in {"items joined", "labels"} else "left")
    for join in joins:
        by = "; ".join(f"{way}: {count:,}" for way, count in join.ways.items())
        missing = "; ".join(f"{m.title}: {m.named}" for m in join.missing)
        drawn.add_row(join.source, f"{join.joined:,} of {join.items:,}", by, f"{join.labels:.1%}", missing)
    return drawn
