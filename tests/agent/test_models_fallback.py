"""A second model: when it is asked, what it is told, and how it is named."""

from __future__ import annotations

import pytest

from agent.models.fallback import FallbackModel
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
from core.turn import Usage

SAY = ModelRequest(call="say", system="s", user="u", stream=True)


class Named(ScriptedModel):
    """A scripted model with a name, that notes the time it was given."""

    def __init__(self, name: str, script: list[object], takes: float = 0.0, clock: Clock | None = None) -> None:
        super().__init__(script)
        self.name, self.takes, self.clock = name, takes, clock
        self.within: list[float | None] = []

    def complete(self, request, on_delta=None, *, within=None):
        self.within.append(within)
        if self.clock is not None:
            self.clock.now += self.takes
        return super().complete(request, on_delta)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def second_says(text: str = "from the second") -> Named:
    return Named("small", [ModelReply(text=text, usage=Usage(calls=1, tokens_in=7), model="small")])


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (ModelUnavailable("503"), 2),
        (ModelRejected("I cannot"), 2),
        (ModelSetupRefused("wrong key"), 2),
        (BudgetSpent("no quota"), 2),
        (CircuitOpen("left alone"), 1),
    ],
)
def test_where_the_first_cannot_answer_the_second_does_and_the_reply_says_so(
    error: TastemakerError, calls: int
) -> None:
    pieces: list[str] = []
    both = FallbackModel(Named("large", [error]), second_says())
    reply = both.complete(SAY, pieces.append)
    assert "".join(pieces) == reply.text == "from the second"
    assert reply.model == "small"
    assert reply.note == f"answered by small, since large did not: {error}"
    assert (reply.usage.calls, reply.usage.tokens_in) == (calls, 7)
    assert both.name == "large"


def test_a_first_that_answers_is_enough() -> None:
    assert FallbackModel(Named("large", ["fine"]), Named("small", [])).complete(SAY).note == ""


def test_an_answer_outside_the_schema_is_not_asked_of_another() -> None:
    with pytest.raises(ModelBrokeSchema):
        FallbackModel(Named("large", [ModelBrokeSchema("nonsense")]), Named("small", [])).complete(SAY)


def test_after_the_first_has_begun_to_speak_nobody_else_does() -> None:
    class Breaking(ScriptedModel):
        def complete(self, request, on_delta=None, *, within=None):
            on_delta("I would ")
            raise ModelUnavailable("broke off")

    pieces: list[str] = []
    with pytest.raises(ModelUnavailable, match="broke off"):
        FallbackModel(Breaking(), Named("small", [])).complete(SAY, pieces.append)
    assert pieces == ["I would "]


def test_the_first_leaves_time_for_the_second() -> None:
    clock = Clock()
    first = Named("large", [ModelUnavailable("slow")], takes=12.0, clock=clock)
    second = second_says()
    FallbackModel(first, second, clock=clock).complete(SAY, within=20.0)
    assert first.within == [12.0]
    assert second.within == [8.0]


def test_without_time_left_the_second_is_not_asked() -> None:
    clock = Clock()
    first = Named("large", [ModelUnavailable("slow")], takes=21.0, clock=clock)
    with pytest.raises(ModelUnavailable, match="slow"):
        FallbackModel(first, Named("small", []), clock=clock).complete(SAY, within=20.0)


def test_when_both_fail_both_are_named() -> None:
    with pytest.raises(ModelUnavailable, match=r"large: 503 small: wrong key"):
        FallbackModel(
            Named("large", [ModelUnavailable("503")]), Named("small", [ModelSetupRefused("wrong key")])
        ).complete(SAY)
    with pytest.raises(CircuitOpen):
        FallbackModel(Named("large", [CircuitOpen("a")]), Named("small", [CircuitOpen("b")])).complete(SAY)
