"""A reply as it is shown beside its cards: without the lines that repeat a card, and safe to render as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

_BULLET = re.compile(r"^\s*(?:[-*]|\d{1,2}\.)\s+")


class CardLines:
    """Takes a reply piece by piece and leaves out the list lines about items that stand as cards beside it."""

    def __init__(self, titles: Iterable[str] = ()) -> None:
        self.titles = set(titles)
        self._held = ""
        self._dropping = False
        self._line_open = False
        self._breaks = ""

    def feed(self, piece: str) -> str:
        """What of the text so far can be shown now; line ends wait for what follows them."""
        return self._joined("".join(self._take(part) for part in re.split(r"(?<=\n)", piece)))

    def finish(self) -> str:
        """What was held back at the end of the reply."""
        rest = "" if self._dropping or _names_card(self._held, self.titles) else self._held
        self._held, self._dropping = "", False
        return self._joined(rest).rstrip("\n")

    def _joined(self, text: str) -> str:
        text = re.sub(r"\n{3,}", "\n\n", self._breaks + text)
        shown = text.rstrip("\n")
        self._breaks = text[len(shown) :]
        return shown

    def _take(self, part: str) -> str:
        if not part:
            return ""
        ends = part.endswith("\n")
        if self._dropping:
            self._dropping = not ends
            return ""
        if self._line_open:
            self._line_open = not ends
            return part
        self._held += part
        if self.titles and _names_card(self._held, self.titles):
            self._held, self._dropping = "", not ends
            return ""
        if not ends and self.titles and _may_name_card(self._held, self.titles):
            return ""
        text, self._held = self._held, ""
        self._line_open = not ends
        return text


def beside_cards(reply: str, titles: Iterable[str]) -> str:
    """A whole reply without the list lines about these titles."""
    lines = CardLines(titles)
    return (lines.feed(reply) + lines.finish()).strip()


def _names_card(line: str, titles: set[str]) -> bool:
    """Whether this is a list line that begins with one of the titles in bold."""
    bullet = _BULLET.match(line)
    text = line[bullet.end() :] if bullet else ""
    return any(text.startswith(f"**{t}**") for t in titles)


def _may_name_card(line: str, titles: set[str]) -> bool:
    """Whether an unfinished line can still become one."""
    if re.match(r"^\s*(?:[-*]|\d{1,2}\.?)?\s*$", line):
        return True
    bullet = _BULLET.match(line)
    return bullet is not None and any(f"**{t}**".startswith(line[bullet.end() :]) for t in titles)


def safe_markdown(text: str) -> str:
    """Markdown with nothing in it that loads, links, runs or computes: emphasis, lists and tables are what is left."""
    text = re.sub(r"[\[\]$`<>~\\]", lambda m: f"\\{m.group()}" if m.group() not in "<>" else _ENTITY[m.group()], text)
    text = re.sub(r"(?m)^(?!\|.*\|\s*$).*\|.*$", lambda m: m.group().replace("|", "\\|"), text)  # bars outside tables
    text = re.sub(r":(?=[A-Za-z_/])|@|(?i:(?<=www)\.)", r"\\\g<0>", text)  # directives, addresses that link themselves
    return re.sub(r"(?m)^(\s{0,3})(#{1,6}\s|={3,}|-{3,}\s*$)", r"\1\\\2", text)


def plain(text: str) -> str:
    """A label with every sign of Markdown escaped."""
    return re.sub(r"([\\`*_{}\[\]()#+.!|~$<>:-])", r"\\\1", text)


_ENTITY = {"<": "&lt;", ">": "&gt;"}
