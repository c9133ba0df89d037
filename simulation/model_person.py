"""The person of a task, played by a language model: told what is wanted and when to speak of it, and judging by facts.

There is no target: the prompt holds constraints and what has been said and shown, never an item that would be right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

import prompts
from core.items import Item
from core.schema import CatalogSchema
from core.turn import Conversation
from simulation.protocol import End, EndReason, Utterance
from simulation.tasks import Task, described

Complete = Callable[[str, str, dict[str, Any], str], str]
"""(system, user, JSON schema, prompt hash) to the model's answer."""
TRIES = 2
TURNS_SHOWN = 8


class Move(BaseModel):
    """What the model answers."""

    say: str
    decision: Literal["go_on", "take", "leave"]
    item: int = 0


class ModelPerson:
    """One person with one task, played by a model."""

    def __init__(self, task: Task, schema: CatalogSchema, complete: Complete) -> None:
        self.task = task
        self.schema = schema
        self.complete = complete

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next; ends as person_failed when the model's answers cannot be read."""
        slate = conversation.last.slate if conversation.last is not None else ()
        prompt = prompts.render(
            "person",
            one=self.schema.noun.one,
            many=self.schema.noun.many,
            persona=self.task.persona,
            soft=list(self.task.soft),
            wants=list(described(self.task, self.schema)),
            said=_said(conversation),
            shown=[self._facts(r.item) for r in slate],
        )
        for _ in range(TRIES):
            move = _read(self.complete(prompt.system, prompt.user, Move.model_json_schema(), prompt.hash))
            if move is None or (move.decision == "take" and not 1 <= move.item <= len(slate)):
                continue
            if move.decision == "take":
                return End(reason=EndReason.accepted, item=slate[move.item - 1].item.id, last_word=move.say)
            if move.decision == "leave":
                return End(reason=EndReason.nothing_fits, last_word=move.say)
            return Utterance(text=move.say)
        return End(reason=EndReason.person_failed)

    def _facts(self, item: Item) -> str:
        """Everything the catalogue says of an item but its description."""
        told = (
            f"{spec.title}: {', '.join(map(str, values))}"
            for spec in self.schema.fields
            if spec.role not in {"title", "description"} and (values := item.values(spec.name))
        )
        return f"{item.title}. {'; '.join(told)}"


def _said(conversation: Conversation) -> list[str]:
    lines = []
    for turn in conversation.turns[-TURNS_SHOWN:]:
        lines += [f"you: {turn.message}", f"recommender: {turn.reply}"]
    return lines


def _read(text: str) -> Move | None:
    start, end = text.find("{"), text.rfind("}")
    try:
        move = Move.model_validate_json(text[start : end + 1])
    except ValidationError:
        return None
    return move if move.say.strip() or move.decision != "go_on" else None
