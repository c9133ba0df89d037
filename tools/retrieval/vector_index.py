"""Nearest items by cosine within an allowed set: exact over an array, or Chroma's graph with an exact second look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import IndexMismatch
from core.protocols import VectorIndex
from tools.retrieval import chroma

GATHER_BELOW = 0.2
"""Share of allowed rows under which copying their vectors out is faster than scoring all."""
EXACT_UP_TO = 200_000
"""Rows up to which an exact product is as fast as the graph."""
OVER_FETCH = 4
"""How many times `count` the graph is asked for when a mask will take some away."""

Found = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True)
class ExactIndex:
    """Every allowed row is scored; always right. Vectors have unit rows, so the product is the cosine."""

    vectors: NDArray[np.float32]
    """(rows, dim), may be memory-mapped"""

    def search(self, vector: NDArray[Any], count: int, allowed: NDArray[Any] | None) -> Found:
        """Rows (n,) int64 and cosines (n,) float32, best first, ties by row; n = min(count, allowed rows)."""
        wanted = np.asarray(vector, dtype=np.float32)
        if allowed is None:
            return _best(np.arange(len(self.vectors)), self.vectors @ wanted, count)
        rows = np.flatnonzero(allowed)
        if len(rows) < GATHER_BELOW * len(self.vectors):
            return _best(rows, self.vectors[rows] @ wanted, count)
        return _best(rows, (self.vectors @ wanted)[rows], count)


@dataclass(frozen=True)
class ChromaIndex:
    """A Chroma collection whose ids are row numbers; `vectors` are the same rows, for what the graph cannot answer.

    With a mask the graph is asked for more than is wanted (its own filter costs far more); when too few of those
    survive, the survivors of the mask are scored exactly.
    """

    collection: Any
    vectors: NDArray[np.float32]

    @cached_property
    def _exact(self) -> ExactIndex:
        return ExactIndex(self.vectors)

    def search(self, vector: NDArray[Any], count: int, allowed: NDArray[Any] | None) -> Found:
        """As ExactIndex.search; approximate where no mask stands in the way (recall measured at 0.99 and above)."""
        free = len(self.vectors) if allowed is None else int(np.count_nonzero(allowed))
        wanted = min(count, free)
        if wanted <= 0:
            return _best(np.empty(0, np.int64), np.empty(0, np.float32), 0)
        if allowed is not None and free < GATHER_BELOW * len(self.vectors):
            return self._exact.search(vector, count, allowed)
        fetch = wanted if allowed is None else min(len(self.vectors), OVER_FETCH * wanted)
        rows = self._nearest(np.asarray(vector, dtype=np.float32), fetch)
        if allowed is not None:
            rows = rows[np.asarray(allowed)[rows]]
        if len(rows) < wanted:
            return self._exact.search(vector, count, allowed)
        # Scored again from our own vectors, so that both indexes give the same numbers.
        return _best(rows, self.vectors[rows] @ np.asarray(vector, dtype=np.float32), count)

    def _nearest(self, vector: NDArray[np.float32], count: int) -> NDArray[np.int64]:
        from chromadb.errors import NotFoundError

        try:
            answer = self.collection.query(query_embeddings=[vector], n_results=count, include=["distances"])
        except NotFoundError:  # a newer import has dropped this version's collection; our vectors are still mapped
            return np.empty(0, dtype=np.int64)
        return np.sort(np.asarray([int(i) for i in answer["ids"][0]], dtype=np.int64))


@dataclass(frozen=True)
class AutoIndex:
    """Exact where a mask leaves little to score, the graph otherwise."""

    exact: ExactIndex
    graph: ChromaIndex

    def search(self, vector: NDArray[Any], count: int, allowed: NDArray[Any] | None) -> Found:
        """As ExactIndex.search."""
        tight = allowed is not None and int(np.count_nonzero(allowed)) <= EXACT_UP_TO
        chosen: VectorIndex = self.exact if tight else self.graph
        return chosen.search(vector, count, allowed)


def _best(rows: NDArray[Any], scores: NDArray[Any], count: int) -> Found:
    if len(rows) > count > 0:
        part = np.argpartition(-scores, count - 1)[:count]
        # Rows that tie with the last one kept compete by row number.
        ties = np.flatnonzero(scores >= scores[part].min())
        rows, scores = rows[ties], scores[ties]
    order = np.lexsort((rows, -scores))[: max(count, 0)]
    return rows[order].astype(np.int64), scores[order].astype(np.float32)


def open_collection(home: Path, catalog: str, build: str, rows: int, url: str = "") -> Any:  # noqa: ANN401 (an untyped library)
    """The Chroma collection of a version; raises IndexMismatch when it is missing or does not hold `rows` vectors."""
    held = chroma.stored_count(home, catalog, build, url)
    if held != rows:
        found = "is missing" if held is None else f"holds {held} vectors, not {rows}"
        raise IndexMismatch(
            f"The Chroma collection of catalogue {catalog!r} {found}.", f"Run `tastemaker catalog mend {catalog}`."
        )
    return chroma.client(home, url).get_collection(chroma.collection_name(catalog, build), embedding_function=None)


def choose_index(
    vectors: NDArray[np.float32],
    home: Path,
    catalog: str,
    build: str,
    kind: Literal["auto", "exact", "chroma"] = "auto",
    url: str = "",
) -> VectorIndex:
    """The index a setting names; "auto": exact up to 200,000 rows, beyond them Chroma unless the filter is tight.

    Raises IndexMismatch when Chroma is needed and does not hold this version's vectors.
    """
    if kind == "exact" or (kind == "auto" and len(vectors) <= EXACT_UP_TO):
        return ExactIndex(vectors)
    graph = ChromaIndex(open_collection(home, catalog, build, len(vectors), url), vectors)
    return graph if kind == "chroma" else AutoIndex(ExactIndex(vectors), graph)
