"""The public ReDial dialogues, read one line at a time: who said what, of which items, and how the seeker took them.

ReDial (Li et al. 2018, "Towards Deep Conversational Recommendations") is JSONL, one dialogue a line between a seeker
(`initiatorWorkerId`) and somebody who recommends. Items stand in the text as `@id`; afterwards both filled in a form
that says of each item whether it was suggested, seen and liked (0 no, 1 yes, 2 did not say).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.values import Value

_MENTION = re.compile(r"@(\d+)")
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_ANSWERS = {0: False, 1: True, 2: None}


class Judged(Value):
    """What the seeker filled in about one item; None: did not say."""

    suggested: bool | None = None
    """Suggested to them; False: they named it themselves."""
    seen: bool | None = None
    liked: bool | None = None


class Message(Value):
    """One message, or several in a row by the same person (see `RedialDialogue.turns`)."""

    by_seeker: bool
    text: str
    """As written, items as `@id`, HTML entities resolved."""

    @property
    def items(self) -> tuple[str, ...]:
        """Ids of the items named, in order, each once."""
        return tuple(dict.fromkeys(_MENTION.findall(self.text)))


class RedialDialogue(Value):
    """One dialogue."""

    id: str
    messages: tuple[Message, ...]
    titles: dict[str, str] = {}
    """Item id to its title as ReDial writes it: "Name (1999)"."""
    listed: tuple[str, ...] = ()
    """Ids of all items that the dialogue is said to mention, with or without a title."""
    judged: dict[str, Judged] = {}
    """By the seeker, by item id; empty when the form was not filled in."""

    @property
    def turns(self) -> tuple[Message, ...]:
        """The messages, those in a row by the same person taken as one, which is what a turn is elsewhere."""
        held: list[Message] = []
        for message in self.messages:
            if held and held[-1].by_seeker == message.by_seeker:
                held[-1] = Message(by_seeker=message.by_seeker, text=_after(held[-1].text, message.text))
            else:
                held.append(message)
        return tuple(held)

    def spoken(self, text: str) -> str:
        """The text with titles, without their years, in the place of `@id`; an id without a title stays."""
        return _MENTION.sub(lambda m: title_and_year(self.titles.get(m[1], m[0]))[0], text)


class BadLine(Value):
    """A line that cannot be read."""

    number: int
    """From 1."""
    why: str


def title_and_year(written: str) -> tuple[str, int | None]:
    """("Name", 1999) of "Name  (1999)"; the year is None where none stands at the end."""
    year = _YEAR.search(written)
    return " ".join(_YEAR.sub("", written).split()), int(year[1]) if year else None


def read_redial(path: Path, on_bad: Callable[[BadLine], None] | None = None) -> Iterator[RedialDialogue]:
    """The dialogues of a ReDial file in order, one line held at a time.

    A line that cannot be read goes to `on_bad` and is left out; without it, it raises BadInput naming the line. Raises
    BadInput for a file that cannot be opened.
    """
    try:
        lines = path.open("rb")
    except OSError as wrong:
        raise BadInput(
            f"{path} could not be read: {wrong}", "Give a ReDial file (JSONL, a dialogue a line)."
        ) from wrong
    with lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                dialogue = _dialogue(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as wrong:
                if on_bad is None:
                    raise BadInput(
                        f"Line {number} of {path} is no ReDial dialogue: {wrong!r}",
                        "Mend or remove the line; see simulation/redial.py for the shape.",
                    ) from wrong
                on_bad(BadLine(number=number, why=repr(wrong)))
            else:
                yield dialogue


def _dialogue(body: Mapping[str, Any]) -> RedialDialogue:
    seeker = body["initiatorWorkerId"]
    messages = (Message(by_seeker=m["senderWorkerId"] == seeker, text=_plain(m["text"])) for m in body["messages"])
    titles = _filled(body.get("movieMentions"))
    judged = _filled(body.get("initiatorQuestions"))
    return RedialDialogue(
        id=str(body["conversationId"]),
        messages=tuple(m for m in messages if m.text),
        titles={str(k): " ".join(_plain(t).split()) for k, t in titles.items() if t},
        listed=tuple(map(str, titles)),
        judged={str(k): _judged(v) for k, v in judged.items()},
    )


def _filled(held: object) -> Mapping[str, Any]:
    """A mapping; what was left empty is written as an empty list."""
    if not held:
        return {}
    if not isinstance(held, dict):
        raise TypeError(f"a mapping by item id was expected, not {type(held).__name__}")
    return held


def _judged(body: Mapping[str, int]) -> Judged:
    return Judged(**{name: _ANSWERS[body[name]] for name in ("suggested", "seen", "liked")})


def _plain(text: str) -> str:
    return html.unescape(text).strip()


def _after(said: str, more: str) -> str:
    return f"{said} {more}" if said[-1:] in {".", "!", "?", ","} else f"{said}. {more}"
