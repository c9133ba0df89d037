"""A mention: a stretch of a message with its possible meanings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.plan.numbers import NumberMention
from agent.plan.references import RefMention
from tools.linking.lexicon import Entry

MentionKind = Literal["value", "vague", "comparative", "superlative", "phrase", "title", "number", "ref", "word"]
PRONOUNS = frozenset(
    {
        "it",
        "us",
        "her",
        "him",
        "them",
        "that",
        "this",
        "you",
        "me",
        "he",
        "she",
        "they",
        "those",
        "these",
        "one",
        "all",
        "some",
        "more",
        "less",
        "both",
    }
)
"""Words that point at something; as titles or names they need clear signs."""
LISTABLE: frozenset[MentionKind] = frozenset({"value", "phrase", "vague"})
"""Kinds that stand in lists, over which a refusal or a taste is handed on: "no gore, romance or violence"."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of tokens with its possible meanings."""

    start: int
    end: int
    kind: MentionKind
    score: float = 0.0
    entries: tuple[Entry, ...] = ()
    rows: tuple[int, ...] = ()
    year: int | None = None
    number: NumberMention | None = None
    ref: RefMention | None = None
    person: bool = False
    """A title named together with one of its people, or otherwise told apart from its namesakes ("the new …")."""
    strong: bool = False
    """A title with clear signs of being one: quotes, a year, capitals, a verb before it."""

    def overlaps(self, other: Mention) -> bool:
        """Whether they share a token."""
        return self.start < other.end and other.start < self.end

    @property
    def entry(self) -> Entry:
        """The first meaning."""
        return self.entries[0]
