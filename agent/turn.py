"""One turn: plan, listen, act, say, verify. A generator of events and model requests that does no model I/O.

Drivers run it: synchronously, asynchronously, streaming, or against a script. There is no other path from a message
to an answer, whatever door it came through.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from agent.act import Actor
from agent.bearing_out import borne_out
from agent.keeping import with_what_was_said
from agent.listen import Listened, Listener
from agent.outcome import Outcome, Recommended
from agent.planning import PlanningModel, Sees, plan_by_model
from agent.say import TemplateWriter
from agent.stages import Log
from agent.streaming import words
from core.errors import ModelBrokeSchema
from core.events import (
    Event,
    ModelFailure,
    ModelReply,
    ModelRequest,
    Planned,
    SlateReady,
    TextDelta,
    TextReplaced,
    TurnDone,
)
from core.plan import TurnPlan
from core.turn import ControllerName, Conversation, Question, Recommendation, Turn
from tools.markup import inert

Steps = Generator[Event | ModelRequest, ModelReply | ModelFailure | None, Turn]
AWAY = {
    "unavailable": "My language model isn't answering; I'm using the built-in controller for now.",
    "rejected": "My language model's server turns me away; I'm using the built-in controller for now.",
    "broken": "My language model's answer was of no use; I'm using the built-in controller for now.",
    "budget": "What may be spent on my language model is used up; I'm using the built-in controller for now.",
}
"""What is said once when the model falls away, by the kind of failure."""


class Planner(Protocol):
    """Fills a turn plan without a model."""

    def plan(self, conversation: Conversation, message: str) -> TurnPlan:
        """The plan for one message."""
        ...


class ModelTwin(PlanningModel, Protocol):
    """The model's side of plan and say: requests out, checked values in."""

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


@dataclass(frozen=True)
class Agent:
    """The agent for one catalogue. It keeps nothing between turns."""

    planner: Planner
    listener: Listener
    actor: Actor
    writer: TemplateWriter
    model: ModelTwin | None = None
    looker: Sees | None = None
    """Answers what the model wants to see before it plans; goes with `model`."""
    clock: Callable[[], float] = time.perf_counter
    controller: ControllerName = "rules"
    """Whose plans `planner` makes."""
    in_pieces: bool = True
    """Whether a reply that is there at once is still told word by word, for doors that stream."""

    def turn(self, conversation: Conversation, message: str) -> Steps:
        """The steps of one turn; the generator's return value, also yielded as TurnDone, is the turn."""
        log = Log(self.clock, began=self.clock())
        message = message.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be stored
        plan, by_model = yield from self._plan(conversation, message, log)
        yield Planned(plan=plan)
        started = self.clock()
        listened = self.listener.listen(conversation, plan.heard)
        yield log.stage(
            "listen", started, out=len(listened.patch.put) + len(listened.patch.marks), note=_heard_note(listened)
        )
        outcome, stages = self.actor.act(conversation, plan, listened)
        for stage in stages:
            yield log.keep(stage)
        slate = outcome.slate if isinstance(outcome, Recommended) else ()
        question = _question(outcome, listened)
        slate, reply = yield from self._say(conversation, message, listened, outcome, slate, log, by_model=by_model)
        ledger = listened.applied.ledger.show(tuple(r.item.id for r in slate))
        turn = Turn(
            conversation=conversation.id,
            number=len(conversation.turns) + 1,
            catalog=conversation.catalog,
            controller="model" if by_model else self.controller,
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
        self, conversation: Conversation, message: str, log: Log
    ) -> Generator[Event | ModelRequest, ModelReply | ModelFailure | None, tuple[TurnPlan, bool]]:
        started = self.clock()
        if self.model is None or self.looker is None or not message.strip():
            plan = self.planner.plan(conversation, message)
            yield log.stage("plan", started, note=f"{self.controller}: {plan.act.kind}")
            return plan, False
        planned = yield from plan_by_model(self.model, self.looker, conversation, message, log)
        log.failure = planned.failure
        why = planned.failure.reason if planned.failure else ""
        if planned.plan is not None:
            plan, held = self._held(planned.plan, conversation, message)
            notes = "; ".join((f"model: {plan.act.kind}", *planned.notes, *held, *([why] if why else [])))
            yield log.stage("plan", started, note=notes, fallback=bool(why))
            return plan, True
        plan = self.planner.plan(conversation, message)
        notes = "; ".join((f"rules: {plan.act.kind} (model: {why})", *planned.notes))
        yield log.stage("plan", started, note=notes, fallback=True)
        return plan, False

    def _held(self, plan: TurnPlan, conversation: Conversation, message: str) -> tuple[TurnPlan, tuple[str, ...]]:
        """The model's plan held against the message, and notes on what was refused and what was added."""
        spoken, linker = self.planner.plan(conversation, message), self.listener.linker
        plan, refused = borne_out(plan, spoken, conversation, message, linker)
        plan, kept = with_what_was_said(plan, spoken, conversation, linker)
        notes = [f"not borne out by the message: {', '.join(refused)}"] if refused else []
        return plan, (*notes, *([f"kept to what was said: {', '.join(kept)}"] if kept else []))

    def _say(
        self,
        conversation: Conversation,
        message: str,
        listened: Listened,
        outcome: Outcome,
        slate: tuple[Recommendation, ...],
        log: Log,
        *,
        by_model: bool,
    ) -> Generator[Event | ModelRequest, ModelReply | ModelFailure | None, tuple[tuple[Recommendation, ...], str]]:
        started = self.clock()
        reason, streamed = "", False
        worded = isinstance(outcome, Recommended) and bool(outcome.slate) and not outcome.settled
        if by_model and self.model is not None and worded and isinstance(outcome, Recommended):
            answer = log.counted((yield self.model.say_request(conversation, message, listened, outcome)))
            streamed = True  # pieces of an answer that failed later may have gone out
            said = self._read_say(answer, listened, outcome, message)
            if not isinstance(said, ModelFailure):
                slate, reply, note = said
                yield SlateReady(slate=slate)
                yield TextReplaced(text=reply)
                told = "model" + (f": {note}" if note else "") + _how(answer)
                yield log.stage("say", started, into=len(outcome.cards), out=len(slate), note=told)
                return slate, reply
            log.failure, reason = said, said.reason
        if slate:
            yield SlateReady(slate=slate)
        reply = inert(
            self.writer.write(outcome, listened.remarks, listened.applied.ledger, message, aside=listened.question)
        )
        if log.failure is not None and not _already_told(conversation):
            reply = f"{AWAY[log.failure.kind]}\n\n{reply}"
        if streamed:
            yield TextReplaced(text=reply)
        else:
            for piece in words(reply) if self.in_pieces else [reply]:
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
        self, answer: ModelReply | ModelFailure, listened: Listened, outcome: Recommended, message: str
    ) -> tuple[tuple[Recommendation, ...], str, str] | ModelFailure:
        if isinstance(answer, ModelFailure) or self.model is None:
            return answer if isinstance(answer, ModelFailure) else ModelFailure(reason="no model")
        try:
            return self.model.parse_say(answer.text, outcome, listened, message)
        except ModelBrokeSchema as broken:
            return ModelFailure(reason=str(broken), kind="broken")


def _question(outcome: Outcome, listened: Listened) -> Question | None:
    question: Question | None = listened.question or getattr(outcome, "question", None)
    if question is None:
        return None
    choices = tuple(c.model_copy(update={"label": inert(c.label)}) for c in question.choices)
    return question.model_copy(update={"text": inert(question.text), "choices": choices})


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
