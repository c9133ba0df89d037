"""Log lines: one JSON object a request and a turn, with names and numbers; what people wrote only where asked for."""

from __future__ import annotations

import traceback
from typing import Any, TextIO

import structlog

from core.errors import TastemakerError
from core.turn import Turn


class Lines:
    """Writes the lines of one process."""

    def __init__(self, out: TextIO, secrets: tuple[str, ...] = (), *, content: bool = False) -> None:
        """`secrets`: values that are blotted out wherever they come; `content`: messages and replies are kept too."""
        self._content = content
        self._secrets = tuple(s for s in secrets if s)
        self._log = structlog.wrap_logger(
            structlog.WriteLogger(out),
            processors=[
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.add_log_level,
                structlog.processors.JSONRenderer(ensure_ascii=False),
                self._blot,
            ],
        )

    def request(self, scope: Any, status: int, seconds: float, error: Exception | None) -> None:  # noqa: ANN401
        """One request of an ASGI scope: by its route's template, so that no id and no query of it is kept by chance."""
        state = scope.get("state", {})
        caller = state.get("caller")
        told: dict[str, Any] = {
            "request": state.get("request_id", ""),
            "method": scope["method"],
            "route": route_of(scope),
            "status": status,
            "ms": round(1000 * seconds, 1),
            "key": caller.key if caller else "",
        }
        if error is not None and not isinstance(error, TastemakerError):
            told["error"] = type(error).__name__
            told["at"] = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
        (self._log.info if status < 500 else self._log.error)("request", **told)

    def turn(self, turn: Turn, request: str) -> None:
        """One turn that was answered."""
        told: dict[str, Any] = {
            "request": request,
            "conversation": turn.conversation,
            "turn": turn.number,
            "catalog": turn.catalog,
            "controller": turn.controller,
            "act": turn.plan.act.kind,
            "items": len(turn.slate),
            "calls": turn.usage.calls,
            "fallback": any(s.fallback for s in turn.trace),
            "ms": round(turn.usage.ms, 1),
        }
        if self._content:
            told |= {"message": turn.message, "reply": turn.reply}
        self._log.info("turn", **told)

    def say(self, event: str, **told: Any) -> None:  # noqa: ANN401 - whatever belongs to the event
        """What the server itself does: starts, stops."""
        self._log.info(event, **told)

    def _blot(self, _logger: object, _name: str, rendered: Any) -> str:  # noqa: ANN401 - structlog's type for any step
        line = str(rendered)
        for secret in self._secrets:
            line = line.replace(secret, "***")
        return line


def route_of(scope: Any) -> str:  # noqa: ANN401 - an ASGI scope
    """The template of the route that answered, "/v1/conversations/{conversation}"; "other" where none did."""
    path = getattr(scope.get("route"), "path", None)
    return str(path) if path else "other"
