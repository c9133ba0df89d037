"""What another toolkit's agent said, as a turn of ours: which items it shows, and what it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from core.items import Catalog, Item
from core.plan import Ask, Chat, Recommend, TurnPlan
from core.turn import Conversation, Question, Recommendation, StageTrace, Turn
from core.values import Value
from simulation.interop.vocabulary import Vocabulary
from tools.text import normalise

NamedIn = Callable[[str], Iterable[str]]
"""Ids of the items whose titles stand in a text."""


class SpokenAct(Value):
    """A dialogue act as annotated by the other side."""

    intent: str = ""
    slots: tuple[tuple[str, str | None], ...] = ()


class Spoken(Value):
    """An utterance of the other side's agent."""

    text: str
    acts: tuple[SpokenAct, ...] = ()
    items: tuple[str, ...] = ()
    """Ids of items shown, where the other side knows this catalogue's ids."""


@dataclass(frozen=True)
class Reading:
    """Reads utterances over one catalogue.

    Items are taken from ids where there are some, else from annotated titles, else from the titles in the text that the
    person did not name (`named`, such as `evaluation.naming.Titles(items).named`). A question is an annotated one, else
    a text that shows nothing and ends in a question mark. An item without a match in the catalogue is not seen: hold
    the two catalogues against each other first.
    """

    catalog: Catalog
    named: NamedIn
    vocabulary: Vocabulary = field(default_factory=Vocabulary)

    def turn(self, conversation: Conversation, message: str, said: Spoken, agent: str = "") -> Turn:
        """The turn by which `said` answers the message; `agent` names who said it in the trace."""
        slate = tuple(Recommendation(item=i) for i in self.shown(conversation, message, said))
        question = self.question(said, shows=bool(slate))
        return Turn(
            conversation=conversation.id,
            number=len(conversation.turns) + 1,
            catalog=conversation.catalog,
            controller="rules",
            message=message,
            plan=TurnPlan(act=Recommend() if slate else Ask() if question else Chat(topic="off_topic")),
            reply=said.text,
            question=question,
            slate=slate,
            ledger=conversation.ledger.show(tuple(r.item.id for r in slate)),
            trace=(StageTrace(stage="other_agent", out=len(slate), note=agent),),
        )

    def shown(self, conversation: Conversation, message: str, said: Spoken) -> list[Item]:
        """The items that an utterance shows, in the order of ids, annotations or text."""
        if said.items:
            return self.catalog.find(said.items)
        titles = {t.casefold() for t in self.vocabulary.titles}
        annotated = [
            value for act in said.acts if not self._asks(act) for slot, value in act.slots if slot.casefold() in titles
        ]
        if annotated:
            ids = (i for title in annotated for i in self._by_title.get(normalise(title or ""), ()))
            return self.catalog.find(dict.fromkeys(ids))
        spoken = (t.message for t in conversation.turns)
        own = {i for text in (*spoken, message) for i in self.named(text)}
        items = self.catalog.find(sorted(i for i in self.named(said.text) if i not in own))
        return sorted(items, key=lambda i: said.text.find(i.title))

    def question(self, said: Spoken, *, shows: bool) -> Question | None:
        """What an utterance asks, or None."""
        asked = next((act for act in said.acts if self._asks(act)), None)
        if asked is not None:
            slot = next((slot for slot, _ in asked.slots), "")
            return Question(text=said.text, kind="preference", field=self._field(slot))
        if not shows and said.text.rstrip().endswith("?"):
            return Question(text=said.text, kind="preference")
        return None

    def _asks(self, act: SpokenAct) -> bool:
        return act.intent.casefold() in {a.casefold() for a in self.vocabulary.asks}

    def _field(self, slot: str) -> str | None:
        mapped = self.vocabulary.fields.get(slot, slot).casefold()
        return next((f.name for f in self.catalog.schema.fields if f.name.casefold() == mapped), None)

    @cached_property
    def _by_title(self) -> dict[str, list[str]]:
        held: dict[str, list[str]] = {}
        for item in self.catalog.at(range(len(self.catalog))):
            held.setdefault(normalise(item.title), []).append(item.id)
        return held
