"""Recommenders that do not listen: what a score is worth is seen beside them."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Literal, TypeGuard, get_args

from core.items import Item
from core.plan import Recommend, TurnPlan
from core.schema import CatalogSchema
from core.turn import Conversation, Recommendation, StageTrace, Turn

Respond = Callable[[Conversation, str], Turn]
BaselineName = Literal["popularity", "random"]
BASELINES: tuple[BaselineName, ...] = get_args(BaselineName)


def is_baseline(name: str) -> TypeGuard[BaselineName]:
    """Whether a system does not listen."""
    return name in BASELINES


def baseline(name: BaselineName, items: Sequence[Item], schema: CatalogSchema, seed: int, count: int = 1) -> Respond:
    """Shows `count` items at a time that the person has not seen, whatever they say: the best known first, or any."""
    spec = schema.role("popularity")
    if name == "popularity" and spec is not None:
        order = sorted(items, key=lambda i: (-float(next(iter(i.values(spec.name)), 0)), i.id))
    else:
        order = random.Random(seed).sample(list(items), k=len(items))  # noqa: S311 (an order, not a secret)

    def respond(conversation: Conversation, message: str) -> Turn:
        gone = {*conversation.ledger.seen, *conversation.ledger.shown}
        slate = tuple(Recommendation(item=i) for i in islice((i for i in order if i.id not in gone), count))
        return Turn(
            conversation=conversation.id,
            number=len(conversation.turns) + 1,
            catalog=conversation.catalog,
            controller="rules",
            message=message,
            plan=TurnPlan(act=Recommend(count=count)),
            reply=f"How about {' or '.join(f'**{r.item.title}**' for r in slate)}?"
            if slate
            else "I have nothing else.",
            slate=slate,
            ledger=conversation.ledger.show(tuple(r.item.id for r in slate)),
            trace=(StageTrace(stage=name, out=len(slate)),),
        )

    return respond
