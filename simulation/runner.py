"""Holds one dialogue: a plain loop over somebody who answers and somebody who asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.errors import TastemakerError
from core.turn import Conversation, Turn
from simulation.protocol import Dialogue, End, EndReason, User, Utterance

Recommender = Callable[[Conversation, str], Turn]
"""Whoever answers: a conversation so far and the next message, to the turn that answers it."""


def converse(recommender: Recommender, conversation: Conversation, user: User, most_turns: int) -> Dialogue:
    """The dialogue from `conversation` on, until the person ends it or `most_turns` answers were given."""
    first = len(conversation.turns)
    said: list[Utterance] = []
    for _ in range(most_turns):
        move = user.next(conversation)
        if isinstance(move, End):
            return ended(conversation, first, said, move)
        said.append(move)
        try:
            conversation = conversation.plus(recommender(conversation, move.text))
        except TastemakerError as wrong:
            fault = f"after {move.text!r}: {wrong}"
            return ended(conversation, first, said[:-1], End(reason=EndReason.agent_failed), fault)
    move = user.next(conversation)
    return ended(conversation, first, said, move if isinstance(move, End) else End(reason=EndReason.turn_limit))


def ended(conversation: Conversation, first: int, said: Sequence[Utterance], end: End, fault: str = "") -> Dialogue:
    """The dialogue from the turn numbered `first`, from 0, on, with what the person meant by each message."""
    return Dialogue(
        turns=conversation.turns[first:],
        agreed=tuple(u.agrees for u in said),
        acts=tuple(u.acts for u in said),
        told=tuple(u.told for u in said),
        ending=end.reason,
        accepted=end.item,
        last_word=end.last_word,
        fault=fault,
    )
