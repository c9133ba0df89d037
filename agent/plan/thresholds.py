"""Conditions on numbers: from "under two hours", and from "short", which the catalogue says how short is."""

from __future__ import annotations

from collections.abc import Mapping

from agent.plan.bounds import ABOUT
from agent.plan.conditions import quoted, straight
from agent.plan.cues import Cue
from agent.plan.meanings import modifies_other_word, roughly
from agent.plan.mention import Mention
from agent.plan.numbers import NumberMention
from agent.plan.reading import Reading
from agent.plan.strengths import strength_of
from core.plan import Wish
from core.schema import Op, Vague
from core.values import Scalar
from tools.catalog.columns import Column, NumberColumn

_IDIOMS = frozenset(
    f"{a} {b}"
    for a in ("good", "great")
    for b in (
        "night",
        "morning",
        "evening",
        "afternoon",
        "day",
        "idea",
        "choice",
        "call",
        "point",
        "luck",
        "job",
        "one",
        "pick",
        "fit",
        "match",
        "time",
        "start",
        "reason",
        "thing",
        "place",
    )
)


def number_wishes(reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish]:
    """ "Under two hours", "not 500 pages": the bound a number is."""
    number = mention.number
    assert isinstance(number, NumberMention)
    spec = reading.schema.field(number.field)
    value = _plain(number.value)
    op, refused = number.op, cue is not None
    if refused and number.about and isinstance(number.value, tuple) and spec.role == "length":
        op, value, refused = "lt", _plain(sum(number.value) / 2), False  # "not 500 pages"
    held = _bound_held(reading, number) if not refused and number.about else None
    if held is not None and isinstance(number.value, tuple):
        op, value = held, _plain(sum(number.value) / 2)
    loose = (number.about or roughly(reading, mention)) and not cue and held is None
    wish = Wish(
        field=number.field,
        op=op,
        value=value,
        polarity="avoid" if refused else "want",
        strength="soft" if loose else strength_of(reading, mention, spec, cue),
        quote=quoted(reading, mention, cue),
    )
    return [straight(wish)]


def _bound_held(reading: Reading, number: NumberMention) -> Op | None:
    """The side on which the field is bounded already, for a bare amount: "ok 300 pages then" after "under 200"."""
    around = reading.message.norms[max(number.start - 2, 0) : number.end + 2]
    if ABOUT & {*around} or {"or", "so"} <= {*around} or reading.question:
        return None
    bounds = [p.op for p in reading.conversation.ledger.preferences if p.field == number.field and p.op in _ONE_SIDED]
    return {"lt": "le", "gt": "ge"}.get(bounds[-1], bounds[-1]) if len(bounds) == 1 else None  # type: ignore[return-value]


_ONE_SIDED = frozenset({"lt", "le", "gt", "ge"})
_NEW_TO_ME = (["something", "new"], ["anything", "new"])
_KNOWN = r"\b(?:USED|know|knew)\b"


def vague_wishes(columns: Mapping[str, Column], reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish]:
    """ "Short", "not too old": the bound a vague adjective stands for."""
    entry = mention.entry
    if entry.field is None or entry.vague is None or modifies_other_word(reading, mention):
        return []
    if _says_nothing(reading, mention):
        return []
    value = _bound(columns, entry.field, entry.vague)
    if value is None:
        return []
    spec = reading.schema.field(entry.field)
    strength = strength_of(reading, mention, spec, cue)
    if entry.vague.strength == "soft" and not cue and not reading.cues.insisted(mention.start, mention.end):
        strength = "soft"
    wish = Wish(
        field=entry.field,
        op=entry.vague.op,
        value=value,
        polarity="avoid" if cue else "want",
        strength=strength,
        quote=quoted(reading, mention, cue),
    )
    return [straight(wish)]


def share_of(columns: Mapping[str, Column], field: str | None, share: float) -> float | int | None:
    """The number below which a share of the catalogue lies, to two places; None for a field without numbers."""
    column = columns.get(field or "")
    if not isinstance(column, NumberColumn) or not len(column.sorted):
        return None
    return _whole(round(column.quantile(share), 2))


def _bound(columns: Mapping[str, Column], field: str, vague: Vague) -> Scalar | tuple[Scalar, ...] | None:
    """The number a vague adjective stands for, read off the catalogue when declared as a share."""
    return _plain(vague.at) if vague.at is not None else share_of(columns, field, vague.quantile or 0.0)


def _says_nothing(reading: Reading, mention: Mention) -> bool:
    """Whether a vague adjective is part of a quantity or of an idiom, and sets no bound."""
    norms, start, end = reading.message.norms, mention.start, mention.end
    field = mention.entry.field
    if any(m.number and m.number.field == field and 0 <= start - m.end <= 1 for m in reading.mentions):
        return True  # "two hours long"
    if norms[start - 1 : end] == ["good", "old"]:  # an idiom, not an age
        return True
    if " ".join(norms[start : end + 1]) in _IDIOMS:
        return True
    if norms[start - 1 : end] in _NEW_TO_ME and reading.has(_KNOWN):
        return True  # "I've seen that one, something new?"
    if _of_a_kind(reading, mention):
        return True
    plain = norms[start:end] in (["good"], ["solid"], ["great"])
    return plain and any(m.kind == "number" and m.start == end for m in reading.mentions)  # "a good 500 pages"


def _of_a_kind(reading: Reading, mention: Mention) -> bool:
    """ "A good mystery": mere praise before the name of a genre says what is wanted, not how well it must be rated."""
    entry, behind = mention.entry, next((m for m in reading.mentions if m.start == mention.end), None)
    mild = entry.vague is not None and entry.vague.strength == "soft"
    if entry.field is None or not mild or reading.schema.field(entry.field).role != "quality":
        return False
    named = behind.entries if behind is not None and behind.kind == "value" else ()
    return any(e.field is not None and reading.schema.field(e.field).role == "genre" for e in named)


def _plain(value: float | tuple[float, float]) -> Scalar | tuple[Scalar, ...]:
    if isinstance(value, tuple):
        return tuple(_whole(v) for v in value)
    return _whole(value)


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)
