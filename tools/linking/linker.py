"""The linker: spoken references and values to a catalogue's items and canonical values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from core.items import Catalog
from core.plan import Reference, Wish
from core.preferences import Preference
from core.schema import FieldSpec
from core.turn import Conversation
from core.values import Scalar
from tools.catalog.columns import CategoryColumn, Column
from tools.linking.lexicon import Lexicon
from tools.linking.titles import TitleIndex
from tools.text import fold


@dataclass(frozen=True, slots=True)
class Found:
    """Rows a reference can mean."""

    rows: tuple[int, ...] = ()
    ambiguous: bool = False
    """True when the rows are equally good meanings of one title, not several items meant together."""


@dataclass(frozen=True)
class Linker:
    """Links to one catalogue."""

    catalog: Catalog
    columns: Mapping[str, Column]
    lexicon: Lexicon
    titles: TitleIndex

    def resolve(self, reference: Reference, conversation: Conversation) -> Found:
        """The items a reference means: by title, or by place on the last slate."""
        if reference.title is not None:
            equals = self.titles.settle(self.titles.find(reference.title, reference.year))
            known = self._in_view([m.row for m in equals], conversation)
            return Found(tuple(known), ambiguous=len(known) > 1)
        slate = [self.catalog.row_of(r.item.id) for r in conversation.slate]
        if not slate:
            pointed = reference.ordinal is None and not reference.everything
            return Found(tuple(self.catalog.row_of(i) for i in in_focus(conversation)) if pointed else ())
        if reference.ordinal is not None:
            place = reference.ordinal - 1 if reference.ordinal > 0 else len(slate) + reference.ordinal
            return Found((slate[place],)) if 0 <= place < len(slate) else Found()
        if reference.everything:
            return Found(tuple(slate))
        focus = in_focus(conversation)
        return Found(tuple(self.catalog.row_of(i) for i in focus) or tuple(slate))

    def _in_view(self, rows: list[int], conversation: Conversation) -> list[int]:
        """Of several equal meanings, the one already shown or named in this conversation, when there is just one."""
        if len(rows) < 2:
            return rows
        ledger = conversation.ledger
        named = {r.item.id for r in conversation.slate} | {*ledger.liked, *ledger.disliked, *ledger.seen}
        inside = [row for row, item in zip(rows, self.catalog.at(rows), strict=True) if item.id in named]
        return inside if len(inside) == 1 else rows

    def preference(self, wish: Wish, turn: int) -> Preference | None:
        """A wish as a preference over canonical values; None when its field or value is not of this catalogue."""
        common = {
            "polarity": wish.polarity,
            "strength": wish.strength,
            "scope": wish.scope,
            "quote": wish.quote,
            "turn": turn,
            "confidence": wish.confidence,
        }
        if wish.field is None:
            return Preference(field=None, op="about", value=str(wish.value), **common)
        if wish.field not in self.catalog.schema.by_name:
            return None
        spec = self.catalog.schema.field(wish.field)
        value = self._value(spec, wish)
        if value is None:
            return None
        op = "any_of" if wish.op == "eq" and spec.type in {"category", "people"} else wish.op
        if op in {"any_of", "all_of"} and not isinstance(value, tuple):
            value = (value,)
        return Preference(field=wish.field, op=op, value=value, **common)

    def _value(self, spec: FieldSpec, wish: Wish) -> Scalar | tuple[Scalar, ...] | None:
        values = wish.value if isinstance(wish.value, tuple) else (wish.value,)
        if spec.type == "number":
            numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
            if len(numbers) != len(values):
                return None
            return tuple(numbers) if isinstance(wish.value, tuple) else numbers[0]
        if spec.type in {"category", "people"}:
            linked = [c for v in values if (c := self.canonical(spec, str(v))) is not None]
            if not linked:
                return None
            return tuple(dict.fromkeys(linked)) if isinstance(wish.value, tuple) or len(linked) > 1 else linked[0]
        return wish.value

    def canonical(self, spec: FieldSpec, spoken: str) -> str | None:
        """The catalogue's own spelling of a spoken value: exact, by alias, or with a slip (rapidfuzz ratio >= 88)."""
        column = self.columns.get(spec.name)
        vocabulary = column.vocabulary if isinstance(column, CategoryColumn) else tuple(spec.values)
        held = column.code_of if isinstance(column, CategoryColumn) else dict.fromkeys(vocabulary, 0)
        if spoken in held or spoken in spec.values or spoken in spec.order:
            return spoken
        entries = [e for e in self.lexicon.lookup(spoken) if e.kind == "value" and e.field == spec.name and e.value]
        if entries:
            return max(entries, key=lambda e: e.count).value
        best = process.extractOne(fold(spoken), [fold(v) for v in vocabulary], scorer=fuzz.ratio, score_cutoff=88)
        return vocabulary[best[2]] if best else None


def in_focus(conversation: Conversation) -> tuple[str, ...]:
    """Ids of the item the last turns were about, when it was one: asked about, explained, or shown alone."""
    for turn in reversed(conversation.turns):
        act = turn.plan.act
        if act.kind in {"look_up", "check", "explain", "compare", "chat"} and turn.focus:
            return turn.focus
        if turn.slate:
            return tuple(r.item.id for r in turn.slate) if len(turn.slate) == 1 else ()
    return ()
