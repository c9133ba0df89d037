"""A member of a population played by a language model: code decides what a message does, the model words it.

Persona and need are told once, at the head of every prompt (session-level control); what to do now stands at its end
(turn-level control; both after Friedman et al. 2023, arXiv 2305.06474). No prompt holds the title of the item in mind
or of any held-out item before the recommender brings it up: simulated users that know it give it away (Zhu et al. 2024,
arXiv 2403.16416).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError

import prompts
from core.errors import BadInput, ModelMustRetry, ModelRejected
from core.items import Item
from core.preferences import quantity
from core.schema import CatalogSchema
from core.turn import Conversation, Recommendation
from core.values import Value
from simulation.model_moves import Move, TurnControl, Verdict, Wish, verdict
from simulation.model_titles import holds_title, named
from simulation.population import Member
from simulation.protocol import End, EndReason, UserAct, Utterance
from simulation.tasks import Constraint

Complete = Callable[[str, str, dict[str, Any], str], str]
"""(system, user, JSON schema, prompt hash) to the model's answer; raises ModelMustRetry or ModelRejected."""
ItemLookup = Callable[[Sequence[str]], Sequence[Item]]
"""Items by id; unknown ids are left out."""
TRIES = 2
TURNS_SHOWN = 10
MOST_TITLES = 8
"""Titles of each kind, liked or not, that are told of."""
Complaint = Literal["", "unreadable", "title", "not_due"]


class Worded(Value):
    """What a model answers whose moves are decided for it."""

    say: str
    told: tuple[int, ...]
    """Numbers of the wishes that the message tells."""
    leaves: bool


