"""A real HTTP server that speaks the OpenAI chat protocol from a script, and fails on a call nobody wrote down.

    with OpenAIServer([Answer("hello"), Answer(status=429)]) as server:
        ...                       # point a client at server.base_url
    server.requests               # every request body, in order

A line of the script may be a function of the request's body; so may the whole script, which then has no end. Leaving
the block raises when a call came that the script did not hold, or when answers are left over.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.openai_answers import USAGE, Answer, Body, Line, base, deltas, whole

__all__ = ["USAGE", "Answer", "Body", "OpenAIServer"]


class OpenAIServer:
    """The scripted server, running while its `with` block does."""

    def __init__(
        self,
        script: Sequence[Line] | Callable[[Body], Answer] = (),
        key: str | None = None,
        models: Sequence[str] | None = None,
    ) -> None:
        """`models`: the names it tells of when asked for them; None: it does not serve that question."""
        self.script = script if callable(script) else list(script)
        self.key = key
        self.models = models
        self.requests: list[Body] = []
        self.headers: list[dict[str, str]] = []
        self.problems: list[str] = []
        self.seconds: list[float] = []
        """How long each call was here, from its last byte read to the last one written."""
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
        if kind is None and not callable(self.script) and self._next < len(self.script):
            raise AssertionError(f"{len(self.script) - self._next} scripted answers were never asked for")

    @property
    def gone(self) -> bool:
        """Whether the block has been left."""
        return self._gone.is_set()

    def take(self, body: Body, headers: dict[str, str]) -> Answer:
        """The answer for this call."""
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
                return Answer("wrong key " + headers.get("authorization", ""), status=401, code="invalid_api_key")
            line = self._line()
        try:
            answer = line if isinstance(line, Answer) else line(body)
            if answer.check is not None:
                answer.check(body)
        except AssertionError as error:
            self.problems.append(f"call {len(self.requests)}: {error}")
            return Answer("the script objects to this call", status=403) if callable(line) else line
        return answer

    def _line(self) -> Line:
        if callable(self.script):
            return self.script
        if self._next >= len(self.script):
            self.problems.append(f"call {len(self.requests)} is not in the script")
            return Answer("this call is not in the script", status=403)
        self._next += 1
        return self.script[self._next - 1]

    def wait(self, seconds: float) -> None:
        """Be silent, but not longer than the server lives."""
        if seconds:
            self._gone.wait(seconds)


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path != "/v1/models" or server.models is None:
                self._json(404, {"error": {"message": f"{self.path} is not served here"}}, Answer())
            elif server.key is not None and self.headers.get("Authorization") != f"Bearer {server.key}":
                self._json(401, {"error": {"message": "wrong key"}}, Answer())
            else:
                self._json(200, {"data": [{"id": name} for name in server.models]}, Answer())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            started = time.perf_counter()
            if self.path.rstrip("/") != "/v1/chat/completions":
                self.do_GET()
                return
            answer = server.take(body, {k.lower(): v for k, v in self.headers.items()})
            server.wait(answer.delay_s)
            try:
                self._answer(answer, body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            server.seconds.append(time.perf_counter() - started)

        def _answer(self, answer: Answer, body: Body) -> None:
            if answer.drop is not None:
                self._drop(answer)
            elif answer.sse is not None:
                self._begin_stream(answer)
                for data in answer.sse:
                    self.wfile.write(f"data: {data}\n\n".encode("utf-8", "surrogatepass"))
            elif answer.raw is not None:
                self._send(answer.status, answer.raw.encode(), answer)
            elif answer.status != 200:
                error = {"message": answer.text, "code": answer.code, "type": "scripted"}
                self._json(answer.status, {"error": error}, answer)
            elif body.get("stream") and not answer.unstreamed:
                self._stream(answer, body)
            else:
                self._json(200, whole(answer, body), answer)

        def _drop(self, answer: Answer) -> None:
            self.close_connection = True
            if answer.drop == "half_header":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
                return
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

        def _json(self, status: int, value: Body, answer: Answer) -> None:
            self._send(status, json.dumps(value).encode(), answer)

        def _send(self, status: int, data: bytes, answer: Answer) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            if answer.endless:
                self._send_endless(data)
                return
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if answer.cut_after is not None:
                data, self.close_connection = data[: answer.cut_after * answer.chunk], True
            step = answer.chunk if answer.gap_s else len(data) or 1
            for start in range(0, len(data), step):
                self.wfile.write(data[start : start + step])
                server.wait(answer.gap_s)

        def _send_endless(self, data: bytes) -> None:
            self.send_header("Connection", "close")
            self.end_headers()
            self.close_connection = True
            while not server.gone:
                self.wfile.write(data)

        def _begin_stream(self, answer: Answer) -> None:
            self.send_response(200)
            for name, value in {"Content-Type": "text/event-stream", "Connection": "close", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.close_connection = True

        def _stream(self, answer: Answer, body: Body) -> None:
            self._begin_stream(answer)
            for n, delta in enumerate(deltas(answer, body)):
                if server.gone or (answer.cut_after is not None and n >= answer.cut_after):
                    return
                self._event(body, delta)
                server.wait(answer.gap_s)
            if answer.finish is not None:
                self._event(body, {}, answer.finish)
            if (body.get("stream_options") or {}).get("include_usage") and answer.usage is not None:
                self._event(body, None, usage=answer.usage)
            if answer.done:
                self.wfile.write(b"data: [DONE]\n\n")

        def _event(self, body: Body, delta: Body | None, finish: str | None = None, **more: Any) -> None:
            choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
            event = base(body, "chat.completion.chunk") | {"choices": choices} | more
            self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
            self.wfile.flush()

    return Handler
