"""Routes: each brings candidates of one catalogue by one kind of evidence; together they are fused. No dialogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from agent.query import query_text
from agent.signals import Signals
from agent.stages import Run
from core.ledger import Ledger
from core.plan import Recommend, Route
from core.protocols import VectorIndex
from core.schema import FieldSpec
from tools.candidates import Candidates
from tools.catalog.columns import CategoryColumn, Mask
from tools.ranking.ranker import Scorer
from tools.retrieval.fusion import fuse
from tools.retrieval.lexical import LexicalRoute
from tools.retrieval.similar import value_closeness
from tools.retrieval.top import best

DEPTH = 200
"""Candidates each route may bring."""
SHARES: Mapping[str, float] = {"popular": 0.5}
"""What a route counts in the fusion, where it is not 1."""
BOOST = 2.0
"""What a boosted route counts more."""
USUAL: tuple[Route, ...] = Recommend().routes
LIKING = frozenset({"similar", "collaborative", "sequential", "kin", "segment"})
"""Routes that start from liked items."""


class _Given(NamedTuple):
    """What the routes start from."""

    text: str
    liked: tuple[int, ...]
    disliked: tuple[int, ...]
    proposed: tuple[int, ...]


@dataclass(frozen=True)
class Routes:
    """The routes of one catalogue."""

    signals: Signals
    lexical: LexicalRoute | None
    collaborative: Scorer | None
    sequential: Scorer | None = None
    """What follows what; None where it was not fitted."""
    index: VectorIndex | None = None
    """Where the dense route searches; None: no dense route."""
    collaborative_as: str = "collaborative"
    """What the collaborative route is called in sources and traces."""

    def called(self, route: Route) -> str:
        """The name of a route in sources and traces."""
        return self.collaborative_as if route == "collaborative" else route

    def retrieve(
        self, ledger: Ledger, act: Recommend, mask: Mask, run: Run, proposed: Sequence[int] = ()
    ) -> Candidates:
        """What the routes of the act bring of the rows in the mask, fused; `proposed`: rows a model names, best first.

        Where the routes of the act bring nothing, all of them are tried: a plan narrows the search, it cannot end it.
        """
        text = act.query or query_text(ledger, self.signals.catalog.schema)
        liked, disliked = self.signals.anchors(ledger), self.signals.rows(ledger.disliked)
        given = _Given(text, tuple(liked), tuple(disliked), tuple(proposed))
        routes = self._brought(act.routes, mask, given)
        narrow = not any(map(len, routes.values())) and set(act.routes) != set(USUAL)
        if narrow:
            routes = self._brought(USUAL, mask, given)
        if ledger.soft:
            wished = self.signals.soft(ledger) + 0.01 * self.signals.fame
            routes["wishes"] = best(wished, mask, DEPTH, "wishes", above=0.0)
        boost = {self.called(name) for name in act.boost}
        fused = fuse(routes, {name: SHARES.get(name, 1.0) * (BOOST if name in boost else 1.0) for name in routes})
        if not len(fused):
            rest = np.flatnonzero(mask)[:DEPTH]
            fused = Candidates(rest, np.zeros(len(rest)), {"catalogue": np.ones(len(rest))})
        counts = ", ".join(f"{name} {len(found)}" for name, found in routes.items())
        note = f"{', '.join(act.routes)} brought nothing; {counts}" if narrow else counts
        run.done("retrieve", int(np.count_nonzero(mask)), len(fused), note)
        return fused

    def _brought(self, routes: Iterable[Route], mask: Mask, given: _Given) -> dict[str, Candidates]:
        """What each route brings; those with nothing to start from are left out."""
        extra: list[Route] = ["generative"] if given.proposed else []
        names = dict.fromkeys([*routes, *extra])
        found = {
            self.called(name): self.bring(
                name, mask, text=given.text, liked=given.liked, disliked=given.disliked, proposed=given.proposed
            )
            for name in names
        }
        return {name: held for name, held in found.items() if held is not None}

    def bring(
        self,
        route: Route,
        mask: Mask,
        *,
        text: str = "",
        liked: Sequence[int] = (),
        disliked: Sequence[int] = (),
        proposed: Sequence[int] = (),
    ) -> Candidates | None:
        """Up to `DEPTH` rows of the mask that a route brings, best first; None where it has nothing to start from.

        dense: closest in meaning to the text. lexical: by its words. similar: values and text in common with liked
        items. collaborative: liked by the same people. sequential: what people went on to from the latest liked.
        kin: by the same people or of the same series. segment: the best known among items of the same kinds.
        popular: the best known. recent: the latest. generative: what a model proposed.
        """
        if route == "generative":
            rows = np.array([r for r in proposed if mask[r]], dtype=np.int64)
            return (
                Candidates(rows, 1.0 / np.arange(1, len(rows) + 1), {route: np.ones(len(rows))}) if len(rows) else None
            )
        if route in {"dense", "lexical"}:
            return self._by_text(route, text, mask) if text else None
        if route in LIKING and not liked:
            return None
        match route:
            case "similar":
                scores: NDArray[np.floating] | None = self.signals.similar(liked)
            case "collaborative":
                scores = None if self.collaborative is None else self.collaborative.score(liked, disliked)
            case "sequential":
                scores = None if self.sequential is None else self.sequential.score(liked)
            case "kin":
                scores = self._shared(self._kin, liked)
            case "segment":
                scores = self._shared(self._kinds, liked) * self.signals.fame
            case "recent":
                scores = self.signals.age
            case _:
                return best(self.signals.fame, mask, DEPTH, "popular")
        return None if scores is None else best(scores, mask, DEPTH, self.called(route), above=0.0)

    def search(self, query: str, count: int) -> Candidates:
        """The items closest to a text, by words and by meaning."""
        everything = np.ones(len(self.signals.catalog), dtype=np.bool_)
        found = {name: self._by_text(name, query, everything) for name in ("dense", "lexical")}
        return fuse({name: held for name, held in found.items() if held is not None}).top(count)

    def alike(self, ids: Sequence[str], count: int) -> Candidates:
        """The items most like these, themselves left out."""
        anchors = self.signals.rows(ids)
        others = np.ones(len(self.signals.catalog), dtype=np.bool_)
        others[anchors] = False
        names: tuple[Route, ...] = ("similar", "collaborative")
        found = {self.called(name): self.bring(name, others, liked=anchors) for name in names}
        return fuse({name: held for name, held in found.items() if held is not None}).top(count)

    def _by_text(self, route: str, text: str, mask: Mask) -> Candidates | None:
        if route == "lexical":
            return None if self.lexical is None else self.lexical.retrieve(text, mask, DEPTH)
        if self.index is None or self.signals.embed is None:
            return None
        rows, cosines = self.index.search(self.signals.embed(text), DEPTH, mask)
        return Candidates(rows.astype(np.int64), cosines.astype(np.float64), {"dense": np.ones(len(rows))})

    def _shared(self, columns: Mapping[str, CategoryColumn], liked: Sequence[int]) -> NDArray[np.float32]:
        return value_closeness(columns, liked, len(self.signals.catalog))

    @cached_property
    def _kin(self) -> dict[str, CategoryColumn]:
        """Who made an item and took part, and the series it belongs to."""
        return self._columns(lambda spec: spec.type == "people" or spec.role == "series")

    @cached_property
    def _kinds(self) -> dict[str, CategoryColumn]:
        """What kind of item it is."""
        return self._columns(lambda spec: spec.role == "genre")

    def _columns(self, wanted: Callable[[FieldSpec], bool]) -> dict[str, CategoryColumn]:
        named = [spec.name for spec in self.signals.catalog.schema.fields if wanted(spec)]
        held = {name: self.signals.catalog.columns.get(name) for name in named}
        return {name: column for name, column in held.items() if isinstance(column, CategoryColumn)}
