"""Prose on its way: what a model streams, made safe to show before the whole of it can be verified."""

from __future__ import annotations

import re
from collections.abc import Mapping

from agent.cardrefs import CardFilter
from prompts.recital import RUN, recites
from tools.markup import inert

_CLAUSE = re.compile(r".*?(?:[.!?…;:,]\s|\n)", re.DOTALL)


LONGEST_CLAUSE = 1000
"""Letters without the end of a clause, from which on nothing more is shown: that is no prose."""


class ProseFilter:
    """Fills card references in and lets prose through clause by clause, without what links, loads or recites a prompt.

    Whether what it says is true is for `verify`, whose text takes the place of all that was streamed.
    """

    def __init__(self, cards: Mapping[int, str]) -> None:
        self._cards = CardFilter(cards)
        self._held = self._told = ""
        self._over = False

    def feed(self, piece: str) -> str:
        """What can be shown after `piece` has come; may be empty."""
        if self._over:
            return ""
        text = self._held + self._cards.feed(piece)
        clauses = _CLAUSE.findall(text)
        self._held = text[sum(map(len, clauses)) :]
        self._over = len(self._held) > LONGEST_CLAUSE
        return "".join(map(self._safe, clauses))

    def finish(self) -> str:
        """What is left when no more will come."""
        rest, self._held = self._held + self._cards.finish(), ""
        return "" if self._over else self._safe(rest)

    def _safe(self, text: str) -> str:
        shown = inert(text)
        if not shown or recites(self._told + shown):
            return ""
        self._told = (self._told + shown)[-4 * RUN :]
        return shown


def words(text: str) -> list[str]:
    """A reply in word-sized pieces, so that every door streams alike."""
    pieces, start = [], 0
    for place, letter in enumerate(text):
        if letter in " \n" and place > start:
            pieces.append(text[start : place + 1])
            start = place + 1
    return [*pieces, text[start:]] if start < len(text) else pieces
