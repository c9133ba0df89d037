"""What no reader has understood: free-text wishes where the words ask for something, or words to own up to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.plan.amounts import OTHER_UNITS, read_number
from agent.plan.bounds import ABOUT
from agent.plan.cues import Cue
from agent.plan.mention import Mention
from agent.plan.reading import Reading
from agent.plan.roles import Role
from core.plan import Wish
from core.schema import Strength
from tools.linking.english import common, compound, rank
from tools.linking.generic import GENERIC
from tools.text import STOPWORDS, stem

_ASKS_BEFORE = (
    r"(?:\b(?:about|with|without|involving|featuring|set (?:in|on|at|during|around)|where|based on|taking place (?:in|on|at)|containing|has|have|having|full of|lots of|plenty of|some|"
    r"something|anything|NOUN|kind of|sort of|and|or|no|not|more|like|very|really|set|a|an|the|in|on|of|love|hate|want|into|mood for|theme of|more of|less|too|feel|feeling|really|that is|thats|is|are|be|bit|,)|^)\W*$"
)
_ASKS_ANYWHERE = r"\b(?:something|anything|NOUN|about|want|wanna|looking for|give me|show me|find|recommend|suggest|mood|feel like|fancy|like|love|need|make it|more|less|too|prefer|enjoy|into|no|not|without|hate|set in|vibes?|feels?|has to|have to|must)\b"


ASKED = 0.5
"""Probability from which words no reader has taken are a wish of their own."""


@dataclass(frozen=True)
class Leftovers:
    """Free-text wishes and words that were not understood."""

    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()
    not_here: tuple[str, ...] = ()
    """Names of people the catalogue does not have."""
    qualified: tuple[Mention, ...] = ()
    """Refused values of which only a kind is refused: the animals of "no talking animals"."""
    known_words: int = 0
    """Content words of the message that were neither generic nor part of a mention."""


def read_leftovers(reading: Reading, covered: Sequence[tuple[int, int]], knows: Callable[[str], bool]) -> Leftovers:
    """Runs of content words outside every mention and cue; `knows` tells whether the catalogue's text holds a stem."""
    taken: set[int] = set()
    for start, end in covered:
        taken.update(range(start, end))
    for cues in (reading.cues.negations, reading.cues.hedges, reading.cues.strong):
        for cue in cues:
            taken.update(range(cue.start, cue.end))
    taken |= _times(reading) | _counts(reading)
    lost = _foreign(reading, taken)
    wishes: list[Wish] = []
    words = 0
    for low, high in _joined(reading, _runs(reading, taken)):
        words += high - low
        start, end = _whole(reading, low, high)
        text = reading.message.quote(start, end)
        if _strange(reading, start, end, knows):
            lost.append(text)
        elif _asked_for(reading, start, end):
            wishes.append(_text_wish(reading, start, end, text))
    return Leftovers(tuple(wishes), tuple(lost), known_words=words)


_DEMANDED = r"\bthere (?:should|must|has to|needs to|ought to) be(?: an?| some| the)?$"
"""What stands before that is wished for, whatever the tagger makes of it."""


def read_tagged(reading: Reading, covered: Sequence[tuple[int, int]], knows: Callable[[str], bool]) -> Leftovers:
    """The words that the tagger says are wanted or refused and no reader has taken; `knows` as above."""
    taken: set[int] = set()
    for start, end in covered:
        taken.update(range(start, end))
    for cues in (reading.cues.negations, reading.cues.hedges):
        for cue in cues:
            taken.update(range(cue.start, cue.end))
    taken |= _times(reading)
    lost = _foreign(reading, taken)
    wishes: list[Wish] = []
    absent: list[str] = []
    qualified: list[Mention] = []
    words = 0
    for low, high in _joined(reading, _runs(reading, taken)):
        words += high - low
        start, end = _whole(reading, low, high)
        weighed = reading.weigh(start, end)
        strange = _strange(reading, start, end, knows)
        wished: tuple[Role, ...] = ("want", "avoid", "more", "less")
        demanded = re.search(_DEMANDED, " ".join(reading.message.norms[:start])) is not None
        if weighed is None or not (
            demanded or weighed.chance(*wished, *(("like", "dislike") if strange else ())) >= ASKED
        ):
            continue
        text = reading.message.quote(start, end)
        if _somebody(reading, start, end):
            absent.append(text)
            continue
        if strange:
            lost.append(text)
            continue
        refused = not demanded and weighed.chance("avoid", "less") > weighed.chance("want", "more")
        firm = (refused and not weighed.soft) or (not refused and weighed.insisted)
        if refused and firm and (noun := _refused_noun(reading, end)) is not None:
            qualified.append(noun)
            text = reading.message.quote(start, noun.end)
        wishes.append(
            Wish(
                field=None,
                op="about",
                value=text.lower(),
                polarity="avoid" if refused else "want",
                strength="hard" if firm else "soft",
                quote=text,
                confidence=0.6,
            )
        )
    return Leftovers(tuple(wishes), tuple(lost), tuple(absent), tuple(qualified), words)


def _strange(reading: Reading, start: int, end: int, knows: Callable[[str], bool]) -> bool:
    """Whether none of these words is ordinary English, made of it, or told of in the catalogue's text."""
    return not any(knows(stem(n)) or common(n) or compound(n) for n in reading.message.norms[start:end])


