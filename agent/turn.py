"""One turn: plan, listen, act, say, verify. A generator of events and model requests that does no model I/O.

Drivers run it: synchronously, asynchronously, streaming, or against a script. There is no other path from a message
to an answer, whatever door it came through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Protocol

from agent.act import Actor
from agent.listen import Listened, Listener
from agent.outcome import Outcome, Recommended
from agent.say import TemplateWriter
from core.errors import ModelBrokeSchema
from core.events import (
    Event,
    ModelFailure,
    ModelReply,
    ModelRequest,
    SlateReady,
    StageDone,
    TextDelta,
    TextReplaced,
    TurnDone,
)
from core.plan import TurnPlan
from core.turn import Conversation, Question, Recommendation, StageTrace, Turn, Usage

Steps = Generator[Event | ModelRequest, ModelReply | ModelFailure | None, Turn]
AWAY = "My language model isn't answering; I'm using the built-in controller for now."


class Planner(Protocol):
    """Fills a turn plan without a model."""

    def plan(self, conversation: Conversation, message: str) -> TurnPlan:
        """The plan for one message."""
        ...


class ModelTwin(Protocol):
    """The model's side of plan and say: requests out, checked values in."""

    def plan_request(self, conversation: Conversation, message: str) -> ModelRequest:
        """What to ask the model for a plan."""
        ...

    def parse_plan(self, text: str) -> TurnPlan:
        """The plan in the model's answer; raises ModelBrokeSchema."""
        ...

    def say_request(
        self, conversation: Conversation, message: str, listened: Listened, outcome: Recommended
    ) -> ModelRequest:
        """What to ask the model for a slate and its explanation."""
        ...

    def parse_say(
        self, text: str, outcome: Recommended, listened: Listened, message: str = ""
    ) -> tuple[tuple[Recommendation, ...], str, str]:
        """(slate, reply, note) after verification and repair; raises ModelBrokeSchema when nothing usable is left."""
        ...


@dataclass
class _Log:
    """Stages and costs of one turn as they add up."""

    clock: Callable[[], float]
    stages: list[StageTrace] = field(default_factory=list)
    usage: Usage = Usage()
    began: float = 0.0
    fell_back: bool = False

    def stage(self, name: str, since: float, **more: object) -> StageDone:
        trace = StageTrace(stage=name, ms=round((self.clock() - since) * 1000, 3), **more)
        self.stages.append(trace)
        return StageDone(trace=trace)


