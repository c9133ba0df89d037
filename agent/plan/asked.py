"""What a question is about: its items, its fields, and the words it asks after."""

from __future__ import annotations

from agent.plan.opinions import ItemMention
from agent.plan.reading import Reading
from core.plan import Reference
from tools.linking.generic import GENERIC
from tools.text import STOPWORDS


def items_asked(reading: Reading, items: list[ItemMention]) -> tuple[Reference, ...]:
    """The items a question is about; a bare question after a slate is about what was last in focus."""
    items = [i for i in items if not _only_told(reading, i)]
    references = tuple(r for i in items for r in i.references)
    strong = tuple(
        r
        for i in items
        if i.mention.kind == "title" or (i.mention.ref and not i.mention.ref.weak)
        for r in i.references
    )
    one = tuple(r for r in strong if not r.everything)
    beside = reading.of_kind("comparative") and any(i.mention.kind == "title" for i in items)
    if beside:  # "is it longer than that one?" is about both
        return references
    if strong or references:
        return one or strong or references  # "would the second one be okay for them?"
    return (Reference(),) if not reading.has(r"\b(?:these|those|them|they|all)\b") else (Reference(everything=True),)


def _only_told(reading: Reading, item: ItemMention) -> bool:
    """Whether an item is told of beside a question about those shown: "which is least scary? I had to leave Jaws"."""
    weighed = reading.weigh(item.mention.start, item.mention.end)
    if weighed is None or item.mention.kind != "title" or not reading.has_slate:
        return False
    return weighed.background and weighed.best[0] == "aside"


def fields_asked(reading: Reading) -> tuple[str, ...]:
    """Fields asked for: the longest asking phrases, then plain field names."""
    names = fields_of_phrases(reading)
    if not names and (reading.question or points_behind_a_field(reading)):
        names = [e.field for m in reading.of_kind("word") for e in m.entries if e.kind == "field" and e.field]
    return tuple(dict.fromkeys(names))


def points_behind_a_field(reading: Reading) -> bool:
    """ "The theme of the second one": a field's name, and an item pointed at right behind it."""
    fields = [m.end for m in reading.of_kind("word") if any(e.kind == "field" for e in m.entries)]
    items = [m.start for m in reading.of_kind("ref", "title")]
    return any(reading.message.norms[end : end + 1] == ["of"] and end + 1 in items for end in fields)


def fields_of_phrases(reading: Reading) -> list[str]:
    """Fields named by an asking phrase: "how long", "who directed"."""
    asked = [m for m in reading.mentions if m.kind == "word" and any(e.kind == "asked_by" for e in m.entries)]
    named = {m.start for m in reading.of_kind("word") if any(e.kind == "field" for e in m.entries)}
    asked = [m for m in asked if m.end not in named]  # "what kind of rating" asks for the rating
    return [e.field for m in asked for e in m.entries if e.kind == "asked_by" and e.field]


def asked_runs(reading: Reading) -> list[tuple[int, int]]:
    """Tokens in a row that the tagger says are asked about."""
    if reading.tagged is None:
        return []
    found = []
    for low, high, mark in reading.tagged.runs():
        inside = [n for n, t in enumerate(reading.message.tokens) if t.start < high and low < t.end and t.word]
        inside = [n for n in inside if reading.message.norms[n] not in STOPWORDS]
        if mark == "Q" and not all(reading.message.norms[n] in GENERIC for n in inside):
            found.append((inside[0], inside[-1] + 1))
    return found
