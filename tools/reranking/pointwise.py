"""Pointwise reranking: of each card alone the model says yes or no, and how sure it is decides."""

from __future__ import annotations

from pydantic import Field

import prompts
from core.events import ModelRequest
from core.values import Value
from tools.reranking.answers import chance_of_yes, read_yes
from tools.reranking.strategy import Account, Steps
from tools.reranking.values import Card, Task, ordered

LONGEST = 16
"""Tokens of an answer: the first one counts; some servers take no less."""


class Pointwise(Value):
    """Orders cards by the probability of "yes" as the answer's first token; n calls for n cards.

    P(yes) is taken over all spellings of yes and no among the `alternatives` likeliest tokens (relevance generation,
    Liang et al. 2022, HELM). Where a server tells no log-probabilities the word itself counts, 1 or 0, and the
    result says so. A card without a usable answer stays where it is.
    """

    alternatives: int = Field(default=5, ge=2, le=20)
    """Likeliest first tokens asked for; five is what every server that tells any will tell."""

    @property
    def name(self) -> str:
        """As tools and traces call it."""
        return "pointwise"

    @property
    def template(self) -> str:
        """The prompt."""
        return "rerank_pointwise"

    @property
    def takes(self) -> int | None:
        """Any number of cards."""
        return None

    def calls(self, cards: int) -> int:
        """See the class."""
        return cards if cards > 1 else 0

    def rerank(self, task: Task) -> Steps:
        """See Reranker."""
        account, scores = Account(), list[float | None](None for _ in task.cards)
        by_word = []
        for place, card in enumerate(task.cards if len(task.cards) > 1 else ()):
            reply = yield from account.ask(self._request(task, card), [place])
            if reply is None:
                continue
            scores[place] = chance_of_yes(reply.alternatives)
            if scores[place] is None and (said := read_yes(reply.text)) is not None:
                scores[place] = float(said)
                by_word.append(place)
            elif scores[place] is None:
                account.trouble("unreadable", [place], "the answer is neither yes nor no")
        if by_word:
            account.trouble("no log-probabilities", by_word, "the word alone counts: 1 or 0")
        return account.closed(self.name, ordered(scores), scores)

    def _request(self, task: Task, card: Card) -> ModelRequest:
        prompt = prompts.render(self.template, purpose=task.purpose, many=task.many, wanted=task.wanted, card=card)
        return ModelRequest(
            call="judge",
            system=prompt.system,
            user=prompt.user,
            prompt_hash=prompt.hash,
            alternatives=self.alternatives,
            longest=LONGEST,
        )
