"""Reranking by predicted ratings: the model says what the person would give each card, several in one call."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import Field, model_validator

import prompts
from core.events import ModelRequest
from core.values import Value
from tools.reranking.answers import missing_from, ratings_schema, read_ratings
from tools.reranking.strategy import Account, Steps
from tools.reranking.values import Task, ordered


class Rating(Value):
    """Orders cards by the rating that the model predicts for them; ceil(n / batch) calls for n cards.

    Rating prediction by prompt as in Kang et al. 2023 (arXiv 2305.06474). Equal ratings keep the conventional order,
    and so does a card without one: it stays where it is.
    """

    low: float = 1.0
    high: float = 5.0
    """The scale, both ends included; a rating outside it does not count."""
    batch: int = Field(default=10, ge=1)
    """Cards of one call."""

    @model_validator(mode="after")
    def _scale(self) -> Rating:
        if not self.low < self.high:
            raise ValueError("a scale rises from low to high")
        return self

    @property
    def name(self) -> str:
        """As tools and traces call it."""
        return "rating"

    @property
    def template(self) -> str:
        """The prompt."""
        return "rerank_rating"

    @property
    def takes(self) -> int | None:
        """Any number of cards."""
        return None

    def calls(self, cards: int) -> int:
        """See the class."""
        return math.ceil(cards / self.batch) if cards > 1 else 0

    def rerank(self, task: Task) -> Steps:
        """See Reranker."""
        account, scores = Account(), list[float | None](None for _ in task.cards)
        for call in range(self.calls(len(task.cards))):
            places = range(len(task.cards))[call * self.batch : (call + 1) * self.batch]
            reply = yield from account.ask(self._request(task, places), places)
            if reply is not None:
                for place, rating in self._read(reply.text, places, account).items():
                    scores[place] = rating
        return account.closed(self.name, ordered(scores), scores)

    def _read(self, text: str, places: Sequence[int], account: Account) -> dict[int, float]:
        """Ratings by place, as far as the answer gives any on the scale."""
        read = read_ratings(text, len(places))
        if read is None:
            account.trouble("unreadable", places, "the answer holds no rating of a card")
            return {}
        ratings, listed = read
        if listed.doubled:
            account.trouble("doubled", [places[n - 1] for n in listed.doubled], "the first rating counts")
        if listed.invented:
            account.trouble("invented", why=f"no card's number: {', '.join(listed.invented)[:100]}")
        if absent := missing_from(ratings, len(places)):
            account.trouble("missing", [places[n - 1] for n in absent], "kept in place")
        off = [n for n, rating in ratings.items() if not self.low <= rating <= self.high]
        if off:
            account.trouble("out of scale", [places[n - 1] for n in off], f"not in {self.low:g} to {self.high:g}")
        return {places[n - 1]: rating for n, rating in ratings.items() if n not in off}

    def _request(self, task: Task, places: Sequence[int]) -> ModelRequest:
        prompt = prompts.render(
            self.template,
            purpose=task.purpose,
            many=task.many,
            wanted=task.wanted,
            low=f"{self.low:g}",
            high=f"{self.high:g}",
            cards=[task.cards[place] for place in places],
        )
        return ModelRequest(
            call="rate",
            system=prompt.system,
            user=prompt.user,
            json_schema=ratings_schema(len(places)),
            prompt_hash=prompt.hash,
        )