class Played(Value):
    """What a model answers that decides by itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    say: str
    told: tuple[int, ...]
    acts: tuple[UserAct, ...]
    decision: Literal["go_on", "take", "nothing_fits", "give_up"]
    item: int


class PlayRecord(Value):
    """How the model played its part."""

    asked: int = 0
    """Calls of the model."""
    unusable: int = 0
    """Answers that could not be used: no JSON of the schema, or more than was due."""
    caught: int = 0
    """Answers that named a title held back, and were not sent."""
    leaked: tuple[str, ...] = ()
    """Titles held back that were sent all the same, as a free model may."""
    early_accept: bool = False
    """Whether a free model took what the need rejects."""
    fault: str = ""
    """Why the person failed."""


class ModelUser:
    """One member, played by a model. With `free` the model decides by itself, and its slips are sent and counted."""

    def __init__(
        self,
        member: Member,
        schema: CatalogSchema,
        find: ItemLookup,
        complete: Complete,
        seed: int,
        *,
        free: bool = False,
    ) -> None:
        """Raises BadInput when the need names a target or held-out item that `find` does not know."""
        self.member, self.need, self.persona = member, member.need, member.persona
        self.schema, self.complete, self.free = schema, complete, free
        self.held_out = tuple(dict.fromkeys(i.title for i in _held_out(member, find)))
        self.liked = self._titles(find(self.need.liked))
        self.disliked = self._titles(find(self.need.disliked))
        self.wishes = tuple(w for w in self._all_wishes() if free or self._may_be_told(w.constraint))
        self.control = TurnControl(member, self.wishes, len(self.liked), schema, random.Random(seed))  # noqa: S311
        self.record = PlayRecord()

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next; ends as person_failed when two answers in a row cannot be used."""
        if self.free:
            return self._decided(conversation)
        move = self.control.decide(conversation)
        answer = self._asked(conversation, move)
        if answer is None:
            return End(reason=EndReason.person_failed)
        if answer.leaves:
            return End(reason=EndReason.nothing_fits, last_word=answer.say)
        if move.ends is not None:
            slate = conversation.slate
            item = slate[move.place - 1].item.id if move.place is not None else None
            return End(reason=move.ends, item=item, last_word=answer.say)
        self.control.done(move, answer.told)
        return Utterance(text=answer.say, acts=move.acts, told=self._told(), agrees=move.yes)

    def _asked(self, conversation: Conversation, move: Move) -> Worded | None:
        """A usable answer, or None after the last try."""
        kept = self._kept_back(conversation)
        allowed = {*move.tells, *move.may_tell, *self.control.told}
        complaint: Complaint = ""
        for _ in range(TRIES):
            text = self._call(conversation, move, complaint)
            if text is None:
                return None
            answer = _read(text, Worded)
            if answer is None or not answer.say.strip():
                complaint = "unreadable"
            elif not set(answer.told) <= allowed or (answer.leaves and not move.may_leave):
                complaint = "not_due"
            elif named(answer.say, kept, self._may_be_said(conversation)):
                complaint = "title"
            else:
                return answer
            self._count(complaint)
        self._note(fault=f"the model's answers could not be used: {complaint}")
        return None

    def _decided(self, conversation: Conversation) -> Utterance | End:
        """The message of a free model, whatever it gives away; patience alone is kept for it."""
        if self.control.sent >= self.persona.patience and not conversation.turns[-1].slate:
            return End(reason=EndReason.given_up)
        slate = conversation.last.slate if conversation.last is not None else ()
        complaint: Complaint = ""
        for _ in range(TRIES):
            text = self._call(conversation, None, complaint)
            if text is None:
                return End(reason=EndReason.person_failed)
            answer = _read(text, Played)
            if answer is not None and self._usable(answer, len(slate)):
                return self._sent(answer, slate, conversation)
            complaint = "unreadable"
            self._count(complaint)
        self._note(fault="the model's answers could not be used: unreadable")
        return End(reason=EndReason.person_failed)

    def _usable(self, answer: Played, shown: int) -> bool:
        said = bool(answer.say.strip()) or answer.decision != "go_on"
        takes = answer.decision != "take" or 1 <= answer.item <= shown
        return said and takes and all(1 <= n <= len(self.wishes) for n in answer.told)

    def _sent(self, answer: Played, slate: Sequence[Recommendation], conversation: Conversation) -> Utterance | End:
        leaked = named(answer.say, self._kept_back(conversation), self._may_be_said(conversation))
        self._note(leaked=(*self.record.leaked, *leaked))
        match answer.decision:
            case "take":
                item = slate[answer.item - 1].item
                self._note(early_accept=not verdict(self.need, item).fits)
                return End(reason=EndReason.accepted, item=item.id, last_word=answer.say)
            case "nothing_fits":
                return End(reason=EndReason.nothing_fits, last_word=answer.say)
            case "give_up":
                return End(reason=EndReason.given_up, last_word=answer.say)
        if self.control.sent >= self.persona.patience:
            return End(reason=EndReason.given_up, last_word=answer.say)
        self.control.done(Move(), answer.told)
        return Utterance(text=answer.say, acts=tuple(dict.fromkeys(answer.acts)), told=self._told())

    def _call(self, conversation: Conversation, move: Move | None, complaint: Complaint) -> str | None:
        """The model's answer; empty when it gave none, None when it never will."""
        prompt = self.prompt(conversation, move, complaint)
        schema = (Played if move is None else Worded).model_json_schema()
        self._note(asked=self.record.asked + 1)
        try:
            return self.complete(prompt.system, prompt.user, schema, prompt.hash)
        except ModelMustRetry:
            return ""
        except ModelRejected as refused:
            self._note(fault=str(refused))
            return None

    def prompt(self, conversation: Conversation, move: Move | None, complaint: Complaint = "") -> prompts.Prompt:
        """What the model is given for a move; None: it decides by itself."""
        last = conversation.last
        shown = conversation.slate if move is not None and move.place is not None else last.slate if last else ()
        return prompts.render(
            "simulated_user",
            noun=self.schema.noun,
            persona=self.persona,
            wishes=[self._in_words(w) for w in self.wishes],
            liked=self.liked,
            disliked=self.disliked,
            turns=conversation.turns[-TURNS_SHOWN:],
            shown=[self._shown(r.item, conversation) for r in shown],
            question=last.question if last is not None else None,
            move=move,
            field=self.schema.field(move.field).title if move is not None and move.field else "",
            complaint=complaint,
        )

    def _shown(self, item: Item, conversation: Conversation) -> dict[str, object]:
        """An item as the person sees it, without what would give a title away."""
        kept = self._kept_back(conversation)
        told = []
        for spec in self.schema.fields:
            if spec.role not in {"title", "description"}:
                values = [quantity(v, spec) for v in item.values(spec.name)]
                values = [v for v in values if not any(holds_title(v, t) for t in kept)]
                told += [f"{spec.title}: {', '.join(values)}"] if values else []
        judged = verdict(self.need, item)
        return {"title": item.title, "facts": "; ".join(told), "verdict": judged, "broken": self._broken(judged)}

    def _broken(self, judged: Verdict) -> list[int]:
        return [n for n, w in enumerate(self.wishes, 1) if w.constraint in judged.broken]

    def _in_words(self, wish: Wish) -> dict[str, object]:
        return {"words": in_words(wish.constraint, self.schema), "must": wish.must, "when": wish.constraint.reveal}

    def _all_wishes(self) -> list[Wish]:
        return [
            *(Wish(constraint=c) for c in self.need.wants),
            *(Wish(constraint=c, must=False) for c in self.need.soft),
        ]

    def _may_be_told(self, wanted: Constraint) -> bool:
        """Not what is hidden, nor a value that would be the title of a held-out item."""
        return wanted.reveal != "hidden" and not any(holds_title(str(v), t) for v in wanted.values for t in self.held_out)

    def _titles(self, items: Sequence[Item]) -> tuple[str, ...]:
        """The first titles that give none away that is held out."""
        free = [i.title for i in items if not any(holds_title(i.title, t) for t in self.held_out)]
        return tuple(dict.fromkeys(free))[:MOST_TITLES]

    def _kept_back(self, conversation: Conversation) -> list[str]:
        """Titles held out that the recommender has not brought up."""
        shown = [r.item.title for t in conversation.turns for r in t.slate]
        replies = "\n".join(t.reply for t in conversation.turns)
        up = named("\n".join([replies, *(f"“{t}”" for t in shown)]), self.held_out)
        return [t for t in self.held_out if t not in up]

    def _may_be_said(self, conversation: Conversation) -> list[str]:
        shown = [r.item.title for t in conversation.turns for r in t.slate]
        return [*shown, *self.liked, *self.disliked, *(str(v) for w in self.wishes for v in w.constraint.values)]

    def _told(self) -> tuple[Constraint, ...]:
        told = [self.wishes[n - 1].constraint for n in self.control.told]
        return tuple(c for c in self.need.wants if c in told)

    def _count(self, complaint: Complaint) -> None:
        if complaint == "title":
            self._note(caught=self.record.caught + 1)
        else:
            self._note(unusable=self.record.unusable + 1)

    def _note(self, **changes: object) -> None:
        self.record = self.record.model_copy(update=changes)


