"""What a model that plays a member is told, and what is kept from it.

Persona and need are told once, at the head of every prompt (session-level control); what to do now stands at its end
(turn-level control; both after Friedman et al. 2023, arXiv 2305.06474). No prompt holds the title of the item in mind
or of any held-out item before the recommender brings it up: simulated users that know it give it away (Zhu et al. 2024,
arXiv 2403.16416).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import prompts
from core.errors import BadInput
from core.items import Item
from core.preferences import quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Conversation, Recommendation
from core.values import Scalar
from simulation.model_moves import Move, Wish
from simulation.model_titles import holds_title, named
from simulation.population import Member
from simulation.tasks import Constraint
from simulation.verdicts import verdict

ItemLookup = Callable[[Sequence[str]], Sequence[Item]]
"""Items by id; unknown ids are left out."""
Complaint = Literal["", "unreadable", "title", "not_due"]
"""What was wrong with the answer before: not readable, named a title held back, said or did more than was due."""
TURNS_SHOWN = 10
MOST_TITLES = 8
"""Titles of each kind, liked or not, that are told of."""
BOUNDS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}


class Briefing:
    """The prompts of one member; `free`: the model decides by itself, so it is told its hidden wants too."""

    def __init__(self, member: Member, schema: CatalogSchema, find: ItemLookup, *, free: bool = False) -> None:
        """Raises BadInput when the need names a target or a held-out item that `find` does not know."""
        need = member.need
        self.member, self.need, self.schema, self.free = member, need, schema, free
        self.held_out = tuple(dict.fromkeys(i.title for i in _held_out(member, find)))
        self.liked = self._told_of(find(need.liked))
        self.disliked = self._told_of(find(need.disliked))
        wishes = [*(Wish(constraint=c) for c in need.wants), *(Wish(constraint=c, must=False) for c in need.soft)]
        self.wishes = tuple(w for w in wishes if self._may_know(w.constraint))

    def prompt(self, conversation: Conversation, move: Move | None, complaint: Complaint = "") -> prompts.Prompt:
        """What the model is given for a move; None: it decides by itself."""
        last = conversation.last
        return prompts.render(
            "simulated_user",
            noun=self.schema.noun,
            persona=self.member.persona,
            free=self.free,
            wishes=[{"words": in_words(w.constraint, self.schema), "wish": w} for w in self.wishes],
            liked=self.liked,
            disliked=self.disliked,
            turns=conversation.turns[-TURNS_SHOWN:],
            shown=list(self._shown(conversation, self.slate(conversation, move))),
            question=last.question if last is not None else None,
            move=move,
            field=self.schema.field(move.field).title if move is not None and move.field else "",
            complaint=complaint,
        )

    def slate(self, conversation: Conversation, move: Move | None) -> tuple[Recommendation, ...]:
        """The items the message is about: those just shown, or those shown before when it points at one of them."""
        if move is not None and (move.place is not None or "reject" in move.acts):
            return conversation.slate
        return conversation.last.slate if conversation.last is not None else ()

    def kept_back(self, conversation: Conversation) -> list[str]:
        """Titles held out that the recommender has not brought up."""
        texts = [t.reply for t in conversation.turns]
        texts += [f"“{r.item.title}”" for t in conversation.turns for r in t.slate]
        texts += [f"“{c.label}”" for t in conversation.turns if t.question for c in t.question.choices]
        up = named("\n".join(texts), self.held_out)
        return [t for t in self.held_out if t not in up]

    def given_away(self, text: str, conversation: Conversation) -> tuple[str, ...]:
        """The titles kept back that a text names, apart from titles shown or told of and from values of wishes."""
        spoken = [r.item.title for t in conversation.turns for r in t.slate]
        spoken += [*self.liked, *self.disliked, *(str(v) for w in self.wishes for v in w.constraint.values)]
        return named(text, self.kept_back(conversation), spoken)

    def _shown(self, conversation: Conversation, slate: Sequence[Recommendation]) -> Iterator[dict[str, object]]:
        """Items with what the catalogue says of them, but for values that would be a title kept back."""
        kept = self.kept_back(conversation)
        for item in (r.item for r in slate):
            told = []
            for spec in self.schema.fields:
                values = [_told(v, spec) for v in item.values(spec.name)]
                values = [v for v in values if not any(holds_title(v, t) for t in kept)]
                if values and spec.role not in {"title", "description"}:
                    told.append(f"{spec.title}: {', '.join(values)}")
            yield {"title": item.title, "facts": "; ".join(told), "verdict": verdict(self.need, item)}

    def _may_know(self, wanted: Constraint) -> bool:
        """Not what is hidden from a model that only words, nor a value that would be the title of a held-out item."""
        if wanted.reveal == "hidden" and not self.free:
            return False
        return not any(holds_title(str(v), t) for v in wanted.values for t in self.held_out)

    def _told_of(self, items: Sequence[Item]) -> tuple[str, ...]:
        """The first titles that hold none that is held out."""
        free = [i.title for i in items if not any(holds_title(i.title, t) for t in self.held_out)]
        return tuple(dict.fromkeys(free))[:MOST_TITLES]


def in_words(constraint: Constraint, schema: CatalogSchema) -> str:
    """A constraint for a model to word: "length: at most 2 h", "genre: not Horror, War"."""
    spec = schema.field(constraint.field)
    values = [_told(v, spec) for v in constraint.values]
    match constraint.op:
        case "contains" | "contains_any" | "in" | "==":
            said = " or ".join(values)
        case "contains_all":
            said = " and ".join(values)
        case "not_contains" | "not_in" | "!=":
            said = f"not {', '.join(values)}"
        case "between":
            said = f"from {values[0]} to {values[-1]}"
        case _:
            said = f"{BOUNDS[constraint.op]} {values[0]}"
    return f"{spec.title}: {said}"


def _told(value: Scalar, spec: FieldSpec) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else quantity(value, spec)


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
