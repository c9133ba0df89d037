"""Signals: what of one catalogue routes bring items by and ranking weighs, as arrays over its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference
from core.schema import CatalogSchema, Role
from tools.catalog.columns import CategoryColumn, Column, NumberColumn
from tools.ranking.scales import fame as shares
from tools.ranking.scales import scaled, standing
from tools.ranking.soft import soft_scores
from tools.recent import Recent
from tools.retrieval.similar import value_closeness, vector_closeness

KEPT = 64
"""Closeness to so many sets of items is kept between turns."""
QUERIES = 4
"""Closeness to so many texts is kept: a conversation asks for the same until something new is said."""
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
class Signals:
    """What one catalogue tells of its items."""

    catalog: SearchableCatalog
    embed: Callable[[str], NDArray[np.float32]] | None
    """A query text to its (dim,) unit vector; None when the catalogue has no vectors."""
    by_text: float
    """The share of text in likeness; the rest is shared values."""

    def anchors(self, ledger: Ledger) -> list[int]:
        """What new items should be like: the liked ones, else the best known by the people somebody has a taste for.

        From the first item on whose like was asked for, since what was liked before it was not meant.
        """
        first = next((place for place, item in enumerate(ledger.liked) if item in ledger.anchors), 0)
        liked = self.rows(ledger.liked[first:]) or self.rows(ledger.liked)
        if liked:
            return liked
        found: list[int] = []
        for preference in ledger.soft:
            column = self.catalog.columns.get(preference.field or "")
            if isinstance(column, CategoryColumn) and self._taste_for_somebody(preference):
                rows = [int(r) for v in preference.values for r in column.rows_with(str(v))]
                found += sorted(rows, key=lambda r: (-self.fame[r], r))[:KIN]
        return list(dict.fromkeys(found))

    def _wishes(self, ledger: Ledger) -> list[Preference]:
        """The soft wishes that are judged by facts; a taste for somebody's work is met by what is like it."""
        return [p for p in ledger.soft if ledger.liked or not self._taste_for_somebody(p)]

    def soft(self, ledger: Ledger) -> NDArray[np.float32]:
        """(rows,) how well the soft wishes are met; the last answer is kept: a turn retrieves by it, then ranks."""
        wishes = tuple(self._wishes(ledger))
        kept: tuple[tuple[Preference, ...], NDArray[np.float32]] | None = self.__dict__.get("_soft_kept")
        if kept is None or kept[0] != wishes:
            kept = wishes, soft_scores(wishes, self.catalog, self.close)
            self.__dict__["_soft_kept"] = kept
        return kept[1]

    def _taste_for_somebody(self, preference: Preference) -> bool:
        spec = self.catalog.schema.by_name.get(preference.field or "")
        return spec is not None and spec.role == "creator" and preference.polarity == "want" and not preference.hard

    @property
    def vectors(self) -> NDArray[np.float32] | None:
        """(rows, dim) unit vectors of the items' texts."""
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
    def fame(self) -> NDArray[np.float32]:
        """(rows,) popularity in [0, 1], on a logarithmic scale; 0.5 where unknown."""
        column = self.column("popularity")
        return np.full(len(self.catalog), 0.5, np.float32) if column is None else shares(column.data)

    @cached_property
    def quality(self) -> NDArray[np.float32]:
        """(rows,) rank of the quality in [0, 1]; 0.5 where unknown."""
        column = self.column("quality")
        return np.full(len(self.catalog), 0.5, np.float32) if column is None else standing(column.data)

    @cached_property
    def age(self) -> NDArray[np.float32]:
        """(rows,) rank of the year of release in [0, 1], the latest 1; NaN where it is unknown."""
        column = self.column("release")
        if column is None:
            return np.full(len(self.catalog), np.nan, np.float32)
        return np.where(column.known, standing(column.data), np.nan).astype(np.float32)

    def column(self, role: Role) -> NumberColumn | None:
        """The number field of a role, or None."""
        spec = self.catalog.schema.role(role)
        column = self.catalog.columns.get(spec.name) if spec else None
        return column if isinstance(column, NumberColumn) else None

    def similar(self, anchors: Sequence[int]) -> NDArray[np.float32]:
        """(rows,) closeness to the anchors; the last answer is kept, since stages of a turn ask the same again."""
        return self._similar.get(tuple(anchors), lambda: self._closeness_to(anchors))

    @cached_property
    def _similar(self) -> Recent[tuple[int, ...], NDArray[np.float32]]:
        return Recent(KEPT)

    @cached_property
    def _close(self) -> Recent[str, NDArray[np.float32]]:
        return Recent(QUERIES)

    def _closeness_to(self, anchors: Sequence[int]) -> NDArray[np.float32]:
        values = value_closeness(self.catalog.columns, anchors, len(self.catalog))
        if self.vectors is None:
            return values
        close = np.maximum(vector_closeness(self.vectors, anchors), 0.0)
        others = np.ones(len(values), dtype=np.bool_)
        others[list(anchors)] = False
        share = self.by_text
        mixed = (1 - share) * scaled(values, others) + share * scaled(close, others)
        return np.asarray(mixed, dtype=np.float32)

    def close(self, text: str) -> NDArray[np.float32] | None:
        """(rows,) cosine of every item's text to a text; None where the catalogue has no vectors."""
        vectors, embed = self.vectors, self.embed
        if vectors is None or embed is None:
            return None
        return self._close.get(text, lambda: np.asarray(vectors @ embed(text), dtype=np.float32))
