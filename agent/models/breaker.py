"""A circuit breaker: a model server that keeps failing is left alone for a while, so that no turn waits for it.

Closed, every call goes through. After so many unavailable answers in a row it opens: calls fail at once. When the pause
is over one call is let through as a trial (half-open); if it succeeds the circuit closes, if not the pause doubles.
A refused key, an unknown model and a spent quota do not mend themselves: one of them opens the circuit at once, and for
ten times as long. An answer that is refused or unusable still is an answer: it closes the circuit.
(M. Nygard, Release It!, 2007, ch. 5.)
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from agent.models.protocol import ChatModel, OnDelta
from core.errors import BudgetSpent, CircuitOpen, ModelSetupRefused, ModelUnavailable, TastemakerError
from core.events import ModelReply, ModelRequest

LONGER = 10
"""A pause grows to so many times its first length, and has that length at once where only an operator can help."""


class Breaker:
    """A ChatModel around another; safe to share between threads."""

    def __init__(
        self,
        inner: ChatModel,
        *,
        failures: int = 3,
        pause_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Opens after `failures` in a row."""
        self._inner, self._failures, self._pause_s, self._clock = inner, failures, pause_s, clock
        self._lock = threading.Lock()
        self._failed = self._opened = 0
        self._until: float | None = None
        self._why = ""
        self.name = inner.name
        self.provider = getattr(inner, "provider", "")

    @property
    def open(self) -> bool:
        """Whether a call now would fail without being made."""
        with self._lock:
            return self._until is not None and self._clock() < self._until

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The inner model's answer; raises CircuitOpen while the server is left alone."""
        trial = self._enter()
        try:
            reply = self._inner.complete(request, on_delta, within=within)
        except (ModelSetupRefused, BudgetSpent) as error:
            self._fail(error, trial=trial, for_good=True)
            raise
        except ModelUnavailable as error:
            self._fail(error, trial=trial, for_good=False)
            raise
        except TastemakerError:
            self._close()
            raise
        self._close()
        return reply

    def _enter(self) -> bool:
        """Whether the call is a trial; raises CircuitOpen."""
        with self._lock:
            if self._until is None:
                return False
            now = self._clock()
            if now < self._until:
                raise CircuitOpen(
                    f"The model server is left alone for {self._until - now:.0f} more seconds, since it failed: "
                    f"{self._why}"
                )
            self._until = now + self._pause_s  # others wait; a trial that never returns blocks them no longer than that
            return True

    def _fail(self, error: TastemakerError, *, trial: bool, for_good: bool) -> None:
        with self._lock:
            self._failed += 1
            if self._until is not None and not trial:  # begun before the circuit opened
                return
            if trial or for_good or self._failed >= self._failures:
                self._opened = self._opened + 1
                times = LONGER if for_good else min(LONGER, 2 ** (self._opened - 1))
                self._until = self._clock() + self._pause_s * times
                self._why = str(error)

    def _close(self) -> None:
        with self._lock:
            self._failed = self._opened = 0
            self._until = None
