"""What a mention means in its sentence: which of several values, relative to what, said of something else."""

from __future__ import annotations

import re

from agent.plan.mention import Mention
from agent.plan.reading import Reading
from core.plan import Critique, Reference, Wish
from tools.linking.lexicon import Entry
from tools.text import STOPWORDS


def likeness(reading: Reading, mention: Mention) -> Critique | None:
    """ "The same director", "a different mood": relative to what was shown, or to the item named."""
    spec = next((reading.schema.field(e.field) for e in mention.entries if e.kind == "field" and e.field), None)
    said = re.search(
        r"\b(?:(not|no|isnt|never|enough of|tired of) )?(?:the |a |an )?(same|similar|different|another|other|that|this)(?: kind of)?$",
        reading.before(mention),
    )
    if said is not None and said.group(2) in {"that", "this"} and not said.group(1):
        return None
    if spec is None or said is None or reading.after(mention).startswith("of "):
        return None
    named = next((m for m in reading.mentions if m.kind in {"title", "ref"} and not (m.ref and m.ref.weak)), None)
    if named is None and not reading.has_slate:
        return None
    anchor = None
    if named is not None:
        anchor = named.ref.references[0] if named.ref else Reference(title=reading.quote(named), year=named.year)
    start = mention.start - len(said.group().split())
    same = said.group(2) in {"same", "similar"} and not said.group(1)
    return Critique(
        field=spec.name,
        direction="same" if same else "different",
        anchor=anchor,
        quote=reading.message.quote(start, mention.end),
    )


def roughly(reading: Reading, mention: Mention) -> bool:
    """Whether the bound itself is put loosely: "since about 2015"."""
    return any(
        n in {"about", "around", "roughly", "approximately", "circa"}
        for n in reading.message.norms[mention.start : mention.end]
    )


def spellings(mention: Mention, field: str) -> tuple[str, ...]:
    """All values of a field that the same word names ("alien" and "aliens" in a catalogue of free tags)."""
    entries = [e for e in mention.entries if e.kind == "value" and e.field == field and e.value]
    held = [e for e in entries if e.count] or entries[:1]
    return tuple(dict.fromkeys(e.value for e in sorted(held, key=lambda e: -e.count) if e.value))


def undeclared(reading: Reading, entry: Entry) -> bool:
    """Whether a value is met in the items without being declared in the schema (a free tag)."""
    return entry.value not in reading.schema.field(entry.field or "").values


def leaning(reading: Reading, mention: Mention, wishes: list[Wish]) -> str | None:
    """The field of the wish before in a list ("in Spanish or French"), which an ambiguous word then shares."""
    if not wishes or wishes[-1].field is None:
        return None
    before = reading.before(mention)
    said = wishes[-1].quote.lower()
    return wishes[-1].field if re.search(rf"{re.escape(said.split()[-1])} ?(?:,|or|and|nor|/)+ ?$", before) else None


def choose_entry(reading: Reading, mention: Mention, lean: str | None = None) -> Entry | None:
    """The meaning of an ambiguous value word: by the words before it, the noun behind it, the field's role."""
    entries = [e for e in mention.entries if e.kind == "value" and e.field]
    if len(entries) <= 1:
        return entries[0] if entries else None
    for name in (lean, _field_named(reading, mention, {e.field for e in entries})):
        leaning = next((e for e in entries if e.field == name), None)
        if leaning is not None:
            return leaning
    before, after = reading.before(mention), reading.after(mention)
    noun_behind = bool(reading.domain.pattern(r"^ ?NOUN\b").match(after))

    def rank(entry: Entry) -> tuple[int, int, int, int, int]:
        spec = reading.schema.field(entry.field or "")
        linked = max(
            (len(p) for p in spec.linked_by if re.search(rf"\b{re.escape(_key(p))}(?: the| a| an)?$", before)),
            default=0,
        )
        genre = spec.role == "genre"
        order = -entry.count if spec.type == "people" else list(reading.schema.by_name).index(spec.name)
        return (
            -int(linked),
            -int(genre and noun_behind),
            -int(entry.exact or spec.type != "people"),
            -int(genre),
            order,
        )

    return min(entries, key=rank)


def _field_named(reading: Reading, mention: Mention, fields: set[str | None]) -> str | None:
    """The field named near a value: "the language should be French", "French as far as the language goes"."""
    near = [
        (min(abs(mention.start - word.end), abs(word.start - mention.end)), entry.field)
        for word in reading.of_kind("word")
        for entry in word.entries
        if entry.kind == "field" and entry.field in fields and _in_one_breath(reading, mention, word)
    ]
    return min(near)[1] if near else None


def _in_one_breath(reading: Reading, value: Mention, word: Mention) -> bool:
    """Whether a value and a field's name belong together: near, and with no comma between but one right behind."""
    first, second = (word, value) if word.end <= value.start else (value, word)
    gap = reading.between(first, second)
    return len(gap) <= 8 and (not {",", ".", ";", ":", "but"} & set(gap) or gap in ([","], [":"]))


def _key(phrase: str) -> str:
    return phrase.replace("'", "").lower()


def anchor_of(reading: Reading, mention: Mention) -> Reference | None:
    """The item after "than" or "as", or None; of "not as old and not as thick as the first" the one for both."""
    for other in reading.mentions:
        if other.start < mention.end or other.kind not in {"title", "ref"}:
            continue
        gap = reading.between(mention, other)
        joint = next((n for n in range(len(gap) - 1, -1, -1) if gap[n] in {"than", "as"}), None)
        near = joint is not None and len(gap) - joint <= 2 and (joint == 0 or "and" in gap[:joint])
        if near and len(gap) <= 9:
            if other.ref is not None:
                return other.ref.references[0]
            return Reference(title=reading.quote(other), year=other.year, quote=reading.quote(other))
    return None


def modifies_other_word(reading: Reading, mention: Mention) -> bool:
    """A vague adjective before a word that is not the domain's noun: "a long day", "good actors"."""
    after = reading.message.norms[mention.end : mention.end + 1]
    if not after or not after[0].isalpha():
        return False
    behind = next((m for m in reading.mentions if m.start == mention.end), None)
    if behind is not None and behind.kind == "word" and behind.entry.kind == "idle":
        return reading.message.norms[mention.start - 1 : mention.start] in (["a"], ["the"], ["my"], ["our"])
    if behind is not None and (behind.kind != "word" or behind.entry.kind == "noun"):
        return _compound(reading, behind)
    stop = {"and", "or", "but", "one", "ones", "please", "with", "from", "that", "which", "in", "for", "to", "by", "about", "enough", "either", "though", "is", "are",
            "like", "as", "if", "because", "stuff", "thing", "things", "then", "this", "instead", "tonight", "so", "set", "starring", "directed", "where", "no", "not", "nothing",
            "without", "under", "over", "at", "preferably", "ideally", "maybe", "also", "than", "now", "too", "the", "a", "something", "anything", "i", "we", "it"}  # fmt: skip
    return after[0] not in stop


def _compound(reading: Reading, first: Mention) -> bool:
    """ "long train ride": the value is only the first half of a thing that is itself no item."""
    spec = reading.schema.by_name.get(first.entry.field or "") if first.kind == "value" else None
    if spec is None or spec.role in {"genre", "mood"} or spec.type == "people":
        return False
    rest = reading.message.norms[first.end : first.end + 1]
    noun = reading.domain.pattern(r"^NOUN$")
    return bool(rest) and rest[0].isalpha() and rest[0] not in STOPWORDS and not noun.match(rest[0])
