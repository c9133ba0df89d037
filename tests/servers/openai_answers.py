"""What the scripted server can do with one call: answers, and every way of failing to answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Body = dict[str, Any]

USAGE: Body = {
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 100},
}


@dataclass(frozen=True)
class Answer:
    """What the server does with one call."""

    text: str = ""
    status: int = 200
    """Anything but 200 is an error with `text` as its message."""
    code: str | None = None
    """The error's code: "insufficient_quota"."""
    headers: dict[str, str] = field(default_factory=dict)
    """Further headers, or others in their place; also of a stream."""
    tool: str | None = None
    """Answer with a call of this tool, `text` being its arguments; "" names the one that was asked for."""
    refusal: str | None = None
    finish: str | None = "stop"
    """None: a stream ends without saying why."""
    delay_s: float = 0.0
    """Silence before the answer."""
    chunk: int = 6
    """Characters per streamed piece."""
    gap_s: float = 0.0
    """Silence between streamed pieces; a whole body is sent in pieces of `chunk` bytes when this is not 0."""
    cut_after: int | None = None
    """Close the connection after this many pieces, of a stream or (in `chunk` bytes) of a whole body."""
    done: bool = True
    """Whether a stream ends with its closing mark."""
    twice: bool = False
    """Send every streamed piece twice."""
    endless: bool = False
    """Say `text` again and again, as long as the other side listens."""
    unstreamed: bool = False
    """Answer a call for a stream with a whole body."""
    raw: str | None = None
    """Send this body as it stands."""
    sse: tuple[str, ...] | None = None
    """Stream these events' data as they stand."""
    drop: Literal["reset", "half_header"] | None = None
    """Reset the connection before any header, or close it within one."""
    usage: Body | None = field(default_factory=lambda: dict(USAGE))
    """None: the server does not count tokens."""
    alternatives: dict[str, float] = field(default_factory=dict)
    """The likeliest first tokens with their log-probabilities, told to whoever asks for them."""
    check: Callable[[Body], None] | None = None
    """Looks at the request; what it raises is raised when the block is left."""


Line = Answer | Callable[[Body], Answer]
"""One line of a script: an answer, or a function of the request's body."""


def base(body: Body, kind: str) -> Body:
    """What every answer and every chunk begins with."""
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": body.get("model", "scripted")}


def whole(answer: Answer, body: Body) -> Body:
    """The answer as one body."""
    choice = {"index": 0, "message": _message(answer, body), "finish_reason": answer.finish}
    if body.get("logprobs") and answer.alternatives:
        choice["logprobs"] = {"content": [_first_token(answer, body.get("top_logprobs") or 0)]}
    value = base(body, "chat.completion") | {"choices": [choice]}
    return value if answer.usage is None else value | {"usage": answer.usage}


def deltas(answer: Answer, body: Body) -> Iterator[Body]:
    """The answer in pieces; without an end where it is endless."""
    if answer.tool is not None:
        call = {"name": answer.tool or _asked_tool(body), "arguments": answer.text}
        yield {"role": "assistant", "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]}
        return
    if answer.refusal is not None:
        yield {"role": "assistant", "refusal": answer.refusal}
        return
    yield {"role": "assistant", "content": ""}
    while True:
        for start in range(0, len(answer.text), answer.chunk):
            piece = {"content": answer.text[start : start + answer.chunk]}
            yield piece
            if answer.twice:
                yield piece
        if not answer.endless:
            return


def _message(answer: Answer, body: Body) -> Body:
    if answer.tool is not None:
        call = {"name": answer.tool or _asked_tool(body), "arguments": answer.text}
        calls = [{"id": "call_1", "type": "function", "function": call}]
        return {"role": "assistant", "content": None, "tool_calls": calls}
    if answer.refusal is not None:
        return {"role": "assistant", "content": None, "refusal": answer.refusal}
    return {"role": "assistant", "content": answer.text}


def _asked_tool(body: Body) -> str:
    tools = body.get("tools") or [{"function": {"name": "answer"}}]
    return str(tools[0]["function"]["name"])


def _first_token(answer: Answer, count: int) -> Body:
    """The first token and its rivals, likeliest first, as the protocol tells them."""
    held = sorted(answer.alternatives.items(), key=lambda pair: -pair[1])
    told = [{"token": token, "logprob": value, "bytes": list(token.encode())} for token, value in held]
    return told[0] | {"top_logprobs": told[:count]}
