"""The audit of a finished turn: what was shown and said, held against the catalogue anew.

It shares no code with the filters, the receipts or the relaxation: each preference is read here a second time, straight
from the item's fields, so that a fault in one of the two shows as a disagreement.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from core.items import Item
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Conversation, Turn
from core.values import Value
from tools.text import terms

Held = bool | None
_COMPARES: dict[str, Callable[[float, float], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "any_of": operator.eq,
}
_WORDS = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


class Fault(Value):
    """Something a turn got wrong."""

    kind: str
    """hard, blocked, policy, receipt, unexplained, certificate or title."""
    turn: int
    said: str


@dataclass(frozen=True)
class Auditor:
    """Audits turns over one catalogue; `items` are all of them."""

    items: Sequence[Item]
    schema: CatalogSchema

    def audit(self, before: Conversation, turn: Turn) -> list[Fault]:
        """Everything wrong with the turn that answered in `before`."""
        found = [
            *self._shown(before, turn), *self._receipts(turn), *self._nothing(before, turn), *self._titles(before, turn)
        ]  # fmt: skip
        return [Fault(kind=kind, turn=turn.number, said=said) for kind, said in found]

    def _shown(self, before: Conversation, turn: Turn) -> Iterator[tuple[str, str]]:
        ledger, rules = turn.ledger, {p.rule for p in self.schema.policies}
        earlier = {r.item.id for t in before.turns for r in t.slate}
        if "one_at_a_time" in rules and len(turn.slate) > 1:
            yield "policy", f"{len(turn.slate)} at once"
        for card in turn.slate:
            item = card.item
            for preference in ledger.preferences:
                if preference.hard and not self.satisfies(preference, item):
                    yield "hard", f"{item.title} breaks {preference.label(self.schema)}"
            for name, ids in (("disliked", ledger.disliked), ("seen", ledger.seen), ("shown before", earlier)):
                if item.id in ids:
                    yield "blocked", f"{item.title} was {name}"
            yield from (("policy", said) for said in self._house(before, turn, item, card.notices))

    def _house(self, before: Conversation, turn: Turn, item: Item, notices: Sequence[str]) -> Iterator[str]:
        sponsored = self.schema.role("sponsored")
        for policy in self.schema.policies:
            values = set(map(str, item.values(policy.field))) if policy.field else set()
            match policy.rule:
                case "confirm_first":
                    if any(f"{policy.field}={v}" not in turn.ledger.agreed for v in values & set(policy.values)):
                        yield f"{item.title}: {policy.field} not confirmed"
                case "available":
                    has = set(map(str, before.profile.has.get(policy.field or "", ())))
                    if has and not values & has:
                        yield f"{item.title}: not available"
                case "disclose_sponsored":
                    if sponsored and any(item.values(sponsored.name)) and not notices:
                        yield f"{item.title}: not disclosed"

    def _receipts(self, turn: Turn) -> Iterator[tuple[str, str]]:
        wanted = {p.id: p for p in turn.ledger.preferences}
        for card in turn.slate:
            lines = {line.preference: line.verdict for line in card.receipt}
            for key in sorted(set(wanted) - set(lines)):
                yield "receipt", f"{card.item.title}: no line for {wanted[key].label(self.schema)}"
            for key, verdict in lines.items():
                if key in wanted and verdict != self.verdict(wanted[key], card.item):
                    yield "receipt", f"{card.item.title}: {wanted[key].label(self.schema)} is not {verdict}"

    def _nothing(self, before: Conversation, turn: Turn) -> Iterator[tuple[str, str]]:
        """A turn that was to recommend and shows nothing says why, and what it offers to let go is true."""
        if turn.slate or turn.plan.act.kind not in {"recommend", "ask"}:
            return
        if turn.question is None and not any(s.stage == "relax" for s in turn.trace):
            yield "unexplained", turn.reply
        if turn.question is None or turn.question.kind != "relax":
            return
        hard = {p.id: p for p in turn.ledger.preferences if p.hard}
        for choice in turn.question.choices:
            left = [p for key, p in hard.items() if key not in choice.patch.drop]
            count = sum(self._open(before, turn, item) and self._all(left, item) for item in self.items)
            if count != choice.count or not count:
                yield "certificate", f"{choice.label} leaves {count}, not {choice.count}"

    def _open(self, before: Conversation, turn: Turn, item: Item) -> bool:
        """Whether an item may be shown at all, wishes aside."""
        ledger = turn.ledger
        if item.id in {*ledger.disliked, *ledger.seen, *ledger.shown, *ledger.liked}:
            return False
        for policy in self.schema.policies:
            has = set(map(str, before.profile.has.get(policy.field or "", ())))
            if policy.rule == "available" and has and not set(map(str, item.values(policy.field or ""))) & has:
                return False
        return True

    def _all(self, preferences: Sequence[Preference], item: Item) -> bool:
        return all(self.satisfies(p, item) for p in preferences)

    def _titles(self, before: Conversation, turn: Turn) -> Iterator[tuple[str, str]]:
        """Bold titles in a reply are those of items shown now or earlier, or spoken of in this turn."""
        shown = (r.item.id for t in (*before.turns, turn) for r in t.slate)
        spoken = {*(i for t in (*before.turns, turn) for i in t.focus), *shown, *turn.ledger.liked}
        known = {i.title for i in self.items if i.id in spoken}
        titles = {i.title for i in self.items}
        for bold in set(_BOLD.findall(turn.reply)) & titles - known:
            if bold.lower() not in turn.message.lower():
                yield "title", bold

    def satisfies(self, preference: Preference, item: Item) -> bool:
        """Whether an item may be shown under a hard preference: it must be known to hold what is wanted."""
        held = self._held(preference, item)
        if preference.field is None and preference.polarity == "want":
            return True  # wanted words lead the search; no item is known to lack what they mean
        if preference.polarity == "want":
            return held is True
        spec = self.schema.field(preference.field) if preference.field else None
        return held is False if spec is not None and spec.role == "age_rating" else held is not True

    def verdict(self, preference: Preference, item: Item) -> str:
        """passed, failed or unknown."""
        held = self._held(preference, item)
        if held is None:
            return "unknown"
        return "passed" if held == (preference.polarity == "want") else "failed"

    def _held(self, preference: Preference, item: Item) -> Held:
        """Whether the item has what is named; None where the catalogue cannot tell."""
        if preference.field is None:
            return self._says(preference, item, [f.name for f in self.schema.fields if self._read(f.name)]) or None
        spec, values = self.schema.field(preference.field), item.values(preference.field)
        if not values:
            return None
        if spec.type == "text":
            return self._says(preference, item, [spec.name])
        if spec.type == "number":
            return _within(preference, float(values[0]), [float(v) for v in preference.values])
        if spec.type == "flag":
            return any(bool(v) == bool(values[0]) for v in preference.values)
        if preference.op in {"lt", "le", "gt", "ge", "between"}:
            ranks = {value.lower(): float(n) for n, value in enumerate(spec.order)}
            bounds = [ranks.get(str(v).lower()) for v in preference.values]
            here = [ranks[str(v).lower()] for v in values if str(v).lower() in ranks]
            known = [b for b in bounds if b is not None]
            return any(_within(preference, h, known) for h in here) if here and len(known) == len(bounds) else None
        mine = {str(v).lower() for v in values}
        hits = [str(v).lower() in mine for v in preference.values]
        if preference.polarity == "avoid" and preference.op != "all_of" and spec.role in {"genre", "mood"}:
            hits += [_spells(str(v), value) for v in preference.values for value in mine]
        return all(hits) if preference.op == "all_of" else any(hits)

    def _read(self, field: str) -> bool:
        spec = self.schema.field(field)
        return spec.indexed or spec.role in {"title", "description"}

    def _says(self, preference: Preference, item: Item, fields: Sequence[str]) -> Held:
        text = [*(str(v) for f in fields for v in item.values(f)), *([item.title] if preference.field is None else [])]
        asked = [set(a) for v in preference.values if (a := terms(str(v)))]
        hits = [any(_close_by(phrase, terms(t)) for t in text) for phrase in asked]
        return (all(hits) if preference.op == "all_of" else any(hits)) if hits else None


def _close_by(phrase: set[str], text: Sequence[str]) -> bool:
    """Whether the words of a phrase stand in one text with at most one other word among them."""
    width = len(phrase) + 1
    return any(phrase <= set(text[n : n + width]) for n in range(max(1, len(text) - width + 1)))


def _spells(short: str, long: str) -> bool:
    """Whether one value says all that another does: "civil war" is refused with "war"."""
    asked = set(_WORDS.findall(short.lower()))
    return bool(asked) and asked <= set(_WORDS.findall(long.lower()))


def _within(preference: Preference, value: float, bounds: Sequence[float]) -> bool:
    if preference.op == "between":
        return bounds[0] <= value <= bounds[1]
    return any(_COMPARES[preference.op](value, bound) for bound in bounds)
