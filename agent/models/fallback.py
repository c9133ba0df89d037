"""A second model for when the first cannot answer."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent.models.protocol import ChatModel, OnDelta
from core.errors import BudgetSpent, CircuitOpen, ModelRejected, ModelUnavailable, TastemakerError
from core.events import ModelReply, ModelRequest
from core.turn import Usage

FIRST_SHARE = 0.6
"""Of the time for a call, what the first model may use; the rest is kept for the second."""


class FallbackModel:
    """A ChatModel that asks a second one where the first is unavailable, refuses, or has used up its quota.

    The second is not asked once the first has streamed something: two beginnings cannot be told as one answer. Nor when
    the first answered outside the schema, which says nothing about the server.
    """

    def __init__(self, first: ChatModel, second: ChatModel, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._first, self._second, self._clock = first, second, clock
        self.name = first.name
        self.provider = getattr(first, "provider", "")

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The answer of one of the two, its `note` saying so when it is the second's; usage counts both."""
        started, heard = self._clock(), False

        def hear(piece: str) -> None:
            nonlocal heard
            heard = True
            if on_delta is not None:
                on_delta(piece)

        share = None if within is None else within * FIRST_SHARE
        try:
            return self._first.complete(request, hear if on_delta is not None else None, within=share)
        except (ModelUnavailable, ModelRejected, BudgetSpent) as error:
            spent = self._clock() - started
            if heard or (within is not None and spent >= within):
                raise
            first = error
        left = None if within is None else within - spent
        reply = self._asked_second(request, on_delta, left, first)
        calls = 0 if isinstance(first, CircuitOpen) else 1
        note = f"answered by {self._second.name}, since {self._first.name} did not: {first}"
        return reply.model_copy(
            update={
                "usage": reply.usage.plus(Usage(calls=calls, ms=1000 * spent)),
                "note": "; ".join(part for part in (note, reply.note) if part),
            }
        )

    def _asked_second(
        self, request: ModelRequest, on_delta: OnDelta | None, left: float | None, first: TastemakerError
    ) -> ModelReply:
        try:
            return self._second.complete(request, on_delta, within=left)
        except (ModelUnavailable, ModelRejected, BudgetSpent) as error:
            none_made = isinstance(first, CircuitOpen) and isinstance(error, CircuitOpen)
            kind = CircuitOpen if none_made else ModelUnavailable
            raise kind(f"{self._first.name}: {first} {self._second.name}: {error}") from None
