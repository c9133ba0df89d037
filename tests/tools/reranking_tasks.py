"""Tasks to rerank, and models that answer them from what stands in the prompt."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence

from core.events import ModelReply, ModelRequest
from core.turn import Usage
from tools.reranking.listwise import Listwise
from tools.reranking.pairwise import Pairwise
from tools.reranking.pointwise import Pointwise
from tools.reranking.rating import Rating
from tools.reranking.strategy import Reranker
from tools.reranking.values import Card, Task

STRATEGIES: tuple[Reranker, ...] = (
    Listwise(),
    Listwise(window=4, stride=2),
    Listwise(window=4, stride=2, twice=True, seed=3),
    Pointwise(),
    Rating(batch=3),
    Pairwise(),
)
Say = Callable[[ModelRequest], str | ModelReply]


def tea_task(count: int) -> Task:
    """Teas number 0, 1, …, worst first for who wants the highest number."""
    cards = tuple(Card(id=f"t{n}", title=f"Tea {n}", lines=("green", f"steeps {n} minutes")) for n in range(count))
    return Task(purpose="find something to drink", many="teas", wanted=("green (soft)",), cards=cards)


def book_task(titles: Sequence[str]) -> Task:
    """Books with nothing but a title, nothing being wanted."""
    cards = tuple(Card(id=f"b{n}", title=title) for n, title in enumerate(titles))
    return Task(purpose="find something to read", many="books", wanted=(), cards=cards)


def reply(said: str | ModelReply) -> ModelReply:
    return said if isinstance(said, ModelReply) else ModelReply(text=said, usage=Usage(calls=1, tokens_in=10))


def shown(request: ModelRequest) -> list[int]:
    """Numbers of the teas in a prompt, in the order in which they stand."""
    return [int(n) for n in re.findall(r"Tea (\d+)$", request.user, re.MULTILINE)]


def fond_of_numbers(request: ModelRequest) -> ModelReply:
    """The perfect judge of `tea_task`: the higher the tea's number the better, whatever it is asked."""
    teas = shown(request)
    best = sorted(range(len(teas)), key=lambda place: -teas[place])
    match request.call:
        case "rerank":
            return reply(json.dumps({"order": [place + 1 for place in best]}))
        case "judge":
            chance = (teas[0] + 1) / 100
            told = {"yes": math.log(chance), "no": math.log(1 - chance)}
            return reply("no").model_copy(update={"alternatives": told})
        case "rate":
            rated = [{"card": n, "rating": 1 + tea / 25} for n, tea in enumerate(teas, 1)]
            return reply(json.dumps({"ratings": rated}))
        case _:
            return reply(json.dumps({"better": best[0] + 1}))


def scripted(*lines: str | ModelReply | Exception) -> Callable[[ModelRequest], ModelReply]:
    """Answers with one line after the other; fails on a call that nobody wrote down."""
    left = list(lines)

    def ask(request: ModelRequest) -> ModelReply:
        assert left, f"a {request.call} call is not in the script"
        line = left.pop(0)
        if isinstance(line, Exception):
            raise line
        return reply(line)

    return ask
