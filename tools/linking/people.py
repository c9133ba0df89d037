"""People by a part of their name: a first name, a surname with a slip, a surname several of them bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from core.schema import CatalogSchema
from tools.catalog.columns import CategoryColumn, Column
from tools.linking.english import common, everyday
from tools.linking.lexicon import Entry
from tools.text import words

CLOSE = 84.0
"""Ratio (rapidfuzz) from which a word is taken for a slip of a part of a name."""
LEADS = 3
"""How many times better known somebody must be to be meant by a name that others bear too."""


@dataclass
class PeopleIndex:
    """The people of a catalogue by the words of their names. Built once; read-only afterwards."""

    by_part: dict[str, list[Entry]] = field(default_factory=dict)

    def find(self, spoken: Sequence[str]) -> list[Entry]:
        """Whom these folded words mean: everybody of the best known one's name and field, or nobody.

        All words must be parts of one name, the rarer ones perhaps mistyped. Several people who share the name are
        meant together ("the Brontë sisters") where none of them is much better known.
        """
        parts = [w for w in (p.removesuffix("s") if p not in self.by_part else p for p in spoken) if len(w) > 2]
        if not parts or all(everyday(p) for p in parts) or all(p not in parts and common(p) for p in spoken):
            return []  # "whales" is no James Whale
        found: list[Entry] | None = None
        for part in parts:
            bearers = self.by_part.get(part) or self._close(part)
            found = bearers if found is None else [e for e in found if e in bearers]
        if not found:
            return []
        ranked = sorted(found, key=lambda e: (-e.count, e.value or ""))
        best = ranked[0]
        equals = [e for e in ranked if e.field == best.field and e.count * LEADS > best.count]
        return [best] if len(equals) == 1 else equals if len(equals) <= LEADS else []

    def spelled(self, spoken: Sequence[str]) -> bool:
        """Whether every word is a part of somebody's name as it is written."""
        return all(p in self.by_part or p.removesuffix("s") in self.by_part for p in spoken)

    def _close(self, part: str) -> list[Entry]:
        if len(part) < 5:
            return []
        best = process.extractOne(part, self.by_part.keys(), scorer=fuzz.ratio, score_cutoff=CLOSE)
        return self.by_part[best[0]] if best and best[0][0] == part[0] else []


def build_people(schema: CatalogSchema, columns: Mapping[str, Column]) -> PeopleIndex:
    """The index of a catalogue's people fields."""
    index = PeopleIndex()
    for spec in schema.fields:
        column = columns.get(spec.name)
        if spec.type != "people" or not isinstance(column, CategoryColumn):
            continue
        for value, count in zip(column.vocabulary, column.counts.tolist(), strict=True):
            entry = Entry("value", spec.name, value, count=count, exact=False)
            for part in dict.fromkeys(words(value)):
                if len(part) > 2:
                    index.by_part.setdefault(part, []).append(entry)
    return index
