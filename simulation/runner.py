"""Holds one dialogue: a plain loop over somebody who answers and somebody who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import TastemakerError
from core.turn import Conversation, Turn
from simulation.protocol import Dialogue, End, EndReason, Person

Respond = Callable[[Conversation, str], Turn]


def converse(respond: Respond, conversation: Conversation, person: Person, most_turns: int) -> Dialogue:
    """The dialogue from `conversation` on, until the person ends it or `most_turns` answers were given."""
    first = len(conversation.turns)
    agreed: list[bool | None] = []
    for _ in range(most_turns):
        said = person.next(conversation)
        if isinstance(said, End):
            return _ended(conversation, first, agreed, said)
        agreed.append(said.agrees)
        try:
            conversation = conversation.plus(respond(conversation, said.text))
        except TastemakerError as wrong:
            fault = f"after {said.text!r}: {wrong}"
            held = conversation.turns[first:]
            ending = EndReason.agent_failed
            return Dialogue(turns=held, agreed=tuple(agreed[: len(held)]), ending=ending, fault=fault)
    said = person.next(conversation)
    if isinstance(said, End):
        return _ended(conversation, first, agreed, said)
    return Dialogue(turns=conversation.turns[first:], agreed=tuple(agreed), ending=EndReason.turn_limit)


def _ended(conversation: Conversation, first: int, agreed: Sequence[bool | None], end: End) -> Dialogue:
    return Dialogue(
        turns=conversation.turns[first:],
        agreed=tuple(agreed),
        ending=end.reason,
        accepted=end.item,
        last_word=end.last_word,
    )
