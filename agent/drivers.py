"""The drivers of a turn: they run its generator, perform the model calls it asks for, and pass its events on.

A turn does no model I/O itself. Deadlines, budgets and what happens when a model fails live here, in one place, for
scripts (`run`), pages (`stream`) and servers (`arun`, `astream`) alike.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import time
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass

from agent.models.protocol import ChatModel, OnDelta
from agent.models.tokens import count_tokens
from agent.observing import CallObserver, Observer, TurnObserver, Unobserved
from agent.settings import Settings
from agent.spending import Ceilings, Spent
from agent.streaming import ProseFilter
from core.errors import BudgetSpent, CircuitOpen, ModelBrokeSchema, ModelMustRetry, ModelRejected
from core.events import Event, FailureKind, ModelFailure, ModelReply, ModelRequest, Origin, TextDelta, TurnDone
from core.turn import Turn, Usage
from core.values import Value

Answer = ModelReply | ModelFailure
TurnGenerator = Generator[Event | ModelRequest, Answer | None, object]
"""A turn: yields events and model requests; is sent a reply or a failure for a request, None for an event."""


class Limits(Value):
    """What the model calls of one turn may take; past it the turn goes on with its rules."""

    deadline_s: float = 45.0
    """For all calls together, counted from the first."""
    calls: int = 4
    ceilings: Ceilings = Ceilings()
    spent: Spent = Spent()
    """What counts towards the ceilings before this turn."""

    @classmethod
    def of(cls, settings: Settings, spent: Spent | None = None) -> Limits:
        """The limits that the settings name; raises OperatorMustFix for a ceiling that cannot be kept."""
        return cls(
            deadline_s=settings.turn_deadline_s,
            calls=settings.max_calls,
            ceilings=Ceilings.of(settings),
            spent=spent or Spent(),
        )


@dataclass(frozen=True)
class Watch:
    """Who looks on at a turn, and which turn it is."""

    origin: Origin = Origin()
    observer: Observer = Unobserved()


def run(
    turn: TurnGenerator, model: ChatModel | None = None, limits: Limits | None = None, watch: Watch | None = None
) -> Turn:
    """Run a turn to its end; raises RuntimeError when it ends without a TurnDone."""
    done = None
    for event in stream(turn, model, limits, watch=watch):
        if isinstance(event, TurnDone):
            done = event.turn
    return _done(done)


def stream(
    turn: TurnGenerator,
    model: ChatModel | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
    watch: Watch | None = None,
) -> Iterator[Event]:
    """The events of a turn as they happen.

    Streamed prose comes as TextDelta, clause by clause: card references filled in, links and recited prompts out.
    """
    budget, watch = _Budget(limits or Limits(), clock), watch or Watch()
    with closing(turn), watch.observer.turn(watch.origin) as observer:
        step = next(turn, None)
        while step is not None:
            if isinstance(step, ModelRequest):
                request = step.model_copy(update={"origin": watch.origin})
                step = _send(turn, (yield from _perform(request, model, budget, observer)))
            else:
                observer.happened(step)
                yield step
                step = _send(turn, None)


async def astream(
    turn: TurnGenerator, model: ChatModel | None = None, limits: Limits | None = None, watch: Watch | None = None
) -> AsyncIterator[Event]:
    """`stream` for an event loop: everything that takes time happens in a worker thread."""
    events = stream(turn, model, limits, watch=watch)
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


async def arun(
    turn: TurnGenerator, model: ChatModel | None = None, limits: Limits | None = None, watch: Watch | None = None
) -> Turn:
    """`run` for an event loop."""
    done = None
    async for event in astream(turn, model, limits, watch):
        if isinstance(event, TurnDone):
            done = event.turn
    return _done(done)


class _Budget:
    """Time and calls left to one turn."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._calls = 0
        self._used = Usage()
        self._until: float | None = None

    @property
    def left(self) -> float:
        """Seconds."""
        if self._until is None:
            self._until = self._clock() + self._limits.deadline_s
        return self._until - self._clock()

    def now(self) -> float:
        return self._clock()

    def refusal(self, request: ModelRequest, model: ChatModel | None) -> ModelFailure | None:
        """Why the next call may not be made; None when it may. Counts the call."""
        if model is None:
            return ModelFailure(reason="no language model is configured")
        if self.left <= 0:
            return ModelFailure(reason="the time for this turn is up")
        if self._calls >= self._limits.calls:
            return ModelFailure(reason=f"this turn has used its {self._limits.calls} model calls", kind="budget")
        if reached := self._reached(request):
            return ModelFailure(reason=reached, kind="budget")
        self._calls += 1
        return None

    def count(self, answer: Answer) -> Answer:
        """The answer, its cost counted."""
        self._used = self._used.plus(answer.usage)
        return answer

    def _reached(self, request: ModelRequest) -> str:
        ceilings = self._limits.ceilings
        if ceilings == Ceilings():
            return ""
        coming = count_tokens(request.system) + count_tokens(request.user)
        return ceilings.reached(self._used, self._limits.spent, coming)


