"""Conversations and turns in words and as data, for answers over MCP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.access import Access
from api.mcp_views import Asked, Exchange, Offered, Reading, Standing, Told, Wished
from core.items import Catalog
from core.ledger import Ledger
from core.turn import Conversation, Question, Turn


def standing(access: Access, conversation: Conversation) -> Standing:
    """A conversation as it stands."""
    return Standing.model_validate(_standing(access, conversation))


def reading(access: Access, conversation: Conversation, turns: Sequence[Turn]) -> Reading:
    """A conversation with some of its turns."""
    last = [
        Exchange(number=t.number, message=t.message, reply=t.reply, items=tuple(one.item.id for one in t.slate))
        for t in turns
    ]
    return Reading.model_validate({**_standing(access, conversation), "last_turns": last})


def told(access: Access, turn: Turn) -> Told:
    """What came of a message."""
    items = [Offered(id=o.item.id, title=o.item.title, reason=o.reason, receipt=o.receipt) for o in turn.slate]
    return Told(
        conversation=turn.conversation,
        number=turn.number,
        controller=turn.controller,
        act=turn.plan.act.kind,
        reply=turn.reply,
        items=tuple(items),
        focus=turn.focus,
        question=_asked(turn.question),
        wishes=_wishes(access, turn.catalog, turn.ledger),
    )


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


def _standing(access: Access, conversation: Conversation) -> dict[str, object]:
    ledger = conversation.ledger
    return {
        "id": conversation.id,
        "catalog": conversation.catalog,
        "person": access.person_of(conversation),
        "version": conversation.version,
        "turns": len(conversation.turns),
        "wishes": _wishes(access, conversation.catalog, ledger),
        "liked": ledger.liked,
        "disliked": ledger.disliked,
        "seen": ledger.seen,
        "question": _asked(conversation.question),
    }


def _wishes(access: Access, catalog: str, ledger: Ledger) -> tuple[Wished, ...]:
    schema = access.room(catalog).catalog.schema
    told_of = Wished.model_fields.keys() - {"label"}
    return tuple(
        Wished.model_validate({**held.model_dump(include=told_of), "label": held.label(schema)})
        for held in ledger.preferences
    )


def _asked(question: Question | None) -> Asked | None:
    if question is None:
        return None
    return Asked(text=question.text, choices=tuple(choice.label for choice in question.choices))
