"""Looks: what a model may see of the catalogue before it decides, answered by plain code in a few short lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.listen import Listener
from agent.model_lines import named
from agent.recommend import Pipeline
from core.items import Item
from core.plan import Look, Reference
from core.preferences import quantity
from core.schema import CatalogSchema
from core.turn import Conversation

MOST = 4
"""Looks answered for one message."""
ITEMS = 6
"""Items told for one look."""
VALUES = 5
"""Values told of one field."""


@dataclass(frozen=True)
class Looker:
    """Answers looks over one catalogue."""

    listener: Listener
    pipeline: Pipeline

    def see(self, conversation: Conversation, looks: Sequence[Look]) -> list[str]:
        """One line for each look, the first `MOST` of them: what was asked, and what the catalogue says."""
        return [line for look in looks[:MOST] for line in self._line(conversation, look)]

    def _line(self, conversation: Conversation, look: Look) -> list[str]:
        schema = self.listener.schema
        match look.kind:
            case "facts":
                return [self._facts(conversation, item, look.fields) for item in look.items[:ITEMS]]
            case "similar":
                anchors = [i for r in look.items for i in self._items(conversation, r)]
                if not anchors:
                    return [f"similar to {_spoken(look.items)}: not in this catalogue"]
                rows = self.pipeline.alike([i.id for i in anchors], ITEMS).rows.tolist()
                like = ", ".join(named(i, schema) for i in anchors)
                return [f"similar to {like}: {_titles(self.listener.linker.catalog.at(rows), schema)}"]
            case "search":
                rows = self.pipeline.search(look.text, ITEMS).rows.tolist() if look.text else []
                return [f"search {look.text}: {_titles(self.listener.linker.catalog.at(rows), schema)}"]
        preferences = self.listener.preferences(look.wishes)
        meeting = ", ".join(p.label(schema) for p in preferences)
        return [f"count {meeting}: {self.pipeline.count(preferences)}"]

    def _facts(self, conversation: Conversation, reference: Reference, fields: Sequence[str]) -> str:
        items = self._items(conversation, reference)
        if not items:
            return f"facts of {_spoken([reference])}: not in this catalogue"
        return "facts of " + " / ".join(self._told(item, fields) for item in items)

    def _told(self, item: Item, fields: Sequence[str]) -> str:
        schema = self.listener.schema
        specs = [schema.field(f) for f in fields] or [s for s in schema.fields if s.card]
        facts = []
        for spec in specs:
            values = [quantity(v, spec) for v in item.values(spec.name)[:VALUES]]
            facts.append(f"{spec.name} {', '.join(values) if values else 'unknown'}")
        return f"{named(item, schema)}: {'; '.join(facts)}"

    def _items(self, conversation: Conversation, reference: Reference) -> list[Item]:
        """The items meant; several when a title is ambiguous, so that the model can tell them apart."""
        found = self.listener.linker.resolve(reference, conversation)
        return self.listener.linker.catalog.at(found.rows)[:ITEMS]


def _titles(items: Sequence[Item], schema: CatalogSchema) -> str:
    return ", ".join(named(item, schema) for item in items) or "nothing"


def _spoken(references: Sequence[Reference]) -> str:
    said = [r.title or (f"#{r.ordinal}" if r.ordinal else "#all") for r in references]
    return ", ".join(said) or "nothing"
