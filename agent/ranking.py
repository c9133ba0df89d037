"""Ranks what the routes bring of one catalogue by everything said. Arrays over its rows; no dialogue."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from agent.query import free_text, query_text
from agent.routes import BOOST
from agent.signals import Signals
from agent.stages import Run
from core.ledger import Ledger
from core.plan import Ranker, Route
from core.preferences import Preference
from tools.candidates import Candidates
from tools.catalog.columns import CategoryColumn
from tools.ranking.ranker import Scorer
from tools.ranking.refused import likeness_to
from tools.ranking.scales import standing_out, unit
from tools.ranking.soft import spread
from tools.ranking.taste import Taste
from tools.recent import Recent

SAME_MAKER = 1.3
"""Closeness of two items by one person, beside closeness in text of at most 1."""
PARTS_OF: Mapping[Route, str] = {
    "lexical": "words",
    "dense": "meaning",
    "similar": "similar",
    "collaborative": "collaborative",
    "popular": "popularity",
    "generative": "proposed",
}
"""The part of the score that says what a route goes by."""
KEPT = 64
"""Likeness to so many refused values, and to so many liked items, is kept between turns."""


@dataclass(frozen=True)
class Weights:
    """How much each part counts in the final score. Every part lies in [-1, 1] or [0, 1] before weighting."""

    words: float = 0.4
    """Reciprocal rank fusion of the routes by words and by meaning, scaled to [0, 1]; the others have parts below."""
    soft: float = 1.0
    """Soft preferences."""
    meaning: float = 0.8
    """Closeness of an item's text to wishes that no field holds."""
    echo: float = 0.2
    """The same for wishes that fields hold, when there are no others: the soft part has judged them by facts."""
    collaborative: float = 0.8
    """Co-rated with what was liked; shrunk when little was liked."""
    similar: float = 1.0
    """Close to what was liked in values and text."""
    beside_wishes: float = 1.7
    """What that counts more beside soft wishes: "like X but funnier" means X first."""
    by_text: float = 0.2
    """The share of text in that closeness; the rest is shared values. Tuned by `benchmarks.likeness`."""
    taste: float = 2.0
    """What is learnt from people who liked the same, where likes were told and no likeness was asked for."""
    proposed: float = 0.8
    """Named by a model from what it knows, where it was asked for titles."""
    quality: float = 0.25
    popularity: float = 0.4
    collaborative_trust: float = 4.0
    """Liked items at which the collaborative part counts half; each soft wish asks for one more."""
    chance: float = 0.5
    """The draw that tells items apart when nothing was said that could: not the same few for everybody."""
    unexpected: float = 1.5
    """What it costs an item to be known to everybody, where the less expected is wanted."""
    unsure: float = 0.5
    """What it costs an item that the catalogue does not say whether it has what is refused."""
    refused: float = 0.8
    """What it costs an item to be like those that have what is refused."""
    hidden: float = 1.5
    """The logarithm of the chance that an item breaks nothing unspoken; counts once something was passed on."""


