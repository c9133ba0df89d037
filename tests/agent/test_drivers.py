"""Drivers: one turn generator, run in a script, as a stream, and on an event loop, with and without a model."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from agent.drivers import Limits, TurnGenerator, arun, astream, run, stream
from agent.models.scripted import ScriptedModel, ScriptEnded
from core.errors import BudgetSpent, ModelBrokeSchema, ModelRejected, ModelUnavailable
from core.events import Event, ModelReply, ModelRequest, StageDone, TextDelta, TurnDone
from core.turn import Conversation, StageTrace, Usage
from tests.agent.samples import turn_after

CARDS = {1: "Morning Sencha", 2: "The Long Night"}
PLAN = ModelRequest(call="plan", system="s", user="u")
SAY = ModelRequest(call="say", system="s", user="u", stream=True, cards=CARDS)


class Example:
    """A turn with two model calls that writes down what it was sent."""

    def __init__(self, *requests: ModelRequest) -> None:
        self.requests = requests or (PLAN, SAY)
        self.sent: list[object] = []
        self.closed = False

    def turn(self) -> TurnGenerator:
        try:
            assert (yield StageDone(trace=StageTrace(stage="start"))) is None
            usage, said = Usage(), []
            for request in self.requests:
                answer = yield request
                self.sent.append(answer)
                usage = usage.plus(answer.usage)
                said.append(answer.text if isinstance(answer, ModelReply) else f"rules ({answer.reason})")
            done = turn_after(Conversation(id="c", catalog="teas"), "hello")
            yield TurnDone(turn=done.model_copy(update={"reply": " | ".join(said), "usage": usage}))
        finally:
            self.closed = True


def test_a_turn_is_sent_the_models_answers_and_its_last_event_is_the_turn() -> None:
    turn = run(Example().turn(), ScriptedModel(["the plan", "Try [[1]]."]))
    assert turn.reply == "the plan | Try [[1]]."
    assert turn.usage.calls == 2


def test_prose_is_streamed_with_titles_in_place_of_references_and_the_turn_gets_the_raw_text() -> None:
    example = Example()
    events = list(stream(example.turn(), ScriptedModel(["plan", "First [[2]], then **[[1]]**"], piece=3)))
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == (
        "First **The Long Night**, then **Morning Sencha**"
    )
    assert example.sent[1].text == "First [[2]], then **[[1]]**"
    assert [e.kind for e in events[:1] + events[-1:]] == ["stage", "done"]


def test_pieces_arrive_while_the_call_still_runs() -> None:
    heard = threading.Event()

    class Patient(ScriptedModel):
        def complete(self, request, on_delta=None, *, within=None):
            on_delta("Hello, ")
            assert heard.wait(5), "the first piece was held back"
            on_delta("there")
            return ModelReply(text="Hello, there")

    said = []
    for event in stream(Example(SAY).turn(), Patient()):
        if isinstance(event, TextDelta):
            heard.set()
            said.append(event.text)
    assert said == ["Hello, ", "there"]


def test_without_a_model_the_turn_is_told_so() -> None:
    assert run(Example(PLAN).turn()).reply == "rules (no language model is configured)"


@pytest.mark.parametrize(
    "error", [ModelUnavailable("busy"), ModelBrokeSchema("nonsense"), ModelRejected("no"), BudgetSpent("empty")]
)
def test_a_failing_model_becomes_a_failure_the_turn_goes_on_from(error: Exception) -> None:
    example = Example(PLAN)
    assert run(example.turn(), ScriptedModel([error])).reply == f"rules ({error})"
    assert example.sent[0].usage.calls == 1


def test_a_call_nobody_wrote_down_is_not_swallowed() -> None:
    example = Example()
    with pytest.raises(ScriptEnded, match=r"call 2 \(say\)"):
        run(example.turn(), ScriptedModel(["plan"]))
    assert example.closed


def test_calls_past_the_budget_are_not_made() -> None:
    model = ScriptedModel(["one"])
    turn = run(Example(PLAN, PLAN).turn(), model, Limits(calls=1))
    assert turn.reply == "one | rules (this turn has used its 1 model calls)"
    assert model.left == 0


class Stuck(ScriptedModel):
    """Does not answer until it is let go, whatever time it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.within: list[float | None] = []

    def complete(self, request, on_delta=None, *, within=None):
        self.within.append(within)
        self.let_go.wait(10)
        return ModelReply(text="late")


def test_a_model_that_hangs_is_left_behind_at_the_deadline_and_later_calls_are_not_made() -> None:
    model = Stuck()
    turn = run(Example(PLAN, PLAN).turn(), model, Limits(deadline_s=0.1))
    model.let_go.set()
    assert turn.reply == "rules (the model took longer than this turn may) | rules (the time for this turn is up)"
    assert len(model.within) == 1
    assert 0 < model.within[0] <= 0.1


def test_a_reader_who_leaves_closes_the_turn() -> None:
    example = Example()
    events = stream(example.turn(), ScriptedModel(["plan", "text"]))
    next(events)
    events.close()
    assert example.closed


def test_on_an_event_loop_the_events_are_the_same() -> None:
    async def listen() -> list[Event]:
        return [e async for e in astream(Example().turn(), ScriptedModel(["plan", "Try [[1]]"]))]

    def timeless(events: list[Event]) -> list[object]:
        return [e.model_dump(exclude={"turn": {"usage"}}) for e in events]

    there = asyncio.run(listen())
    assert timeless(there) == timeless(list(stream(Example().turn(), ScriptedModel(["plan", "Try [[1]]"]))))
    assert asyncio.run(arun(Example(PLAN).turn(), ScriptedModel(["plan"]))).reply == "plan"


def test_the_event_loop_stays_free_while_a_model_thinks() -> None:
    model = Stuck()

    async def both() -> str:
        turn = asyncio.ensure_future(arun(Example(PLAN).turn(), model))
        while not model.within:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        model.let_go.set()
        return (await turn).reply

    assert asyncio.run(both()) == "late"


def test_a_cancelled_reader_on_an_event_loop_closes_the_turn() -> None:
    example, model = Example(PLAN), Stuck()

    async def leave() -> None:
        task = asyncio.ensure_future(arun(example.turn(), model, Limits(deadline_s=0.3)))
        while not model.within:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    model.let_go.set()
    assert example.closed


def test_a_turn_without_an_end_is_a_defect_said_out_loud() -> None:
    def endless() -> Iterator[Event]:
        yield StageDone(trace=StageTrace(stage="start"))

    with pytest.raises(RuntimeError, match="without TurnDone"):
        run(endless())


def test_many_turns_may_share_one_model() -> None:
    class Echo(ScriptedModel):
        def complete(self, request, on_delta=None, *, within=None):
            time.sleep(0.001)
            return ModelReply(text=request.user)

    def ask(n: int) -> TurnGenerator:
        return Example(PLAN.model_copy(update={"user": f"u{n}"})).turn()

    async def all_at_once() -> list[str]:
        return [t.reply for t in await asyncio.gather(*(arun(ask(n), Echo()) for n in range(20)))]

    assert asyncio.run(all_at_once()) == [f"u{n}" for n in range(20)]
