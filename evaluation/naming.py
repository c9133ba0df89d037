"""Titles named in a text: which of a catalogue's items somebody reading it would say it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.items import Item

_QUOTED = re.compile(r"\*\*([^*\n]+)\*\*|“([^”\n]+)”|\"([^\"\n]+)\"|«([^»\n]+)»")
_AS_TITLE = r"(?<![\w-]){}(?![\w-])(?!['’]s?\b\w)"


class Titles:
    """The titles of a catalogue, to be found in texts.

    A title of two words or more counts wherever it stands as written; one of a single word only where it is marked as a
    title: bold, in quotation marks, or with a year in brackets behind it.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        self._ids: dict[str, list[str]] = {}
        for item in items:
            self._ids.setdefault(item.title, []).append(item.id)
        self._long = sorted((t for t in self._ids if len(t.split()) > 1), key=len, reverse=True)

    def named(self, text: str) -> frozenset[str]:
        """Ids of the items whose titles stand in the text, the longest title first where one holds another."""
        marked = {next(filter(None, found)).strip() for found in _QUOTED.findall(text)}
        marked |= {m.group(1) for m in re.finditer(r"([^\W\d_][\w'’-]*) \((?:19|20)\d\d\)", text)}
        found = [t for t in marked if t in self._ids]
        rest = text
        for title in self._long:
            if title in rest:
                rest, hits = re.subn(_AS_TITLE.format(re.escape(title)), "\n", rest)
                found += [title] * bool(hits)
        return frozenset(i for title in found for i in self._ids[title])
