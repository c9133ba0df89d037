"""What a message says: whether it holds some words, names a value, speaks of a field or points at an item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from agent.figures import numbers
from agent.verify import Evidence
from core.plan import Critique, Heard, Reference, Retraction, Wish
from core.preferences import Preference
from core.schema import FieldSpec
from core.turn import Conversation
from core.values import Scalar
from tools.linking.linker import Linker
from tools.text import normalise, terms


@dataclass(frozen=True)
class Said:
    """One message, read without a model."""

    message: str
    spoken: Heard
    """What the rules heard in it."""
    evidence: Evidence
    """What words of a model's own are held against: the message alone."""
    linker: Linker
    conversation: Conversation

    @cached_property
    def _words(self) -> str:
        return f" {normalise(self.message)} "

    @cached_property
    def _terms(self) -> set[str]:
        return set(terms(self.message))

    @cached_property
    def _numbers(self) -> set[float]:
        return numbers([self.message], self.linker.catalog.schema)

    def holds(self, words: str) -> bool:
        """Whether these very words stand in the message, whatever case and punctuation."""
        key = normalise(words)
        return bool(key) and f" {key} " in self._words

    def names(self, field: str | None, value: object) -> bool:
        """Whether the message names one of the values, under its own name or another it goes by."""
        spec = self.linker.catalog.schema.by_name.get(field or "")
        values = value if isinstance(value, tuple) else (value,)
        return any(self._names_one(spec, v) for v in values if v is not None)

    def speaks_of(self, field: str | None) -> bool:
        """Whether the message names the field, or the rules heard a wish, a critique or a retraction about it."""
        spoken = self.spoken
        heard: tuple[Wish | Critique | Retraction, ...] = (*spoken.wishes, *spoken.critiques, *spoken.retractions)
        if field is not None and any(each.field == field for each in heard):
            return True
        spec = self.linker.catalog.schema.by_name.get(field or "")
        return spec is not None and any(self.holds(word) for word in _names_of(spec))

    def takes_back(self, preference: Preference) -> bool:
        """Whether the message names the preference's field, or the rules heard it taken back."""
        if self.spoken.reset:
            return True
        return preference.field is not None and self.speaks_of(preference.field)

    def points_at(self, item: Reference) -> bool:
        """Whether the message names the item, or the rules found it pointed at too."""
        if item.title is not None and self.holds(item.title):
            return True
        meant = set(self.linker.resolve(item, self.conversation).rows)
        heard = (o.item for o in self.spoken.opinions), (r.item for r in self.spoken.retractions if r.item is not None)
        return any(meant & set(self.linker.resolve(i, self.conversation).rows) for items in heard for i in items)

    def _names_one(self, spec: FieldSpec | None, value: Scalar) -> bool:
        if isinstance(value, bool):
            return False  # the field's name says what a flag is about
        if isinstance(value, int | float):
            return float(value) in self._numbers
        spellings = [str(value)]
        if spec is not None and str(value) in spec.values:
            spellings += spec.values[str(value)].aliases
        return any((words := set(terms(s))) and words <= self._terms for s in spellings)


def _names_of(spec: FieldSpec) -> Iterator[str]:
    yield from (spec.name, spec.title, *spec.spoken)
