"""Conversations and turns in words and as data, for answers over MCP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.access import Access
from api.conversations import conversation_json
from core.items import Catalog
from core.turn import Conversation, Turn


def reading(access: Access, conversation: Conversation, turns: Sequence[Turn]) -> dict[str, object]:
    """A conversation with some of its turns, as Reading."""
    return conversation_json(access, conversation) | {"last_turns": [turn.public() for turn in turns]}


def in_words(access: Access, conversation: Conversation) -> str:
    """A conversation as it stands, with the ids that edits need."""
    catalog = access.room(conversation.catalog).catalog
    return "\n".join(_lines(conversation, catalog))


def shown(turn: Turn) -> str:
    """The ids of the items a turn shows and the answers its question offers; empty where there are none."""
    lines = [f"{place}. {one.item.title} (id {one.item.id})" for place, one in enumerate(turn.slate, start=1)]
    if turn.question and turn.question.choices:
        lines.append(f"Answers offered: {', '.join(choice.label for choice in turn.question.choices)}")
    return "\n".join(lines)


def _lines(conversation: Conversation, catalog: Catalog) -> Iterator[str]:
    ledger, count = conversation.ledger, len(conversation.turns)
    yield (
        f"Conversation {conversation.id} about {conversation.catalog}, version {conversation.version}, "
        f"{count} {'turn' if count == 1 else 'turns'}."
    )
    for held in ledger.preferences:
        must = "must" if held.hard else "rather"
        yield f"- {held.id}, {must}: {held.label(catalog.schema)}"
    for said, ids in (("liked", ledger.liked), ("disliked", ledger.disliked), ("seen", ledger.seen)):
        if ids:
            yield f"- {said}: {', '.join(f'{item.title} (id {item.id})' for item in catalog.find(ids))}"
    if ledger.declined:
        yield f"- does not matter: {', '.join(catalog.schema.field(name).title for name in ledger.declined)}"
    if conversation.question:
        yield f"Open question: {conversation.question.text}"