def _foreign(reading: Reading, taken: set[int]) -> list[str]:
    """Amounts in a unit that the catalogue does not have, "two hours" of a book: not understood, and taken as such."""
    norms, found = reading.message.norms, []
    for n in range(len(norms) - 1):
        if n not in taken and norms[n + 1] in OTHER_UNITS and read_number(norms, n) is not None:
            found.append(reading.message.quote(n, n + 2))
            taken |= {n, n + 1}
    return found


def _counts(reading: Reading) -> set[int]:
    """Tokens of how many there are to be: "two novels", "three things"."""
    norms = reading.message.norms
    return {n for n, norm in enumerate(norms) if norm in _NUMERALS}


_NUMERALS = frozenset({"two", "three", "four", "five", "six"})


def _times(reading: Reading) -> set[int]:
    """Tokens of rough amounts that no reader has taken: "it's nearly ten"."""
    norms = reading.message.norms
    rough = [n for n in range(1, len(norms)) if norms[n - 1] in ABOUT and read_number(norms, n) is not None]
    return {place for n in rough for place in (n - 1, n)}


def _refused_noun(reading: Reading, end: int) -> Mention | None:
    """The refused value that the words ending here qualify."""
    noun = next((m for m in reading.mentions if m.start == end and m.kind == "value"), None)
    weighed = reading.weigh(noun.start, noun.end) if noun is not None else None
    if noun is None or weighed is None or weighed.chance("avoid") < ASKED or noun.entry.field is None:
        return None
    return noun if reading.schema.field(noun.entry.field).type == "category" else None


def _somebody(reading: Reading, start: int, end: int) -> bool:
    """Whether words that nobody knows read as a person: behind "with" or "by", with a capital or no word at all."""
    before = next((m for m in reversed(reading.mentions) if m.end == start and m.kind == "word"), None)
    fields = [e.field for e in before.entries if e.kind == "linked_by" and e.field] if before is not None else []
    if not any(reading.schema.field(f).type == "people" for f in fields):
        return False
    if any(m.start == end and m.kind == "word" and m.entry.kind in {"field", "noun"} for m in reading.mentions):
        return False  # "with brigadeiro vibes"
    tokens = reading.message.tokens[start:end]
    made = any(reading.schema.field(f).role == "creator" for f in fields) and reading.message.norms[start - 1] == "by"
    if made and len(tokens) == 2:
        return not any(t.norm in GENERIC or (t.norm.endswith("s") and rank(t.norm[:-1])) for t in tokens)
    return all(t.capital for t in tokens) or not any(common(t.norm) for t in tokens)


def _runs(reading: Reading, taken: set[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start: int | None = None
    norms = reading.message.norms
    for place in range(len(norms) + 1):
        content = place < len(norms) and place not in taken and _content(norms[place])
        if content and start is None:
            start = place
        elif not content and start is not None:
            runs.append((start, place))
            start = None
    return runs


def _joined(reading: Reading, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs with only a small word between them are one phrase: "black and white", "man on the run"."""
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        gap = reading.message.norms[joined[-1][1] : start] if joined else []
        if gap and len(gap) <= 2 and all(n in {"and", "&", "of", "in", "on", "the", "a", "an", "at"} for n in gap):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _whole(reading: Reading, start: int, end: int) -> tuple[int, int]:
    """The phrase with what belongs to it: "directed by a woman", "a twist at the end"."""
    norms = reading.message.norms
    for place in ("at", "in", "of"):
        for last in ("end", "beginning", "start", "middle"):
            if norms[end : end + 3] == [place, "the", last]:
                end += 3
    linked = next(
        (m for m in reading.mentions if m.kind == "word" and m.entry.kind == "linked_by" and m.end < start), None
    )
    if linked is not None and norms[linked.end : start] in (["a"], ["an"]) and norms[linked.end - 1] == "by":
        start = linked.start
    return start, end


def _content(norm: str) -> bool:
    return norm[0].isalpha() and len(norm) > 2 and norm not in GENERIC and norm not in STOPWORDS


def _asked_for(reading: Reading, start: int, end: int) -> bool:
    before = " ".join(reading.message.norms[:start])
    low, high = reading.cues.part(start, end)
    part = " ".join(reading.message.norms[low:high])
    if re.search(
        r"\b(?:i|my \w+|we|he|she) (?:am|had|have been|was|were|is|just|got|work|works|live)\b|^(?:im|were)\b", part
    ) and not reading.domain.pattern(r"\b(?:something|anything|NOUN|about|looking|want|mood)\b").search(part):
        return False
    follows = any(m.end == start and m.kind != "word" for m in reading.mentions)
    near = follows or bool(reading.domain.pattern(_ASKS_BEFORE).search(before))
    behind = bool(
        reading.domain.pattern(r"^ ?(?:NOUN|PART|vibes?|feel|mood|atmosphere|theme|please)\b").match(
            " ".join(reading.message.norms[end:])
        )
    )
    return (near or behind) and (
        bool(reading.domain.pattern(_ASKS_ANYWHERE).search(part)) or len(reading.message.norms) <= 6
    )


def _text_wish(reading: Reading, start: int, end: int, text: str) -> Wish:
    cue: Cue | None = reading.cues.negation_of(start, None, listable=True)
    hedged = reading.cues.hedged(start, end)
    meant = (cue is not None and not cue.soft and not cue.less) or (cue is None and reading.cues.insisted(start, end))
    strength: Strength = "hard" if meant and not hedged else "soft"
    return Wish(
        field=None,
        op="about",
        value=text.lower(),
        polarity="avoid" if cue else "want",
        strength=strength,
        quote=text,
        confidence=0.6,
    )
