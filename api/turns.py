"""Turns on a server: each in a thread of its own, so many at once, and finished whoever is still listening."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from agent.settings import Settings
from api.logs import Lines
from api.metrics import Metrics
from api.news import News
from api.problems import Refused
from core.events import Event, TurnDone
from core.turn import Turn

Make = Callable[[], Iterator[Event]]
WITH_MODEL = 32
WITHOUT_MODEL = 8


def most_at_once(settings: Settings) -> int:
    """Turns that one process answers at once, where the settings leave it open.

    A turn with a model waits for its server nearly all the time. One without computes, and the interpreter computes for
    one thread at a time: more of them at once would take longer each, and none would end sooner.
    """
    if settings.serve_turns is not None:
        return settings.serve_turns
    return WITH_MODEL if settings.resolved_controller == "model" else WITHOUT_MODEL


class Turns:
    """The turns of one process."""

    def __init__(self, most: int, wait_s: float, lines: Lines, metrics: Metrics) -> None:
        """`most`: turns at once; further ones wait up to `wait_s` seconds."""
        self._pool = ThreadPoolExecutor(most, thread_name_prefix="turn")
        self._free = asyncio.Semaphore(most)
        self._wait_s = wait_s
        self._lines, self._metrics = lines, metrics
        self._running: set[asyncio.Future[None]] = set()

    async def batches(self, make: Make, request: str = "") -> AsyncIterator[list[Event]]:
        """The events of a turn as they happen, those since the last look together; what it raises is raised here.

        The turn goes on, and is stored, when this is no longer read. Raises Refused where no turn can begin in time.
        """
        try:
            async with asyncio.timeout(self._wait_s):
                await self._free.acquire()
        except TimeoutError:
            raise Refused(503, "Too many turns are under way.", "Send the message again soon.") from None
        loop = asyncio.get_running_loop()
        news = News(loop)
        run = loop.run_in_executor(self._pool, self._run, make, news, request)
        self._running.add(run)
        run.add_done_callback(self._ended)
        async for batch in news.batches():
            yield batch

    async def events(self, make: Make, request: str = "") -> AsyncIterator[Event]:
        """The same events, one by one."""
        async for batch in self.batches(make, request):
            for event in batch:
                yield event

    @staticmethod
    async def last(batches: AsyncIterator[list[Event]]) -> Turn:
        """The turn that these events end with."""
        done = None
        async for batch in batches:
            for event in batch:
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

    def _run(self, make: Make, news: News, request: str) -> None:
        self._metrics.began()
        try:
            for event in make():
                if isinstance(event, TurnDone):
                    self._metrics.turn(event.turn)
                    self._lines.turn(event.turn, request)
                news.put(event)
            news.end()
        except BaseException as error:  # noqa: BLE001 - raised where the turn is read
            news.end(error)
        finally:
            self._metrics.ended()

    def _ended(self, run: asyncio.Future[None]) -> None:
        self._running.discard(run)
        self._free.release()
