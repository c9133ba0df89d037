"""The HTTP client for OpenAI-compatible servers: no answer may last, or grow, beyond its bounds.

A client's own timeout is the longest silence. A server that sends a byte now and then would hold a thread for ever.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from openai import DefaultHttpxClient

from core.errors import ModelBrokeSchema, ModelUnavailable

MOST_BYTES = 8_000_000
"""Of one answer, before decompression."""
TOO_LONG = "The model's answer is longer than any that could be used."
TIME_IS_UP = "The time for this turn is up."


class Bounds:
    """Until when the calls of this thread may last; every thread has its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, most_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._until = threading.local()
        self.most_bytes = most_bytes

    @contextmanager
    def lasting(self, seconds: float) -> Iterator[None]:
        """Around a call that may last so many seconds."""
        self._until.value = self._clock() + seconds
        try:
            yield
        finally:
            del self._until.value

    @property
    def exceeded(self) -> bool:
        """Whether the call of this thread has had its time."""
        return self._clock() > getattr(self._until, "value", float("inf"))


class BoundedClient(DefaultHttpxClient):  # type: ignore[misc, unused-ignore]
    """An HTTP client that reads no answer past its bounds and follows no redirect to a server nobody named."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(follow_redirects=False)
        self._bounds = bounds

    def send(self, request: httpx2.Request, *, stream: bool = False, **how: Any) -> httpx2.Response:  # noqa: ANN401
        """Send a request; also raises ModelUnavailable past the time and ModelBrokeSchema past the size."""
        response = super().send(request, stream=True, **how)
        if isinstance(response.stream, httpx2.SyncByteStream):
            response.stream = _Bounded(response.stream, self._bounds)
        if not stream:
            try:
                response.read()
            finally:
                response.close()
        return response


class _Bounded(httpx2.SyncByteStream):
    def __init__(self, inner: httpx2.SyncByteStream, bounds: Bounds) -> None:
        self._inner, self._bounds = inner, bounds

    def __iter__(self) -> Iterator[bytes]:
        read = 0
        for piece in self._inner:
            read += len(piece)
            if read > self._bounds.most_bytes:
                raise ModelBrokeSchema(TOO_LONG)
            if self._bounds.exceeded:
                raise ModelUnavailable(TIME_IS_UP)
            yield piece

    def close(self) -> None:
        self._inner.close()
