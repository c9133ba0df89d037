"""Small made-up values that the tests of the agent's parts share: a domain of teas."""

from __future__ import annotations

from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Chat, TurnPlan
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Conversation, Turn

TEAS = CatalogSchema.model_validate(
    {
        "name": "teas",
        "title": "Teas",
        "noun": {"one": "tea", "many": "teas"},
        "consumption": {"bare": ["drink"], "past": ["drunk", "tried"]},
        "purpose": "find something to drink",
        "fields": [
            {"name": "title", "type": "text", "role": "title"},
            {
                "name": "steep",
                "type": "number",
                "label": "steeping time",
                "role": "length",
                "unit": {
                    "name": "minute",
                    "plural": "minutes",
                    "style": "duration",
                    "spoken": {"min": 1, "minutes": 1, "hour": 60, "hours": 60, "h": 60},
                },
                "vague": {"quick": {"op": "le", "at": 2}},
                "card": True,
            },
            {
                "name": "year",
                "type": "number",
                "role": "release",
                "unit": {"name": "year", "plural": "years", "style": "year"},
                "card": True,
            },
            {
                "name": "rating",
                "type": "number",
                "role": "quality",
                "unit": {"name": "point", "plural": "points", "style": "score"},
            },
            {"name": "kind", "type": "category", "role": "genre", "many": True, "card": True},
            {"name": "strength", "type": "category", "order": ["mild", "medium", "strong"]},
            {"name": "mood", "type": "category", "role": "mood", "many": True, "strength": "soft"},
            {"name": "growers", "type": "people", "label": "grower", "many": True, "card": True},
            {"name": "organic", "type": "flag"},
            {"name": "description", "type": "text", "role": "description"},
        ],
    }
)


def tea(key: str, title: str, **fields: object) -> Item:
    """One tea; facts left out are unknown."""
    held = {f.name: None for f in TEAS.fields if f.name != "title"} | fields
    return Item(id=key, title=title, fields=held)


SENCHA = tea(
    "t1",
    "Morning Sencha",
    steep=2.0,
    year=1974.0,
    rating=8.1,
    kind=("green",),
    mood=("calm",),
    growers=("Aiko Mori",),
    description="Grassy and bright; 3 harvests a year.",
)
PUERH = tea(
    "t2",
    "The Long Night",
    steep=113.0,
    year=1991.0,
    rating=7.4,
    kind=("black", "aged"),
    growers=("Lin Bao", "Wu Chen"),
    description="An aged cake with a deep, earthy cup.",
)
SMOKE = tea("t3", "Smoke", steep=4.0, year=2001.0, kind=("black",), growers=("Lin Bao",))
DRAGON = tea("t4", "Dragon Well", steep=3.0, year=1650.0, kind=("green",), growers=("Shen Yu",))
ALL_TEAS = (SENCHA, PUERH, SMOKE, DRAGON)


class Shelf:
    """An in-memory catalogue of the teas above."""

    name = "teas"
    schema = TEAS
    version = "1"

    def __init__(self, items: tuple[Item, ...] = ALL_TEAS) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def row_of(self, item_id: str) -> int:
        return {item.id: row for row, item in enumerate(self.items)}[item_id]

    def item(self, item_id: str) -> Item:
        return self.items[self.row_of(item_id)]

    def at(self, rows):
        return [self.items[r] for r in rows]

    def find(self, ids):
        held = {item.id: item for item in self.items}
        return [held[i] for i in ids if i in held]


def turn_after(conversation: Conversation, message: str, ledger: Ledger | None = None, **more: object) -> Turn:
    """A turn that greets."""
    return Turn(
        conversation=conversation.id,
        number=len(conversation.turns) + 1,
        catalog=conversation.catalog,
        controller="rules",
        message=message,
        plan=TurnPlan(act=Chat(topic="greeting")),
        reply=f"Hello, {message}",
        ledger=ledger or conversation.ledger,
        **more,
    )


def wish(value: str, field: str = "kind") -> LedgerPatch:
    """A patch that adds one wish."""
    return LedgerPatch(put=(Preference(field=field, op="any_of", value=(value,), quote=value),))
