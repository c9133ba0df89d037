"""Spending: what model calls cost, kept by day, and the ceilings past which the built-in rules take over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import sqlalchemy as sa

from agent.database import spending
from agent.models.protocol import ChatModel, OnDelta
from agent.settings import Settings
from core.errors import OperatorMustFix
from core.events import ModelReply, ModelRequest
from core.turn import Conversation, Usage
from core.values import Value

Transaction = Callable[..., AbstractContextManager[sa.Connection]]


class Spent(Value):
    """What has been spent before this turn."""

    conversation: Usage = Usage()
    day: Usage = Usage()


class Ceilings(Value):
    """The most that may be spent on model calls; None: no ceiling. Money is in the currency of the price table."""

    turn_tokens: int | None = None
    conversation_tokens: int | None = None
    day_tokens: int | None = None
    conversation_cost: float | None = None
    day_cost: float | None = None

    @classmethod
    def of(cls, settings: Settings) -> Ceilings:
        """The ceilings that the settings name.

        Raises OperatorMustFix for a ceiling in money where the model has no price: it could never be reached.
        """
        ceilings = cls(**{name: getattr(settings, f"max_{name}") for name in cls.model_fields})
        priced = settings.model in settings.prices or settings.model.rpartition(":")[2] in settings.prices
        if (ceilings.conversation_cost is not None or ceilings.day_cost is not None) and not priced:
            raise OperatorMustFix(
                f"There is a ceiling in money, but no price for {settings.model!r}.",
                "Set TASTEMAKER_PRICES, or a ceiling in tokens instead.",
            )
        return ceilings

    @property
    def by_day(self) -> bool:
        """Whether what was spent today matters."""
        return self.day_tokens is not None or self.day_cost is not None

    def reached(self, turn: Usage, spent: Spent, coming: int = 0) -> str:
        """Which ceiling stands against a call whose prompt has `coming` tokens; empty when none does."""
        whole = spent.conversation.plus(turn)
        today = spent.day.plus(turn)
        tokens = (
            ("this turn", turn, self.turn_tokens),
            ("this conversation", whole, self.conversation_tokens),
            ("today", today, self.day_tokens),
        )
        for what, used, most in tokens:
            if most is not None and total_tokens(used) + coming > most:
                return f"the ceiling of {most:,} tokens for {what} is reached"
        money = (("this conversation", whole, self.conversation_cost), ("today", today, self.day_cost))
        for what, used, limit in money:
            if limit is not None and (used.cost or 0.0) >= limit:
                return f"the ceiling of {limit:g} for {what} is reached"
        return ""


def total_tokens(usage: Usage) -> int:
    """Tokens in and out, cached ones included."""
    return usage.tokens_in + usage.tokens_out


def spent_in(conversation: Conversation) -> Usage:
    """What the turns of a conversation cost together."""
    total = Usage()
    for turn in conversation.turns:
        total = total.plus(turn.usage)
    return total


class DaySpending(Value):
    """What one model cost on one day for one purpose."""

    day: str
    """UTC, 2026-11-26."""
    model: str
    purpose: str
    """turn, or what was done outside of conversations: enrich, interests, rerank, probe."""
    usage: Usage


class Spending:
    """What was spent, one row for each turn or task that called a model; it holds nothing that people wrote."""

    def __init__(self, transaction: Transaction, clock: Callable[[], float]) -> None:
        self._transaction, self._clock = transaction, clock

    def add(self, usage: Usage, model: str, purpose: str) -> None:
        """Keep what a task outside of conversations cost."""
        with self._transaction(write=True) as connection:
            record(connection, usage, model, purpose, self._clock())

    def today(self) -> Usage:
        """Everything spent today (UTC)."""
        total = Usage()
        for row in self.by_day(days=1):
            total = total.plus(row.usage)
        return total

    def by_day(self, days: int = 30) -> list[DaySpending]:
        """The last `days` days by model and purpose, the latest first."""
        since = day_of(self._clock() - 86_400 * (days - 1))
        columns = (spending.c.day, spending.c.model, spending.c.purpose)
        sums = [sa.func.sum(spending.c[name]).label(name) for name in SUMMED]
        query = sa.select(*columns, *sums).where(spending.c.day >= since).group_by(*columns)
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(spending.c.day.desc(), spending.c.model, spending.c.purpose)).all()
        return [
            DaySpending(
                day=row.day,
                model=row.model,
                purpose=row.purpose,
                usage=Usage(**{name: getattr(row, name) for name in SUMMED}),
            )
            for row in rows
        ]


TURN_CALLS = frozenset({"plan", "repair", "say", "person"})
"""Calls whose cost is kept with the turn they belong to."""


class Booked:
    """A ChatModel around another that keeps what calls outside of turns cost, by what they are for."""

    def __init__(self, inner: ChatModel, spending: Callable[[], Spending]) -> None:
        """`spending` is opened with the first such call."""
        self._inner, self._spending = inner, spending
        self.name = inner.name
        self.provider = getattr(inner, "provider", "")

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The answer to `request`; see ChatModel."""
        reply = self._inner.complete(request, on_delta, within=within)
        if request.call not in TURN_CALLS:
            self._spending().add(reply.usage, self.name, request.call)
        return reply


SUMMED = ("calls", "tokens_in", "tokens_out", "tokens_cached", "cost", "ms")


def record(connection: sa.Connection, usage: Usage, model: str, purpose: str, now: float) -> None:
    """Add a row within a write transaction; nothing where no model was called."""
    if usage.calls:
        held = {name: getattr(usage, name) for name in SUMMED}
        connection.execute(spending.insert().values(day=day_of(now), model=model, purpose=purpose, **held))


def day_of(now: float) -> str:
    """The day (UTC) of a moment in seconds since 1970."""
    return datetime.fromtimestamp(now, UTC).date().isoformat()
