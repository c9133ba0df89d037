"""A member of a population played by a language model: code decides what a message does, the model words it.

A free model decides by itself instead, and what it gives away or takes too early is sent and counted: that is how the
honesty of such users is measured.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from core.errors import ModelMustRetry, ModelRejected
from core.schema import CatalogSchema
from core.turn import Conversation, Recommendation
from core.values import Value
from simulation.model_briefing import Briefing, Complaint, ItemLookup
from simulation.model_moves import Move, TurnControl
from simulation.population import Member
from simulation.protocol import End, EndReason, UserAct, Utterance
from simulation.tasks import Constraint
from simulation.verdicts import verdict

Complete = Callable[[str, str, dict[str, Any], str], str]
"""(system, user, JSON schema, prompt hash) to the model's answer; raises ModelMustRetry or ModelRejected."""
TRIES = 2
_NONE: Complaint = ""
_Answer = TypeVar("_Answer", bound=Value)


class Worded(Value):
    """What a model answers whose moves are decided for it."""

    say: str
    told: tuple[int, ...]
    """Numbers of the wishes that the message tells."""
    leaves: bool
    """Whether it leaves it at that, because nothing fits."""


class Played(Value):
    """What a model answers that decides by itself."""

    say: str
    told: tuple[int, ...]
    acts: tuple[UserAct, ...]
    decision: Literal["go_on", "take", "nothing_fits", "give_up"]
    item: int
    """Place of the item that is taken, from 1; 0: none."""


class PlayRecord(Value):
    """How the model played its part."""

    asked: int = 0
    """Calls of the model."""
    unusable: int = 0
    """Answers of no use: none, none of the schema, or more than was due."""
    caught: int = 0
    """Answers that named a title kept back, and were not sent."""
    leaked: tuple[str, ...] = ()
    """Titles kept back that were sent all the same, by a free model."""
    early_accept: bool = False
    """Whether a free model took what the need rejects."""
    fault: str = ""
    """Why the person failed."""


class ModelUser:
    """One member, played by a model; `record` tells how. What is decided by chance is the same for the same seed."""

    def __init__(
        self,
        member: Member,
        schema: CatalogSchema,
        item_lookup: ItemLookup,
        complete: Complete,
        seed: int,
        *,
        free: bool = False,
    ) -> None:
        """Raises BadInput when the need names a target or a held-out item that the catalogue does not have."""
        self.need, self.patience = member.need, member.persona.patience
        self.complete, self.free = complete, free
        self.briefing = Briefing(member, schema, item_lookup, free=free)
        chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.control = TurnControl(member, self.briefing.wishes, len(self.briefing.liked), schema, chance)
        self.record = PlayRecord()

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next; ends as person_failed when two answers in a row cannot be used."""
        return self._free(conversation) if self.free else self._told_what_to_do(conversation)

    def _told_what_to_do(self, conversation: Conversation) -> Utterance | End:
        move = self.control.decide(conversation)
        answer = self._answered(Worded, conversation, move, lambda a: self._wrong(a, move, conversation))
        if answer is None:
            return End(reason=EndReason.person_failed)
        if move.ends is not None:
            item = conversation.slate[move.place - 1].item.id if move.place is not None else None
            return End(reason=move.ends, item=item, last_word=answer.say)
        if answer.leaves:
            return End(reason=EndReason.nothing_fits, last_word=answer.say)
        self.control.done(move, answer.told)
        return Utterance(text=answer.say, acts=move.acts, told=self._told(), agrees=move.yes)

    def _answered(
        self, kind: type[_Answer], conversation: Conversation, move: Move | None, wrong: Callable[[_Answer], Complaint]
    ) -> _Answer | None:
        """An answer in which nothing is wrong; None, with the reason on record, when there is none."""
        complaint, fault = _NONE, ""
        for _ in range(TRIES):
            prompt = self.briefing.prompt(conversation, move, complaint)
            self._note(asked=self.record.asked + 1)
            try:
                text = self.complete(prompt.system, prompt.user, kind.model_json_schema(), prompt.hash)
            except ModelMustRetry as missing:
                self._note(unusable=self.record.unusable + 1)
                fault = str(missing)
                continue
            except ModelRejected as refused:
                fault = str(refused)
                break
            answer = _read(text, kind)
            complaint = "unreadable" if answer is None else wrong(answer)
            if answer is not None and not complaint:
                return answer
            self._count(complaint)
            fault = f"an answer of the model could not be used: {complaint}"
        self._note(fault=fault)
        return None

    def _wrong(self, answer: Worded, move: Move, conversation: Conversation) -> Complaint:
        """What is wrong with an answer; empty when it can be sent."""
        if not answer.say.strip():
            return "unreadable"
        if not set(answer.told) <= {*move.tells, *move.may_tell, *self.control.told}:
            return "not_due"
        if answer.leaves and not move.may_leave and move.ends is None:
            return "not_due"
        return "title" if self.briefing.given_away(answer.say, conversation) else ""

    def _free(self, conversation: Conversation) -> Utterance | End:
        slate = conversation.last.slate if conversation.last is not None else ()
        if self.control.sent >= self.patience and not slate:
            return End(reason=EndReason.given_up)
        answer = self._answered(Played, conversation, None, lambda a: self._unusable(a, len(slate)))
        return self._sent(answer, slate, conversation) if answer else End(reason=EndReason.person_failed)

    def _unusable(self, answer: Played, shown: int) -> Complaint:
        said = bool(answer.say.strip()) or answer.decision != "go_on"
        takes = answer.decision != "take" or 1 <= answer.item <= shown
        numbers = all(1 <= n <= len(self.briefing.wishes) for n in answer.told)
        return "" if said and takes and numbers else "unreadable"

    def _sent(self, answer: Played, slate: Sequence[Recommendation], conversation: Conversation) -> Utterance | End:
        """The message of a free model, whatever it gives away; its patience alone is kept for it."""
        self._note(leaked=(*self.record.leaked, *self.briefing.given_away(answer.say, conversation)))
        match answer.decision:
            case "take":
                item = slate[answer.item - 1].item
                self._note(early_accept=not verdict(self.need, item).fits)
                return End(reason=EndReason.accepted, item=item.id, last_word=answer.say)
            case "nothing_fits":
                return End(reason=EndReason.nothing_fits, last_word=answer.say)
            case "go_on" if self.control.sent < self.patience:
                self.control.done(Move(), answer.told)
                return Utterance(text=answer.say, acts=tuple(dict.fromkeys(answer.acts)), told=self._told())
        return End(reason=EndReason.given_up, last_word=answer.say)

    def _told(self) -> tuple[Constraint, ...]:
        told = [self.briefing.wishes[n - 1].constraint for n in self.control.told]
        return tuple(c for c in self.need.wants if c in told)

    def _count(self, complaint: Complaint) -> None:
        if complaint == "title":
            self._note(caught=self.record.caught + 1)
        else:
            self._note(unusable=self.record.unusable + 1)

    def _note(self, **changes: object) -> None:
        self.record = self.record.model_copy(update=changes)


def _read(text: str, kind: type[_Answer]) -> _Answer | None:
    start, end = text.find("{"), text.rfind("}")
    try:
        return kind.model_validate_json(text[start : end + 1])
    except ValidationError:
        return None
