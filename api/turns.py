"""Turns on a server: each in a thread of its own, so many at once, and finished whoever is still listening."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from api.logs import Lines
from api.metrics import Metrics
from api.problems import Refused
from core.events import Event, TurnDone
from core.turn import Turn

Make = Callable[[], Iterator[Event]]


class Turns:
    """The turns of one process."""

    def __init__(self, most: int, wait_s: float, lines: Lines, metrics: Metrics) -> None:
        """`most`: turns at once; further ones wait up to `wait_s` seconds."""
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="turn")
        self._free = asyncio.Semaphore(most)
        self._wait_s = wait_s
        self._lines, self._metrics = lines, metrics
        self._running: set[asyncio.Future[None]] = set()

    async def events(self, make: Make, request: str = "") -> AsyncIterator[Event]:
        """The events of a turn as they happen; what it raises is raised here.

        The turn goes on, and is stored, when this is no longer read. Raises Refused where no turn can begin in time.
        """
        try:
            await asyncio.wait_for(self._free.acquire(), self._wait_s)
        except TimeoutError:
            raise Refused(503, "Too many turns are under way.", "Send the message again soon.") from None
        loop = asyncio.get_running_loop()
        news: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()

        def told(what: Event | BaseException | None) -> None:
            loop.call_soon_threadsafe(news.put_nowait, what)

        run = loop.run_in_executor(self._pool, self._run, make, told, request)
        self._running.add(run)
        run.add_done_callback(self._ended)
        while (what := await news.get()) is not None:
            if isinstance(what, BaseException):
                raise what
            yield what

    @staticmethod
    async def last(events: AsyncIterator[Event]) -> Turn:
        """The turn that these events end with."""
        done = None
        async for event in events:
            if isinstance(event, TurnDone):
                done = event.turn
        if done is None:
            raise RuntimeError("the turn ended without TurnDone")
        return done

    async def finish(self) -> None:
        """Wait for the turns under way; no other may begin after this."""
        while self._running:
            await asyncio.wait(self._running)
        self._pool.shutdown()

    def _run(self, make: Make, told: Callable[[Event | BaseException | None], None], request: str) -> None:
        self._metrics.began()
        try:
            for event in make():
                if isinstance(event, TurnDone):
                    self._metrics.turn(event.turn)
                    self._lines.turn(event.turn, request)
                told(event)
            told(None)
        except BaseException as error:  # noqa: BLE001 - raised where the turn is read
            told(error)
        finally:
            self._metrics.ended()

    def _ended(self, run: asyncio.Future[None]) -> None:
        self._running.discard(run)
        self._free.release()
