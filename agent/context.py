"""What a planning prompt says of a conversation, within a budget of tokens; what did not fit is told.

The ledger holds what was agreed, so older turns are the first to go: the message, the open question and the last list
come first, then the preferences (hard before soft), what is known of items, the latest turns, and the profile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import prompts
from agent.model_lines import ledger_lines, named, turn_line
from agent.models.tokens import count_tokens
from core.items import Catalog
from core.turn import Conversation
from core.values import Value

OF_MESSAGE = 0.5
"""The share of the budget that a message may take."""
BETWEEN = " […] "


class Context(Value):
    """The changing part of a planning prompt."""

    message: str
    ledger: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    """Past turns, oldest first."""
    shown: tuple[str, ...] = ()
    question: str = ""
    choices: tuple[str, ...] = ()
    cut: tuple[str, ...] = ()
    """What was left out or shortened, in words for the trace."""


def context_of(
    conversation: Conversation,
    message: str,
    catalog: Catalog,
    profile: Sequence[str] = (),
    *,
    turns: int = 3,
    budget: int = 1000,
    count: Callable[[str], int] = count_tokens,
) -> Context:
    """What to tell of the conversation in at most about `budget` tokens; repeats at most `turns` past turns.

    `profile`: what is known of the person from other conversations, a sentence each, the weightiest first.
    """
    cut: list[str] = []
    said = shortened(message, int(budget * OF_MESSAGE), count)
    if said != message:
        cut.append(f"message {count(message)} to {count(said)} tokens")
    question, schema = conversation.question, catalog.schema
    shown = tuple(named(r.item, schema) for r in conversation.slate)
    choices = tuple(c.label for c in question.choices) if question else ()
    left = budget - sum(count(t) for t in (said, *shown, *choices, question.text if question else ""))
    ledger, left = _fitting(ledger_lines(conversation.ledger, catalog), left, count, cut, "known")
    latest = conversation.turns[-turns:] if turns else ()
    told = [
        turn_line(turn, catalog, last=bool(turn.slate) and turn.slate == conversation.slate)
        for turn in reversed(latest)
    ]
    history, left = _fitting(told, left, count, cut, "turns")
    if older := len(conversation.turns) - len(latest):
        cut.append(f"{older} older turns")
    lasting, _ = _fitting([f"of this person: {line}" for line in profile], left, count, cut, "profile")
    return Context(
        message=said,
        ledger=(*ledger, *lasting),
        history=tuple(reversed(history)),
        shown=shown,
        question=question.text if question else "",
        choices=choices,
        cut=tuple(cut),
    )


def shortened(text: str, budget: int, count: Callable[[str], int] = count_tokens) -> str:
    """`text` in at most about `budget` tokens: its beginning and its end, where people say what they want."""
    total = count(text)
    if total <= budget:
        return text
    kept = max(40, int(len(text) * budget / total) - len(BETWEEN))
    head, tail = text[: 2 * kept // 3], text[-(kept // 3) :]
    return f"{head.rsplit(' ', 1)[0]}{BETWEEN}{tail.split(' ', 1)[-1]}"


def _fitting(
    lines: Sequence[str], left: int, count: Callable[[str], int], cut: list[str], what: str
) -> tuple[list[str], int]:
    """The first of `lines` that fit into what is left, and what is then left; the others are told in `cut`."""
    kept: list[str] = []
    for line in map(prompts.line, lines):
        cost = count(line) + 1
        if cost > left:
            break
        kept.append(line)
        left -= cost
    if len(kept) < len(lines):
        cut.append(f"{what} {len(lines)} to {len(kept)} lines")
    return kept, left
