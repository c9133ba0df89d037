"""Holds one dialogue: a plain loop over somebody who answers and somebody who asks."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import TastemakerError
from core.turn import Conversation, Turn
from simulation.protocol import Dialogue, End, EndReason, Person

Respond = Callable[[Conversation, str], Turn]


def converse(respond: Respond, conversation: Conversation, person: Person, most_turns: int) -> Dialogue:
    """The dialogue from `conversation` on, until the person ends it or `most_turns` answers were given."""
    first = len(conversation.turns)
    for _ in range(most_turns):
        said = person.next(conversation)
        if isinstance(said, End):
            return _ended(conversation, first, said)
        try:
            conversation = conversation.plus(respond(conversation, said.text))
        except TastemakerError as wrong:
            fault = f"after {said.text!r}: {wrong}"
            return Dialogue(turns=conversation.turns[first:], ending=EndReason.agent_failed, fault=fault)
    said = person.next(conversation)
    if isinstance(said, End):
        return _ended(conversation, first, said)
    return Dialogue(turns=conversation.turns[first:], ending=EndReason.turn_limit)


def _ended(conversation: Conversation, first: int, end: End) -> Dialogue:
    return Dialogue(turns=conversation.turns[first:], ending=end.reason, accepted=end.item, last_word=end.last_word)
