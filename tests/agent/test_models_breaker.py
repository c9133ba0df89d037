"""The circuit breaker: when it opens, what it lets through, and when it closes again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.models.breaker import Breaker
from agent.models.scripted import ScriptedModel
from core.errors import (
    BudgetSpent,
    CircuitOpen,
    ModelBrokeSchema,
    ModelRejected,
    ModelSetupRefused,
    ModelUnavailable,
    TastemakerError,
)
from core.events import ModelReply, ModelRequest

PLAN = ModelRequest(call="plan", system="s", user="u")
DOWN = ModelUnavailable("The model server answered 503.")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def outcomes(breaker: Breaker, calls: int) -> list[str]:
    """The text of each answer, or the name of its error."""
    found = []
    for _ in range(calls):
        try:
            found.append(breaker.complete(PLAN).text)
        except TastemakerError as error:
            found.append(type(error).__name__)
    return found


def test_it_opens_after_so_many_failures_in_a_row_and_says_why() -> None:
    inner = ScriptedModel([DOWN, "fine", DOWN, DOWN, DOWN])
    breaker = Breaker(inner, failures=3, pause_s=30, clock=Clock())
    assert outcomes(breaker, 5) == ["ModelUnavailable", "fine", *["ModelUnavailable"] * 3]
    assert breaker.open
    with pytest.raises(CircuitOpen, match=r"30 more seconds, since it failed: The model server answered 503\."):
        breaker.complete(PLAN)
    assert inner.left == 0


def test_after_the_pause_one_call_is_tried_and_its_answer_closes_the_circuit() -> None:
    clock = Clock()
    breaker = Breaker(ScriptedModel([DOWN, "back", "again"]), failures=1, pause_s=30, clock=clock)
    outcomes(breaker, 1)
    clock.now += 29.9
    assert outcomes(breaker, 1) == ["CircuitOpen"]
    clock.now += 0.2
    assert outcomes(breaker, 2) == ["back", "again"]


def test_the_pause_doubles_with_every_failed_trial_up_to_ten_times() -> None:
    clock = Clock()
    breaker = Breaker(ScriptedModel([DOWN] * 7), failures=1, pause_s=30, clock=clock)
    pauses = []
    for _ in range(7):
        assert outcomes(breaker, 1) == ["ModelUnavailable"]
        began = clock.now
        while breaker.open:
            clock.now += 30
        pauses.append(clock.now - began)
    assert pauses == [30, 60, 120, 240, 300, 300, 300]


def test_while_a_trial_runs_others_are_turned_away_and_one_that_never_returns_does_not_block_for_ever() -> None:
    clock, let_go, asked = Clock(), threading.Event(), threading.Event()

    class Hanging(ScriptedModel):
        def complete(self, request, on_delta=None, *, within=None):
            if not self.requests:
                return super().complete(request)
            if len(self.requests) == 1:
                self.requests.append(request)
                asked.set()
                let_go.wait(10)
            return ModelReply(text="answered")

    breaker = Breaker(Hanging([DOWN]), failures=1, pause_s=30, clock=clock)
    outcomes(breaker, 1)
    clock.now += 31
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(outcomes, breaker, 1)
        assert asked.wait(10)
        assert outcomes(breaker, 1) == ["CircuitOpen"]
        clock.now += 31
        assert outcomes(breaker, 1) == ["answered"]
        let_go.set()
        assert trial.result() == ["answered"]


@pytest.mark.parametrize("error", [ModelSetupRefused("wrong key"), BudgetSpent("no quota")])
def test_what_only_an_operator_can_mend_opens_it_at_once_and_for_longer(error: TastemakerError) -> None:
    clock = Clock()
    breaker = Breaker(ScriptedModel([error]), failures=3, pause_s=30, clock=clock)
    assert outcomes(breaker, 2) == [type(error).__name__, "CircuitOpen"]
    clock.now += 299
    assert breaker.open
    clock.now += 2
    assert not breaker.open


@pytest.mark.parametrize("error", [ModelBrokeSchema("nonsense"), ModelRejected("I would rather not")])
def test_an_answer_that_is_of_no_use_is_still_an_answer(error: TastemakerError) -> None:
    breaker = Breaker(ScriptedModel([DOWN, error, DOWN, "fine"]), failures=2, pause_s=30, clock=Clock())
    assert outcomes(breaker, 4) == ["ModelUnavailable", type(error).__name__, "ModelUnavailable", "fine"]


def test_many_threads_make_no_more_calls_than_it_takes_to_open() -> None:
    barrier = threading.Barrier(8)

    class Down(ScriptedModel):
        calls = 0

        def complete(self, request, on_delta=None, *, within=None):
            Down.calls += 1
            raise DOWN

    breaker = Breaker(Down(), failures=3, pause_s=30, clock=Clock())

    def some() -> list[str]:
        barrier.wait(10)
        return outcomes(breaker, 50)

    with ThreadPoolExecutor(8) as pool:
        every = [name for part in [pool.submit(some) for _ in range(8)] for name in part.result()]
    assert set(every) == {"ModelUnavailable", "CircuitOpen"}
    assert 3 <= Down.calls == every.count("ModelUnavailable") <= 3 + 7
