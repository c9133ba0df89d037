"""Small talk: the sentences of a message that tell of somebody's day, or excuse it, beside what the message is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from agent.plan.domain import Domain
from agent.plan.mention import Mention
from agent.plan.tokens import Message

_ENDS = frozenset({".", "..", "...", "…", "!", "?", ";"})
_OPENING = r"(?:(?:sorry|anyway|right|oh|ah|well|ok|okay|hm+|phew|ugh|and|but|so|by the way|btw|just|bear with me|hang on|hold on|one (?:sec|second|moment)) ?,? ?)*"
_EXCUSE = re.compile(
    rf"{_OPENING}(?:(?:so |very |really )?sorry (?:if|for|about|im|i am|that|my|the)|apologies|excuse|pardon|forgive|bear with|(?:dont|never) mind (?:me|my|the)|ignore (?:me|my))\b"
)
_TALE = re.compile(
    rf"{_OPENING}(?:(?:my|our|his|her|their|the|some|someone|somebody|nobody|everybody|everyone|one of my|half)s? (?:[a-z]+ ){{0,4}}"
    r"(?:is|are|was|were|has|have|had|just|keeps?|still|again|[a-z]{3,}(?:ing|ed)|gone|got|rang|went|came|broke|needs?|wants?|wont|never|always)\b"
    r"|(?:i|we|he|she)(?:ve|m|d|ll|s)?(?: (?:am|was|had|have|just|only|really|finally|still|got|should|must|need|burnt|spilt|will|are|were|is|has))+\b"
    r"|(?:ive|im|weve|hes|shes|theyre)\b|(?:its|it is|it was) (?:[a-z]{3,}ing|late|early|cold|hot|dark|been|my|our)\b"
    r"|(?:time to|off to|got to|gotta|have to|just|finally|only just|been) [a-z]+)"
)
_ASKS = (
    r"\b(?:something|anything|NOUN|USE|USED|want(?:ed)?|wanna|looking for|searching for|give|show|find|recommend|suggest|mood|feel like|fancy|like[ds]?|love[ds]?|hate[ds]?"
    r"|prefer|enjoy(?:ed)?|into|without|must|has to|have to be|should|please|could|would|might|rather|maybe|ideally|either|none|these|those|them|no more|too|more|less|only if|one|ones|set|about (?:an?|the|some|people)|PART"
    r"|tell me|what|which|who|when|where|how|why)\b"
)
_NAMES = frozenset({"value", "phrase", "vague", "comparative", "superlative", "number", "title"})


def small_talk(message: Message, mentions: Sequence[Mention], domain: Domain) -> list[tuple[int, int]]:
    """Tokens of the sentences that are small talk; none where nothing else is said.

    Who excuses themselves says nothing of taste with it ("sorry if I'm slow"); who tells of their day names nothing of
    the catalogue and asks for nothing ("the kettle's boiling").
    """
    sentences = _sentences(message)
    idle = [(start, end) for start, end in sentences if _is_idle(message, start, end, mentions, domain)]
    return idle if len(idle) < len(sentences) else []


def _is_idle(message: Message, start: int, end: int, mentions: Sequence[Mention], domain: Domain) -> bool:
    flat = " ".join(message.norms[start:end])
    if domain.pattern(_ASKS).search(flat):
        return False
    if _EXCUSE.match(flat):
        return True
    named = any(m.kind in _NAMES and start <= m.start < end for m in mentions)
    return not named and bool(_TALE.match(flat))


def _sentences(message: Message) -> list[tuple[int, int]]:
    """(first token, one past the last) of the sentences in which something is said."""
    found, start = [], 0
    for place, norm in enumerate([*message.norms, "."]):
        if norm in _ENDS:
            if any(t.word for t in message.tokens[start:place]):
                found.append((start, place))
            start = place + 1
    return found