@dataclass(frozen=True)
class Ranking:
    """Ranks the candidates of one catalogue."""

    signals: Signals
    collaborative: Scorer | None
    taste: Taste | None = None
    """Learnt from what people liked; None: likes count by fixed weights."""
    weights: Weights = Weights()
    collaborative_as: str = "collaborative"
    """What the collaborative part is called in traces."""

    def rank(
        self,
        candidates: Candidates,
        ledger: Ledger,
        run: Run,
        seed: int = 0,
        by: Ranker = "fused",
        boost: Collection[Route] = (),
    ) -> Candidates:
        """The candidates by their weighed parts, best first; `seed` draws where nothing said tells one from another.

        `by`: all parts, or what histories say alone, or how well known an item is; histories need liked items.
        `boost`: routes whose parts count double.
        """
        rows = candidates.rows
        liked, disliked = self.signals.anchors(ledger), self.signals.rows(ledger.disliked)
        parts: dict[str, NDArray[np.floating]]
        if by == "popular":
            parts = {"popularity": self.signals.fame[rows]}
        elif by == "collaborative" and liked and self.collaborative is not None:
            parts = {self.collaborative_as: unit(np.maximum(self.collaborative.score(liked, disliked)[rows], 0))}
        else:
            parts = self._told(candidates, ledger, liked, disliked)
            proposed = candidates.routes.get("generative")
            if proposed is not None:
                parts["proposed"] = unit(proposed) * self.weights.proposed
            for name in {self._part_of(route) for route in boost if route in PARTS_OF} & set(parts):
                parts[name] = parts[name] * BOOST
            if not (liked or ledger.soft or query_text(ledger, self.signals.catalog.schema)):
                parts["chance"] = np.random.default_rng(seed).random(len(rows)) * self.weights.chance
        if ledger.adventurous:
            parts["unexpected"] = -self.weights.unexpected * standing_out(self.signals.fame[rows])
        if disliked:
            parts["unlike"] = -0.5 * self.weights.similar * unit(self.signals.similar(disliked)[rows])
        parts |= self._doubts(ledger, rows)
        ranked = candidates.scored(np.sum(list(parts.values()), axis=0))
        run.done("rank", len(candidates), len(ranked), ", ".join(parts))
        return ranked

    def _part_of(self, route: Route) -> str:
        return self.collaborative_as if route == "collaborative" else PARTS_OF[route]

    def unscaled(self, rows: NDArray[np.int64], ledger: Ledger) -> NDArray[np.float32] | None:
        """(rows,) logits of taste, where likes are all there is to go by; None where more was said, or less.

        The scores candidates are ranked by are stretched to each turn's own range and do not tell how sure they are.
        """
        alone = bool(ledger.liked) and not ledger.anchors and not ledger.preferences
        if self.taste is None or not alone:
            return None
        return self.taste.score(self.signals.anchors(ledger), self.signals.rows(ledger.disliked))[rows]

    def _told(
        self, candidates: Candidates, ledger: Ledger, liked: Sequence[int], disliked: Sequence[int]
    ) -> dict[str, NDArray[np.floating]]:
        """What speaks for the candidates, by everything that was said."""
        rows, schema = candidates.rows, self.signals.catalog.schema
        by_words = np.zeros(len(rows)) + sum(candidates.routes.get(name, 0.0) for name in ("dense", "lexical"))
        parts: dict[str, NDArray[np.floating]] = {
            "words": unit(by_words) * self.weights.words,
            "soft": self.signals.soft(ledger)[rows] * self.weights.soft,
        }
        free, query = free_text(ledger, schema), query_text(ledger, schema)
        close = self.signals.close(free or query) if query else None
        if close is not None:
            weight = self.weights.meaning if free else self.weights.echo
            parts["meaning"] = np.maximum(spread(close), 0.0)[rows] * weight
        if self.taste is not None and liked and ledger.liked and not ledger.anchors:
            parts["taste"] = standing_out(self.taste.score(liked, disliked)[rows]) * self.weights.taste
            return parts
        parts["quality"] = self.signals.quality[rows] * self.weights.quality
        parts["popularity"] = self.signals.fame[rows] * self.weights.popularity
        return parts | (self._alike(liked, disliked, ledger, rows) if liked else {})

    def _alike(
        self, liked: Sequence[int], disliked: Sequence[int], ledger: Ledger, rows: NDArray[np.int64]
    ) -> dict[str, NDArray[np.floating]]:
        """What speaks for items like those named, by fixed weights."""
        beside = self.weights.beside_wishes if ledger.soft else 1.0
        parts = {"similar": unit(self.signals.similar(liked)[rows]) * self.weights.similar * beside}
        if self.collaborative is not None:
            trust = len(liked) / (len(liked) + self.weights.collaborative_trust + len(ledger.soft))
            together = self.collaborative.score(liked, disliked)[rows]
            parts[self.collaborative_as] = unit(np.maximum(together, 0)) * self.weights.collaborative * 2 * trust
        return parts

    def _doubts(self, ledger: Ledger, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """What speaks against items that break nothing known: like what is refused, or not known to be free of it."""
        refused = [p for p in ledger.hard if p.polarity == "avoid" and p.field is not None]
        if not refused:
            return {}
        columns = [self.signals.catalog.columns.get(p.field or "") for p in refused]
        unknown = np.mean([~c.known[rows] if c is not None else np.ones(len(rows)) for c in columns], axis=0)
        parts = {"unsure": -self.weights.unsure * unknown.astype(np.float32)}
        near = [self._like_refused(p.field or "", str(v))[rows] for p in refused if self._tagged(p) for v in p.values]
        if near:
            parts["refused"] = -self.weights.refused * np.max(near, axis=0)
        return parts

    def _tagged(self, preference: Preference) -> bool:
        spec = self.signals.catalog.schema.by_name.get(preference.field or "")
        return spec is not None and spec.nests and preference.op != "all_of"

    def _like_refused(self, field: str, value: str) -> NDArray[np.float32]:
        """(rows,) likeness to what holds a refused value; kept, since a conversation goes on refusing it."""
        return self._refused.get((field, value), lambda: self._likeness_to(field, value))

    def _likeness_to(self, field: str, value: str) -> NDArray[np.float32]:
        column = self.signals.catalog.columns[field]
        if not isinstance(column, CategoryColumn):
            return np.zeros(len(self.signals.catalog), dtype=np.float32)
        specs = [s for s in self.signals.catalog.schema.fields if s.nests]
        beside = [c for s in specs if isinstance(c := self.signals.catalog.columns.get(s.name), CategoryColumn)]
        return likeness_to(value, column, beside, self.signals.vectors)

    @cached_property
    def _refused(self) -> Recent[tuple[str, str], NDArray[np.float32]]:
        return Recent(KEPT)

    @cached_property
    def _together(self) -> Recent[int, NDArray[np.float32]]:
        return Recent(KEPT)

    def _rated_with(self, collaborative: Scorer, row: int) -> NDArray[np.float32]:
        """(rows,) how much each item was liked by those who liked this one; kept, since every slate tells of it."""
        return self._together.get(row, lambda: collaborative.score([row]))

    def like(self, rows: Sequence[int], ledger: Ledger) -> list[tuple[str, ...]]:
        """For each row, titles of the one or two liked items it is closest to, by co-rating and by text."""
        liked = self.signals.rows(ledger.liked)[-8:]
        if not liked or not rows:
            return [()] * len(rows)
        strength = np.zeros((len(rows), len(liked)), dtype=np.float32)
        for place, row in enumerate(liked):
            if self.collaborative is not None:
                strength[:, place] += self._rated_with(self.collaborative, row)[list(rows)]
            strength[:, place] += 0.5 * self.signals.similar([row])[list(rows)]
        titles = [i.title for i in self.signals.catalog.at(liked)]
        named = []
        for line in strength:
            first_two = np.argsort(-line, kind="stable")[:2]
            named.append(tuple(titles[n] for n in first_two if line[n] > 0.5 * line[first_two[0]] > 0))
        return named

    def closeness(self, rows: Sequence[int], ledger: Ledger) -> NDArray[np.float32]:
        """(rows, rows) how alike these items are: in text, 0 to 1, and more where one person has made both.

        Not so where the person asks for somebody's work by name: then it is meant to be all of theirs.
        """
        if self.signals.vectors is None:
            close = np.eye(len(rows), dtype=np.float32)
        else:
            chosen = np.asarray(self.signals.vectors[list(rows)], dtype=np.float32)
            close = np.minimum(np.maximum(chosen @ chosen.T, np.float32(0)), np.float32(1))
        spec = self.signals.catalog.schema.role("creator")
        column = self.signals.catalog.columns.get(spec.name) if spec is not None else None
        asked = spec is not None and any(p.field == spec.name and p.hard for p in ledger.preferences)
        if asked or not isinstance(column, CategoryColumn):
            return close
        for same in column.sharing(rows):
            close[same[:, None], same] = SAME_MAKER
        return close
