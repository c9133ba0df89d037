"""The candidates: what the routes bring of one catalogue, fused and ranked. Arrays over its rows; no dialogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from agent.query import free_text, query_text
from agent.stages import Run
from core.items import Item
from core.ledger import Ledger
from core.plan import Recommend
from core.preferences import Preference
from core.protocols import VectorIndex
from core.schema import CatalogSchema, Role
from tools.candidates import Candidates
from tools.catalog.columns import CategoryColumn, Column, Mask, NumberColumn
from tools.ranking.ranker import Scorer
from tools.ranking.refused import likeness_to
from tools.ranking.scales import fame, scaled, standing, standing_out, unit
from tools.ranking.soft import soft_scores, spread
from tools.ranking.taste import Taste
from tools.retrieval.fusion import fuse
from tools.retrieval.lexical import LexicalRoute
from tools.retrieval.similar import value_closeness, vector_closeness
from tools.retrieval.top import best

DEPTH = 200
"""Candidates each route may bring."""
SAME_MAKER = 1.3
"""Closeness of two items by one person, beside closeness in text of at most 1."""
KEPT = 64
"""Closeness to so many sets of items, or refused values, is kept between turns."""
KIN = 3
"""Items by somebody one has a taste for that stand for what they make."""


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
    quality: float = 0.25
    popularity: float = 0.4
    collaborative_trust: float = 4.0
    """Liked items at which the collaborative part counts half; each soft wish asks for one more."""
    chance: float = 0.5
    """The draw that tells items apart when nothing was said that could: not the same few for everybody."""
    unexpected: float = 1.0
    """What it costs an item to be known to everybody, where the less expected is wanted."""
    unsure: float = 0.5
    """What it costs an item that the catalogue does not say whether it has what is refused."""
    refused: float = 0.8
    """What it costs an item to be like those that have what is refused."""
    hidden: float = 1.5
    """The logarithm of the chance that an item breaks nothing unspoken; counts once something was passed on."""


@dataclass(frozen=True)
class Ranking:
    """Retrieves and ranks within one catalogue."""

    catalog: SearchableCatalog
    lexical: LexicalRoute | None
    embed: Callable[[str], NDArray[np.float32]] | None
    """A query text to its (dim,) unit vector; None when the catalogue has no vectors."""
    collaborative: Scorer | None
    index: VectorIndex | None = None
    """Where the dense route searches; None: no dense route."""
    taste: Taste | None = None
    """Learnt from what people liked; None: likes count by fixed weights."""
    weights: Weights = Weights()

    def search(self, query: str, count: int) -> Candidates:
        """The items closest to a text, by words and by meaning."""
        everything = np.ones(len(self.catalog), dtype=np.bool_)
        routes = {"dense": self._dense(query, everything)}
        if self.lexical is not None:
            routes["lexical"] = self.lexical.retrieve(query, everything, DEPTH)
        return fuse(routes).top(count)

    def alike(self, ids: Sequence[str], count: int) -> Candidates:
        """The items most like these, themselves left out."""
        anchors = self.rows(ids)
        others = np.ones(len(self.catalog), dtype=np.bool_)
        others[anchors] = False
        routes = {"similar": best(self._similar(anchors), others, DEPTH, "similar", above=0.0)}
        if self.collaborative is not None:
            routes["collaborative"] = best(self.collaborative.score(anchors), others, DEPTH, "collaborative", above=0.0)
        return fuse(routes).top(count)

    def retrieve(self, ledger: Ledger, act: Recommend, mask: Mask, run: Run) -> Candidates:
        """What the routes of the act bring of the rows in the mask, fused."""
        text = act.query or query_text(ledger, self.catalog.schema)
        liked = self._anchors(ledger)
        routes: dict[str, Candidates] = {}
        if "dense" in act.routes and text:
            routes["dense"] = self._dense(text, mask)
        if "lexical" in act.routes and text and self.lexical is not None:
            routes["lexical"] = self.lexical.retrieve(text, mask, DEPTH)
        if "similar" in act.routes and liked:
            routes["similar"] = best(self._similar(liked), mask, DEPTH, "similar", above=0.0)
        if "collaborative" in act.routes and liked and self.collaborative is not None:
            scores = self.collaborative.score(liked, self.rows(ledger.disliked))
            routes["collaborative"] = best(scores, mask, DEPTH, "collaborative", above=0.0)
        if ledger.soft:
            routes["wishes"] = best(self._soft(ledger) + 0.01 * self._fame, mask, DEPTH, "wishes", above=0.0)
        if "popular" in act.routes:
            routes["popular"] = best(self._fame, mask, DEPTH, "popular")
        fused = fuse(routes, {"popular": 0.5})
        if not len(fused):
            rest = np.flatnonzero(mask)[:DEPTH]
            fused = Candidates(rest, np.zeros(len(rest)), {"catalogue": np.ones(len(rest))})
        counts = ", ".join(f"{name} {len(found)}" for name, found in routes.items())
        run.done("retrieve", int(np.count_nonzero(mask)), len(fused), counts)
        return fused

    def _dense(self, text: str, mask: Mask) -> Candidates:
        """The allowed rows closest in meaning; empty when the catalogue has no vectors."""
        if self.index is None or self.embed is None:
            return Candidates()
        rows, cosines = self.index.search(self.embed(text), DEPTH, mask)
        return Candidates(rows.astype(np.int64), cosines.astype(np.float64), {"dense": np.ones(len(rows))})

    def rank(self, candidates: Candidates, ledger: Ledger, run: Run, seed: int = 0) -> Candidates:
        """The candidates by their weighed parts, best first; `seed` draws where nothing said tells one from another."""
        rows = candidates.rows
        liked, disliked = self._anchors(ledger), self.rows(ledger.disliked)
        by_words = np.zeros(len(rows)) + sum(candidates.routes.get(name, 0.0) for name in ("dense", "lexical"))
        parts = {
            "words": unit(by_words) * self.weights.words,
            "soft": self._soft(ledger)[rows] * self.weights.soft,
            "quality": self._quality[rows] * self.weights.quality,
            "popularity": self._fame[rows] * self.weights.popularity,
        }
        free, query = free_text(ledger, self.catalog.schema), query_text(ledger, self.catalog.schema)
        close = self._close(free or query) if query else None
        if close is not None:
            weight = self.weights.meaning if free else self.weights.echo
            parts["meaning"] = np.maximum(spread(close), 0.0)[rows] * weight
        if self.taste is not None and liked and ledger.liked and not ledger.anchors:
            del parts["quality"], parts["popularity"]  # they are among what taste weighs
            parts["taste"] = standing_out(self.taste.score(liked, disliked)[rows]) * self.weights.taste
        elif liked:
            parts |= self._alike(liked, disliked, ledger, rows)
        if not (liked or ledger.soft or query):
            draws = np.random.default_rng(seed).random(len(rows))
            parts["chance"] = draws * self.weights.chance
        if ledger.adventurous:
            parts["unexpected"] = -self.weights.unexpected * self._fame[rows]
        if doubts := self._doubts(ledger, rows):
            parts |= doubts
        if disliked:
            parts["unlike"] = -0.5 * self.weights.similar * unit(self._similar(disliked)[rows])
        ranked = candidates.scored(np.sum(list(parts.values()), axis=0))
        run.done("rank", len(candidates), len(ranked), ", ".join(parts))
        return ranked

    def _alike(
        self, liked: Sequence[int], disliked: Sequence[int], ledger: Ledger, rows: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float32]]:
        """What speaks for items like those named, by fixed weights."""
        beside = self.weights.beside_wishes if ledger.soft else 1.0
        parts = {"similar": unit(self._similar(liked)[rows]) * self.weights.similar * beside}
        if self.collaborative is not None:
            trust = len(liked) / (len(liked) + self.weights.collaborative_trust + len(ledger.soft))
            together = self.collaborative.score(liked, disliked)[rows]
            parts["collaborative"] = unit(np.maximum(together, 0)) * self.weights.collaborative * 2 * trust
        return parts

    def _doubts(self, ledger: Ledger, rows: NDArray[np.int64]) -> dict[str, NDArray[np.float32]]:
        """What speaks against items that break nothing known: like what is refused, or not known to be free of it."""
        refused = [p for p in ledger.hard if p.polarity == "avoid" and p.field is not None]
        if not refused:
            return {}
        columns = [self.catalog.columns.get(p.field or "") for p in refused]
        unknown = np.mean([~c.known[rows] if c is not None else np.ones(len(rows)) for c in columns], axis=0)
        parts = {"unsure": -self.weights.unsure * unknown.astype(np.float32)}
        near = [self._like_refused(p.field or "", str(v))[rows] for p in refused if self._tagged(p) for v in p.values]
        if near:
            parts["refused"] = -self.weights.refused * np.max(near, axis=0)
        return parts

    def _tagged(self, preference: Preference) -> bool:
        spec = self.catalog.schema.by_name.get(preference.field or "")
        return spec is not None and spec.nests and preference.op != "all_of"

    def _like_refused(self, field: str, value: str) -> NDArray[np.float32]:
        """(rows,) likeness to what holds a refused value; kept, since a conversation goes on refusing it."""
        kept: dict[tuple[str, str], NDArray[np.float32]] = self.__dict__.setdefault("_refused_kept", {})
        found = kept.get((field, value))
        if found is None:
            column = self.catalog.columns[field]
            specs = [s for s in self.catalog.schema.fields if s.nests]
            beside = [c for s in specs if isinstance(c := self.catalog.columns.get(s.name), CategoryColumn)]
            empty = np.zeros(len(self.catalog), dtype=np.float32)
            found = likeness_to(value, column, beside, self._vectors) if isinstance(column, CategoryColumn) else empty
            while len(kept) >= KEPT:
                kept.pop(next(iter(kept)), None)
            kept[field, value] = found
        return found

    def like(self, rows: Sequence[int], ledger: Ledger) -> list[tuple[str, ...]]:
        """For each row, titles of the one or two liked items it is closest to, by co-rating and by text."""
        liked = self.rows(ledger.liked)[-8:]
        if not liked or not rows:
            return [()] * len(rows)
        strength = np.zeros((len(rows), len(liked)), dtype=np.float32)
        for place, row in enumerate(liked):
            if self.collaborative is not None:
                strength[:, place] += self.collaborative.score([row])[list(rows)]
            strength[:, place] += 0.5 * self._similar([row])[list(rows)]
        titles = [i.title for i in self.catalog.at(liked)]
        named = []
        for line in strength:
            first_two = np.argsort(-line, kind="stable")[:2]
            named.append(tuple(titles[n] for n in first_two if line[n] > 0.5 * line[first_two[0]] > 0))
        return named

    def _anchors(self, ledger: Ledger) -> list[int]:
        """What new items should be like: the liked ones, else the best known by the people somebody has a taste for."""
        liked = self.rows(ledger.anchors) or self.rows(ledger.liked)
        if liked:
            return liked
        found: list[int] = []
        for preference in ledger.soft:
            column = self.catalog.columns.get(preference.field or "")
            if isinstance(column, CategoryColumn) and self._taste_for_somebody(preference):
                rows = [int(r) for v in preference.values for r in column.rows_with(str(v))]
                found += sorted(rows, key=lambda r: (-self._fame[r], r))[:KIN]
        return list(dict.fromkeys(found))

    def _wishes(self, ledger: Ledger) -> list[Preference]:
        """The soft wishes that are judged by facts; a taste for somebody's work is met by what is like it."""
        return [p for p in ledger.soft if ledger.liked or not self._taste_for_somebody(p)]

    def _soft(self, ledger: Ledger) -> NDArray[np.float32]:
        """(rows,) how well the soft wishes are met; the last answer is kept: a turn retrieves by it, then ranks."""
        wishes = tuple(self._wishes(ledger))
        kept: tuple[tuple[Preference, ...], NDArray[np.float32]] | None = self.__dict__.get("_soft_kept")
        if kept is None or kept[0] != wishes:
            kept = wishes, soft_scores(wishes, self.catalog, self._close)
            self.__dict__["_soft_kept"] = kept
        return kept[1]

    def _taste_for_somebody(self, preference: Preference) -> bool:
        spec = self.catalog.schema.by_name.get(preference.field or "")
        return spec is not None and spec.role == "creator" and preference.polarity == "want" and not preference.hard

    @property
    def _vectors(self) -> NDArray[np.float32] | None:
        return self.catalog.vectors

    def rows(self, ids: Sequence[str]) -> list[int]:
        """Rows of the ids the catalogue holds."""
        return list(self.known(ids).values())

    def known(self, ids: Iterable[str]) -> dict[str, int]:
        """Rows of the ids the catalogue holds; a conversation may be older than the catalogue's last import."""
        found = {}
        for one in ids:
            try:
                found[one] = self.catalog.row_of(one)
            except KeyError:
                continue
        return found

    @cached_property
    def _fame(self) -> NDArray[np.float32]:
        """(rows,) popularity in [0, 1], on a logarithmic scale; 0.5 where unknown."""
        column = self._column("popularity")
        return np.full(len(self.catalog), 0.5, np.float32) if column is None else fame(column.data)

    @cached_property
    def _quality(self) -> NDArray[np.float32]:
        """(rows,) rank of the quality in [0, 1]; 0.5 where unknown."""
        column = self._column("quality")
        return np.full(len(self.catalog), 0.5, np.float32) if column is None else standing(column.data)

    def _column(self, role: Role) -> NumberColumn | None:
        spec = self.catalog.schema.role(role)
        column = self.catalog.columns.get(spec.name) if spec else None
        return column if isinstance(column, NumberColumn) else None

    def _similar(self, anchors: Sequence[int]) -> NDArray[np.float32]:
        """(rows,) closeness to the anchors; the last answer is kept, since stages of a turn ask the same again."""
        kept: dict[tuple[int, ...], NDArray[np.float32]] = self.__dict__.setdefault("_similar_kept", {})
        key = tuple(anchors)
        found = kept.get(key)
        if found is None:
            found = self._closeness_to(anchors)
            while len(kept) >= KEPT:
                kept.pop(next(iter(kept)), None)
            kept[key] = found
        return found

    def _closeness_to(self, anchors: Sequence[int]) -> NDArray[np.float32]:
        values = value_closeness(self.catalog.columns, anchors, len(self.catalog))
        if self._vectors is None:
            return values
        close = np.maximum(vector_closeness(self._vectors, anchors), 0.0)
        others = np.ones(len(values), dtype=np.bool_)
        others[list(anchors)] = False
        share = self.weights.by_text
        mixed = (1 - share) * scaled(values, others) + share * scaled(close, others)
        return np.asarray(mixed, dtype=np.float32)

    def _close(self, text: str) -> NDArray[np.float32] | None:
        if self._vectors is None or self.embed is None:
            return None
        return np.asarray(self._vectors @ self.embed(text), dtype=np.float32)

    def closeness(self, rows: Sequence[int], ledger: Ledger) -> NDArray[np.float32]:
        """(rows, rows) how alike these items are: in text, 0 to 1, and more where one person has made both.

        Not so where the person asks for somebody's work by name: then it is meant to be all of theirs.
        """
        if self._vectors is None:
            close = np.eye(len(rows), dtype=np.float32)
        else:
            chosen = np.asarray(self._vectors[list(rows)], dtype=np.float32)
            close = np.asarray(np.clip(chosen @ chosen.T, 0.0, 1.0), dtype=np.float32)
        spec = self.catalog.schema.role("creator")
        column = self.catalog.columns.get(spec.name) if spec is not None else None
        asked = spec is not None and any(p.field == spec.name and p.hard for p in ledger.preferences)
        if asked or not isinstance(column, CategoryColumn):
            return close
        for same in column.sharing(rows):
            close[np.ix_(same, same)] = SAME_MAKER
        return close
