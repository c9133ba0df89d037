"""Moments as arrays: what their words say and which items they name; worked out once, whatever is fitted on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tools.dialogues.moments import Embed, Moment, SpokenItems

FADING = 0.9
"""An item named before counts by this power of its place, the latest at 0."""
TOPICS = 200
KEPT = 500
"""Characters of a text that are embedded, the last ones."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """Moments as arrays, one row a moment."""

    moments: tuple[Moment, ...]
    asked: NDArray[np.float32]
    """(m, dim) vectors of the seeker's words."""
    lately: NDArray[np.float32]
    """(m, dim) vectors of the last turns."""
    topics: NDArray[np.float32]
    """(m, 2 * TOPICS) latent topics of all words and of the seeker's."""
    asked_words: sparse.csr_matrix
    """(m, words) tf-idf over the words of items' texts."""
    lately_words: sparse.csr_matrix
    named: sparse.csr_matrix
    """(m, items) items named before, fading with their place."""

    def take(self, places: Sequence[int] | NDArray[np.int64]) -> Encoded:
        """Some of them."""
        at = np.asarray(places, dtype=np.int64)
        return Encoded(
            tuple(self.moments[n] for n in at),
            self.asked[at],
            self.lately[at],
            self.topics[at],
            self.asked_words[at],
            self.lately_words[at],
            self.named[at],
        )


class Encoder:
    """Fitted on items and on the words of training moments."""

    def __init__(self, items: SpokenItems, moments: Sequence[Moment], embed: Embed, seed: int = 0) -> None:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.items, self.embed = items, embed
        words: Any = TfidfVectorizer(
            min_df=3, ngram_range=(1, 2), sublinear_tf=True, max_features=8000, token_pattern=r"[a-z']+"
        )
        counted = words.fit_transform([m.words for m in moments])
        self._words, self._topics = words, TruncatedSVD(min(TOPICS, counted.shape[1] - 1), random_state=seed)
        self._topics.fit(counted)
        self._texts: Any = TfidfVectorizer(sublinear_tf=True, stop_words="english", token_pattern=r"[a-z0-9']+")
        self.item_words: sparse.csr_matrix = self._texts.fit_transform(items.texts).astype(np.float32)

    def encode(self, moments: Sequence[Moment]) -> Encoded:
        """The moments as arrays."""
        asked, lately = [m.asked or " " for m in moments], [m.lately or " " for m in moments]
        topics = [self._topics.transform(self._words.transform(t)) for t in ([m.words for m in moments], asked)]
        return Encoded(
            tuple(moments),
            self.embed([t[-KEPT:] for t in asked]),
            self.embed([t[-KEPT:] for t in lately]),
            np.hstack(topics).astype(np.float32),
            self._texts.transform(asked).astype(np.float32),
            self._texts.transform(lately).astype(np.float32),
            named_before(moments, len(self.items)),
        )


def named_before(moments: Sequence[Moment], items: int) -> sparse.csr_matrix:
    """(moments, items) what was named before each, the latest at 1."""
    rows, columns, weights = [], [], []
    for place, moment in enumerate(moments):
        for back, row in enumerate(moment.known):
            rows.append(place)
            columns.append(row)
            weights.append(FADING**back)
    return sparse.csr_matrix((weights, (rows, columns)), shape=(len(moments), items), dtype=np.float32)


def given(moments: Sequence[Moment], items: int) -> sparse.csr_matrix:
    """(moments, items) 1 where a moment's message names an item."""
    rows = [place for place, m in enumerate(moments) for _ in m.given]
    columns = [row for m in moments for row in m.given]
    return sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(moments), items), dtype=np.float32)
