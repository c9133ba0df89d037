"""The recommendation pipeline: retrieve, filter, rank, diversify, guard. Plain code over one catalogue; no model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.outcome import Abstained, Asked, Outcome, Recommended, Release
from agent.reasons import reason_for
from agent.situation import Situation
from core.candidates import Candidate, Candidates
from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Ask, Recommend
from core.preferences import Preference
from core.protocols import VectorIndex
from core.schema import CatalogSchema, Direction
from core.turn import Choice, Question, Recommendation, StageTrace
from tools.catalog.columns import Column, Mask, NumberColumn
from tools.elicitation.decide import Stakes, Strategy, ask_first, hypothesis
from tools.elicitation.hidden import Hidden, suspect
from tools.elicitation.question import Weighing, any_question, next_question, suspicion_question
from tools.filtering.masks import allowed, off_the_table, permitted
from tools.filtering.receipt import receipt
from tools.filtering.relax import relax
from tools.lookup.facts import superlative
from tools.policy.house import confirm_question, demands, guard, most_at_once, notices, unconfirmed
from tools.ranking.diversity import mmr
from tools.ranking.item_knn import ItemKNN
from tools.ranking.soft import soft_scores, spread
from tools.retrieval.fusion import fuse
from tools.retrieval.lexical import LexicalRoute
from tools.retrieval.similar import value_closeness, vector_closeness
from tools.retrieval.top import best

DEPTH = 200
"""Candidates each route may bring."""
CARDS = 20
"""Candidates kept after ranking: what a model may choose from."""


class SearchableCatalog(Protocol):
    """What the pipeline needs of a catalogue."""

    schema: CatalogSchema

    @property
    def columns(self) -> Mapping[str, Column]: ...  # noqa: D102
    @property
    def vectors(self) -> NDArray[np.float32] | None: ...  # noqa: D102
    def __len__(self) -> int: ...
    def row_of(self, item_id: str) -> int: ...  # noqa: D102
    def at(self, rows: Sequence[int]) -> list[Item]: ...  # noqa: D102


@dataclass(frozen=True)
class Weights:
    """How much each part counts in the final score. Every part lies in [-1, 1] or [0, 1] before weighting."""

    fused: float = 0.6
    """Reciprocal rank fusion of the routes, scaled to [0, 1]."""
    soft: float = 1.0
    """Soft preferences."""
    meaning: float = 0.8
    """Closeness of an item's text to everything wanted that is words."""
    collaborative: float = 0.8
    """Co-rated with what was liked; shrunk when little was liked."""
    similar: float = 0.4
    """Close to what was liked in text and values."""
    quality: float = 0.25
    popularity: float = 0.2
    collaborative_trust: float = 2.0
    """Liked items at which the collaborative part counts half; each soft wish asks for one more."""
    hidden: float = 1.5
    """The logarithm of the chance that an item breaks nothing unspoken; counts once something was passed on."""


@dataclass(frozen=True)
class Conduct:
    """How the dialogue is led; switched off piece by piece to measure what each piece contributes."""

    asking: Strategy = "expected_value"
    learning: bool = True
    """From items passed on."""
    policies: bool = True
    relaxing: bool = True
    seed: int = 7
    """Of the random strategy."""
    several: float = 0.3
    """What a wrong slate of several costs, beside a wrong single recommendation at 1: a question may stand with it."""


@dataclass
class _Run:
    """The trace of one pipeline run."""

    clock: Callable[[], float]
    stages: list[StageTrace] = field(default_factory=list)
    since: float = 0.0

    def done(self, stage: str, into: int | None, out: int, note: str = "") -> None:
        now = self.clock()
        self.stages.append(
            StageTrace(stage=stage, into=into, out=out, ms=round((now - self.since) * 1000, 3), note=note)
        )
        self.since = now


