"""Choosing: among how many cards a model may choose, by what the plan asks for and what the gate says of the scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.outcome import Recommended
from agent.recommend import Pipeline
from core.ledger import Ledger
from core.plan import Recommend
from core.turn import StageTrace
from tools.reranking.gate import Gate

Reranks = Literal["always", "gated", "spare"]


@dataclass(frozen=True)
class Narrowing:
    """Decides for one catalogue what of its candidates reaches the model that words the reply."""

    pipeline: Pipeline
    gate: Gate = Gate()
    reranks: Reranks = "gated"
    """always: the model chooses among all cards; gated: among as many as the gate lets through; spare: where the gate
    lets none through, the built-in words are used and no call is made."""

    def narrowed(
        self, outcome: Recommended, act: Recommend, ledger: Ledger, shown: int
    ) -> tuple[Recommended, list[StageTrace]]:
        """The outcome with the cards that the model may choose from, at most `shown`; the slate is always among them.

        A plan that asks for no reranking leaves the slate as it is.
        """
        cards = (outcome.cards or outcome.slate)[:shown]
        if not act.rerank:
            return self._settled(outcome, len(cards), "the plan asks for no reranking")
        if self.reranks == "always" or len(cards) <= len(outcome.slate):
            return outcome, []
        scale, scores = self.pipeline.sureness(cards, ledger)
        verdict = self.gate.judge(scores, len(outcome.slate), lambda sent: int(sent > 0), scale)
        if not verdict.calibrated:
            return outcome, []
        if not verdict.send:
            return self._settled(outcome, len(cards), verdict.why)
        kept = cards[: max(verdict.send, len(outcome.slate))]
        stage = StageTrace(stage="gate", into=len(cards), out=len(kept), note=verdict.why)
        return outcome.model_copy(update={"cards": kept}), [stage]

    def _settled(self, outcome: Recommended, cards: int, why: str) -> tuple[Recommended, list[StageTrace]]:
        """The slate stands; the model words it, or is spared."""
        spared = self.reranks == "spare"
        note = f"{why}; a model call is spared" if spared else why
        stage = StageTrace(stage="gate", into=cards, out=0 if spared else len(outcome.slate), note=note)
        return outcome.model_copy(update={"cards": outcome.slate, "settled": spared}), [stage]
