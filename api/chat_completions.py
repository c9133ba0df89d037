"""The OpenAI-compatible door: /v1/chat/completions and /v1/models, for any client that speaks that protocol.

Such clients send the whole dialogue every time. The conversation it belongs to is found by what was said; one that
goes another way from some message on is a fork of it; one that began elsewhere is read anew, message by message.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent.access import Access
from agent.requests import Request as Named
from agent.requests import named
from agent.streaming import words
from agent.transcripts import Transcript
from api.callers import Who
from api.conversations import Key
from api.dialogues import PREFIX, Dialogue, Found, catalog_of
from api.openai_views import ChatRequest, Completion, ModelCard, ModelCards
from api.problems import OpenAIErrors, Refused, for_openai, problem_of
from api.problems import request_id as id_of
from api.sse import HEADERS, first_and_rest, kept_alive, stream_schema
from api.turns import Turns
from core.errors import BadInput, TastemakerError
from core.events import Event, TurnDone
from core.turn import Turn

CLOSED = b"data: [DONE]\n\n"
OPENAI_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": OpenAIErrors} for status in (400, 401, 404, 408, 409, 413, 422, 429, 500, 503)
}
STREAM = stream_schema("A chat.completion.chunk; the last message is [DONE].")

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])


@router.get("/models", responses=OPENAI_PROBLEMS | {200: {"model": ModelCards}})
def models(who: Who) -> Response:
    """The catalogues you may use, as models."""
    return JSONResponse({"object": "list", "data": [_card(c.name) for c in who.access.catalogs()]})


@router.get("/models/{model}", responses=OPENAI_PROBLEMS | {200: {"model": ModelCard}})
def model(model: Annotated[str, Path(min_length=1, max_length=120)], who: Who) -> Response:
    """One catalogue, as a model."""
    name = catalog_of(model)
    who.access.room(name)
    return JSONResponse(_card(name))


@router.post(
    "/chat/completions",
    responses=OPENAI_PROBLEMS | {200: {"model": Completion, "content": STREAM, "description": "The answer."}},
)
async def chat_completion(body: ChatRequest, who: Who, request: Request, key: Key = None) -> Response:
    """Answer the last message of a dialogue. The slate, the question and the ledger stand under `tastemaker`."""
    _supported(body)
    who.access.check_controller(body.tastemaker.controller)
    once = named(who.access.owner, key, "complete", body.model_dump(mode="json", exclude={"stream", "stream_options"}))
    dialogue = Dialogue.of(body)
    turns: Turns = request.app.state.turns
    name = id_of(request.scope)
    answer = Answer(f"chatcmpl-{name}", int(time.time()), body.model)

    def make() -> Iterator[Event]:
        found = _found(who.access, dialogue, once)
        answer.replayed = found.replayed
        again = Transcript(dialogue.person, dialogue.before)
        return who.access.stream(found.conversation, dialogue.message, body.tastemaker.controller, once, [again])

    batches = turns.batches(make, name)
    if body.stream:
        usage = body.stream_options is not None and body.stream_options.include_usage
        pieces = _pieces(answer, await first_and_rest(batches), name, usage=usage)
        return StreamingResponse(pieces, media_type="text/event-stream", headers=HEADERS)
    return JSONResponse(answer.whole(await turns.last(batches)))


def _card(name: str) -> dict[str, Any]:
    return {"id": f"{PREFIX}{name}", "object": "model", "created": 0, "owned_by": "tastemaker"}


def _found(access: Access, dialogue: Dialogue, once: Named | None) -> Found:
    """The conversation of a dialogue, or the one that answered the same request before."""
    known = access.answered(once)
    return dialogue.find(access) if known is None else Found(known[0])


def _supported(body: ChatRequest) -> None:
    """Raises BadInput for what would silently be left undone."""
    wanted = {
        "more than one choice": (body.n or 1) > 1,
        "calling tools of yours": bool(body.tools or body.functions),
        "log-probabilities": bool(body.logprobs),
        "another response format than text": (body.response_format or {}).get("type", "text") != "text",
        "content that is not text": any(
            part.type != "text" for m in body.messages if isinstance(m.content, tuple) for part in m.content
        ),
    }
    asked = [what for what, there in wanted.items() if there]
    if asked:
        raise BadInput(f"This agent cannot do what was asked: {asked[0]}.", "Leave it out of the request.")


@dataclass
class Answer:
    """What every part of an answer says of itself."""

    id: str
    created: int
    model: str
    replayed: int = 0
    """Messages that were read again; known when the turn begins."""

    def whole(self, turn: Turn) -> dict[str, Any]:
        """A turn as Completion."""
        said = {"role": "assistant", "content": turn.reply, "refusal": None}
        choice = {"index": 0, "message": said, "finish_reason": "stop", "logprobs": None}
        head = self._head("chat.completion")
        return head | {"choices": [choice], "usage": _usage(turn), "tastemaker": self._ours(turn)}

    def piece(self, delta: dict[str, Any], turn: Turn | None = None) -> dict[str, Any]:
        """A chunk; with the turn, the last one."""
        choice = {"index": 0, "delta": delta, "finish_reason": "stop" if turn else None, "logprobs": None}
        ours = {"tastemaker": self._ours(turn)} if turn else {}
        return self._head("chat.completion.chunk") | {"choices": [choice]} | ours

    def bill(self, turn: Turn) -> dict[str, Any]:
        """The chunk that tells the tokens."""
        return self._head("chat.completion.chunk") | {"choices": [], "usage": _usage(turn)}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _ours(self, turn: Turn) -> dict[str, Any]:
        return {
            "conversation": turn.conversation,
            "turn": turn.number,
            "controller": turn.controller,
            "slate": [r.model_dump(mode="json") for r in turn.slate],
            "question": None if turn.question is None else turn.question.model_dump(mode="json"),
            "ledger": turn.ledger.public(),
            "replayed": self.replayed,
        }


def _usage(turn: Turn) -> dict[str, int]:
    spent = turn.usage
    return {
        "prompt_tokens": spent.tokens_in,
        "completion_tokens": spent.tokens_out,
        "total_tokens": spent.tokens_in + spent.tokens_out,
    }


async def _pieces(
    answer: Answer, batches: AsyncIterator[Sequence[Event]], request: str, *, usage: bool
) -> AsyncIterator[bytes]:
    """The answer in OpenAI's chunks.

    The protocol has no way to take words back. So none is sent before the whole reply is verified and stored; until
    then comments keep the connection open.
    """
    yield _data(answer.piece({"role": "assistant", "content": ""}))
    try:
        async for batch in kept_alive(batches):
            if batch is None:
                yield b": still here\n\n"
            for turn in (event.turn for event in batch or () if isinstance(event, TurnDone)):
                told = [answer.piece({"content": word}) for word in words(turn.reply)]
                told += [answer.piece({}, turn), *([answer.bill(turn)] if usage else [])]
                yield b"".join(map(_data, told))
    except (TastemakerError, Refused) as error:
        yield _data(for_openai(problem_of(error, request)).model_dump())
        return
    yield CLOSED


def _data(what: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(what, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
