"""Lasting words: whether a wish was said to hold beyond this conversation ("never", "in general", "I'm vegetarian").

English cue words and how far they reach in a sentence; nothing here knows what the items are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CUE = re.compile(
    r"\b(?:always|never|only ever|in general|generally|as a rule|on principle|at all times|every time|from now on"
    r"|for good|any ?more|for ?ever|all my life|(?P<habit>usually|normally|typically|mostly|tend to|by default))\b"
    r"|(?:^|(?<=[.!;,]))\s*(?:please |and )?(?:remember|keep in mind|bear in mind|note)\b"
    r"|(?<=,) ?ever(?=\W*$)"
)
_IDENTITY = re.compile(
    r"\b(?:i am|i'm|im|we are|we're) (?:a |an |both |all )?(?:strict |strictly |lifelong )?"
    r"(?:\w*(?:arian|vegan|phobic|diabetic|celiac|coeliac|intolerant|-?blind|deaf)\b|allergic\b)"
)
_NOT_LASTING = re.compile(
    r"\b(?:(?:have|has|had|i've|ive|we've) never|never (?:mind|know|heard|seen|been|had|done|\w+ed)|as always"
    r"|always (?:wanted|meant|been meaning))\b"
)
_FLEETING = re.compile(
    r"\b(?:tonight|today|this (?:time|evening|afternoon|morning|weekend|week|once)|right now|just now|for now|for once"
    r"|at the moment|(?<!from )now(?! on))\b"
)
_BINDING = re.compile(
    r"\b(?:must|only|strictly|needs?|ha(?:s|ve) to|no exceptions?|without exception|at all costs"
    r"|under no circumstances)\b"
)
_TURNS = (
    r"[;:]|\b(?:but|though|although|however|except|instead|then)\b"
    r"|\band (?:(?:i|we) |i'|we')?(?:want|need|would|feel|am\b|'?m\b|'?d\b)"
    r"|,\s*(?:and |so |just )*(?:something|anything|some\b|an?\b|i\b|we\b|give|show|find|recommend|suggest|looking"
    r"|please|maybe|perhaps|ideally|let\b|can you|could you)"
)
_BARRIER = re.compile(_TURNS)
_REFUSAL_NEXT = re.compile(r",\s*(?:and |but )?(?:no|not|never|nothing)\b")
_BARRIER_BACK = re.compile(rf"[,;:]|\b(?:and|or)\b|{_TURNS}")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
MOST_WORDS = 120


@dataclass(frozen=True, slots=True)
class Lasting:
    """How a wish was said to last."""

    words: str
    """The part of the sentence that says so."""
    binding: bool = False
    """Said to hold without exception: about who they are ("I'm allergic"), or with "must" or "only"."""
    habit: bool = False
    """Said to hold mostly: "usually"."""


def lasting(message: str, quote: str) -> Lasting | None:
    """How the wish quoted was said to last, or None when it was not.

    `quote` is the part of the message that holds the wish. A cue reaches on over a list ("never horror, war or
    westerns") to the next turn of the sentence ("but", ", something …"); back it reaches within its own part. Words for
    this one occasion ("tonight") and questions are not lasting.
    """
    wanted = " ".join(_plain(quote).split())
    if not wanted:
        return None
    for found in _SENTENCE.finditer(_plain(message)):
        sentence = found.group()
        if sentence.rstrip().endswith("?") and not re.search(r"\b(?:i|we|i'm|we're)\b", sentence):
            continue
        for place in _places(sentence, wanted):
            said = _in_sentence(sentence, place, message[found.start() : found.end()])
            if said is not None:
                return said
    return None


def _places(sentence: str, wanted: str) -> list[tuple[int, int]]:
    pattern = r"\s+".join(re.escape(w) for w in wanted.split())
    return [m.span() for m in re.finditer(rf"(?<!\w){pattern}(?!\w)", sentence)]


def _in_sentence(sentence: str, place: tuple[int, int], original: str) -> Lasting | None:
    blind = [m.span() for m in _NOT_LASTING.finditer(sentence)]
    for cue in (*_IDENTITY.finditer(sentence), *_CUE.finditer(sentence)):
        if any(low <= cue.start() < high for low, high in blind) or not _reaches(sentence, cue, place):
            continue
        low, high = _part(sentence, min(cue.start(), place[0]), max(cue.end(), place[1]))
        if cue.start() > place[1] and sentence[: cue.start()].rstrip().endswith(
            ","
        ):  # it closes a list: from its start
            low = max((m.end() for m in _BARRIER.finditer(sentence, 0, place[0])), default=0)
        if _FLEETING.search(sentence, low, high):
            continue
        words = " ".join(original[low:high].strip(" ,;:.!").split())
        identity = cue.re is _IDENTITY
        return Lasting(
            words=words if len(words) <= MOST_WORDS else words[: MOST_WORDS - 1].rsplit(" ", 1)[0] + "…",
            binding=identity or _BINDING.search(sentence, low, high) is not None,
            habit=not identity and cue.group("habit") is not None,
        )
    return None


def _reaches(sentence: str, cue: re.Match[str], place: tuple[int, int]) -> bool:
    start, end = place
    if cue.start() < end and start < cue.end():
        return True
    if cue.end() <= start:
        return _BARRIER.search(sentence, cue.end(), start) is None
    between = sentence[end : cue.start()]
    if re.search(r",\s*$", between):  # ", ever" or ", as a rule" closes the sentence and covers a list before it
        closing = re.fullmatch(r"\W*", sentence[cue.end() :]) is not None
        return closing and _BARRIER.search(between) is None and _REFUSAL_NEXT.search(between) is None
    return _BARRIER_BACK.search(between) is None


def _part(sentence: str, low: int, high: int) -> tuple[int, int]:
    """The part of the sentence around a span, from comma to comma."""
    walls = [m.span() for m in re.finditer(r"[,;:]|\b(?:but|though|although|however|except)\b", sentence)]
    return (
        max((e for _, e in walls if e <= low), default=0),
        min((s for s, _ in walls if s >= high), default=len(sentence)),
    )


def _plain(text: str) -> str:
    """Lower case with straight apostrophes, letter by letter, so that places in it are places in the text."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text).replace("’", "'").replace("‘", "'")
