"""Card references: how a model points at cards in its prose ([[3]]), and how the titles get there."""

from __future__ import annotations

import re
from collections.abc import Mapping

REFERENCE = re.compile(r"(?P<open>\*\*)?\[\[\s?(?P<n>\d{1,3})\s?\]\](?(open)\*{0,2})")
BARE = re.compile(r"\[\[\s?\d{1,3}\s?\]\]")
"""A reference without the emphasis around it."""
_UNFINISHED = re.compile(
    r"(?:\*{1,2}|(?:\*\*)?\[|(?:\*\*)?\[\[\s?(?:\d{1,3}(?:\s?\]?)?)?|\*\*\[\[\s?\d{1,3}\s?\]\]\*?)\Z"
)


def order_of(text: str, cards: Mapping[int, str]) -> tuple[int, ...]:
    """The numbers of the cards that `text` refers to, in order of first mention; unknown numbers are left out."""
    numbers = (int(match["n"]) for match in REFERENCE.finditer(text))
    return tuple(dict.fromkeys(n for n in numbers if n in cards))


def fill(text: str, cards: Mapping[int, str]) -> str:
    """`text` with the bold title of a card in place of each reference; references to no card vanish."""
    return REFERENCE.sub(lambda match: _title(match, cards), text)


def _title(match: re.Match[str], cards: Mapping[int, str]) -> str:
    title = cards.get(int(match["n"]))
    return "" if title is None else f"**{title}**"


class CardFilter:
    """`fill` for text that comes in pieces: whatever the pieces, the sum of the results is `fill` of the whole."""

    def __init__(self, cards: Mapping[int, str]) -> None:
        self._cards = cards
        self._held = ""

    def feed(self, piece: str) -> str:
        """What can be shown after `piece` has come; may be empty."""
        text = self._held + piece
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        for match in REFERENCE.finditer(text):  # what looks like a beginning may be the end of a complete one
            if match.start() < cut < match.end():
                cut = match.end()
        self._held = text[cut:]
        return fill(text[:cut], self._cards)

    def finish(self) -> str:
        """What is left when no more will come."""
        rest, self._held = self._held, ""
        return fill(rest, self._cards)
