"""Adjectives compared: "longer", "the longest", "too long", next to what was shown or to the whole catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from agent.plan.conditions import quoted
from agent.plan.cues import Cue
from agent.plan.meanings import anchor_of
from agent.plan.mention import Mention
from agent.plan.reading import Reading
from agent.plan.roles import Role
from agent.plan.thresholds import share_of
from core.plan import Critique, Wish
from core.schema import Direction, Op
from tools.catalog.columns import Column
from tools.linking.lexicon import Entry


def superlative_wishes(columns: Mapping[str, Column], reading: Reading, mention: Mention) -> list[Wish]:
    """ "The most popular comedy": the outermost tenth of the catalogue, softly; "the funniest": funny ones, softly."""
    entry = mention.entry
    if entry.direction is None:
        return []
    if entry.value is not None:
        return [degree_wish(entry, reading.quote(mention))]
    share, op = (0.9, "ge") if entry.direction == "more" else (0.1, "le")
    bound = share_of(columns, entry.field, share)
    if bound is None:
        return []
    return [Wish(field=entry.field, op=op, value=bound, strength="soft", quote=reading.quote(mention))]


def degree_wish(entry: Entry, quote: str) -> Wish:
    """What has most, or least, of a value: items that have it, or not; how much of it, no catalogue says."""
    return Wish(
        field=entry.field,
        op="any_of",
        value=(str(entry.value),),
        polarity="avoid" if entry.direction == "less" else "want",
        strength="soft",
        quote=quote,
    )


def comparative(
    columns: Mapping[str, Column], reading: Reading, mention: Mention, cue: Cue | None
) -> list[Wish] | Critique:
    """ "Longer": than what was shown or named; with nothing shown, on the far side of the catalogue's middle."""
    entry = mention.entry
    if entry.field is None or entry.direction is None:
        return []
    spec = reading.schema.field(entry.field)
    if entry.value is not None:
        return [
            Wish(
                field=spec.name,
                op="any_of",
                value=(entry.value,),
                strength="soft" if not cue else "hard",
                polarity="avoid" if cue else "want",
                quote=quoted(reading, mention, cue),
            )
        ]
    direction = entry.direction
    if cue:
        direction = "less" if direction == "more" else "more"
    anchor = anchor_of(reading, mention)
    if anchor is None and not reading.has_slate:
        return _beyond_the_middle(columns, reading, mention, direction)
    return Critique(field=spec.name, direction=direction, anchor=anchor, quote=reading.quote(mention))


def relative(reading: Reading, mention: Mention, role: Role) -> Critique | None:
    """ "Too long", "not so old": less of an adjective than what was shown."""
    if role not in {"more", "less"} or mention.kind != "vague" or not reading.has_slate:
        return None
    entry = mention.entry
    if entry.field is None or entry.vague is None or entry.vague.op == "between":
        return None
    upward = (entry.vague.op in {"ge", "gt"}) == (role == "more")
    return Critique(
        field=entry.field,
        direction="more" if upward else "less",
        anchor=anchor_of(reading, mention),
        quote=reading.quote(mention),
    )


def _beyond_the_middle(
    columns: Mapping[str, Column], reading: Reading, mention: Mention, direction: Direction
) -> list[Wish]:
    middle = share_of(columns, mention.entry.field, 0.5)
    if middle is None:
        return []
    op: Op = "ge" if direction == "more" else "le"
    return [Wish(field=mention.entry.field, op=op, value=middle, strength="soft", quote=reading.quote(mention))]
