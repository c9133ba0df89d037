"""From named values and phrases to conditions: which field and operator, and whether it is wanted or refused."""

from __future__ import annotations

import re

from agent.plan.cues import Cue
from agent.plan.meanings import choose_entry, spellings, undeclared
from agent.plan.mention import Mention
from agent.plan.reading import Reading
from agent.plan.strengths import strength_of
from core.plan import Wish
from core.schema import FieldSpec, Op, Polarity, SpokenWish, Strength
from core.values import Scalar

_FLIP: dict[str, Op] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
_IS_FOR = r"\b(?:is|are|was|isnt|arent|thats|its|s)(?: \w+){0,2} (?:for|suitable for|ok for|okay for|right for)(?: an?| my| the| our)?$"
_SET_IN = r"\b(?:set|(?:takes?|taking) place|plays?|playing|happen(?:s|ing)) (?:in|on|at|around)(?: the)?$"
"""Words before a place where a story is set, which is not where it comes from."""
_NOTHING_ABOVE = r"\b(?:no|not|nothing|dont go|doesnt go) (?:over|above|beyond|past|(?:higher|stronger|harder|more|worse|older|rougher) than)(?: \w+)?$"
_AT_MOST_BEFORE = r"\b(?:at most|up to|max(?:imum)?)(?: \w+)?$"
_AT_MOST_AFTER = (
    r" ?(?:or (?:lower|below|under|less|younger|milder|tamer)|and (?:under|below)|at most|max(?:imum)?|tops)\b"
)
_AT_LEAST_AFTER = r" ?(?:or (?:higher|above|over|more|older|up)|and (?:up|above|over)|at least)\b"


def value_wishes(reading: Reading, mention: Mention, cue: Cue | None, lean: str | None) -> list[Wish]:
    """ "A comedy", "no Tom Cruise", "PG-13 or lower": wishes for a named value; `lean` is the field it shares in a list."""
    entry = choose_entry(reading, mention, lean)
    if entry is None or entry.field is None or entry.value is None:
        return []
    spec = reading.schema.field(entry.field)
    polarity: Polarity = "avoid" if cue else "want"
    if re.search(_SET_IN, reading.before(mention)) and not any("set" in w.split() for w in spec.linked_by):
        return [_place(reading, mention, polarity)]
    op, value = _ordered(reading, mention, spec, entry.value)
    if op == "le" and re.search(_NOTHING_ABOVE, reading.before(mention, part=True)):
        polarity = "want"  # the refusal is part of the bound
    if op == "any_of" and spec.type in {"category", "people"}:
        value = spellings(mention, spec.name) or value
    wish = Wish(
        field=spec.name,
        op=op,
        value=value,
        polarity=polarity,
        strength=strength_of(reading, mention, spec, cue),
        quote=quoted(reading, mention, cue),
    )
    also = _refused_elsewhere(reading, mention, wish) if cue and spec.type == "category" else []
    return [straight(wish), *also]


def phrase_wishes(reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish]:
    """ "For the kids": wishes for everything the schema says a phrase means."""
    phrase = mention.entry.phrase
    if phrase is None or (cue is not None and re.search(_IS_FOR, reading.before(mention))):
        return []  # "that one is not for a six-year-old": it is the item that is refused, not what suits a child
    known = [m for m in phrase.means if m.field in reading.schema.by_name]
    return [wish for meaning in known for wish in _meant(reading, mention, meaning, cue)]


def straight(wish: Wish) -> Wish:
    """A refused one-sided bound is the opposite bound, wanted."""
    if wish.polarity == "avoid" and wish.op in _FLIP:
        return wish.model_copy(update={"polarity": "want", "op": _FLIP[wish.op]})
    return wish


def quoted(reading: Reading, mention: Mention, cue: Cue | None) -> str:
    """The person's words for a mention with the refusal that reaches it."""
    if cue is not None and cue.start >= mention.end:
        return reading.message.quote(mention.start, cue.end)
    start = cue.start if cue is not None and mention.start - cue.end <= 3 else mention.start
    return reading.message.quote(start, mention.end)


def _place(reading: Reading, mention: Mention, polarity: Polarity) -> Wish:
    """A place something is set in, of which no field of the catalogue tells."""
    said = reading.quote(mention)
    strength: Strength = "hard" if polarity == "avoid" else "soft"
    return Wish(field=None, op="about", value=said.lower(), polarity=polarity, strength=strength, quote=said)


def _ordered(reading: Reading, mention: Mention, spec: FieldSpec, value: str) -> tuple[Op, Scalar | tuple[Scalar, ...]]:
    """ "PG-13 or lower", "at most PG-13" on a category with an order; otherwise the value itself."""
    listed = any(m.end < mention.start and reading.between(m, mention) == ["or"] for m in reading.of_kind("value"))
    if spec.order and not listed:  # "R or NR at most" names the two
        before, after = reading.before(mention, part=True), reading.after(mention)
        if re.search(_AT_MOST_BEFORE, before) or re.search(_NOTHING_ABOVE, before):
            return "le", value
        if re.match(_AT_MOST_AFTER, after):
            return "le", value
        if re.match(_AT_LEAST_AFTER, after):
            return "ge", value
    return "any_of", (value,)


def _refused_elsewhere(reading: Reading, mention: Mention, wish: Wish) -> list[Wish]:
    """What is refused is refused in every field that has a word for it among its undeclared values (tags)."""
    fields = {e.field for e in mention.entries if e.kind == "value" and e.field not in {None, wish.field}}
    loose = [f for f in sorted(filter(None, fields)) if reading.schema.field(f).strength == "soft"]
    found = {
        f: tuple(e.value for e in mention.entries if e.field == f and e.value and undeclared(reading, e)) for f in loose
    }
    return [wish.model_copy(update={"field": f, "value": values}) for f, values in found.items() if values]


def _meant(reading: Reading, mention: Mention, meaning: SpokenWish, cue: Cue | None) -> list[Wish]:
    """The wishes of one thing a phrase means: one for each value where it means all of several."""
    spec = reading.schema.field(meaning.field)
    polarity: Polarity = meaning.polarity
    if cue:
        polarity = "avoid" if meaning.polarity == "want" else "want"
    strength = meaning.strength or spec.strength
    if cue and not cue.soft:
        strength = "hard"
    if reading.cues.hedged(mention.start, mention.end):
        strength = "soft"
    values = meaning.value if isinstance(meaning.value, tuple) else (meaning.value,)
    apart = meaning.op == "all_of" and polarity == "want"  # so that one of them can be let go
    op: Op = "any_of" if apart else meaning.op
    each: list[Scalar | tuple[Scalar, ...]] = [values if meaning.op in {"any_of", "all_of"} else meaning.value]
    if apart:
        each = [(v,) for v in values]
    quote = quoted(reading, mention, cue)
    made = [Wish(field=spec.name, op=op, value=v, polarity=polarity, strength=strength, quote=quote) for v in each]
    return [straight(w) for w in made]