@dataclass(frozen=True)
class Pipeline:
    """Recommends from one catalogue."""

    catalog: SearchableCatalog
    lexical: LexicalRoute | None
    embed: Callable[[str], NDArray[np.float32]] | None
    """A query text to its (dim,) unit vector; None when the catalogue has no vectors."""
    neighbours: ItemKNN | None
    index: VectorIndex | None = None
    """Where the dense route searches; None: no dense route."""
    weights: Weights = Weights()
    conduct: Conduct = Conduct()
    clock: Callable[[], float] = time.perf_counter

    def recommend(self, situation: Situation, act: Recommend) -> tuple[Outcome, list[StageTrace]]:
        """A slate for the situation, a question worth more than a slate, or why there is none."""
        run = _Run(self.clock, since=self.clock())
        ledger, house = situation.ledger, self._house(situation)
        mask = permitted(ledger, self.catalog, self.lexical, house)
        pool = int(np.count_nonzero(mask))
        run.done("filter", len(self.catalog), pool, f"{len(ledger.hard) + len(house)} conditions")
        if not pool:
            outcome = self._abstain(situation)
            run.done("relax", 0, len(outcome.releases))
            return outcome, run.stages
        count = most_at_once(self.catalog.schema, act.count) if self.conduct.policies else act.count
        candidates = self._retrieve(ledger, act, mask, run)
        ranked = self._rank(candidates, ledger, run)
        ranked, hidden = self._learn(ranked, situation, run)
        cards = self._choose(ranked, ledger, act, count, run)
        question = self._first(situation, hidden, cards, count, mask, run)
        if question is not None:
            return Asked(question=question, pool=pool), run.stages
        cards, question = self._cleared(cards, situation, count)
        run.done("policy", None, len(cards), question.text if question else "")
        if not cards:
            return (Asked(question=question, pool=pool) if question else self._abstain(situation)), run.stages
        if question is None:
            question = self._beside(situation, hidden, cards, count, pool, mask, run)
        return Recommended(slate=cards[:count], pool=pool, cards=cards, question=question), run.stages

    def ask(self, situation: Situation, act: Ask) -> tuple[Outcome, list[StageTrace]]:
        """The most telling question; when none is worth asking, a slate."""
        run = _Run(self.clock, since=self.clock())
        mask = permitted(situation.ledger, self.catalog, self.lexical, self._house(situation))
        pool = int(np.count_nonzero(mask))
        never = self.conduct.asking == "never"
        question = None if never else self._question(situation, mask, act.field)
        run.done("elicit", pool, int(question is not None))
        if question is None:
            outcome, stages = self.recommend(situation, Recommend())
            return outcome, [*run.stages, *stages]
        if act.wording:
            question = question.model_copy(update={"text": act.wording})
        return Asked(question=question, pool=pool), run.stages

    def count(self, preferences: Sequence[Preference]) -> int:
        """Items that satisfy all of these preferences, soft ones read as hard."""
        hard = [p.model_copy(update={"strength": "hard", "id": f"c{n}"}) for n, p in enumerate(preferences)]
        return int(np.count_nonzero(allowed(hard, self.catalog, (), self.lexical)))

    def most(
        self, preferences: Sequence[Preference], field: str, direction: Direction, count: int = 3
    ) -> tuple[list[Item], int]:
        """(items, pool): the items with the most or least of a number field among those that satisfy preferences."""
        hard = [p.model_copy(update={"strength": "hard", "id": f"c{n}"}) for n, p in enumerate(preferences)]
        mask = allowed(hard, self.catalog, (), self.lexical)
        return superlative(self.catalog, field, direction, count, mask), int(np.count_nonzero(mask))

    def place_of(self, situation: Situation, item: Item) -> int | None:
        """The place of an item in the ranking for a situation, from 1; None when no route brings it."""
        run = _Run(self.clock, since=self.clock())
        mask = permitted(situation.ledger, self.catalog, self.lexical, self._house(situation))
        ranked = self._rank(self._retrieve(situation.ledger, Recommend(), mask, run), situation.ledger, run)
        row = self.catalog.row_of(item.id)
        return next((n for n, c in enumerate(ranked, 1) if c.row == row), None)

    def search(self, query: str, count: int) -> Candidates:
        """The items closest to a text, by words and by meaning."""
        everything = np.ones(len(self.catalog), dtype=np.bool_)
        routes = {"dense": self._dense(query, everything)}
        if self.lexical is not None:
            routes["lexical"] = self.lexical.retrieve(query, everything, DEPTH)
        return fuse(routes).top(count)

    def alike(self, ids: Sequence[str], count: int) -> Candidates:
        """The items most like these, themselves left out."""
        anchors = self._rows(ids)
        others = np.ones(len(self.catalog), dtype=np.bool_)
        others[anchors] = False
        routes = {"similar": best(self._similar(anchors), others, DEPTH, "similar", above=0.0)}
        if self.neighbours is not None:
            routes["collaborative"] = best(self.neighbours.score(anchors), others, DEPTH, "collaborative", above=0.0)
        return fuse(routes).top(count)

    # -- retrieve ------------------------------------------------------------------------------------------------

    def _retrieve(self, ledger: Ledger, act: Recommend, mask: Mask, run: _Run) -> Candidates:
        text = act.query or query_text(ledger)
        liked = self._rows(ledger.liked)
        routes: dict[str, Candidates] = {}
        if "dense" in act.routes and text:
            routes["dense"] = self._dense(text, mask)
        if "lexical" in act.routes and text and self.lexical is not None:
            routes["lexical"] = self.lexical.retrieve(text, mask, DEPTH)
        if "similar" in act.routes and liked:
            routes["similar"] = best(self._similar(liked), mask, DEPTH, "similar", above=0.0)
        if "collaborative" in act.routes and liked and self.neighbours is not None:
            scores = self.neighbours.score(liked, self._rows(ledger.disliked))
            routes["collaborative"] = best(scores, mask, DEPTH, "collaborative", above=0.0)
        soft = soft_scores(ledger.soft, self.catalog, self._close)
        if ledger.soft:
            routes["wishes"] = best(soft + 0.01 * self._fame, mask, DEPTH, "wishes", above=0.0)
        if "popular" in act.routes:
            routes["popular"] = best(self._fame, mask, DEPTH, "popular")
        fused = fuse(routes, {"popular": 0.5})
        if not len(fused):
            fused = Candidates.of(Candidate(int(r), 0.0, ("catalogue",)) for r in np.flatnonzero(mask)[:DEPTH])
        counts = ", ".join(f"{name} {len(found)}" for name, found in routes.items())
        run.done("retrieve", int(np.count_nonzero(mask)), len(fused), counts)
        return fused

    def _dense(self, text: str, mask: Mask) -> Candidates:
        """The allowed rows closest in meaning; empty when the catalogue has no vectors."""
        if self.index is None or self.embed is None:
            return Candidates()
        rows, cosines = self.index.search(self.embed(text), DEPTH, mask)
        return Candidates(tuple(Candidate(int(r), float(c), ("dense",)) for r, c in zip(rows, cosines, strict=True)))

    # -- rank ----------------------------------------------------------------------------------------------------

    def _rank(self, candidates: Candidates, ledger: Ledger, run: _Run) -> Candidates:
        rows = np.asarray([c.row for c in candidates], dtype=np.int64)
        liked, disliked = self._rows(ledger.liked), self._rows(ledger.disliked)
        parts = {
            "fused": _unit(np.asarray([c.score for c in candidates])) * self.weights.fused,
            "soft": soft_scores(ledger.soft, self.catalog, self._close)[rows] * self.weights.soft,
            "quality": self._quality[rows] * self.weights.quality,
            "popularity": self._fame[rows] * self.weights.popularity,
        }
        close = self._close(query_text(ledger)) if ledger.preferences else None
        if close is not None and query_text(ledger):
            parts["meaning"] = np.maximum(spread(close), 0.0)[rows] * self.weights.meaning
        if liked:
            parts["similar"] = _unit(self._similar(liked)[rows]) * self.weights.similar
        if liked and self.neighbours is not None:
            trust = len(liked) / (len(liked) + self.weights.collaborative_trust + len(ledger.soft))
            together = self.neighbours.score(liked, disliked)[rows]
            parts["collaborative"] = _unit(np.maximum(together, 0)) * self.weights.collaborative * 2 * trust
        if disliked:
            parts["unlike"] = -0.5 * self.weights.similar * _unit(self._similar(disliked)[rows])
        total = np.sum(list(parts.values()), axis=0)
        ranked = Candidates.of(
            Candidate(c.row, float(total[n]), c.sources, {k: round(float(v[n]), 4) for k, v in parts.items()})
            for n, c in enumerate(candidates)
        )
        run.done("rank", len(candidates), len(ranked), ", ".join(parts))
        return ranked

    # -- choose --------------------------------------------------------------------------------------------------

    def _choose(
        self, ranked: Candidates, ledger: Ledger, act: Recommend, count: int, run: _Run
    ) -> tuple[Recommendation, ...]:
        """The best candidates with their receipts, in the order to show them."""
        top = ranked.top(CARDS)
        rows = [c.row for c in top]
        order = mmr([c.score for c in top], self._closeness(rows), len(rows), act.diversity)
        items = self.catalog.at(rows)
        like = self._like(rows, ledger)
        cards = [self._recommendation(top.rows[n], items[n], like[n], ledger) for n in order]
        blocked = off_the_table(ledger, self.catalog.schema)
        kept = tuple(c for c in cards if holds(c, blocked))
        run.done("diversify", len(top), min(count, len(kept)), f"diversity {act.diversity:g}")
        return kept

    # -- ask, learn, and the rules of the house ------------------------------------------------------------------

    def _house(self, situation: Situation) -> tuple[Preference, ...]:
        return demands(self.catalog.schema, situation.profile) if self.conduct.policies else ()

    def _learn(self, ranked: Candidates, situation: Situation, run: _Run) -> tuple[Candidates, Hidden]:
        """What may be unspoken, and the candidates in the order that it leaves."""
        shown = situation.shown(self._known(t.item for t in situation.taken)) if self.conduct.learning else []
        weighed = ranked if shown else ranked.top(CARDS)
        rows = [c.row for c in weighed]
        hidden = suspect(self.catalog, situation.ledger, rows, shown, situation.asked)
        if not any(s.passed_on for s in shown):
            return ranked, hidden
        fits = self.weights.hidden * np.log(np.maximum(hidden.fits(), 1e-3))
        order = sorted(range(len(rows)), key=lambda n: -(weighed.rows[n].score + fits[n]))
        moved = Candidates.of(
            c._replace(score=c.score + float(fits[n]), parts={**c.parts, "unspoken": round(float(fits[n]), 4)})
            for n, c in ((n, weighed.rows[n]) for n in order)
        )
        run.done("learn", len(shown), len(moved), _suspected(hidden, self.catalog.schema))
        return moved, suspect(self.catalog, situation.ledger, [c.row for c in moved.top(CARDS)], shown, situation.asked)

    def _first(
        self, situation: Situation, hidden: Hidden, cards: Sequence[Recommendation], count: int, mask: Mask, run: _Run
    ) -> Question | None:
        """A question to ask instead of showing anything, where it is worth more."""
        way = self.conduct.asking
        if situation.surprise or way == "never" or not cards:
            return None
        if way != "expected_value":
            unasked = way == "always_first" or situation.in_a_row == 0
            return self._question(situation, mask, None) if unasked else None
        single = most_at_once(self.catalog.schema, 2) == 1
        if single and (suspicion := self._suspicion(situation, hidden, run)) is not None:
            return suspicion
        ledger = situation.ledger
        closed = situation.asked | set(ledger.declined) | {p.field for p in ledger.hard if p.field}
        stakes = Stakes(wrong=1.0 if single else self.conduct.several)
        chosen = ask_first(hidden, min(count, len(cards)), stakes, situation.in_a_row, closed)
        if chosen is None:
            return None
        question = self._question(situation, mask, chosen.field)
        run.done("elicit", None, int(question is not None), f"{chosen.field}: worth {chosen.value:.2f}")
        return question

    def _suspicion(self, situation: Situation, hidden: Hidden, run: _Run) -> Question | None:
        """A requirement read off what was passed on, put to the person."""
        suspicion = hypothesis(hidden, closed=situation.tested)
        if suspicion is None or situation.in_a_row:  # one suspicion at a time: then something is shown
            return None
        run.done("elicit", None, 1, f"testing: {suspicion.preference.label(self.catalog.schema)}")
        return suspicion_question(suspicion, self.catalog.schema)

    def _question(self, situation: Situation, mask: Mask, field: str | None) -> Question | None:
        weighing: Weighing = "random" if self.conduct.asking == "random" else "gain"
        if self.conduct.asking == "entropy":
            weighing = "entropy"
        if weighing == "random" and field is None:
            return any_question(situation.ledger, self.catalog, mask, situation.asked, self.conduct.seed)
        return next_question(situation.ledger, self.catalog, mask, situation.asked, field, weighing)

    def _cleared(
        self, cards: tuple[Recommendation, ...], situation: Situation, count: int
    ) -> tuple[tuple[Recommendation, ...], Question | None]:
        """The cards the house lets through, and what it must ask first."""
        if not self.conduct.policies:
            return cards, None
        schema, ledger = self.catalog.schema, situation.ledger
        pending = [p for c in cards[:count] for p in unconfirmed(c.item, ledger, schema)]
        question = confirm_question(pending[:1], schema)
        if question is not None and count == 1:
            return (), question
        free = tuple(c for c in cards if not unconfirmed(c.item, ledger, schema))
        if not free and cards:
            return (), confirm_question(unconfirmed(cards[0].item, ledger, schema)[:1], schema)
        allowed_cards = tuple(c for c in free if guard((c,), ledger, schema, situation.profile))
        return allowed_cards, question

    def _beside(
        self, situation: Situation, hidden: Hidden, cards: Sequence[Recommendation], count: int, pool: int, mask: Mask,
        run: _Run,
    ) -> Question | None:  # fmt: skip
        """A question that stands with the slate."""
        ledger, single = situation.ledger, most_at_once(self.catalog.schema, 2) == 1
        if situation.surprise or self.conduct.asking == "never" or single:
            return None
        if len(cards) < count and pool < count and self.conduct.relaxing:
            return self._loosen(situation)
        if self.conduct.asking == "expected_value" and (suspicion := self._suspicion(situation, hidden, run)):
            return suspicion
        if pool > 4 * count and len(ledger.preferences) < 3:
            question = self._question(situation, mask, None)
            run.done("elicit", pool, int(question is not None))
            return question
        return None

    def _recommendation(
        self, candidate: Candidate, item: Item, like: tuple[str, ...], ledger: Ledger
    ) -> Recommendation:
        lines = receipt(ledger.preferences, item, self.catalog.schema)
        like = like if {"similar", "collaborative"} & set(candidate.sources) else ()
        return Recommendation(
            item=item,
            sources=candidate.sources,
            like=like,
            receipt=lines,
            notices=notices(item, self.catalog.schema),
            reason=reason_for(item, lines, like, candidate, self.catalog.schema),
            score=round(candidate.score, 4),
        )

    def _like(self, rows: Sequence[int], ledger: Ledger) -> list[tuple[str, ...]]:
        """For each row, titles of the one or two liked items it is closest to, by co-rating and by text."""
        liked = self._rows(ledger.liked)[-8:]
        if not liked or not rows:
            return [()] * len(rows)
        strength = np.zeros((len(rows), len(liked)), dtype=np.float32)
        for place, row in enumerate(liked):
            if self.neighbours is not None:
                strength[:, place] += self.neighbours.score([row])[list(rows)]
            if self._vectors is not None:
                strength[:, place] += 0.5 * (self._vectors[list(rows)] @ self._vectors[row])
        titles = [i.title for i in self.catalog.at(liked)]
        named = []
        for line in strength:
            first_two = np.argsort(-line, kind="stable")[:2]
            named.append(tuple(titles[n] for n in first_two if line[n] > 0.5 * line[first_two[0]] > 0))
        return named

    # -- when nothing is left ------------------------------------------------------------------------------------

    def _abstain(self, situation: Situation) -> Abstained:
        ledger, house = situation.ledger, self._house(situation)
        blocked = off_the_table(ledger, self.catalog.schema)
        unblocked = int(np.count_nonzero(allowed((*ledger.preferences, *house), self.catalog, (), self.lexical)))
        if not self.conduct.relaxing:
            return Abstained(shown_already=unblocked, house=house)
        certificate = relax(ledger.preferences, self.catalog, blocked, self.lexical, house)
        releases = tuple(Release(preferences=gone, count=count) for gone, count in certificate.releases[:4])
        question = self._which_may_go(releases)
        return Abstained(releases=releases, shown_already=unblocked, question=question, house=house)

    def _loosen(self, situation: Situation) -> Question | None:
        """What each single release would add to a slate that came out too short."""
        blocked = off_the_table(situation.ledger, self.catalog.schema)
        house = self._house(situation)
        certificate = relax(situation.ledger.preferences, self.catalog, blocked, self.lexical, house)
        here = int(np.count_nonzero(permitted(situation.ledger, self.catalog, self.lexical, house)))
        more = [Release(preferences=gone, count=count) for gone, count in certificate.releases if count > here]
        return self._which_may_go(more[:3])

    def _which_may_go(self, releases: Sequence[Release]) -> Question | None:
        schema = self.catalog.schema
        choices = tuple(
            Choice(
                label="without " + ", ".join(p.label(schema) for p in r.preferences),
                count=r.count,
                patch=LedgerPatch(drop=tuple(p.id for p in r.preferences)),
                aliases=tuple(p.label(schema) for p in r.preferences if len(r.preferences) == 1),
            )
            for r in releases
        )
        return Question(text="Which may go?", kind="relax", choices=choices) if choices else None

    # -- arrays --------------------------------------------------------------------------------------------------

    @property
    def _vectors(self) -> NDArray[np.float32] | None:
        return self.catalog.vectors

    def _rows(self, ids: Sequence[str]) -> list[int]:
        return list(self._known(ids).values())

    def _known(self, ids: Iterable[str]) -> dict[str, int]:
        """Rows of the ids the catalogue holds; a conversation may be older than the catalogue's last import."""
        found = {}
        for one in ids:
            try:
                found[one] = self.catalog.row_of(one)
            except KeyError:
                continue
        return found

    @property
    def _fame(self) -> NDArray[np.float32]:
        return self._standing("popularity")

    @property
    def _quality(self) -> NDArray[np.float32]:
        return self._standing("quality")

    def _standing(self, role: str) -> NDArray[np.float32]:
        """(rows,) rank of each row on the field of a role, in [0, 1]; 0.5 where unknown."""
        cache: dict[str, NDArray[np.float32]] = self.__dict__.setdefault("_standings", {})
        if role not in cache:
            spec = self.catalog.schema.role(role)  # type: ignore[arg-type]
            column = self.catalog.columns.get(spec.name) if spec else None
            cache[role] = (
                standing(column.data)
                if isinstance(column, NumberColumn)
                else np.full(len(self.catalog), 0.5, dtype=np.float32)
            )
        return cache[role]

    def _similar(self, anchors: Sequence[int]) -> NDArray[np.float32]:
        """(rows,) closeness to the anchors; the last answer is kept, since stages of a turn ask the same again."""
        kept: dict[tuple[int, ...], NDArray[np.float32]] = self.__dict__.setdefault("_similar_kept", {})
        key = tuple(anchors)
        found = kept.get(key)
        if found is None:
            found = self._closeness_to(anchors)
            while len(kept) >= 64:
                kept.pop(next(iter(kept)), None)
            kept[key] = found
        return found

    def _closeness_to(self, anchors: Sequence[int]) -> NDArray[np.float32]:
        values = value_closeness(self.catalog.columns, anchors, len(self.catalog))
        if self._vectors is None:
            return values
        close = np.maximum(vector_closeness(self._vectors, anchors), 0.0)
        return np.asarray(0.5 * values + 0.5 * close, dtype=np.float32)

    def _close(self, text: str) -> NDArray[np.float32] | None:
        if self._vectors is None or self.embed is None:
            return None
        return np.asarray(self._vectors @ self.embed(text), dtype=np.float32)

    def _closeness(self, rows: Sequence[int]) -> NDArray[np.float32]:
        if self._vectors is None:
            return np.eye(len(rows), dtype=np.float32)
        chosen = np.asarray(self._vectors[list(rows)], dtype=np.float32)
        return np.asarray(np.clip(chosen @ chosen.T, 0.0, 1.0), dtype=np.float32)


