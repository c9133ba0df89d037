"""What gives an item away: its title, or a value that no other item of the catalogue holds, said in so many words.

Texts and titles are compared word by word, folded, articles in front left out. A title that ordinary talk holds anyhow
(one common word or number such as "It" or "1984", nothing but function words, or the name of a kind or theme) counts
only where it is marked: in quotation marks, or with capitals where the sentence asks for none. The same words inside
another title of the catalogue ("Jaws" in "Jaws 2") are that title's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from core.items import Catalog, Item
from core.values import Value
from tools.linking.english import common
from tools.text import STOPWORDS, normalise, words

ARTICLES = ("the ", "a ", "an ")
_RAW = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_OPENING, _CLOSING = "\"'“‘«*_", "\"'”’»*_"
_STARTS = ".!?:;\n"


class Clue(Value):
    """What gave an item away."""

    field: str
    """The title field, or that of the value."""
    said: str


@dataclass(frozen=True)
class _Text:
    """A text with the place of each of its words."""

    raw: str

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        return [m.span() for m in _RAW.finditer(self.raw)]

    @cached_property
    def keys(self) -> list[str]:
        return [normalise(self.raw[start:end]) for start, end in self.spans]

    def runs(self, key: Sequence[str]) -> Iterator[tuple[int, int]]:
        """(first, behind the last) word of every place where these words stand in a row."""
        for first in range(len(self.keys) - len(key) + 1):
            if self.keys[first : first + len(key)] == list(key):
                yield first, first + len(key)

    def marked(self, first: int, last: int) -> bool:
        """Whether words first..last-1 are written as a name: quoted, or with capitals that nothing else asks for."""
        start, end = self.spans[first][0], self.spans[last - 1][1]
        before, behind = self.raw[:start].rstrip(), self.raw[end : end + 1]
        if self.raw[start - 1 : start] in tuple(_OPENING) and behind in tuple(_CLOSING):
            return True
        if self.raw.isupper():
            return False
        named = [self.raw[s] for s, e in self.spans[first:last] if normalise(self.raw[s:e]) not in STOPWORDS]
        capital = all(letter.isupper() for letter in named or self.raw[start])
        begins = not before or before[-1] in _STARTS
        return capital and (len(named) > 1 or not begins)


class Clues:
    """The titles and values of a catalogue, as things that may give an item away."""

    def __init__(self, catalog: Catalog) -> None:
        self.schema = catalog.schema
        self._titles: dict[str, list[str]] = {}
        self._holders: dict[tuple[str, str], int] = {}
        self._fields = [f.name for f in catalog.schema.fields if f.type in {"category", "people"}]
        for item in catalog.at(range(len(catalog))):
            self._titles.setdefault(_key(item.title), []).append(item.id)
            for name in self._fields:
                for value in {normalise(str(v)): None for v in item.values(name)}:
                    self._holders[name, value] = self._holders.get((name, value), 0) + 1
        self._values = frozenset(value for _, value in self._holders)

    def given(self, item: Item, text: str, *, asked: str | None = None, familiar: Iterable[str] = ()) -> Clue | None:
        """What in the text gives the item away, or None.

        `asked`: a field just asked about, whose values may be told. `familiar`: titles of other items that may well be
        meant, known to the person or shown: one of the same name is taken to be what is spoken of.
        """
        said = _Text(text)
        title = _key(item.title)
        if title not in map(_key, familiar) and self._named(said, title):
            return Clue(field=self.schema.title_field, said=item.title)
        for name in self._fields:
            for value in map(str, item.values(name)) if name != asked else ():
                if self._holders.get((name, normalise(value))) == 1 and self._stands(said, normalise(value)):
                    return Clue(field=name, said=value)
        return None

    def _named(self, said: _Text, title: str) -> bool:
        taken = [run for longer in self._longer(title) for run in said.runs(longer.split())]
        return any(
            not any(start <= first and last <= end for start, end in taken)
            and (not self._ordinary(title) or said.marked(first, last))
            for first, last in said.runs(title.split())
        )

    def _stands(self, said: _Text, value: str) -> bool:
        plain = _plain(value)
        return any(not plain or said.marked(first, last) for first, last in said.runs(value.split()))

    def _longer(self, title: str) -> list[str]:
        return [t for t in self._titles if len(t) > len(title) and f" {title} " in f" {t} "]

    def _ordinary(self, title: str) -> bool:
        return _plain(title) or title in self._values


def _plain(key: str) -> bool:
    tokens = words(key)
    return all(t in STOPWORDS for t in tokens) or (len(tokens) == 1 and common(tokens[0]))


def _key(title: str) -> str:
    """A title's words without the article in front."""
    key = normalise(title)
    return next((key.removeprefix(a) for a in ARTICLES if key.startswith(a) and key != a.strip()), key)
