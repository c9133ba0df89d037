"""Listwise reranking: the model puts numbered cards in order, many at once; long lists by sliding windows."""

from __future__ import annotations

import random
import zlib
from collections.abc import Generator, Sequence

from pydantic import Field, model_validator

import prompts
from core.events import ModelRequest
from core.values import Value
from tools.reranking.answers import Listed, missing_from, order_schema, read_order
from tools.reranking.strategy import Account, Answer, Steps
from tools.reranking.values import Task, kendall_distance


class Listwise(Value):
    """Orders cards by sliding windows, from the back of the list to its front (RankGPT, Sun et al., EMNLP 2023).

    For n cards one call where n <= window, else 1 + ceil((n - window) / stride); twice that with `twice`. A second
    pass shows each window in an order drawn from `seed`; the mean of both ranks decides, the conventional order ties,
    and the share of pairs on which the passes differ is reported.
    """

    window: int = Field(default=20, ge=2)
    """Cards of one call."""
    stride: int = Field(default=10, ge=1)
    """Cards by which the window moves."""
    twice: bool = False
    seed: int = 0

    @model_validator(mode="after")
    def _overlaps(self) -> Listwise:
        if self.stride > self.window:
            raise ValueError("a stride longer than the window leaves cards out")
        return self

    @property
    def name(self) -> str:
        """As tools and traces call it."""
        return "listwise"

    @property
    def template(self) -> str:
        """The prompt."""
        return "rerank_listwise"

    @property
    def takes(self) -> int | None:
        """Any number of cards."""
        return None

    def calls(self, cards: int) -> int:
        """See the class."""
        return len(self._windows(cards)) * (2 if self.twice else 1)

    def rerank(self, task: Task) -> Steps:
        """See Reranker."""
        account, count = Account(), len(task.cards)
        first, held = yield from self._pass(task, account, None)
        if not self.twice or count < 2:
            return account.closed(self.name, first)
        second, held_again = yield from self._pass(task, account, random.Random(self._draw(task)))  # noqa: S311
        if not (held and held_again):
            return account.closed(self.name, first if held else second)
        ranks = [first.index(place) + second.index(place) for place in range(count)]
        both = sorted(range(count), key=lambda place: (ranks[place], place))
        scores = [1 - rank / (2 * (count - 1)) for rank in ranks]
        return account.closed(self.name, both, scores, kendall_distance(first, second))

    def _pass(
        self, task: Task, account: Account, chance: random.Random | None
    ) -> Generator[ModelRequest, Answer, tuple[list[int], bool]]:
        """(order, whether any window was answered) of one walk from back to front."""
        order, held = list(range(len(task.cards))), False
        for start, end in self._windows(len(order)):
            window = order[start:end]
            shown = window if chance is None else _shuffled(window, chance)
            reply = yield from account.ask(self._request(task, shown), window)
            listed = None if reply is None else read_order(reply.text, len(shown))
            if reply is not None and listed is None:
                account.trouble("unreadable", window, "the answer holds no order of the cards")
            if listed is not None:
                order[start:end] = _mended(listed, shown, window, account)
                held = True
        return order, held

    def _windows(self, count: int) -> list[tuple[int, int]]:
        """[start, end) of each call, the first one at the back of the list."""
        if count < 2:
            return []
        ends = [*range(count, self.window, -self.stride), min(count, self.window)]
        return [(max(0, end - self.window), end) for end in ends]

    def _draw(self, task: Task) -> int:
        """A seed of the strategy's and the cards'."""
        return zlib.crc32(repr((self.seed, [card.id for card in task.cards])).encode("utf-8", "backslashreplace"))

    def _request(self, task: Task, shown: Sequence[int]) -> ModelRequest:
        prompt = prompts.render(
            self.template,
            purpose=task.purpose,
            many=task.many,
            wanted=task.wanted,
            cards=[task.cards[place] for place in shown],
        )
        schema = order_schema(len(shown))
        return ModelRequest(
            call="rerank", system=prompt.system, user=prompt.user, json_schema=schema, prompt_hash=prompt.hash
        )


def _shuffled(window: Sequence[int], chance: random.Random) -> list[int]:
    """The window in another order."""
    drawn = chance.sample(window, len(window))
    return drawn if drawn != list(window) else drawn[::-1]


def _mended(listed: Listed, shown: Sequence[int], window: Sequence[int], account: Account) -> list[int]:
    """The window in the order listed; what the answer left out stands behind, in the order it had."""
    named = [shown[number - 1] for number in listed.numbers]
    if listed.doubled:
        account.trouble("doubled", [shown[n - 1] for n in listed.doubled], "the first mention counts")
    if listed.invented:
        account.trouble("invented", why=f"no card's number: {', '.join(listed.invented)[:100]}")
    if missing_from(listed.numbers, len(shown)):
        rest = [place for place in window if place not in set(named)]
        account.trouble("missing", rest, "put behind the others in the order they had")
        return named + rest
    return named
