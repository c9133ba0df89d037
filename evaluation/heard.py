"""One instrument for what people say: the rule planner, and what it hears in a message of whoever wrote it.

Real and simulated people are heard alike: with the items shown just before, without the question put to them (real
dialogues do not mark it) and without a memory of what was said earlier.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, Protocol, get_args

from core.items import Item
from core.ledger import Ledger
from core.plan import Ask, Chat, Check, Compare, Count, Explain, LookUp, Recommend, TurnPlan
from core.turn import Conversation, Question, Recommendation, Turn
from core.values import Value

HeardAct = Literal[
    "greeting",
    "bare",
    "wish",
    "critique",
    "names_item",
    "opinion",
    "rejects",
    "takes",
    "no_preference",
    "takes_back",
    "question",
    "thanks",
    "goodbye",
    "other",
]
"""What the planner hears a message do; a message may do several things.

opinion: likes, dislikes or has seen an item; critique: more or less of something than what was shown; question: about
items or the catalogue; bare: asks for something without a word to go by, or says nothing that could be made use of;
other: nothing of these, or not understood.
"""
ACTS: tuple[HeardAct, ...] = get_args(HeardAct)
_CHATS: dict[str, HeardAct] = {
    "greeting": "greeting",
    "thanks": "thanks",
    "goodbye": "goodbye",
    "accepted": "takes",
    "refusal": "rejects",
}


class Planner(Protocol):
    """Whoever reads a message: `RulePlanner`, or anything like it."""

    def plan(self, conversation: Conversation, message: str) -> TurnPlan:
        """What was heard in the message, given the conversation before it."""
        ...


class HeardMessage(Value):
    """One message, and what was heard in it."""

    text: str
    words: int
    wishes: int
    """Wishes of a field or of free text; critiques are not counted."""
    acts: tuple[HeardAct, ...]
    """In the order of `ACTS`, each once."""

    def does(self, act: HeardAct) -> bool:
        """Whether it does this."""
        return act in self.acts

    @property
    def only_greets(self) -> bool:
        """Whether there is nothing in it but a greeting."""
        return self.acts == ("greeting",)


def hear(planner: Planner, text: str, shown: Sequence[Item] = ()) -> HeardMessage:
    """What is heard in a message that follows a slate of these items."""
    plan = planner.plan(after(shown), text)
    does = set(_acts(plan))
    alone: HeardAct = "bare" if isinstance(plan.act, Ask) else "other"
    acts = tuple(a for a in ACTS if a in does) or (alone,)
    return HeardMessage(text=text, words=len(text.split()), wishes=len(plan.heard.wishes), acts=acts)


def after(shown: Sequence[Item], question: Question | None = None) -> Conversation:
    """A conversation whose last turn showed these items and put this question; empty without either."""
    if not shown and question is None:
        return Conversation(id="heard", catalog="heard")
    turn = Turn(
        conversation="heard",
        number=1,
        catalog="heard",
        controller="rules",
        message="",
        plan=TurnPlan(act=Recommend()),
        reply="",
        question=question,
        slate=tuple(Recommendation(item=i) for i in shown),
        ledger=Ledger(shown=tuple(i.id for i in shown)),
    )
    return Conversation(id="heard", catalog="heard", turns=(turn,), ledger=turn.ledger)


def _acts(plan: TurnPlan) -> Iterator[HeardAct]:
    heard, act = plan.heard, plan.act
    held: dict[HeardAct, bool] = {
        "wish": bool(heard.wishes),
        "critique": bool(heard.critiques),
        "names_item": any(o.item.title is not None for o in heard.opinions),
        "opinion": any(o.stance in {"liked", "disliked", "seen"} for o in heard.opinions),
        "rejects": heard.turns_down,
        "takes_back": bool(heard.retractions) or heard.reset or heard.travel is not None,
        "no_preference": heard.surprise or any(r.indifferent for r in heard.retractions),
        "question": isinstance(act, LookUp | Check | Compare | Explain | Count),
    }
    yield from (name for name, does in held.items() if does)
    if isinstance(act, LookUp | Check | Compare | Explain) and any(i.title is not None for i in act.items):
        yield "names_item"
    if isinstance(act, Chat) and act.topic in _CHATS:
        yield _CHATS[act.topic]
