"""The recommendation pipeline: retrieve, filter, rank, diversify, guard. Plain code over one catalogue; no model."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.outcome import Abstained, Asked, Outcome, Recommended, Release
from agent.reasons import reason_for
from core.candidates import Candidate, Candidates
from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import Ask, Recommend
from core.preferences import Preference
from core.protocols import VectorIndex
from core.schema import CatalogSchema
from core.turn import Choice, Question, Recommendation, StageTrace
from tools.catalog.columns import Column, Mask, NumberColumn
from tools.elicitation.question import next_question
from tools.filtering.masks import allowed, off_the_table, permitted
from tools.filtering.receipt import receipt
from tools.filtering.relax import relax
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
    clock: Callable[[], float] = time.perf_counter

    def recommend(
        self, ledger: Ledger, act: Recommend, *, surprise: bool = False, asked: frozenset[str] = frozenset()
    ) -> tuple[Outcome, list[StageTrace]]:
        """A slate under the ledger, or why there is none."""
        run = _Run(self.clock, since=self.clock())
        mask = permitted(ledger, self.catalog, self.lexical)
        pool = int(np.count_nonzero(mask))
        run.done("filter", len(self.catalog), pool, f"{len(ledger.hard)} conditions")
        if not pool:
            outcome = self._abstain(ledger)
            run.done("relax", 0, len(outcome.releases))
            return outcome, run.stages
        candidates = self._retrieve(ledger, act, mask, run)
        ranked = self._rank(candidates, ledger, run)
        cards, slate = self._choose(ranked, ledger, act, run)
        question = None
        if not surprise and pool > 4 * act.count and len(ledger.preferences) < 3:
            question = next_question(ledger, self.catalog, mask, asked)
            run.done("elicit", pool, int(question is not None))
        return Recommended(slate=slate, pool=pool, cards=cards, question=question), run.stages

    def ask(self, ledger: Ledger, act: Ask, asked: frozenset[str] = frozenset()) -> tuple[Outcome, list[StageTrace]]:
        """The most telling question; when none is worth asking, a slate."""
        run = _Run(self.clock, since=self.clock())
        mask = permitted(ledger, self.catalog, self.lexical)
        pool = int(np.count_nonzero(mask))
        question = next_question(ledger, self.catalog, mask, asked, act.field)
        run.done("elicit", pool, int(question is not None))
        if question is None:
            outcome, stages = self.recommend(ledger, Recommend(), asked=asked)
            return outcome, [*run.stages, *stages]
        if act.wording:
            question = question.model_copy(update={"text": act.wording})
        return Asked(question=question, pool=pool), run.stages

    def count(self, preferences: Sequence[Preference]) -> int:
        """Items that satisfy all of these preferences, soft ones read as hard."""
        hard = [p.model_copy(update={"strength": "hard", "id": f"c{n}"}) for n, p in enumerate(preferences)]
        return int(np.count_nonzero(allowed(hard, self.catalog, (), self.lexical)))

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
        self, ranked: Candidates, ledger: Ledger, act: Recommend, run: _Run
    ) -> tuple[tuple[Recommendation, ...], tuple[Recommendation, ...]]:
        top = ranked.top(CARDS)
        rows = [c.row for c in top]
        order = mmr([c.score for c in top], self._closeness(rows), len(rows), act.diversity)
        items = self.catalog.at(rows)
        like = self._like(rows, ledger)
        cards = [self._recommendation(top.rows[n], items[n], like[n], ledger) for n in order]
        blocked = off_the_table(ledger, self.catalog.schema)
        kept = tuple(c for c in cards if holds(c, blocked))
        run.done("diversify", len(top), min(act.count, len(kept)), f"diversity {act.diversity:g}")
        return kept, kept[: act.count]

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
            notices=notices_of(item, self.catalog.schema),
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

    def _abstain(self, ledger: Ledger) -> Abstained:
        blocked = off_the_table(ledger, self.catalog.schema)
        unblocked = int(np.count_nonzero(allowed(ledger.preferences, self.catalog, (), self.lexical)))
        certificate = relax(ledger.preferences, self.catalog, blocked, self.lexical)
        releases = tuple(Release(preferences=gone, count=count) for gone, count in certificate.releases[:4])
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
        question = Question(text="Which may go?", kind="relax", choices=choices) if choices else None
        return Abstained(releases=releases, shown_already=unblocked, question=question)

    # -- arrays --------------------------------------------------------------------------------------------------

    @property
    def _vectors(self) -> NDArray[np.float32] | None:
        return self.catalog.vectors

    def _rows(self, ids: Sequence[str]) -> list[int]:
        return [self.catalog.row_of(i) for i in ids]

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


def notices_of(item: Item, schema: CatalogSchema) -> tuple[str, ...]:
    """What the house must say with an item."""
    spec = schema.role("sponsored")
    told = any(p.rule == "disclose_sponsored" for p in schema.policies)
    return ("promoted",) if told and spec is not None and any(item.values(spec.name)) else ()


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
