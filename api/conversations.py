"""Conversations over HTTP: started, talked in, edited, undone, forgotten."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query, Request
from starlette.responses import JSONResponse, Response

from agent.access import Access
from agent.edits import ItemMark
from agent.requests import named
from api.callers import Caller, Who
from api.problems import documented
from api.problems import request_id as id_of
from api.sse import NAMES, first_and_rest, stream_schema, streamed
from api.turns import Turns
from api.views import (
    Conversations,
    ConversationView,
    Feedback,
    NewConversation,
    NewMessage,
    TurnView,
    TurnViews,
    Versioned,
    VersionedEdit,
)
from core.turn import Conversation

Id = Annotated[str, Path(min_length=1, max_length=64, description="Id of the conversation.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        description="A name of your own for this request. Sent again under the same name, it is not done again: "
        "the first answer comes back. Remembered for a day.",
    ),
]
EVENTS = stream_schema(
    "One message: `plan`, `stage`, `item`, `text`, `replace` (this text stands in the place of all that came before), "
    "and at the end `done` with the turn, or `error` with a problem.",
    NAMES,
)

router = APIRouter(prefix="/v1/conversations", tags=["conversations"])


def conversation_json(access: Access, conversation: Conversation) -> dict[str, object]:
    """A conversation as ConversationView."""
    question = conversation.question
    return {
        "id": conversation.id,
        "catalog": conversation.catalog,
        "title": conversation.title,
        "person": access.person_of(conversation),
        "version": conversation.version,
        "turns": len(conversation.turns),
        "ledger": conversation.ledger.public(),
        "question": None if question is None else question.model_dump(mode="json"),
    }


@router.post("", status_code=201, responses=documented(409) | {201: {"model": ConversationView}})
def start_conversation(body: NewConversation, who: Who, key: Key = None) -> Response:
    """Start a conversation about a catalogue."""
    request = named(who.access.owner, key, "start", body.model_dump())
    made = who.access.start(body.catalog, body.person, request)
    there = {"Location": f"/v1/conversations/{made.id}"}
    return JSONResponse(conversation_json(who.access, made), 201, there)


@router.get("", response_model=Conversations, responses=documented())
def conversations(who: Who, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Any:  # noqa: ANN401
    """Your conversations, newest first."""
    lines = [
        {"id": c.id, "catalog": c.catalog, "title": c.title, "version": c.version} for c in who.access.recent(limit)
    ]
    return {"conversations": lines}


@router.get("/{conversation}", responses=documented() | {200: {"model": ConversationView}})
def read_conversation(conversation: Id, who: Who) -> Response:
    """A conversation as it stands: its ledger, its version and the question that is open."""
    return _as_it_stands(who, who.access.load(conversation))


@router.delete("/{conversation}", status_code=204, responses=documented())
def forget_conversation(conversation: Id, who: Who) -> Response:
    """Forget a conversation. What has entered a person's profile stays there."""
    who.access.delete(conversation)
    return Response(status_code=204)


@router.get("/{conversation}/turns", responses=documented() | {200: {"model": TurnViews}})
def turns(
    conversation: Id,
    who: Who,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Number of the last turn that is not wanted.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """The turns of a conversation, oldest first."""
    found = who.access.load(conversation).turns[after : after + limit]
    return JSONResponse({"turns": [turn.public() for turn in found]})


@router.post(
    "/{conversation}/messages",
    responses=documented(409) | {200: {"model": TurnView, "content": EVENTS, "description": "The turn."}},
)
async def send_message(
    conversation: Id,
    body: NewMessage,
    who: Who,
    request: Request,
    key: Key = None,
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """Say something, and get the turn: the reply, the slate with its receipts, the ledger. JSON, or events.

    The turn is stored before it is told, and it is finished and stored even when you hang up.
    """
    once = named(who.access.owner, key, "say", conversation, body.model_dump(exclude={"stream"}))
    who.access.check_controller(body.controller)
    turns: Turns = request.app.state.turns
    name = id_of(request.scope)
    batches = turns.batches(lambda: who.access.say(conversation, body.message, body.controller, once), name)
    if body.stream or "text/event-stream" in accept:
        return streamed(await first_and_rest(batches), name)
    return JSONResponse((await turns.last(batches)).public())


@router.patch("/{conversation}/ledger", responses=documented(409) | {200: {"model": ConversationView}})
def edit_ledger(conversation: Id, body: VersionedEdit, who: Who) -> Response:
    """Change the ledger: add, revise and drop preferences, mark items. It counts from the next turn on."""
    return _as_it_stands(who, who.access.edit(who.access.load(conversation), body, body.version))


@router.post("/{conversation}/undo", responses=documented(409) | {200: {"model": ConversationView}})
def undo(conversation: Id, body: Versioned, who: Who) -> Response:
    """Take the last change of the ledger back."""
    return _travel(who, conversation, body, "undo")


@router.post("/{conversation}/redo", responses=documented(409) | {200: {"model": ConversationView}})
def redo(conversation: Id, body: Versioned, who: Who) -> Response:
    """Bring back what was taken back."""
    return _travel(who, conversation, body, "redo")


@router.post("/{conversation}/feedback", responses=documented(409) | {200: {"model": ConversationView}})
def give_feedback(conversation: Id, body: Feedback, who: Who) -> Response:
    """Say what the person thinks of an item. It holds whatever else has changed meanwhile."""
    mark = ItemMark(item=body.item, opinion=body.opinion, seen=body.seen)
    return _as_it_stands(who, who.access.mark(conversation, mark))


def _travel(who: Caller, conversation: str, body: Versioned, way: Literal["undo", "redo"]) -> Response:
    return _as_it_stands(who, who.access.travel(who.access.load(conversation), way, body.version))


def _as_it_stands(who: Caller, conversation: Conversation) -> Response:
    return JSONResponse(conversation_json(who.access, conversation))
