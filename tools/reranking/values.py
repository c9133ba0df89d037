"""What a reranking takes and gives: cards in their conventional order, and a permutation of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from core.turn import Usage
from core.values import Value

Fault = Literal[
    "call failed", "unreadable", "missing", "doubled", "invented", "out of scale", "no log-probabilities"
]  # fmt: skip
"""A call without an answer, an answer that cannot be read; cards an answer leaves out, repeats, or makes up; a number
outside its scale; a server that tells no log-probabilities."""


class Card(Value):
    """An item as the model reads it."""

    id: str
    title: str
    lines: tuple[str, ...] = ()
    """What else is true of it; plain text, each on one line."""


class Task(Value):
    """What is to be ordered, and by what."""

    purpose: str
    """What the recommender is for, as a catalogue's schema says it: "find something to drink"."""
    many: str
    """Several items: "teas"."""
    wanted: tuple[str, ...]
    """The preferences in force, one a line; empty: nothing in particular."""
    cards: tuple[Card, ...]
    """Best first by the conventional score; places count from 0."""

    @model_validator(mode="after")
    def _once(self) -> Task:
        if len({card.id for card in self.cards}) < len(self.cards):
            raise ValueError("every card may stand in a task once")
        return self


class Trouble(Value):
    """Something that went wrong and what it concerned; those cards keep their conventional order."""

    fault: Fault
    places: tuple[int, ...] = ()
    """Cards concerned, by their conventional places; for an invented card none."""
    why: str = ""


class Reranked(Value):
    """The cards of a task in another order, and how that came about."""

    strategy: str
    order: tuple[int, ...]
    """(cards,) conventional places, best first; every one once."""
    scores: tuple[float | None, ...] = ()
    """(cards,) by conventional place, on the strategy's own scale; None: it has none. Empty: an order alone."""
    troubles: tuple[Trouble, ...] = ()
    calls: int = 0
    """Model calls asked for, failed ones included."""
    usage: Usage = Usage()
    disagreement: float | None = Field(default=None, ge=0, le=1)
    """Share of pairs of cards whose order hung on the order in which the model read them; None: not looked at."""
    cached: bool = False
    """Whether this comes from an earlier call; `calls` and `usage` are 0 then."""

    @model_validator(mode="after")
    def _permutation(self) -> Reranked:
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError("an order holds every place once")
        return self

    @property
    def failed(self) -> bool:
        """Whether a call brought no answer that could be used."""
        return any(t.fault in {"call failed", "unreadable"} for t in self.troubles)


def ordered(scores: Sequence[float | None]) -> tuple[int, ...]:
    """Places by score, highest first, ties by place; what has no score stays where it is."""
    known = [(place, score) for place, score in enumerate(scores) if score is not None]
    best = iter(sorted(known, key=lambda pair: (-pair[1], pair[0])))
    return tuple(place if score is None else next(best)[0] for place, score in enumerate(scores))


def kendall_distance(first: Sequence[int], second: Sequence[int]) -> float:
    """Share of pairs that two orders of the same places put the other way round (Kendall 1938); 0 below two places."""
    place = {which: n for n, which in enumerate(second)}
    pairs = [(a, b) for n, a in enumerate(first) for b in first[n + 1 :]]
    return sum(place[a] > place[b] for a, b in pairs) / len(pairs) if pairs else 0.0
