"""An extension as somebody else would write it: a tool, a ranker, a layout, a rule of the house and a controller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agent.extensions import Extension
from agent.room import Room
from agent.toolbox import Tool
from core.errors import BadInput
from core.items import Item
from core.ledger import Ledger
from core.plan import Recommend, TurnPlan
from core.profile import Profile
from core.schema import CatalogSchema
from core.turn import Conversation
from core.values import Value
from ingest.ratings import Ratings
from ingest.source import Given, Source
from tools.catalog.columns import CategoryColumn
from tools.catalog.store import StoredCatalog


class TallyInput(Value):
    """What to count by."""

    field: str
    """Name of a category field."""


class TallyOutput(Value):
    """How many items have each value."""

    counts: dict[str, int]
    """Items by value."""


def tally(room: Room) -> Iterable[Tool]:
    def run(asked: TallyInput) -> TallyOutput:
        column = room.catalog.columns.get(asked.field)
        if not isinstance(column, CategoryColumn):
            raise BadInput(f"{asked.field!r} is no category.")
        return TallyOutput(counts={value: len(column.rows_with(value)) for value in column.vocabulary})

    return [Tool("tally", "How many items have each value of a field.", TallyInput, TallyOutput, run)]


class Together:
    """The share of those who rated an item that rated another one too, as a lift over how many rate that one anyway."""

    name = "together"

    def __init__(self, ratings: sparse.csr_matrix) -> None:
        rated = ratings.astype(bool).astype(np.float32)
        known = np.maximum(np.asarray(rated.sum(axis=0)).ravel(), 1)
        self.lift = (sparse.diags(1 / known) @ (rated.T @ rated) @ sparse.diags(1 / known)).tocsr()

    def score(self, liked: Sequence[int], disliked: Sequence[int] = ()) -> NDArray[np.float32]:
        signed = self.lift[list(liked)].sum(axis=0) - self.lift[list(disliked)].sum(axis=0)
        return np.asarray(signed, dtype=np.float32).ravel()


def together(catalog: StoredCatalog) -> Together | None:
    there = catalog.interactions_path
    return Together(Ratings.load(there).matrix) if there.exists() else None


SHELF = CatalogSchema.model_validate(
    {
        "name": "shelf",
        "title": "A shelf",
        "noun": {"one": "jar", "many": "jars"},
        "consumption": {"bare": ["open"], "past": ["opened"]},
        "purpose": "find a jar",
        "fields": [{"name": "title", "type": "text", "role": "title"}],
    }
)


def read_shelf(given: Given) -> Source:
    """One jar a line: an id, a bar, a title."""

    def jars() -> Iterator[Item]:
        for number, line in enumerate(given.path.read_text(encoding="utf-8").splitlines(), 1):
            key, bar, title = line.partition("|")
            if bar:
                yield Item(id=key, title=title, fields={"title": title})
            else:
                given.problems.report(given.path, number, "no bar")

    return Source(SHELF, jars, lambda: iter(()), given.problems)


def over_budget(item: Item, ledger: Ledger, schema: CatalogSchema, profile: Profile) -> bool:
    """Dearer than the house offers unasked, unless somebody has named a price or is known to have a purse."""
    rule = schema.policy("acme:budget")
    assert rule is not None
    assert rule.field is not None
    if profile.has.get("purse") or any(p.field == rule.field for p in ledger.hard):
        return False
    return any(float(price) > float(rule.values[0]) for price in item.values(rule.field))


class Terse:
    """The built-in controller's plan, but one item at a time."""

    def __init__(self, room: Room) -> None:
        self.rules = room.planner

    def plan(self, conversation: Conversation, message: str) -> TurnPlan:
        plan = self.rules.plan(conversation, message)
        return plan.model_copy(update={"act": Recommend(count=1)}) if plan.act.kind == "recommend" else plan


TERSE = Extension(controllers={"terse": Terse})
ACME = Extension(
    tools=tally,
    ranker=together,
    readers={"shelf": read_shelf},
    policies={"acme:budget": over_budget},
    controllers={"terse": Terse},
)
