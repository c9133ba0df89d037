"""Server-sent events (HTML Living Standard, 9.2): the events of a turn as a stream of typed messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, TypeVar

from starlette.responses import StreamingResponse

from api.problems import Refused, problem_of
from core.errors import TastemakerError
from core.events import Event, Planned, SlateReady, StageDone, TextDelta, TextReplaced, TurnDone

NAMES = ("plan", "stage", "item", "text", "replace", "done", "error")
T = TypeVar("T")
QUIET_S = 15.0
"""After so long without an event a comment is sent, so that nothing between us and the client hangs up."""
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


def stream_schema(description: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """How a stream stands in the OpenAPI document: the schema of one message (OpenAPI 3.2, 4.14.4)."""
    told: dict[str, Any] = {"data": {"type": "string", "contentMediaType": "application/json"}}
    if names:
        told["event"] = {"type": "string", "enum": list(names)}
    schema = {"type": "object", "description": description, "properties": told, "required": list(told)}
    return {"text/event-stream": {"schema": schema}}


def named(event: Event) -> Iterator[tuple[str, dict[str, Any]]]:
    """The messages an event is told in, as (name, data)."""
    match event:
        case Planned(plan=plan):
            yield "plan", {"plan": plan.model_dump(mode="json")}
        case StageDone(trace=trace):
            yield "stage", trace.model_dump(mode="json")
        case SlateReady(slate=slate):
            for place, one in enumerate(slate, start=1):
                yield "item", {"place": place, "recommendation": one.model_dump(mode="json")}
        case TextDelta(text=text):
            yield "text", {"text": text}
        case TextReplaced(text=text):
            yield "replace", {"text": text}
        case TurnDone(turn=turn):
            yield "done", {"turn": turn.public()}


def message(name: str, data: object) -> bytes:
    """One message as it goes over the wire."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


async def first_and_rest(events: AsyncIterator[T]) -> AsyncIterator[T]:
    """The same events; what goes wrong before the first is raised now, while the status can still say it."""
    first = await anext(events)

    async def whole() -> AsyncIterator[T]:
        yield first
        async for event in events:
            yield event

    return whole()


def streamed(batches: AsyncIterator[Sequence[Event]], request: str) -> StreamingResponse:
    """The response that streams a turn; what goes wrong on the way is a last message named "error".

    Events that come together go out together: a write for each word of a reply would cost as much as half a turn.
    """

    async def body() -> AsyncIterator[bytes]:
        try:
            async for batch in kept_alive(batches):
                if batch is None:
                    yield b": still here\n\n"
                else:
                    yield b"".join(message(name, data) for event in batch for name, data in named(event))
        except (TastemakerError, Refused) as error:
            yield message("error", problem_of(error, request).model_dump())

    return StreamingResponse(body(), media_type="text/event-stream", headers=HEADERS)


async def kept_alive(events: AsyncIterator[T]) -> AsyncIterator[T | None]:
    """The events, and None whenever there was none for a while."""
    coming = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            done, _ = await asyncio.wait({coming}, timeout=QUIET_S)
            if not done:
                yield None
                continue
            event = coming.result()
            if event is None:
                return
            yield event
            coming = asyncio.ensure_future(anext(events, None))
    finally:
        coming.cancel()
