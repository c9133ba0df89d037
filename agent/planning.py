"""Planning by a model: one structured call, mended once where it does not fit, made anew once where it had to look."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple, Protocol

from agent.model_planner import Wrong
from agent.stages import Log
from core.errors import ModelBrokeSchema
from core.events import Event, ModelFailure, ModelReply, ModelRequest
from core.plan import Look, TurnPlan
from core.turn import Conversation


class PlanningModel(Protocol):
    """The model's side of planning: requests out, plans in."""

    def plan_request(
        self, conversation: Conversation, message: str, *, seen: Sequence[str] = (), wrong: Wrong | None = None
    ) -> ModelRequest:
        """What to ask the model for a plan; `seen`: what its looks came to, `wrong`: its refused answer."""
        ...

    def parse_plan(self, text: str) -> TurnPlan:
        """The plan in the model's answer; raises ModelBrokeSchema."""
        ...


class Sees(Protocol):
    """Answers looks into the catalogue."""

    def see(self, conversation: Conversation, looks: Sequence[Look]) -> list[str]:
        """A line for each look."""
        ...


class Planned(NamedTuple):
    """How planning ended."""

    plan: TurnPlan | None
    """None: the rules must plan."""
    failure: ModelFailure | None = None
    """Why the model has no plan, or no second one."""
    notes: tuple[str, ...] = ()
    """What the trace should say: what was mended, and what of the conversation was cut."""


Planning = Generator[Event | ModelRequest, ModelReply | ModelFailure | None, Planned]


def plan_by_model(model: PlanningModel, looker: Sees, conversation: Conversation, message: str, log: Log) -> Planning:
    """Ask for a plan. At most four calls: the plan, the plan after looks, and one repair of each; the limits decide."""
    first, notes = yield from _asked(model, conversation, message, log)
    if isinstance(first, ModelFailure):
        return Planned(None, first, notes)
    if not first.looks:
        return Planned(first, notes=notes)
    started = log.clock()
    seen = looker.see(conversation, first.looks)
    decided = first.model_copy(update={"looks": ()})
    yield log.stage("look", started, into=len(first.looks), out=len(seen), note="; ".join(seen)[:500])
    second, more = yield from _asked(model, conversation, message, log, seen)
    if isinstance(second, ModelFailure):
        return Planned(decided, second, (*notes, *more, "acted on the plan made before looking"))
    return Planned(second.model_copy(update={"looks": ()}), notes=(*notes, *more))


def _asked(
    model: PlanningModel, conversation: Conversation, message: str, log: Log, seen: Sequence[str] = ()
) -> Generator[Event | ModelRequest, ModelReply | ModelFailure | None, tuple[TurnPlan | ModelFailure, tuple[str, ...]]]:
    """One plan or why there is none, and notes on how it came about."""
    request = model.plan_request(conversation, message, seen=seen)
    notes = tuple(f"cut: {what}" for what in request.cut) if not seen else ()
    answer = log.counted((yield request))
    if isinstance(answer, ModelFailure):
        return answer, notes
    notes += (answer.note,) if answer.note else ()
    try:
        return model.parse_plan(answer.text), notes
    except ModelBrokeSchema as broken:
        wrong = Wrong(text=answer.text, reason=str(broken))
    mended = log.counted((yield model.plan_request(conversation, message, seen=seen, wrong=wrong)))
    if isinstance(mended, ModelFailure):
        return ModelFailure(reason=f"{wrong.reason} No repair: {mended.reason}", kind="broken"), notes
    try:
        return model.parse_plan(mended.text), (*notes, f"mended: {wrong.reason}")
    except ModelBrokeSchema as broken:
        return ModelFailure(reason=f"{wrong.reason} Mended: {broken}", kind="broken"), notes