def holds(recommendation: Recommendation, blocked: frozenset[str]) -> bool:
    """The last guard before anything is shown: no hard preference failed, nothing off the table."""
    broken = any(line.strength == "hard" and line.verdict == "failed" for line in recommendation.receipt)
    return not broken and recommendation.item.id not in blocked


def _suspected(hidden: Hidden, schema: CatalogSchema) -> str:
    """The likeliest unspoken requirements, for the trace."""
    best = sorted((b.best for b in hidden.fields if b.best), key=lambda s: -s.probability)[:2]
    return ", ".join(f"{s.preference.label(schema)} {s.probability:.2f}" for s in best)


def query_text(ledger: Ledger) -> str:
    """The wanted preferences that are words, as a search text."""
    words = [
        str(v)
        for p in ledger.preferences
        if p.polarity == "want" and (p.field is None or p.op in {"any_of", "all_of", "contains", "about"})
        for v in p.values
    ]
    return " ".join(dict.fromkeys(words))


def standing(data: NDArray[np.float64]) -> NDArray[np.float32]:
    """Ranks as shares in [0, 1]; unknown values count as the middle."""
    known = ~np.isnan(data)
    ranks = np.full(len(data), 0.5, dtype=np.float32)
    order = np.argsort(np.argsort(data[known], kind="stable"), kind="stable")
    if known.any():
        ranks[known] = (order / max(1, known.sum() - 1)).astype(np.float32)
    return ranks


def _unit(values: NDArray[np.floating]) -> NDArray[np.float32]:
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.zeros(len(values), dtype=np.float32)
    return np.asarray((values - low) / (high - low), dtype=np.float32)
