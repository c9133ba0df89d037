"""What a turn's thread tells the event loop: events, and how it ended."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from core.events import Event


class News:
    """Events on their way from one thread to the loop, which is woken once for all that is there when it looks."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._held: deque[Event] = deque()
        self._there = asyncio.Event()
        self._called = False
        self._ended = False
        self._error: BaseException | None = None

    def put(self, event: Event) -> None:
        """Tell an event; from the thread."""
        self._held.append(event)
        self._call()

    def end(self, error: BaseException | None = None) -> None:
        """Tell that nothing comes any more, and what went wrong; from the thread."""
        self._error, self._ended = error, True
        self._call()

    async def batches(self) -> AsyncIterator[list[Event]]:
        """The events, those since the last look together; raises what the thread ended with."""
        ended = False
        while not ended:
            await self._there.wait()
            self._there.clear()
            self._called = False  # before looking: what is told from here on wakes the loop again
            ended = self._ended
            batch = [self._held.popleft() for _ in range(len(self._held))]
            if batch:
                yield batch
        if self._error is not None:
            raise self._error

    def _call(self) -> None:
        if not self._called:
            self._called = True
            self._loop.call_soon_threadsafe(self._there.set)
