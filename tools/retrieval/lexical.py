"""The lexical route: BM25 over the items' text, by the bm25s library, memory-mapped."""

from __future__ import annotations

import logging
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.candidates import Candidates
from tools.catalog.columns import Mask
from tools.retrieval.top import best
from tools.text import stem, terms


@dataclass(frozen=True)
class LexicalRoute:
    """BM25 (Robertson and Zaragoza, 2009) as scored by bm25s; loaded on first use."""

    path: Path
    """The index's folder."""
    rows: int
    name: str = "lexical"

    @cached_property
    def _index(self) -> Any:  # noqa: ANN401 (an untyped library)
        return _bm25s().BM25.load(str(self.path), mmap=True, load_corpus=False)

    @cached_property
    def vocabulary(self) -> dict[str, int]:
        """Stem to its position in the index."""
        return dict(self._index.vocab_dict)

    def knows(self, term: str) -> bool:
        """Whether any item's text holds this stem."""
        return term in self.vocabulary

    def scores(self, query: str) -> NDArray[np.float32]:
        """(rows,) BM25 score of every item; zeros when no word of the query is known."""
        known = [t for t in terms(query) if t in self.vocabulary]
        if not known:
            return np.zeros(self.rows, dtype=np.float32)
        return np.asarray(self._index.get_scores(known), dtype=np.float32)

    def holding(self, phrase: str) -> NDArray[np.int64]:
        """Rows whose text holds every term of `phrase`."""
        found: NDArray[np.int64] | None = None
        for term in dict.fromkeys(terms(phrase)) or [stem(phrase.casefold())]:
            place = self.vocabulary.get(term)
            if place is None:
                return np.empty(0, dtype=np.int64)
            start, end = self._index.scores["indptr"][place : place + 2]
            rows = np.unique(np.asarray(self._index.scores["indices"][start:end], dtype=np.int64))
            found = rows if found is None else np.intersect1d(found, rows, assume_unique=True)
        return found if found is not None else np.empty(0, dtype=np.int64)

    def retrieve(self, query: str, allowed: Mask, count: int) -> Candidates:
        """The best allowed rows for a text query; empty when nothing matches."""
        return best(self.scores(query), allowed, count, self.name, above=0.0)


def build_lexical(texts: Iterable[str], path: Path) -> None:
    """Index texts (one a row, streamed) under `path`; only word ids are held in memory."""
    bm25s = _bm25s()
    vocabulary: dict[str, int] = {}
    coded = [array("i", (vocabulary.setdefault(t, len(vocabulary)) for t in terms(text))) for text in texts]
    index = bm25s.BM25(method="lucene")
    index.index(bm25s.tokenization.Tokenized(ids=coded, vocab=vocabulary), show_progress=False)
    index.save(str(path), show_progress=False)


def _bm25s() -> Any:  # noqa: ANN401 (an untyped library)
    """The library, quiet: it sets its logger to tell everything."""
    import bm25s

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    return bm25s
