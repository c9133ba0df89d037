"""A model that answers from a script, for tests and rehearsals; it fails on a call that nobody wrote down."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from agent.models.protocol import OnDelta
from core.errors import TastemakerError
from core.events import ModelReply, ModelRequest
from core.turn import Usage

Line = str | ModelReply | TastemakerError | Callable[[ModelRequest], str]


class ScriptEnded(AssertionError):
    """A call came that the script does not hold; no driver swallows this."""


class ScriptedModel:
    """Answers the next request with the next line: a text, a reply, an error to raise, or a function of the request."""

    name = "scripted"

    def __init__(self, script: Iterable[Line] = (), *, piece: int = 4) -> None:
        self._script = list(script)
        self._piece = piece
        self.requests: list[ModelRequest] = []

    @property
    def left(self) -> int:
        """Lines that have not been asked for."""
        return len(self._script) - len(self.requests)

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The next line of the script; raises ScriptEnded when there is none."""
        del within
        number = len(self.requests)
        if number >= len(self._script):
            raise ScriptEnded(f"call {number + 1} ({request.call}) is not in the script")
        self.requests.append(request)
        line = self._script[number]
        if isinstance(line, TastemakerError):
            raise line
        reply = line if isinstance(line, ModelReply) else _reply(line if isinstance(line, str) else line(request))
        if on_delta is not None and request.stream:
            for start in range(0, len(reply.text), self._piece):
                on_delta(reply.text[start : start + self._piece])
        return reply


def _reply(text: str) -> ModelReply:
    return ModelReply(text=text, usage=Usage(calls=1, tokens_out=len(text) // 4))
