"""The recommendation pipeline: filter, retrieve, rank, learn, diversify, ask or show, guard. Plain code; no model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent.asking import Conduct, Dialogue, Pick
from agent.outcome import Asked, Outcome, Recommended
from agent.ranking import Ranking, Weights
from agent.reasons import reason_for
from agent.routes import Routes
from agent.signals import SearchableCatalog, Signals
from agent.situation import Situation
from agent.stages import Run
from core.items import Item
from core.ledger import Ledger
from core.plan import Ask, Recommend
from core.preferences import Preference
from core.protocols import VectorIndex
from core.schema import CatalogSchema, Direction
from core.turn import ReceiptLine, Recommendation, StageTrace
from tools.candidates import Candidate, Candidates
from tools.catalog.columns import Mask
from tools.elicitation.hidden import Hidden, Suspicions
from tools.filtering.masks import allowed, off_the_table, verdicts
from tools.filtering.receipt import receipts
from tools.filtering.relax import Certificate
from tools.lookup.facts import superlative
from tools.policy.house import most_at_once, notices
from tools.policy.own import OwnRules
from tools.ranking.diversity import mmr
from tools.ranking.ranker import Scorer
from tools.ranking.series import entry_points
from tools.ranking.soft import met
from tools.ranking.taste import Taste
from tools.reranking.gate import Scale
from tools.retrieval.lexical import LexicalRoute

POOL = 60
"""Best-ranked candidates among which a slate is spread."""
ADVENTUROUS = 0.6
"""Diversity, at least, of a slate where the less expected is wanted."""
CARDS = 20
"""Candidates kept after ranking: what a model may choose from."""


@dataclass(frozen=True)
class Pipeline:
    """Recommends from one catalogue."""

    catalog: SearchableCatalog
    lexical: LexicalRoute | None
    embed: Callable[[str], NDArray[np.float32]] | None
    """A query text to its (dim,) unit vector; None when the catalogue has no vectors."""
    collaborative: Scorer | None
    index: VectorIndex | None = None
    """Where the dense route searches; None: no dense route."""
    sequential: Scorer | None = None
    """What follows what; None where it was not fitted."""
    taste: Taste | None = None
    """Learnt from what people liked; None: likes count by fixed weights."""
    weights: Weights = Weights()
    conduct: Conduct = Conduct()
    own: OwnRules | None = None
    """What implements the schema's rules of its own; None: it has none."""
    collaborative_as: str = "collaborative"
    """What the route that asks `collaborative` is called in sources, receipts and traces."""
    clock: Callable[[], float] = time.perf_counter

    @cached_property
    def _ranking(self) -> Ranking:
        return Ranking(self._signals, self.collaborative, self.taste, self.weights, self.collaborative_as)

    @cached_property
    def _signals(self) -> Signals:
        return Signals(self.catalog, self.embed, self.weights.by_text)

    @cached_property
    def routes(self) -> Routes:
        """What brings candidates."""
        return Routes(
            self._signals, self.lexical, self.collaborative, self.sequential, self.index, self.collaborative_as
        )

    @cached_property
    def _dialogue(self) -> Dialogue:
        return Dialogue(self.catalog, self.lexical, self.conduct, self.rules)

    @cached_property
    def rules(self) -> OwnRules:
        """What implements the schema's rules of its own; raises OperatorMustFix where something does not."""
        return self.own or OwnRules.of(self.catalog.schema, {})

    def left(self, situation: Situation) -> Mask:
        """(rows,) what may be shown: it breaks no hard preference and no rule of the house."""
        return self._dialogue.left(situation)

    def certificate(self, situation: Situation) -> Certificate:
        """Which hard preferences conflict, and what each release would bring back."""
        return self._dialogue.certificate(situation)

    @cached_property
    def _suspicions(self) -> Suspicions:
        return Suspicions(self.catalog)

    def recommend(self, situation: Situation, act: Recommend, cards: int = CARDS) -> tuple[Outcome, list[StageTrace]]:
        """A slate for the situation, a question worth more than a slate, or why there is none.

        `cards`: among how many, the slate included, a writer may choose.
        """
        run = Run(self.clock, since=self.clock())
        ledger, mask = situation.ledger, self.left(situation)
        pool = int(np.count_nonzero(mask))
        run.done("filter", len(self.catalog), pool, f"{self._dialogue.conditions(situation)} conditions")
        if not pool:
            outcome = self._dialogue.abstain(situation)
            run.done("relax", 0, len(outcome.releases))
            return outcome, run.stages
        count = most_at_once(self.catalog.schema, act.count) if self.conduct.policies else act.count
        candidates = self.routes.retrieve(ledger, act, mask, run, situation.proposed)
        ranked = self._ranking.rank(candidates, ledger, run, situation.seed, act.ranker, act.boost)
        ranked, hidden = self._learn(ranked, situation, run)
        picks = self._choose(ranked, ledger, act, count, mask, run)
        question = self._dialogue.first(situation, hidden, len(picks), count, mask, run)
        if question is not None:
            return Asked(question=question, pool=pool), run.stages
        picks, question = self._dialogue.cleared(picks, situation, count)
        shown = self._dialogue.guarded(self._cards(picks[: max(count, cards)], ledger), situation)
        run.done("policy", None, len(picks), question.text if question else "")
        if not shown:
            return (Asked(question=question, pool=pool) if question else self._dialogue.abstain(situation)), run.stages
        if question is None:
            question = self._dialogue.beside(situation, hidden, len(picks), count, pool, mask, run)
        unmet = self._unmet(ledger, mask)
        return Recommended(slate=shown[:count], pool=pool, cards=shown, question=question, unmet=unmet), run.stages

    def ask(self, situation: Situation, act: Ask, cards: int = CARDS) -> tuple[Outcome, list[StageTrace]]:
        """The most telling question; when none is worth asking, a slate, as `recommend` makes it."""
        run = Run(self.clock, since=self.clock())
        mask = self.left(situation)
        pool = int(np.count_nonzero(mask))
        never = self.conduct.asking == "never"
        question = None if never else self._dialogue.question(situation, mask, act.field)
        run.done("elicit", pool, int(question is not None))
        if question is None:
            outcome, stages = self.recommend(situation, Recommend(), cards)
            return outcome, [*run.stages, *stages]
        if act.wording:
            question = question.model_copy(update={"text": act.wording})
        return Asked(question=question, pool=pool), run.stages

    def count(self, preferences: Sequence[Preference]) -> int:
        """Items known to satisfy all of these preferences, soft ones read as hard."""
        return int(np.count_nonzero(self._meeting(preferences)))

    def most(
        self, preferences: Sequence[Preference], field: str, direction: Direction, count: int = 3
    ) -> tuple[list[Item], int]:
        """(items, pool): the items with the most or least of a number field among those that satisfy preferences."""
        mask = self._meeting(preferences)
        return superlative(self.catalog, field, direction, count, mask), int(np.count_nonzero(mask))

    def _unmet(self, ledger: Ledger, mask: Mask) -> tuple[Preference, ...]:
        """The soft wishes that no item in the mask meets; of words, that none says."""
        wanted = [p for p in ledger.preferences if p.polarity == "want" and (p.field is None or not p.hard)]
        return tuple(p for p in wanted if not (verdicts(p, self.catalog, self.lexical)[0] & mask).any())

    def _meeting(self, preferences: Sequence[Preference]) -> Mask:
        """(rows,) where every preference is met, wanted words too: who asks how many there are counts those."""
        hard = [p.model_copy(update={"strength": "hard", "id": f"c{n}"}) for n, p in enumerate(preferences)]
        mask = allowed(hard, self.catalog, (), self.lexical)
        for wanted in (p for p in hard if p.field is None and p.polarity == "want"):
            mask &= verdicts(wanted, self.catalog, self.lexical)[0]
        return mask

    def place_of(self, situation: Situation, item: Item) -> int | None:
        """The place of an item in the ranking for a situation, from 1; None when no route brings it."""
        run = Run(self.clock, since=self.clock())
        mask = self.left(situation)
        ranked = self._ranking.rank(
            self.routes.retrieve(situation.ledger, Recommend(), mask, run), situation.ledger, run, situation.seed
        )
        places = np.flatnonzero(ranked.rows == self.catalog.row_of(item.id))
        return int(places[0]) + 1 if len(places) else None

    def search(self, query: str, count: int) -> Candidates:
        """The items closest to a text, by words and by meaning."""
        return self.routes.search(query, count)

    def alike(self, ids: Sequence[str], count: int) -> Candidates:
        """The items most like these, themselves left out."""
        return self.routes.alike(ids, count)

    def weighed(self, ids: Sequence[str], ledger: Ledger) -> tuple[Recommendation, ...]:
        """These items with their receipts, best first by the ranking alone, whatever they break."""
        rows = np.asarray([self.catalog.row_of(i) for i in dict.fromkeys(ids)], dtype=np.int64)
        ranked = self._ranking.rank(Candidates(rows, np.zeros(len(rows))), ledger, Run(self.clock))
        return self._cards(
            [Pick(*of) for of in zip(ranked, self.catalog.at(ranked.rows.tolist()), strict=True)], ledger
        )

    def sureness(self, cards: Sequence[Recommendation], ledger: Ledger) -> tuple[Scale, list[float]]:
        """The scale and the scores by which it can be told how sure the order of these cards is."""
        rows = np.asarray([self.catalog.row_of(card.item.id) for card in cards], dtype=np.int64)
        logits = self._ranking.unscaled(rows, ledger)
        return ("fused", [card.score for card in cards]) if logits is None else ("taste", logits.tolist())

    def _choose(
        self, ranked: Candidates, ledger: Ledger, act: Recommend, count: int, mask: Mask, run: Run
    ) -> list[Pick]:
        """The best candidates in the order to show them."""
        top = ranked.top(POOL)
        rows = top.rows.tolist()
        wishes = met(ledger.soft, self.catalog, rows)
        diversity = max(act.diversity, ADVENTUROUS) if ledger.adventurous else act.diversity
        order = mmr(top.scores, self._ranking.closeness(rows, ledger), CARDS, diversity, wishes)
        rows = entry_points([rows[n] for n in order], ledger, self.catalog, mask)
        blocked = off_the_table(ledger, self.catalog.schema)
        found = map(Pick, _found(ranked, rows), self.catalog.at(rows))
        kept = [p for p in found if p.item.id not in blocked]
        run.done("diversify", len(top), min(count, len(kept)), f"diversity {diversity:g}")
        return kept

    def _cards(self, picks: Sequence[Pick], ledger: Ledger) -> tuple[Recommendation, ...]:
        """The picks with their receipts and reasons."""
        lines = receipts(ledger.preferences, (p.item for p in picks), self.catalog.schema)
        like = self._ranking.like([p.candidate.row for p in picks], ledger)
        return tuple(self._recommendation(*of) for of in zip(picks, like, lines, strict=True))

    def _learn(self, ranked: Candidates, situation: Situation, run: Run) -> tuple[Candidates, Hidden]:
        """What may be unspoken, and the candidates in the order that it leaves."""
        shown = situation.shown(self._signals.known(t.item for t in situation.taken)) if self.conduct.learning else []
        weighed = ranked if shown else ranked.top(CARDS)
        rows = weighed.rows.tolist()
        suspect, ledger = self._suspicions.suspect, situation.ledger
        hidden = suspect(ledger, rows, shown, situation.asked)
        if not any(s.passed_on for s in shown):
            return ranked, hidden
        fits = self.weights.hidden * np.log(np.maximum(hidden.fits(), 1e-3))
        moved = weighed.scored(weighed.scores + fits)
        run.done("learn", len(shown), len(moved), _suspected(hidden, self.catalog.schema))
        return moved, suspect(ledger, moved.top(CARDS).rows.tolist(), shown, situation.asked)

    def _recommendation(self, pick: Pick, like: tuple[str, ...], lines: tuple[ReceiptLine, ...]) -> Recommendation:
        candidate, item = pick
        like = like if {"similar", self.collaborative_as} & set(candidate.sources) else ()
        return Recommendation(
            item=item,
            sources=candidate.sources,
            like=like,
            receipt=lines,
            notices=notices(item, self.catalog.schema),
            reason=reason_for(item, lines, like, candidate, self.catalog.schema),
            score=round(candidate.score, 4),
        )


def _found(ranked: Candidates, rows: Sequence[int]) -> list[Candidate]:
    """The candidates of these rows; a row that was not ranked stands for its series."""
    places = {row: place for place, row in enumerate(ranked.rows.tolist())}
    known = [row for row in rows if row in places]
    held = dict(zip(known, ranked.at([places[row] for row in known]), strict=True))
    return [held.get(row) or Candidate(row, 0.0, ("series",)) for row in rows]


def _suspected(hidden: Hidden, schema: CatalogSchema) -> str:
    """The likeliest unspoken requirements, for the trace."""
    best = sorted((b.best for b in hidden.fields if b.best), key=lambda s: -s.probability)[:2]
    return ", ".join(f"{s.preference.label(schema)} {s.probability:.2f}" for s in best)