def in_words(constraint: Constraint, schema: CatalogSchema) -> str:
    """A constraint for a model to word: "length: at most 2 h", "genre: not Horror, War"."""
    spec = schema.field(constraint.field)
    values = [quantity(v, spec) for v in constraint.values]
    match constraint.op:
        case "contains" | "contains_any" | "in" | "==":
            said = " or ".join(values)
        case "contains_all":
            said = " and ".join(values)
        case "not_contains" | "not_in" | "!=":
            said = f"not {', '.join(values)}"
        case "between":
            said = f"from {values[0]} to {values[-1]}"
        case bound:
            said = f"{ {'>=': 'at least', '<=': 'at most', '>': 'more than', '<': 'less than'}[bound]} {values[0]}"
    return f"{spec.title}: {said}"


def _held_out(member: Member, find: ItemLookup) -> Sequence[Item]:
    need = member.need
    ids = tuple(dict.fromkeys((*([need.target] if need.target else []), *need.relevant, *need.irrelevant)))
    items = find(ids)
    if missing := sorted(set(ids) - {i.id for i in items}):
        raise BadInput(
            f"The need of {member.id} names items that the catalogue does not have: {', '.join(missing[:3])}.",
            "Make the population anew from the catalogue it is to talk about.",
        )
    return items


def _read(text: str, kind: type[Answer]) -> Answer | None:
    start, end = text.find("{"), text.rfind("}")
    try:
        return kind.model_validate_json(text[start : end + 1])
    except ValidationError:
        return None
