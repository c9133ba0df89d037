"""A request for items: the words that ask for some, or for more than was shown."""

from __future__ import annotations

from agent.plan.reading import Reading

_MORE = r"\b(?:more|another|others?|next|something else|anything else|what else|else|different ones?|new ones|again|few more|keep going|show me more|other (?:options|suggestions|ideas|NOUN)|not (?:these|those|this|that)(?: ones?)?|none of (?:these|those|them))\b"
_REQUEST = r"\b(?:NOUN|recommend(?:ation)?s?|suggest(?:ion)?s?|something|anything|USE|what should i|what to|what shall|in the mood|surprise)\b"
_WEAK_REQUEST = r"\b(?:pick|choose|ideas?|options?|help me|find me|give me|show me|looking for|bored)\b"
_AS_A_QUESTION = r"\b(?:do you have|have you got|got any|any good|can you (?:recommend|suggest|find|show|give)|could you (?:recommend|suggest|find|show|give)|recommend|suggest|what else|something|anything (?:else|like|with|by|from)|what should i|find me|give me|show me|how about (?:something|an?\b)|what (?:NOUN)s? (?:should|can|could|would|do you|are|have|has)|is there (?:a|an|another|anything|something)|are there (?:any|other|more))\b"


_HOW_MANY_AT_ONCE = (
    r"\b(?:show|give|list|find|recommend|suggest|pick|get|name|choose|need|want)(?: me| us)? (?:just |only |your |the |a |another |top |best |exactly )*"
    r"(one|two|three|four|five|six|seven|eight|nine|ten|[1-9]|10)(?= (?:more |other |different |good |great |of (?:them|these|those) ?)*(?:NOUN|suggestions?|recommendations?|options?|ideas?|picks?|titles?|at once|only|please|then|instead|of)\b| ?[.!?,]?$)"
)
_COUNTS = dict(
    zip(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), range(1, 11), strict=True)
)


def count_wanted(reading: Reading) -> int | None:
    """How many items are asked for at once: "show me five films", "just pick one"; None when it is left open."""
    said = reading.domain.pattern(_HOW_MANY_AT_ONCE).search(reading.message.flat)
    if said is None:
        return None
    word = said.group(1)
    return _COUNTS.get(word) or int(word)


def asks_for_more(reading: Reading) -> bool:
    """Whether other items than those shown are asked for: "anything else?"."""
    return reading.has(_MORE)


def asks_for_items(reading: Reading) -> bool:
    """Whether items are asked for: "recommend me something"."""
    return reading.has(_REQUEST)


def may_ask_for_items(reading: Reading) -> bool:
    """Whether words stand in a message that also ask for other things than items: "give me", "ideas"."""
    return reading.has(_WEAK_REQUEST)


def asks_as_a_question(reading: Reading) -> bool:
    """Whether a question is really a request for items: "is there anything funny?"."""
    return reading.has(_AS_A_QUESTION)


def wants_items(reading: Reading) -> bool:
    """Whether a message in which nothing was understood at least asks for something, or reacts to what was shown."""
    return reading.has_slate or asks_for_items(reading) or asks_for_more(reading) or may_ask_for_items(reading)
