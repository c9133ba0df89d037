"""Items spoken of by a name that nothing in the catalogue bears."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agent.plan.mention import Mention
from agent.plan.tokens import Message
from tools.linking.titles import numeral
from tools.text import STOPWORDS

_GOES_ON = frozenset({"and", "or", "but", "as", "was", "is", "too"})
_SEQUEL = re.compile(r"[2-9]|1\d")


def unknown_sequels(message: Message, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions with titles that go on with a number, "Jaws 3", taken for another item, which is not here."""
    found = list(mentions)
    for title in (m for m in mentions if m.kind == "title" and m.rows and m.year is None):
        behind = message.tokens[title.end : title.end + 2]
        if not behind or not _SEQUEL.fullmatch(numeral(behind[0].norm)):
            continue
        if len(behind) > 1 and behind[1].word and behind[1].norm not in _GOES_ON:
            continue  # "Jaws 3 times"
        whole = replace(title, end=title.end + 1, rows=(), strong=True)
        found = [whole if m is title else m for m in found if m is title or not m.overlaps(whole)]
    return found


_HAVE_YOU = re.compile(r"\b(?:do you (?:have|know|stock|carry)|have you got|you got|got) ")
"""Words by which one item is asked for; what follows with capitals is its name."""


def unknown_name(message: Message, mentions: Sequence[Mention]) -> list[Mention]:
    """The mentions with what is asked for by a name that nothing here bears: "do you have The Menu?"."""
    found = _HAVE_YOU.search(message.flat)
    if found is None:
        return list(mentions)
    start = message.index_at(found.end())
    end = start
    while end < len(message.tokens) and message.tokens[end].word:
        end += 1
    named = message.tokens[start:end]
    bare = [t for t in named if t.norm not in STOPWORDS]
    free = not any(m.start < end and start < m.end for m in mentions)
    if not bare or not free or len(named) > 6 or not named[0].capital or not all(t.capital for t in bare):
        return list(mentions)
    return sorted([*mentions, Mention(start, end, "title", 9.0, strong=True)], key=lambda m: m.start)