@dataclass(frozen=True)
class Agent:
    """The agent for one catalogue. It keeps nothing between turns."""

    planner: Planner
    listener: Listener
    actor: Actor
    writer: TemplateWriter
    model: ModelTwin | None = None
    clock: Callable[[], float] = time.perf_counter
    in_pieces: bool = True
    """Whether a reply that is there at once is still told word by word, for doors that stream."""

    def turn(self, conversation: Conversation, message: str) -> Steps:
        """The steps of one turn; the generator's return value, also yielded as TurnDone, is the turn."""
        log = _Log(self.clock, began=self.clock())
        message = message.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be stored
        plan, by_model = yield from self._plan(conversation, message, log)
        started = self.clock()
        listened = self.listener.listen(conversation, plan.heard)
        yield log.stage(
            "listen", started, out=len(listened.patch.put) + len(listened.patch.marks), note=_heard_note(listened)
        )
        outcome, stages = self.actor.act(conversation, plan, listened)
        for stage in stages:
            log.stages.append(stage)
            yield StageDone(trace=stage)
        slate = outcome.slate if isinstance(outcome, Recommended) else ()
        question = _question(outcome, listened)
        slate, reply = yield from self._say(conversation, message, listened, outcome, slate, log, by_model=by_model)
        ledger = listened.applied.ledger.show(tuple(r.item.id for r in slate))
        turn = Turn(
            conversation=conversation.id,
            number=len(conversation.turns) + 1,
            catalog=conversation.catalog,
            controller="model" if by_model else "rules",
            message=message,
            plan=plan,
            reply=reply,
            question=question,
            slate=slate,
            focus=_focus(outcome),
            ledger=ledger,
            trace=tuple(log.stages),
            usage=log.usage.model_copy(update={"ms": round((self.clock() - log.began) * 1000, 3)}),
        )
        yield TurnDone(turn=turn)
        return turn

    def _plan(
        self, conversation: Conversation, message: str, log: _Log
    ) -> Generator[Event | ModelRequest, ModelReply | ModelFailure | None, tuple[TurnPlan, bool]]:
        started = self.clock()
        reason = ""
        if self.model is not None and message.strip():
            answer = yield self.model.plan_request(conversation, message)
            plan, reason = self._read_plan(answer, log)
            if plan is not None:
                yield log.stage("plan", started, note=f"model: {plan.act.kind}{_how(answer)}")
                return plan, True
            log.fell_back = True
        plan = self.planner.plan(conversation, message)
        note = f"rules: {plan.act.kind}" + (f" (model: {reason})" if reason else "")
        yield log.stage("plan", started, note=note, fallback=bool(reason))
        return plan, False

    def _read_plan(self, answer: ModelReply | ModelFailure | None, log: _Log) -> tuple[TurnPlan | None, str]:
        if answer is None or self.model is None:
            return None, "no answer"
        log.usage = log.usage.plus(answer.usage)
        if isinstance(answer, ModelFailure):
            return None, answer.reason
        try:
            return self.model.parse_plan(answer.text), ""
        except ModelBrokeSchema as broken:
            return None, str(broken)

    def _say(
        self,
        conversation: Conversation,
        message: str,
        listened: Listened,
        outcome: Outcome,
        slate: tuple[Recommendation, ...],
        log: _Log,
        *,
        by_model: bool,
    ) -> Generator[Event | ModelRequest, ModelReply | ModelFailure | None, tuple[tuple[Recommendation, ...], str]]:
        started = self.clock()
        reason, streamed = "", False
        if by_model and self.model is not None and isinstance(outcome, Recommended) and outcome.slate:
            answer = yield self.model.say_request(conversation, message, listened, outcome)
            streamed = True  # pieces of an answer that failed later may have gone out
            said, reason = self._read_say(answer, listened, outcome, message, log)
            if said is not None:
                slate, reply, note = said
                yield SlateReady(slate=slate)
                yield TextReplaced(text=reply)
                yield log.stage(
                    "say",
                    started,
                    into=len(outcome.cards),
                    out=len(slate),
                    note="model" + (f": {note}" if note else "") + _how(answer),
                )
                return slate, reply
            log.fell_back = True
        if slate:
            yield SlateReady(slate=slate)
        reply = self.writer.write(outcome, listened.remarks, listened.applied.ledger, message, aside=listened.question)
        if log.fell_back and not _already_told(conversation):
            reply = f"{AWAY}\n\n{reply}"
        if streamed:
            yield TextReplaced(text=reply)
        else:
            for piece in _pieces(reply) if self.in_pieces else [reply]:
                yield TextDelta(text=piece)
        yield log.stage(
            "say",
            started,
            out=len(slate),
            note="template" + (f" (model: {reason})" if reason else ""),
            fallback=bool(reason),
        )
        return slate, reply

    def _read_say(
        self,
        answer: ModelReply | ModelFailure | None,
        listened: Listened,
        outcome: Recommended,
        message: str,
        log: _Log,
    ) -> tuple[tuple[tuple[Recommendation, ...], str, str] | None, str]:
        if answer is None or self.model is None:
            return None, "no answer"
        log.usage = log.usage.plus(answer.usage)
        if isinstance(answer, ModelFailure):
            return None, answer.reason
        try:
            return self.model.parse_say(answer.text, outcome, listened, message), ""
        except ModelBrokeSchema as broken:
            return None, str(broken)


def _question(outcome: Outcome, listened: Listened) -> Question | None:
    if listened.question is not None:
        return listened.question
    return getattr(outcome, "question", None)


def _focus(outcome: Outcome) -> tuple[str, ...]:
    items = getattr(outcome, "items", ())
    if outcome.kind == "compared" and outcome.winners:
        return outcome.winners
    if outcome.kind == "explained":
        return tuple(r.item.id for r in outcome.slate)
    return tuple(i.id for i in items)


def _heard_note(listened: Listened) -> str:
    remarks = listened.remarks
    parts = []
    if remarks.not_understood:
        parts.append("not understood: " + ", ".join(remarks.not_understood))
    if remarks.unknown_titles:
        parts.append("not in the catalogue: " + ", ".join(remarks.unknown_titles))
    if remarks.displaced:
        parts.append(f"{len(remarks.displaced)} older preference(s) gave way")
    return "; ".join(parts)


def _how(answer: ModelReply | ModelFailure | None) -> str:
    """What was out of the ordinary about a model's answer, in brackets."""
    return f" ({answer.note})" if isinstance(answer, ModelReply) and answer.note else ""


def _already_told(conversation: Conversation) -> bool:
    last = conversation.last
    return last is not None and any(s.fallback for s in last.trace)


def _pieces(text: str) -> list[str]:
    """A reply in word-sized pieces, so that every door streams alike."""
    pieces, start = [], 0
    for place, letter in enumerate(text):
        if letter in " \n" and place > start:
            pieces.append(text[start : place + 1])
            start = place + 1
    return [*pieces, text[start:]] if start < len(text) else pieces
