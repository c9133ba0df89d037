"""Turns on a server: how many at once, how long one waits for its place, and what becomes of those nobody reads."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import Callable, Iterator

import pytest

from agent.settings import load_settings
from api.logs import Lines
from api.metrics import Metrics
from api.problems import Refused
from api.turns import WITH_MODEL, WITHOUT_MODEL, Turns, most_at_once
from core.errors import ConversationMoved
from core.events import Event, StageDone, TextDelta
from core.turn import StageTrace

SAID = [TextDelta(text=word) for word in ("one", "two", "three", "four", "five")]


def turns(most: int = 1, wait_s: float = 30.0) -> Turns:
    return Turns(most, wait_s, Lines(io.StringIO()), Metrics())


async def read(made: Turns, make: Callable[[], Iterator[Event]]) -> list[Event]:
    return [event async for batch in made.batches(make) for event in batch]


def test_events_come_in_order_and_those_at_hand_together() -> None:
    begun, go = threading.Event(), threading.Event()

    def make() -> Iterator[Event]:
        yield StageDone(trace=StageTrace(stage="plan"))
        begun.set()
        go.wait()
        yield from SAID

    async def both() -> tuple[list[Event], list[list[Event]]]:
        made = turns()
        coming = made.batches(make)
        first = await anext(coming)
        assert begun.wait(30)
        go.set()
        await made.finish()  # all is told by now
        return first, [batch async for batch in coming]

    first, rest = asyncio.run(both())
    assert first == [StageDone(trace=StageTrace(stage="plan"))]
    assert rest == [SAID]


def test_a_turn_that_nobody_reads_goes_on() -> None:
    go, ended = threading.Event(), threading.Event()

    def make() -> Iterator[Event]:
        yield SAID[0]
        go.wait()
        yield SAID[1]
        ended.set()

    async def left() -> None:
        made = turns()
        coming = made.batches(make)
        await anext(coming)
        await coming.aclose()
        go.set()
        await made.finish()

    asyncio.run(left())
    assert ended.is_set()


def test_what_a_turn_raises_is_raised_where_it_is_read_and_its_place_is_free_again() -> None:
    def make() -> Iterator[Event]:
        yield SAID[0]
        raise ConversationMoved("moved")

    async def both() -> list[Event]:
        made = turns()
        with pytest.raises(ConversationMoved):
            await read(made, make)
        return await read(made, lambda: iter(SAID))

    assert asyncio.run(both()) == SAID


@pytest.mark.parametrize("wait_s", [0.0, 0.05])
def test_who_finds_no_place_in_time_is_told(wait_s: float) -> None:
    go = threading.Event()

    def slow() -> Iterator[Event]:
        yield SAID[0]
        go.wait()

    async def three() -> None:
        made = turns(wait_s=wait_s)
        first = made.batches(slow)
        await anext(first)  # there was a place, also for those who may not wait
        with pytest.raises(Refused) as refused:
            await read(made, lambda: iter(SAID))
        assert refused.value.status_code == 503
        go.set()
        assert [batch async for batch in first] == []
        await made.finish()

    asyncio.run(three())


def test_more_turns_wait_for_a_model_than_compute() -> None:
    assert most_at_once(load_settings(controller="rules")) == WITHOUT_MODEL
    assert most_at_once(load_settings(controller="auto", base_url="http://127.0.0.1:1/v1")) == WITH_MODEL
    assert most_at_once(load_settings(controller="rules", serve_turns=3)) == 3
