"""The drivers of a turn: they run its generator, perform the model calls it asks for, and pass its events on.

A turn does no model I/O itself. Deadlines, budgets and what happens when a model fails live here, in one place, for
scripts (`run`), pages (`stream`) and servers (`arun`, `astream`) alike.
"""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal

from agent.cardrefs import CardFilter
from agent.models.protocol import ChatModel
from agent.settings import Settings
from core.errors import BudgetSpent, CircuitOpen, ModelBrokeSchema, ModelMustRetry, ModelRejected, TastemakerError
from core.events import Event, ModelFailure, ModelReply, ModelRequest, TextDelta, TurnDone
from core.turn import Turn, Usage
from core.values import Value

Answer = ModelReply | ModelFailure
TurnGenerator = Generator[Event | ModelRequest, Answer | None, object]
"""A turn: yields events and model requests; is sent a reply or a failure for a request, None for an event."""

KINDS: tuple[tuple[type[TastemakerError], Literal["broken", "rejected", "budget"]], ...] = (
    (ModelBrokeSchema, "broken"),
    (ModelRejected, "rejected"),
    (BudgetSpent, "budget"),
)
"""What the person is told of an error; of any other that the model is unavailable."""


class Limits(Value):
    """What the model calls of one turn may take; past it the turn goes on with its rules."""

    deadline_s: float = 45.0
    """For all calls together, counted from the first."""
    calls: int = 3

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings name."""
        return cls(deadline_s=settings.turn_deadline_s, calls=settings.max_calls)


def run(turn: TurnGenerator, model: ChatModel | None = None, limits: Limits | None = None) -> Turn:
    """Run a turn to its end; raises RuntimeError when it ends without a TurnDone."""
    done = None
    for event in stream(turn, model, limits):
        if isinstance(event, TurnDone):
            done = event.turn
    return _done(done)


def stream(
    turn: TurnGenerator,
    model: ChatModel | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """The events of a turn as they happen; streamed prose comes as TextDelta, card references already filled in."""
    budget = _Budget(limits or Limits(), clock)
    try:
        step = next(turn, None)
        while step is not None:
            if isinstance(step, ModelRequest):
                step = _send(turn, (yield from _perform(step, model, budget)))
            else:
                yield step
                step = _send(turn, None)
    finally:
        turn.close()


async def astream(
    turn: TurnGenerator, model: ChatModel | None = None, limits: Limits | None = None
) -> AsyncIterator[Event]:
    """`stream` for an event loop: everything that takes time happens in a worker thread."""
    events = stream(turn, model, limits)
    step: asyncio.Future[Event | None] | None = None
    try:
        while True:
            step = asyncio.ensure_future(asyncio.to_thread(next, events, None))
            event = await asyncio.shield(step)
            if event is None:
                return
            yield event
    finally:
        if step is not None and not step.done():  # the reader has gone; a generator cannot be closed while it runs
            await asyncio.wait([step])
        await asyncio.to_thread(events.close)  # type: ignore[attr-defined]


async def arun(turn: TurnGenerator, model: ChatModel | None = None, limits: Limits | None = None) -> Turn:
    """`run` for an event loop."""
    done = None
    async for event in astream(turn, model, limits):
        if isinstance(event, TurnDone):
            done = event.turn
    return _done(done)


class _Budget:
    """Time and calls left to one turn."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._calls = 0
        self._until: float | None = None

    @property
    def left(self) -> float:
        """Seconds."""
        if self._until is None:
            self._until = self._clock() + self._limits.deadline_s
        return self._until - self._clock()

    def now(self) -> float:
        return self._clock()

    def refusal(self, model: ChatModel | None) -> str:
        """Why the next call may not be made; empty when it may. Counts the call."""
        if model is None:
            return "no language model is configured"
        if self.left <= 0:
            return "the time for this turn is up"
        if self._calls >= self._limits.calls:
            return f"this turn has used its {self._limits.calls} model calls"
        self._calls += 1
        return ""


def _send(turn: TurnGenerator, answer: Answer | None) -> Event | ModelRequest | None:
    try:
        return turn.send(answer)
    except StopIteration:
        return None


def _perform(request: ModelRequest, model: ChatModel | None, budget: _Budget) -> Generator[TextDelta, None, Answer]:
    """One model call in a thread of its own; yields its prose while it comes, returns what the turn is sent."""
    refusal = budget.refusal(model)
    if refusal or model is None:
        return ModelFailure(reason=refusal)
    started = budget.now()
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    worker = ThreadPoolExecutor(1, thread_name_prefix=f"model-{request.call}")
    call = worker.submit(model.complete, request, pieces.put if request.stream else None, within=budget.left)
    call.add_done_callback(lambda _: pieces.put(None))
    worker.shutdown(wait=False)
    cards = CardFilter(request.cards)
    try:
        while (piece := pieces.get(timeout=max(0.0, budget.left))) is not None:
            if text := cards.feed(piece):
                yield TextDelta(text=text)
    except queue.Empty:
        spent = Usage(calls=1, ms=1000 * (budget.now() - started))
        return ModelFailure(reason="the model took longer than this turn may", usage=spent)
    answer = _result(call, budget.now() - started)
    if isinstance(answer, ModelReply) and request.stream and (text := cards.finish()):
        yield TextDelta(text=text)
    return answer


def _result(call: Future[ModelReply], seconds: float) -> Answer:
    try:
        return call.result()
    except (ModelMustRetry, ModelRejected, BudgetSpent) as error:
        kind = next((kind for of, kind in KINDS if isinstance(error, of)), "unavailable")
        made = 0 if isinstance(error, CircuitOpen) else 1
        return ModelFailure(reason=str(error), kind=kind, usage=Usage(calls=made, ms=1000 * seconds))


def _done(turn: Turn | None) -> Turn:
    if turn is None:
        raise RuntimeError("the turn ended without TurnDone")
    return turn
