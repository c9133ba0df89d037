"""A real HTTP server that speaks the OpenAI chat protocol from a script, and fails on a call nobody wrote down.

    with OpenAIServer([Answer("hello"), Answer(status=429)]) as server:
        ...                       # point a client at server.base_url
    server.requests               # every request body, in order

Leaving the block raises when a call came that the script did not hold, or when answers are left over.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the server does with one call."""

    text: str = ""
    status: int = 200
    """Anything but 200 is an error with `text` as its message."""
    code: str | None = None
    """The error's code: "insufficient_quota"."""
    headers: dict[str, str] = field(default_factory=dict)
    tool: str | None = None
    """Answer with a call of this tool, `text` being its arguments."""
    refusal: str | None = None
    finish: str = "stop"
    delay_s: float = 0.0
    """Silence before the answer."""
    chunk: int = 6
    """Characters per streamed piece."""
    gap_s: float = 0.0
    """Silence between streamed pieces."""
    cut_after: int | None = None
    """Close the connection after this many pieces."""
    raw: str | None = None
    """Send this body as it stands."""
    usage: Body | None = field(default_factory=lambda: dict(USAGE))
    """None: the server does not count tokens."""
    alternatives: dict[str, float] = field(default_factory=dict)
    """The likeliest first tokens with their log-probabilities, told to whoever asks for them."""
    check: Callable[[Body], None] | None = None
    """Looks at the request; what it raises is raised when the block is left."""


USAGE: Body = {
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 100},
}


class OpenAIServer:
    """The scripted server, running while its `with` block does."""

    def __init__(self, script: Sequence[Answer] = (), key: str | None = None) -> None:
        self.script = list(script)
        self.key = key
        self.requests: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.problems: list[str] = []
        self._next = 0
        self._lock = threading.Lock()
        self._gone = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def __enter__(self) -> OpenAIServer:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._gone.set()
        self._http.shutdown()
        self._http.server_close()
        if kind is None and self.problems:
            raise AssertionError("; ".join(self.problems))
        if kind is None and self._next < len(self.script):
            raise AssertionError(f"{len(self.script) - self._next} scripted answers were never asked for")

    def take(self, body: Body, headers: dict[str, str]) -> Answer:
        """The answer for this call."""
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
                return Answer("wrong key " + headers.get("authorization", ""), status=401, code="invalid_api_key")
            if self._next >= len(self.script):
                self.problems.append(f"call {len(self.requests)} is not in the script")
                return Answer("this call is not in the script", status=403)
            answer = self.script[self._next]
            self._next += 1
        if answer.check is not None:
            try:
                answer.check(body)
            except AssertionError as error:
                self.problems.append(f"call {len(self.requests)}: {error}")
        return answer

    def wait(self, seconds: float) -> None:
        """Be silent, but not longer than the server lives."""
        self._gone.wait(seconds)


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            if self.path.rstrip("/") != "/v1/chat/completions":
                self._json(404, {"error": {"message": f"{self.path} is not served here"}}, {})
                return
            answer = server.take(body, {k.lower(): v for k, v in self.headers.items()})
            server.wait(answer.delay_s)
            try:
                self._answer(answer, body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _answer(self, answer: Answer, body: Body) -> None:
            if answer.raw is not None:
                self._send(answer.status, answer.raw.encode(), answer.headers)
            elif answer.status != 200:
                error = {"message": answer.text, "code": answer.code, "type": "scripted"}
                self._json(answer.status, {"error": error}, answer.headers)
            elif body.get("stream"):
                self._stream(answer, body)
            else:
                choice = {"index": 0, "message": _message(answer), "finish_reason": answer.finish}
                if body.get("logprobs") and answer.alternatives:
                    choice["logprobs"] = {"content": [_first_token(answer, body.get("top_logprobs") or 0)]}
                value = _base(body, "chat.completion") | {"choices": [choice]}
                if answer.usage is not None:
                    value["usage"] = answer.usage
                self._json(200, value, answer.headers)

        def _json(self, status: int, value: Body, headers: dict[str, str]) -> None:
            self._send(status, json.dumps(value).encode(), headers)

        def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _stream(self, answer: Answer, body: Body) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            for n, delta in enumerate(_deltas(answer)):
                if answer.cut_after is not None and n >= answer.cut_after:
                    return
                self._event(body, delta)
                server.wait(answer.gap_s)
            self._event(body, {}, answer.finish)
            if (body.get("stream_options") or {}).get("include_usage") and answer.usage is not None:
                self._event(body, None, usage=answer.usage)
            self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, body: Body, delta: Body | None, finish: str | None = None, **more: Any) -> None:
            choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
            event = _base(body, "chat.completion.chunk") | {"choices": choices} | more
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()

    return Handler


def _base(body: Body, kind: str) -> Body:
    return {"id": "chatcmpl-1", "object": kind, "created": int(time.time()), "model": body.get("model", "scripted")}


def _message(answer: Answer) -> Body:
    if answer.tool is not None:
        call = {"name": answer.tool, "arguments": answer.text}
        calls = [{"id": "call_1", "type": "function", "function": call}]
        return {"role": "assistant", "content": None, "tool_calls": calls}
    if answer.refusal is not None:
        return {"role": "assistant", "content": None, "refusal": answer.refusal}
    return {"role": "assistant", "content": answer.text}


def _first_token(answer: Answer, count: int) -> Body:
    """The first token and its rivals, likeliest first, as the protocol tells them."""
    held = sorted(answer.alternatives.items(), key=lambda pair: -pair[1])
    told = [{"token": token, "logprob": value, "bytes": list(token.encode())} for token, value in held]
    return told[0] | {"top_logprobs": told[:count]}


def _deltas(answer: Answer) -> list[Body]:
    if answer.tool is not None:
        call = {"name": answer.tool, "arguments": answer.text}
        return [
            {"role": "assistant", "tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": call}]}
        ]
    if answer.refusal is not None:
        return [{"role": "assistant", "refusal": answer.refusal}]
    pieces = [answer.text[i : i + answer.chunk] for i in range(0, len(answer.text), answer.chunk)]
    return [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]
