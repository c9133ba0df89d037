"""Who looks on while a turn runs: a seam for tracing and bookkeeping that a turn and its answers do not depend on.

Drivers tell an observer what happens; it must neither raise nor wait. The default looks away.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from agent.models.protocol import ChatModel
from core.events import Event, ModelReply, ModelRequest, Origin


class CallObserver(Protocol):
    """Looks at one model call; entered before it starts and left when its outcome is known."""

    def running(self) -> AbstractContextManager[object]:
        """Surrounds the call in the thread that makes it."""
        ...

    def piece(self) -> None:
        """A piece of the answer has come."""
        ...

    def replied(self, reply: ModelReply) -> None:
        """The answer is there."""
        ...

    def failed(self, kind: str, reason: str) -> None:
        """There is no answer; `kind` is the class of the error or "timeout", `reason` may repeat what others wrote."""
        ...


class TurnObserver(Protocol):
    """Looks at one turn; entered before it starts and left when it ends, in whatever way and thread."""

    def happened(self, event: Event) -> None:
        """The turn yielded an event."""
        ...

    def call(self, request: ModelRequest, model: ChatModel) -> AbstractContextManager[CallObserver]:
        """A model call begins."""
        ...


class Observer(Protocol):
    """Looks at turns; safe to share between threads."""

    def turn(self, origin: Origin) -> AbstractContextManager[TurnObserver]:
        """A turn begins."""
        ...

    def close(self) -> None:
        """Nothing more will come."""
        ...


@dataclass(frozen=True)
class Unobserved:
    """Looks away: observer, turn observer and call observer in one."""

    def turn(self, origin: Origin) -> AbstractContextManager[Unobserved]:
        """Nothing to see."""
        del origin
        return nullcontext(self)

    def call(self, request: ModelRequest, model: ChatModel) -> AbstractContextManager[Unobserved]:
        """Nothing to see."""
        del request, model
        return nullcontext(self)

    def running(self) -> AbstractContextManager[object]:
        """Nothing to do."""
        return nullcontext()

    def happened(self, event: Event) -> None:
        """Nothing to note."""

    def close(self) -> None:
        """Nothing to let go of."""

    def piece(self) -> None:
        """Nothing to note."""

    def replied(self, reply: ModelReply) -> None:
        """Nothing to note."""

    def failed(self, kind: str, reason: str) -> None:
        """Nothing to note."""
