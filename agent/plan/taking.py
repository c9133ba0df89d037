"""Taking: which of the items shown somebody says they will have."""

from __future__ import annotations

from agent.plan.opinions import ItemMention
from agent.plan.reading import Reading
from core.plan import Reference
from tools.lookup.facts import extremes

_ONE_OF_THEM = r"\b(?:the|that|this) (?:(?!last|next|right|only)\w+ )?one\b(?! more)"


def items_taken(reading: Reading, items: list[ItemMention]) -> tuple[Reference, ...]:
    """What is taken: what the tagger says is, else whatever item is named, or the one that stands out ("the shortest").

    A reference to nothing in particular where one of several is pointed at, nobody can tell which.
    """
    named = _named(reading, items)
    if named:
        return named
    slate = [r.item for r in reading.conversation.slate]
    for mention in reading.of_kind("superlative"):
        entry = mention.entry
        if entry.field and entry.direction and not entry.value:
            best = extremes(slate, entry.field, entry.direction, reading.schema)
            quote = reading.quote(mention)
            return tuple(Reference(ordinal=slate.index(item) + 1, quote=quote) for item in best)
    return (Reference(),) if len(slate) != 1 and reading.has(_ONE_OF_THEM) else ()


def _named(reading: Reading, items: list[ItemMention]) -> tuple[Reference, ...]:
    """The items the tagger says are taken, else those named."""
    for wanted in ("taken", None):
        chosen = [
            i
            for i in items
            if wanted is None
            or ((w := reading.weigh(i.mention.start, i.mention.end)) is not None and w.best[0] == wanted)
        ]
        strong = [i for i in chosen if i.mention.kind == "title" or (i.mention.ref and not i.mention.ref.weak)]
        if strong or chosen:
            return (strong or chosen)[0].references
    return ()
