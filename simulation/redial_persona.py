"""Personas read off real dialogues, by rules that are stated here and nowhere else.

- patience: the turns the seeker took; a lower bound, since most left because they were served.
- verbosity: terse up to 8 words a turn on average, chatty from 14 on: the outer fifths of the training dialogues.
- knowledge: 0.9 names an item before anything was suggested, 0.6 names one later, 0.3 never.
- several: 0.8 where the first turn that wishes for something holds two wishes or more, 0.2 where it holds one.
- curiosity: share of the turns that follow a suggestion in which a question is put.

A wish is here a kind or mood of the catalogue (or another word for it) standing in the text. What a text does not show
(how often questions go unanswered, slips, changes of mind) keeps the persona's defaults.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from core.items import Catalog
from core.values import Value
from simulation.personas import Persona, Verbosity
from simulation.redial import Message, RedialDialogue
from tools.text import normalise

TERSE, CHATTY = 8.0, 14.0
"""Mean words a turn up to which somebody is terse, and from which on chatty."""
FLATLY = 5
"""Words up to which a turn that follows a suggestion gives no reason."""
RARE = 5
"""Items that must hold a mood before it counts as a wish where it is met; kinds always do."""

Openings = frozenset[str]
"""Kinds and moods of a catalogue as they are spoken, normalised."""


class _Answer(Value):
    """A turn of the seeker and the turn before it."""

    before: Message
    said: Message


def openings_of(catalog: Catalog) -> Openings:
    """What people of this catalogue's domain open with: its kinds and its more common moods, with their other words."""
    counts: dict[str, int] = {}
    spoken: list[str] = []
    for spec in (f for f in catalog.schema.fields if f.role in {"genre", "mood"}):
        for value, words in spec.values.items():
            spoken += (value, *words.aliases)
        for item in catalog.at(range(len(catalog))):
            for value in map(str, item.values(spec.name)):
                counts[value] = counts.get(value, 0) + (RARE if spec.role == "genre" else 1)
    return frozenset(normalise(w) for w in (*spoken, *(v for v, n in counts.items() if n >= RARE)))


def persona_of(dialogue: RedialDialogue, openings: Openings) -> Persona:
    """The persona of the seeker."""
    turns = [t for t in dialogue.turns if t.by_seeker]
    words = [len(dialogue.spoken(t.text).split()) for t in turns]
    asked = [a for a in _answers(dialogue) if a.before.items]
    wishes = next((n for t in turns if (n := _wishes(t.text, openings))), 0)
    defaults = Persona()
    return Persona(
        name="redial",
        patience=max(1, len(turns)),
        verbosity=_verbosity(sum(words) / len(words)) if words else defaults.verbosity,
        knowledge=_knowledge(dialogue),
        several=(0.8 if wishes > 1 else 0.2) if wishes else defaults.several,
        curiosity=round(sum("?" in a.said.text for a in asked) / len(asked), 2) if asked else defaults.curiosity,
    )


def segments_of(dialogue: RedialDialogue, openings: Openings) -> dict[str, str]:
    """How the seeker opens and turns things down, for reports.

    opening: whether an item or only a wish stands in the first turn with either (item, wish, other). rejects: never,
    flatly (answers to suggestions they did not like have 5 words or fewer on average) or with_words.
    """
    opening = "other"
    for turn in (t for t in dialogue.turns if t.by_seeker):
        if turn.items or _wishes(turn.text, openings):
            opening = "item" if turn.items else "wish"
            break
    no = {key for key, judged in dialogue.judged.items() if judged.suggested and judged.liked is False}
    words = [len(dialogue.spoken(a.said.text).split()) for a in _answers(dialogue) if no & set(a.before.items)]
    rejects = ("flatly" if sum(words) / len(words) <= FLATLY else "with_words") if words else "never"
    return {"source": "redial", "opening": opening, "rejects": rejects}


def _answers(dialogue: RedialDialogue) -> Iterator[_Answer]:
    for before, said in pairwise(dialogue.turns):
        if said.by_seeker:
            yield _Answer(before=before, said=said)


def _verbosity(words: float) -> Verbosity:
    return "terse" if words <= TERSE else "chatty" if words >= CHATTY else "plain"


def _knowledge(dialogue: RedialDialogue) -> float:
    first = next((t.by_seeker for t in dialogue.turns if t.items), None)
    if first:
        return 0.9
    return 0.6 if any(t.by_seeker and set(t.items) - _suggested(dialogue) for t in dialogue.turns) else 0.3


def _suggested(dialogue: RedialDialogue) -> set[str]:
    return {i for t in dialogue.turns if not t.by_seeker for i in t.items}


def _wishes(text: str, openings: Openings) -> int:
    """How many different kinds and moods stand in a text, longest first, no word counted twice."""
    tokens = normalise(text).split()
    found: set[str] = set()
    start = 0
    while start < len(tokens):
        held = next((n for n in (4, 3, 2, 1) if " ".join(tokens[start : start + n]) in openings), 0)
        if held:
            found.add(" ".join(tokens[start : start + held]))
        start += held or 1
    return len(found)
