"""What every strategy is: a generator of model requests that ends in an order; and what runs one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.errors import BudgetSpent, ModelMustRetry, ModelRejected
from core.events import ModelFailure, ModelReply, ModelRequest
from core.turn import Usage
from tools.reranking.values import Fault, Reranked, Task, Trouble

Answer = ModelReply | ModelFailure
Steps = Generator[ModelRequest, Answer, Reranked]
"""A reranking under way: yields requests, is sent their answers, returns the order. It does no I/O."""
Ask = Callable[[ModelRequest], ModelReply]
"""Performs a request; raises ModelMustRetry, ModelRejected or BudgetSpent."""


class Reranker(Protocol):
    """A strategy: a frozen value; equal ones ask the same of the same task."""

    @property
    def name(self) -> str:
        """How it is called: "listwise"."""
        ...

    @property
    def template(self) -> str:
        """The prompt it renders."""
        ...

    @property
    def takes(self) -> int | None:
        """Most cards of a task; None: any number."""
        ...

    def calls(self, cards: int) -> int:
        """The model calls it makes for so many cards."""
        ...

    def rerank(self, task: Task) -> Steps:
        """Order the cards; raises BadInput for a task it does not take. Fewer than two cards need no model."""
        ...


def settle(steps: Steps, ask: Ask) -> Reranked:
    """Run a reranking to its end.

    What `ask` raises as ModelMustRetry, ModelRejected or BudgetSpent becomes a trouble of the result, and the cards
    concerned keep their conventional order; after BudgetSpent nothing more is asked. Other errors pass.
    """
    answer: Answer | None = None
    spent = ""
    while True:
        try:
            request = next(steps) if answer is None else steps.send(answer)
        except StopIteration as end:
            done: Reranked = end.value
            return done
        try:
            answer = ModelFailure(reason=spent) if spent else ask(request)
        except BudgetSpent as error:
            spent = str(error)
            answer = ModelFailure(reason=spent)
        except (ModelMustRetry, ModelRejected) as error:
            answer = ModelFailure(reason=str(error))


@dataclass
class Account:
    """What one reranking has asked, what that cost, and what went wrong."""

    calls: int = 0
    usage: Usage = Usage()
    troubles: list[Trouble] = field(default_factory=list)

    def ask(self, request: ModelRequest, places: Sequence[int]) -> Generator[ModelRequest, Answer, ModelReply | None]:
        """The reply to a request about the cards at `places`; None, and a trouble, when there is none."""
        answer = yield request
        self.calls += 1
        self.usage = self.usage.plus(answer.usage)
        if isinstance(answer, ModelFailure):
            self.trouble("call failed", places, answer.reason)
            return None
        return answer

    def trouble(self, fault: Fault, places: Sequence[int] = (), why: str = "") -> None:
        """Note what went wrong."""
        self.troubles.append(Trouble(fault=fault, places=tuple(places), why=why))

    def closed(
        self,
        strategy: str,
        order: Sequence[int],
        scores: Sequence[float | None] = (),
        disagreement: float | None = None,
    ) -> Reranked:
        """The result."""
        return Reranked(
            strategy=strategy,
            order=tuple(order),
            scores=tuple(scores),
            troubles=tuple(self.troubles),
            calls=self.calls,
            usage=self.usage,
            disagreement=disagreement,
        )
