"""The rerank tool: candidates of one catalogue put before a language model, as far as the gate lets them through."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from agent.model_cards import card_lines, wanted_lines
from agent.models.protocol import ChatModel
from agent.recommend import CARDS, Pipeline
from agent.situation import Situation
from agent.tool_inputs import RerankInput
from agent.tool_outputs import RerankedItem, RerankOutput, RerankTrouble
from core.errors import OperatorMustFix
from core.events import ModelReply, ModelRequest
from core.ledger import Ledger
from core.plan import Recommend
from core.schema import CatalogSchema
from core.turn import Recommendation
from tools.reranking.cache import RerankCache
from tools.reranking.gate import Gate, Verdict
from tools.reranking.listwise import Listwise
from tools.reranking.pairwise import Pairwise
from tools.reranking.pointwise import Pointwise
from tools.reranking.rating import Rating
from tools.reranking.strategy import Ask, Reranker
from tools.reranking.values import Card, Reranked, Task

DEADLINE_S = 45.0
TOLD = 5
"""Titles of liked and of disliked items that a prompt repeats, the newest."""


@dataclass(frozen=True)
class Reranking:
    """Reranks candidates of one catalogue by a model that is looked for when it is needed."""

    pipeline: Pipeline
    model: Callable[[], ChatModel | None] = lambda: None
    gate: Gate = Gate()
    deadline_s: float = DEADLINE_S
    """For all model calls of one reranking."""
    cache: RerankCache = field(default_factory=RerankCache)
    clock: Callable[[], float] = time.monotonic

    def run(self, asked: RerankInput, ledger: Ledger) -> RerankOutput:
        """The items in the order found, what the gate decided and what went wrong.

        Raises OperatorMustFix where no model is configured, BadInput for more items than the strategy takes.
        """
        model = self.model()
        if model is None:
            raise OperatorMustFix(
                "Reranking needs a language model, and none is configured.",
                "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example), or use the tool recommend.",
            )
        strategy = strategy_of(asked)
        cards = (
            self.pipeline.weighed(asked.ids, ledger) if asked.ids else self._candidates(asked, ledger, strategy.takes)
        )
        scale, scores = self.pipeline.sureness(cards, ledger)
        verdict = self.gate.judge(scores, asked.count, strategy.calls, scale) if asked.gate else None
        sent = cards if verdict is None else cards[: verdict.send]
        task = task_of(sent, ledger, self.pipeline)
        ask = within(model, self.deadline_s, self.clock)
        return told(cards, self.cache.settle(strategy, task, ask, model.name), verdict)

    def _candidates(self, asked: RerankInput, ledger: Ledger, most: int | None) -> tuple[Recommendation, ...]:
        """The pipeline's, as many as the strategy takes; none where nothing satisfies every hard preference."""
        act = Recommend(count=asked.count, query=asked.query)
        cards = CARDS if most is None else min(CARDS, most)
        outcome, _ = self.pipeline.recommend(Situation(ledger, surprise=True), act, cards)
        return tuple(getattr(outcome, "cards", ()))


def strategy_of(asked: RerankInput) -> Reranker:
    """The strategy asked for, with its defaults."""
    match asked.strategy:
        case "listwise":
            return Listwise(twice=asked.twice)
        case "pointwise":
            return Pointwise()
        case "rating":
            return Rating()
        case "pairwise":
            return Pairwise()


def task_of(cards: Sequence[Recommendation], ledger: Ledger, pipeline: Pipeline) -> Task:
    """The cards with what is true of each, and the preferences in force, as plain lines."""
    schema = pipeline.catalog.schema
    return Task(
        purpose=schema.purpose,
        many=schema.noun.many,
        wanted=(*wanted_lines(cards, ledger, schema), *_opinions(ledger, pipeline)),
        cards=tuple(_cards(cards, ledger, schema)),
    )


def within(model: ChatModel, seconds: float, clock: Callable[[], float] = time.monotonic) -> Ask:
    """Asks the model; all calls together may take so many seconds from now on."""
    until = clock() + seconds

    def ask(request: ModelRequest) -> ModelReply:
        return model.complete(request, within=max(0.0, until - clock()))

    return ask


def told(cards: Sequence[Recommendation], done: Reranked, verdict: Verdict | None) -> RerankOutput:
    """A reranking of the first cards; what was not sent stands behind, in the order it had."""
    order = [*done.order, *range(len(done.order), len(cards))]
    scores = [*done.scores, *[None] * (len(cards) - len(done.scores))]
    return RerankOutput(
        items=tuple(
            RerankedItem(id=cards[p].item.id, title=cards[p].item.title, was=p + 1, score=scores[p]) for p in order
        ),
        gate=verdict,
        troubles=tuple(
            RerankTrouble(fault=t.fault, items=tuple(cards[p].item.id for p in t.places), why=t.why)
            for t in done.troubles
        ),
        strategy=done.strategy,
        calls=done.calls,
        usage=done.usage,
        disagreement=done.disagreement,
        cached=done.cached,
    )


def _cards(cards: Sequence[Recommendation], ledger: Ledger, schema: CatalogSchema) -> Iterator[Card]:
    for card, said in zip(cards, card_lines(cards, ledger, schema), strict=True):
        lines = (said["facts"], ", ".join(card.notices), said["marks"], said["text"])
        yield Card(id=card.item.id, title=card.item.title, lines=tuple(str(line) for line in lines if line))


def _opinions(ledger: Ledger, pipeline: Pipeline) -> Iterator[str]:
    for word, ids in (("liked", ledger.liked), ("disliked", ledger.disliked)):
        rows = [pipeline.catalog.row_of(i) for i in ids[-TOLD:]]
        if rows:
            yield f"{word}: {', '.join(item.title for item in pipeline.catalog.at(rows))}"