def _send(turn: TurnGenerator, answer: Answer | None) -> Event | ModelRequest | None:
    try:
        return turn.send(answer)
    except StopIteration:
        return None


def _perform(
    request: ModelRequest, model: ChatModel | None, budget: _Budget, observer: TurnObserver
) -> Generator[TextDelta, None, Answer]:
    """One model call in a thread of its own; yields its prose while it comes, returns what the turn is sent."""
    refusal = budget.refusal(request, model)
    if refusal is not None or model is None:
        return refusal or ModelFailure(reason="no language model is configured")
    with observer.call(request, model) as watching:
        return budget.count((yield from _called(request, model, budget, watching)))


def _called(
    request: ModelRequest, model: ChatModel, budget: _Budget, watching: CallObserver
) -> Generator[TextDelta, None, Answer]:
    started = budget.now()
    pieces: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    worker = ThreadPoolExecutor(1, thread_name_prefix=f"model-{request.call}")
    context = contextvars.copy_context()  # what the caller has set for LangChain or telemetry holds in the thread too
    on_delta = pieces.put if request.stream else None
    call = worker.submit(context.run, _complete, model, request, on_delta, budget.left, watching)
    call.add_done_callback(lambda _: pieces.put(None))
    worker.shutdown(wait=False)
    prose = ProseFilter(request.cards)
    try:
        while (piece := pieces.get(timeout=max(0.0, budget.left))) is not None:
            watching.piece()
            if text := prose.feed(piece):
                yield TextDelta(text=text)
    except queue.Empty:
        late = "the model took longer than this turn may"
        watching.failed("timeout", late)
        return _failure(late, budget.now() - started)
    answer = _result(call, budget.now() - started, watching)
    if isinstance(answer, ModelReply) and request.stream and (text := prose.finish()):
        yield TextDelta(text=text)
    return answer


def _complete(
    model: ChatModel, request: ModelRequest, on_delta: OnDelta | None, within: float, watching: CallObserver
) -> ModelReply:
    with watching.running():
        return model.complete(request, on_delta, within=within)


def _result(call: Future[ModelReply], seconds: float, watching: CallObserver) -> Answer:
    try:
        reply = call.result()
    except (ModelMustRetry, ModelRejected, BudgetSpent) as error:
        watching.failed(type(error).__name__, str(error))
        calls = 0 if isinstance(error, CircuitOpen) else 1
        return _failure(str(error), seconds, calls, _kind(error))
    watching.replied(reply)
    return reply


def _failure(reason: str, seconds: float, calls: int = 1, kind: FailureKind = "unavailable") -> ModelFailure:
    return ModelFailure(reason=reason, kind=kind, usage=Usage(calls=calls, ms=1000 * seconds))


def _kind(error: Exception) -> FailureKind:
    if isinstance(error, ModelRejected):
        return "rejected"
    if isinstance(error, BudgetSpent):
        return "budget"
    return "broken" if isinstance(error, ModelBrokeSchema) else "unavailable"


def _done(turn: Turn | None) -> Turn:
    if turn is None:
        raise RuntimeError("the turn ended without TurnDone")
    return turn
