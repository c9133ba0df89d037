"""Pairwise reranking: a tournament in which each pair of cards meets twice, once in either order."""

from __future__ import annotations

from collections.abc import Generator
from itertools import combinations

from pydantic import Field

import prompts
from core.errors import BadInput
from core.events import ModelRequest
from core.values import Value
from tools.reranking.answers import better_schema, read_better
from tools.reranking.strategy import Account, Answer, Steps
from tools.reranking.values import Task, ordered


class Pairwise(Value):
    """Orders few cards by the share of comparisons they win; n (n - 1) calls for n cards.

    All pairs in both orders, as in pairwise ranking prompting (Qin et al., NAACL 2024 Findings). A pair whose winner
    hangs on which card stood first counts half for each, and so does one without an answer. Ties keep the
    conventional order.
    """

    takes: int | None = Field(default=8, ge=2)
    """Cards beyond which a task is refused: eight are 56 calls. None: none is refused."""

    @property
    def name(self) -> str:
        """As tools and traces call it."""
        return "pairwise"

    @property
    def template(self) -> str:
        """The prompt."""
        return "rerank_pairwise"

    def calls(self, cards: int) -> int:
        """See the class."""
        return cards * (cards - 1)

    def rerank(self, task: Task) -> Steps:
        """See Reranker; raises BadInput for more cards than it takes."""
        count = len(task.cards)
        if self.takes is not None and count > self.takes:
            raise BadInput(
                f"A pairwise tournament takes {self.takes} cards at most, not {count}.",
                "Take fewer, or another strategy: listwise, rating or pointwise.",
            )
        account, wins, decided, torn = Account(), [0.0] * count, 0, 0
        for first, second in combinations(range(count), 2):
            winners = [
                (yield from self._winner(task, first, second, account)),
                (yield from self._winner(task, second, first, account)),
            ]
            known = [w for w in winners if w is not None]
            decided += len(known) == 2
            torn += len(set(known)) == 2
            for winner in winners:
                for place in (first, second):
                    wins[place] += 0.5 if winner is None else float(winner == place)
        scores = [won / (2 * (count - 1)) for won in wins] if count > 1 else []
        order = ordered(scores) if scores else range(count)
        return account.closed(self.name, order, scores, torn / decided if decided else None)

    def _winner(
        self, task: Task, first: int, second: int, account: Account
    ) -> Generator[ModelRequest, Answer, int | None]:
        """The better one of two places, the first shown above the second; None when the model does not say."""
        reply = yield from account.ask(self._request(task, first, second), [first, second])
        if reply is None:
            return None
        better = read_better(reply.text)
        if better is None:
            account.trouble("unreadable", [first, second], "the answer names neither card")
            return None
        return first if better == 1 else second

    def _request(self, task: Task, first: int, second: int) -> ModelRequest:
        prompt = prompts.render(
            self.template,
            purpose=task.purpose,
            many=task.many,
            wanted=task.wanted,
            cards=[task.cards[first], task.cards[second]],
        )
        return ModelRequest(
            call="compare",
            system=prompt.system,
            user=prompt.user,
            json_schema=better_schema(),
            prompt_hash=prompt.hash,
        )
