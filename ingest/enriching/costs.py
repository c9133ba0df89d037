"""What an enrichment costs: the estimate before it starts, and the ceiling that no call may pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.errors import BadInput, OperatorMustFix
from core.items import Item
from core.turn import Usage
from core.values import Value
from ingest.enriching.answers import Answers
from ingest.enriching.asking import Asking

Cost = Callable[[int, int], float]
"""Money for so many tokens in and out."""


class Ceiling(Value):
    """The most a run may spend."""

    amount: float
    unit: Literal["money", "tokens"]

    def __str__(self) -> str:
        """ "2.50" or "200,000 tokens"."""
        return f"{self.amount:,.0f} tokens" if self.unit == "tokens" else f"{self.amount:.2f}"


class Estimate(Value):
    """What a run will take, by estimate."""

    items: int
    calls: int
    tokens_in: int
    tokens_out: int
    most_out: int
    """Tokens out when every answer is as long as it may be."""
    cost: float | None
    """None: no price is set."""
    most_cost: float | None


@dataclass(frozen=True)
class Meter:
    """Counts tokens and money."""

    count: Callable[[str], int]
    """Tokens of a text."""
    cost: Cost | None = None

    def spent(self, answers: Answers, run: int, unit: Literal["money", "tokens"]) -> float:
        """What a run has spent; calls whose answer never came count as if they had been as dear as they may."""
        lost = [(a.tokens_in, a.most_out) for a in answers.lost(run)]
        return self._of(answers.spent.get(run, Usage()), unit) + sum(self.worth(*tokens, unit) for tokens in lost)

    def worth(self, tokens_in: int, tokens_out: int, unit: Literal["money", "tokens"]) -> float:
        """So many tokens, in tokens or money."""
        if unit == "tokens":
            return tokens_in + tokens_out
        if self.cost is None:
            raise OperatorMustFix(
                "A ceiling in money needs the price of the model.",
                "Set TASTEMAKER_PRICES, or give --ceiling in tokens.",
            )
        return self.cost(tokens_in, tokens_out)

    def _of(self, usage: Usage, unit: Literal["money", "tokens"]) -> float:
        if unit == "money" and usage.cost is not None:
            return usage.cost
        return self.worth(usage.tokens_in, usage.tokens_out, unit)


def read_ceiling(text: str) -> Ceiling:
    """ "2.50" is money, "200000 tokens" (or "200000t") tokens, 0 is nothing; raises BadInput for anything else."""
    bare = text.strip().lower().replace(",", "")
    number = bare.removesuffix("tokens").removesuffix("t").strip()
    try:
        amount = float(number)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise BadInput(f"{text!r} is no ceiling.", 'Give money, such as 2.50, or tokens, such as "200000 tokens".')
    return Ceiling(amount=amount, unit="money" if amount and number == bare else "tokens")


def estimate(asking: Asking, batches: Sequence[Sequence[Item]], answers: Answers, meter: Meter) -> Estimate:
    """What asking for these batches will take; answers so far say how long answers are, else the fields' bounds."""
    requests = [asking.request(batch) for batch in batches]
    items = sum(len(batch) for batch in batches)
    tokens_in = sum(asking.tokens_in(request, meter.count) for request in requests)
    tokens_out = round(items * (_seen(asking, answers) or _typical(asking, meter)))
    most_out = sum(request.longest or 0 for request in requests)
    priced = meter.cost is not None
    return Estimate(
        items=items,
        calls=len(requests),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        most_out=most_out,
        cost=meter.worth(tokens_in, tokens_out, "money") if priced else None,
        most_cost=meter.worth(tokens_in, most_out, "money") if priced else None,
    )


def _seen(asking: Asking, answers: Answers) -> float:
    """Mean tokens of an item's part of the answers to this prompt by this model; 0 when there is none."""
    calls = [
        (answers.answered[n].usage.tokens_out, len(asked.keys))
        for n, asked in answers.calls.items()
        if n in answers.answered and (asked.keys[0].prompt, asked.keys[0].model) == (asking.prompt, asking.model)
    ]
    return sum(tokens for tokens, _ in calls) / sum(items for _, items in calls) if calls else 0.0


def _typical(asking: Asking, meter: Meter) -> float:
    """Tokens of an entry with middling values."""
    entry: dict[str, object] = {"number": 100}
    for target in asking.targets:
        text = target.spec.type == "text"
        entry[target.spec.name] = "word " * (target.longest // 8) if text else ["a word"] * ((target.most + 1) // 2)
    return meter.count(json.dumps(entry))
