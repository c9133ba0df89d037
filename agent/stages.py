"""The stages of a pipeline run and of a turn: what went in and came out of each, and how long it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.events import ModelFailure, ModelReply, StageDone
from core.turn import StageTrace, Usage
from prompts.recital import recites
from tools.markup import inert

RECITED = "(a model recited its prompt; left out)"


@dataclass
class Run:
    """The trace of one pipeline run."""

    clock: Callable[[], float]
    stages: list[StageTrace] = field(default_factory=list)
    since: float = 0.0

    def done(self, stage: str, into: int | None, out: int, note: str = "") -> None:
        """A stage has ended: `into` items went in, `out` came out."""
        now = self.clock()
        self.stages.append(
            StageTrace(stage=stage, into=into, out=out, ms=round((now - self.since) * 1000, 3), note=note)
        )
        self.since = now


@dataclass
class Log:
    """Stages and costs of one turn as they add up."""

    clock: Callable[[], float]
    stages: list[StageTrace] = field(default_factory=list)
    usage: Usage = Usage()
    began: float = 0.0
    failure: ModelFailure | None = None
    """Why a model did not answer, where it should have."""

    def stage(self, name: str, since: float, **more: object) -> StageDone:
        """A stage has ended that began at `since`."""
        return self.keep(StageTrace(stage=name, ms=round((self.clock() - since) * 1000, 3), **more))

    def keep(self, stage: StageTrace) -> StageDone:
        """A stage that has ended; what a model or a catalogue wrote stands in its note without links and prompts."""
        note = inert(stage.note)
        told = RECITED if recites(note) else note
        trace = stage if told == stage.note else stage.model_copy(update={"note": told})
        self.stages.append(trace)
        return StageDone(trace=trace)

    def counted(self, answer: ModelReply | ModelFailure | None) -> ModelReply | ModelFailure:
        """The answer to a model request, its cost added."""
        if answer is None:
            return ModelFailure(reason="no answer")
        self.usage = self.usage.plus(answer.usage)
        return answer
