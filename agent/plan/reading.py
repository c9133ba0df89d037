"""One message being read: tokens, mentions and cues together, with the questions every reader of them asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from agent.plan.cues import Cues
from agent.plan.domain import Domain
from agent.plan.mention import Mention
from agent.plan.roles import Weighed
from agent.plan.tokens import Message
from core.schema import CatalogSchema
from core.turn import Conversation
from tools.tagging.tagger import Tagged

_ASKS = re.compile(
    r"(?:(?:and|so|ok|okay|hm+|but|also|oh|well|wait|sorry) ?,? ?)*(?:who|whos|what|whats|when|where|which|whose|why|how|hows|is|are|was|were|does|did|has(?! to\b)|can (?:i|we|you|kids|my)|do you|could|(?:would|will)(?= (?!you |i |we |like |love |prefer |be |enjoy |take |rather |do ))|tell me)\b"
)
"""How a question begins, whether or not it is written with its mark."""


@dataclass(frozen=True)
class Reading:
    """What the readers of a message share."""

    message: Message
    mentions: tuple[Mention, ...]
    cues: Cues
    schema: CatalogSchema
    domain: Domain
    conversation: Conversation
    tagged: Tagged | None = None
    """The message as the tagger reads it; None where there is no tagger."""
    idle: tuple[tuple[int, int], ...] = ()
    """Tokens of small talk beside what the message is about."""

    def weigh(self, start: int, end: int) -> Weighed | None:
        """What the tokens from `start` to `end` do in the message; None without a tagger."""
        if self.tagged is None or start >= end:
            return None
        tokens = self.message.tokens
        while end - 1 > start and not tokens[end - 1].word:
            end -= 1  # the mark that ends a title says nothing
        return Weighed(self.tagged.over(tokens[start].start, tokens[end - 1].end))

    def has(self, pattern: str) -> bool:
        """Whether a pattern (with NOUN, USED, USE) occurs in the message."""
        return bool(self.domain.pattern(pattern).search(self.message.flat))

    def before(self, mention: Mention, *, part: bool = False) -> str:
        """The folded text before a mention: all of it, or its part of the sentence only."""
        low = self.cues.part(mention.start, mention.end)[0] if part else 0
        return " ".join(self.message.norms[low : mention.start])

    def after(self, mention: Mention) -> str:
        """The folded text behind a mention."""
        return " ".join(self.message.norms[mention.end :])

    def quote(self, mention: Mention) -> str:
        """The person's words for a mention."""
        return self.message.quote(mention.start, mention.end)

    def holds(self, mention: Mention) -> bool:
        """Whether a preference of the ledger is on what a mention names: its value, or its field where it has none."""
        named = {(e.field, e.value) for e in mention.entries if e.field}
        fields = {field for field, value in named if value is None}
        if mention.number is not None:
            fields.add(mention.number.field)
        held = self.conversation.ledger.preferences
        return any(p.field in fields or any((p.field, v) in named for v in p.values) for p in held)

    def says_another_amount(self, mention: Mention) -> bool:
        """Whether a mention is another amount than a preference of the ledger has on its field."""
        if mention.number is None:
            return False
        said = mention.number.value
        amounts = {said if isinstance(said, float | int) else sum(said) / 2}
        held = [p for p in self.conversation.ledger.preferences if p.field == mention.number.field]
        return bool(held) and not any(amounts & {*p.values} for p in held)

    def between(self, first: Mention, second: Mention) -> list[str]:
        """The tokens between two mentions."""
        return self.message.norms[first.end : second.start]

    @cached_property
    def question(self) -> bool:
        """Whether the message is put as a question."""
        marks = {m.end - 1 for m in self.of_kind("title")}  # the mark that ends "Airplane!" ends no sentence
        norms = self.message.norms
        flat = " ".join(n for at, n in enumerate(norms) if at not in marks or n[0].isalnum()).rstrip(" !.")
        last = re.split(r" [.!?;] ", flat)[-1]
        return flat.endswith("?") or bool(_ASKS.match(flat) or _ASKS.match(last))

    @cached_property
    def has_slate(self) -> bool:
        """Whether items have been shown or spoken of, so that "it" and "these" mean something."""
        last = self.conversation.last
        return bool(self.conversation.slate) or (last is not None and bool(last.focus))

    def of_kind(self, *kinds: str) -> list[Mention]:
        """Mentions of these kinds, left to right."""
        return [m for m in self.mentions if m.kind in kinds]
