"""The agent with an ability taken away from outside: what it hears or says is cut, its code is not touched."""

from __future__ import annotations

from collections.abc import Callable

from core.turn import Conversation, Turn
from evaluation.catalogs import Ability

Respond = Callable[[Conversation, str], Turn]
BARE_NO = "No, not that one. What else is there?"
NOTHING = "Nothing in the catalogue fits all of that."


def ablated(respond: Respond, ability: Ability | None) -> Respond:
    """`respond` without an ability; asking and policies are the schema's and are taken away there.

    rejections: what is said when something was shown reaches the agent as a bare no, and it does not see what it showed
    before. relaxation: a finding that nothing fits comes without what may be given up.
    """
    match ability:
        case "rejections":
            return lambda conversation, message: _unlearning(respond, conversation, message)
        case "relaxation":
            return lambda conversation, message: _unbending(respond(conversation, message))
    return respond


def _unlearning(respond: Respond, conversation: Conversation, message: str) -> Turn:
    last = conversation.last
    if last is None or not last.slate:
        return respond(_forgetful(conversation), message)
    turn = respond(_forgetful(conversation), BARE_NO)
    return turn.model_copy(update={"message": message})


def _forgetful(conversation: Conversation) -> Conversation:
    """The conversation as if only its last turn had shown anything; that it was shown stays in the ledger."""
    earlier = tuple(t.model_copy(update={"slate": ()}) for t in conversation.turns[:-1])
    return conversation.model_copy(update={"turns": (*earlier, *conversation.turns[-1:])})


def _unbending(turn: Turn) -> Turn:
    if turn.question is None or turn.question.kind != "relax":
        return turn
    return turn.model_copy(update={"question": None, "reply": NOTHING})
