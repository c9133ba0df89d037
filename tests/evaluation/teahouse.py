"""A tiny catalogue with house rules, and dialogues written turn by turn."""

from __future__ import annotations

from collections.abc import Sequence

from core.items import Item
from core.ledger import Ledger
from core.plan import Recommend, TurnPlan
from core.schema import CatalogSchema
from core.turn import Choice, Question, Recommendation, StageTrace, Turn
from evaluation.grading import Case, Grader
from evaluation.naming import Titles
from tests.worlds import MemoryCatalog

HOUSE = CatalogSchema.model_validate(
    {
        "name": "teas",
        "title": "Teas",
        "noun": {"one": "tea", "many": "teas"},
        "consumption": {"bare": ["drink"], "past": ["drunk", "tried"]},
        "purpose": "find something to drink",
        "fields": [
            {"name": "title", "type": "text", "role": "title"},
            {"name": "price", "type": "number", "ask": "What may it cost?"},
            {"name": "strength", "type": "category", "role": "age_rating"},
            {"name": "shops", "type": "category", "many": True, "role": "availability"},
            {"name": "votes", "type": "number", "role": "popularity"},
            {"name": "paid", "type": "flag", "role": "sponsored"},
        ],
        "policies": [
            {"rule": "not_seen"},
            {"rule": "disclose_sponsored"},
            {"rule": "confirm_first", "field": "strength", "values": ["strong"]},
            {"rule": "available", "field": "shops"},
            {"rule": "one_at_a_time"},
        ],
    }
)


def tea(name: str, price: int, strength: str = "mild", shops: tuple[str, ...] = ("Corner",), **more: object) -> Item:
    title = name.replace("-", " ").title()
    fields = {"title": title, "price": price, "strength": strength, "shops": shops, "votes": 1, "paid": False, **more}
    return Item(id=name, title=title, fields=fields)


TEAS = MemoryCatalog(
    "teas",
    HOUSE,
    [
        tea("earl-grey", 4, votes=90),
        tea("green-dragon", 6),
        tea("iron-goddess", 9, strength="strong"),
        tea("gold-leaf", 5, paid=True),
        tea("silver-needle", 12, shops=("Palace",)),
        tea("sencha", 3),
    ],
)
CHEAP = Case(failing=lambda item: () if item.fields["price"] <= 6 else ("price <= 6",), has=("Corner",))
LEAVE = Question(
    text="It is strong. Is that all right?",
    kind="confirm",
    field="strength",
    choices=(Choice(label="yes"), Choice(label="no")),
)


def grader() -> Grader:
    return Grader(TEAS, HOUSE, Titles(TEAS.items))


def dialogue(*said: tuple[str, str, Sequence[str]] | tuple[str, str, Sequence[str], object]) -> list[Turn]:
    """Turns from (message, reply, ids shown) and perhaps a question, the notice of a paid item, or "nothing fits"."""
    return [_turn(number, *each) for number, each in enumerate(said, 1)]


def _turn(number: int, message: str, reply: str, shown: Sequence[str], more: object = None) -> Turn:
    notices = ("promoted",) if more == "promoted" else ()
    return Turn(
        conversation="c",
        number=number,
        catalog="teas",
        controller="rules",
        message=message,
        plan=TurnPlan(act=Recommend()),
        reply=reply,
        question=more if isinstance(more, Question) else None,
        slate=tuple(Recommendation(item=TEAS.item(i), notices=notices) for i in shown),
        ledger=Ledger(),
        trace=(StageTrace(stage="relax"),) if more == "nothing fits" else (StageTrace(stage="rank"),),
    )
