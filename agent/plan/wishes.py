"""From mentions to wishes: which field a word means, whether it is wanted, and how strongly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from agent.plan.cues import Cue
from agent.plan.joining import Placed, merged_or
from agent.plan.meanings import (
    anchor_of,
    choose_entry,
    leaning,
    likeness,
    modifies_other_word,
    roughly,
    spellings,
    undeclared,
)
from agent.plan.mention import Mention
from agent.plan.numbers import NumberMention
from agent.plan.reading import Reading
from agent.plan.roles import SURE, Role, Weighed, settled
from core.plan import Critique, Wish
from core.schema import FieldSpec, Op, Polarity, Strength, Vague
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
_FLIP: dict[str, Op] = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt"}
_IS_FOR = r"\b(?:is|are|was|isnt|arent|thats|its|s)(?: \w+){0,2} (?:for|suitable for|ok for|okay for|right for)(?: an?| my| the| our)?$"
_NOT_TOO = r"\b(?:not|nothing|isnt|arent|never) (?:too|overly|very)$"
_THEY_ARE = (
    r"\b(?:those|these|they|theyre)(?: are| were| look| seem| sound)? "
    r"(?:(?:all|both|mostly|just|only|basically|like|kind of|kinda|sort of|pretty much) )+(?:(?!i |but |want )[a-z0-9]+ ){0,6}$"
)
"""Words before what is wrong with everything shown: "those are like kids' stuff or a hundred years old"."""
_SET_IN = r"\b(?:set|(?:takes?|taking) place|plays?|playing|happen(?:s|ing)) (?:in|on|at|around)(?: the)?$"
"""Words before a place where a story is set, which is not where it comes from."""
_TOO_MUCH = (
    r"(?:(?<!not )(?<!nothing )(?<!isnt )\b(?:(?:way |far |much |a bit |a little |a tad |rather |just )?too|overly)"
    r"|\b(?:not|isnt|arent) (?:as|so|quite so|quite as|nearly as|nearly so|half as))$"
)
"""Words before what there is too much of."""
_NO_WISH: frozenset[Role] = frozenset(
    {"aside", "asked", "compared", "taken", "passed", "seen", "unseen", "back", "indifferent"}
)
_LISTABLE = frozenset({"value", "phrase", "vague"})
_NARRATIVE = (
    r"\b(?:(?:i|we|he|she|they|my \w+|our \w+) (?:am|was|had|have|has|just|is|are|were|got|went|came|broke|work|works|live|been|need to|spent)"
    r"|(?:im|weare|hes|shes|its been) (?:a|an|so|very|not|tired|bored|sad|home|at|with|having|on)|ive (?:had|been|got|just)|long day|last night|today|day at|week at)\b"
)
PLAIN = 0.9
"""Probability from which the tagger overrules what is plain in itself: an idiom of the schema, a number with a bound."""
HEDGED = 0.7
"""Confidence of a wish put as "maybe" or "ideally"."""
TASTE = 0.8
"""Confidence of a wish told as taste ("I like …") rather than asked for."""
_NOTHING_ABOVE = r"\b(?:no|not|nothing|dont go|doesnt go) (?:over|above|beyond|past|(?:higher|stronger|harder|more|worse|older|rougher) than)(?: \w+)?$"
_ASKING = r"\b(?:something|anything|NOUN|about|with|want|wanna|looking|give me|show me|find|recommend|suggest|mood|feel like|fancy|likes?|loves?|adores?|need|make it|more|prefers?|enjoys?|into|no|not|without|less|only|set in)\b"


@dataclass(frozen=True)
class WishReader:
    """Reads the wishes of messages in one catalogue."""

    columns: Mapping[str, Column]

    def read(self, reading: Reading, skip: frozenset[int] = frozenset()) -> tuple[list[Wish], list[Critique], set[int]]:
        """Wishes, critiques, and the positions of the mentions they were made of; `skip` mentions are left alone."""
        wishes: list[Wish] = []
        placed: list[Placed] = []
        critiques: list[Critique] = []
        used: set[int] = set()
        vague: list[Wish] = []
        exact: set[str] = set()
        previous: tuple[int, Cue | None] | None = None
        for place, mention in enumerate(reading.mentions):
            if place not in skip and mention.kind == "word" and (alike := likeness(reading, mention)):
                critiques.append(alike)
                used.add(place)
                continue
            if place in skip or mention.kind in {"word", "title", "ref"}:
                continue
            listable = mention.kind in _LISTABLE
            cue = reading.cues.negation_of(mention.start, previous, listable=listable)
            previous = (mention.end, cue)
            cue = cue or reading.cues.refused_behind(mention.end)
            role = self._role(reading, mention, cue)
            cue = _cue_for(role, mention, cue, reading)
            if role in _NO_WISH:
                continue
            lean = leaning(reading, mention, wishes)
            made = self._relative(reading, mention, role) or self._wishes_of(reading, mention, cue, lean)
            if isinstance(made, Critique):
                critiques.append(made)
                used.add(place)
            elif made:
                if role == "like":
                    made = [w.model_copy(update={"strength": "soft"}) for w in made]
                made = [w.model_copy(update={"confidence": self._sureness(reading, mention)}) for w in made]
                vague += made if mention.kind == "vague" else []
                exact |= {w.field for w in made if w.field and mention.kind == "number"}
                wishes += made
                placed += [Placed(w, mention.start, mention.end) for w in made]
                used.add(place)
        said = [p for p in placed if p.wish.field not in exact or p.wish not in vague]  # "short, under 120 pages"
        return _tightest(_without_refused(merged_or(reading, said))), critiques, used

    def _role(self, reading: Reading, mention: Mention, cue: Cue | None) -> Role:
        """What a mention does: by the words around it, unless the tagger is sure of something else."""
        said: Role = "avoid" if cue else "want"
        before = reading.before(mention)
        if mention.kind in {"value", "vague", "phrase"} and re.search(_TOO_MUCH, before):
            said = "less" if reading.has_slate else "avoid"
        elif mention.kind in {"value", "vague"} and cue is not None and re.search(_NOT_TOO, before):
            return "avoid"
        if reading.has_slate and not reading.question and re.search(_THEY_ARE, before + " "):
            return "want" if self._praises(reading, mention) else "avoid"
        if reading.cues.covers(mention.start, mention.end):
            return "aside"
        if self._idle_talk(reading, mention):
            said = "aside"
        weighed = reading.weigh(mention.start, mention.end)
        plain = mention.kind == "phrase" or (mention.number is not None and mention.number.op not in {"eq", "between"})
        role = settled(weighed, said, sure=PLAIN if plain else SURE)
        if role == "unseen" and mention.kind == "value":
            role = "want"  # "a Discworld I haven't read"
        if role == "aside" and self._is_kind(reading, mention) and weighed is not None and not weighed.background:
            role = said  # "a documentary": a kind may stand as the noun
        if (
            mention.kind == "number"
            and role == "avoid"
            and mention.number
            and mention.number.op not in {"eq", "between"}
        ):
            return said if said != "aside" else "want"  # "nothing over two hours": the refusal is part of the bound
        return role

    @staticmethod
    def _praises(reading: Reading, mention: Mention) -> bool:
        """Whether a mention is an adjective of quality: "these are all great"."""
        field = mention.entry.field if mention.kind == "vague" else None
        return field is not None and reading.schema.field(field).role == "quality"

    @staticmethod
    def _is_kind(reading: Reading, mention: Mention) -> bool:
        """Whether a mention names a kind of item, somebody, or where it comes from: never a mere word of talk."""
        if mention.kind != "value":
            return False
        specs = [reading.schema.field(e.field) for e in mention.entries if e.field]
        return any(s.type == "people" or s.role in {"genre", "series", "age_rating"} for s in specs)

    def _relative(self, reading: Reading, mention: Mention, role: Role) -> Critique | None:
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

    def wishes_of(self, reading: Reading, mention: Mention) -> list[Wish]:
        """The wishes one mention stands for when nothing refuses it."""
        made = self._wishes_of(reading, mention, None, None)
        return [] if isinstance(made, Critique) else made

    def _wishes_of(
        self, reading: Reading, mention: Mention, cue: Cue | None, lean: str | None
    ) -> list[Wish] | Critique:
        match mention.kind:
            case "number":
                return self._number(reading, mention, cue)
            case "phrase":
                return self._phrase(reading, mention, cue)
            case "vague":
                return self._vague(reading, mention, cue)
            case "comparative":
                return self._comparative(reading, mention, cue)
            case "superlative":
                return self._superlative(reading, mention)
            case "value":
                return self._value(reading, mention, cue, lean)
        return []

    def _superlative(self, reading: Reading, mention: Mention) -> list[Wish]:
        """ "The most popular comedy": the outermost tenth of the catalogue, softly."""
        entry = mention.entry
        column = self.columns.get(entry.field or "")
        if entry.direction is None or not isinstance(column, NumberColumn) or not len(column.sorted):
            return []
        share, op = (0.9, "ge") if entry.direction == "more" else (0.1, "le")
        bound = _plain(round(column.quantile(share), 2))
        return [Wish(field=entry.field, op=op, value=bound, strength="soft", quote=reading.quote(mention))]

    def _value(self, reading: Reading, mention: Mention, cue: Cue | None, lean: str | None) -> list[Wish]:
        entry = choose_entry(reading, mention, lean)
        if entry is None or entry.field is None or entry.value is None:
            return []
        spec = reading.schema.field(entry.field)
        polarity: Polarity = "avoid" if cue else "want"
        if re.search(_SET_IN, reading.before(mention)) and not any("set" in w.split() for w in spec.linked_by):
            return [_place(reading, mention, polarity)]
        op, value = self._ordered(reading, mention, spec, entry.value)
        if op == "le" and re.search(_NOTHING_ABOVE, reading.before(mention, part=True)):
            polarity = "want"  # the refusal is part of the bound
        if op == "any_of" and spec.type in {"category", "people"}:
            value = spellings(mention, spec.name) or value
        wish = Wish(
            field=spec.name,
            op=op,
            value=value,
            polarity=polarity,
            strength=self.strength(reading, mention, spec, cue),
            quote=_quote(reading, mention, cue),
        )
        also = self._refused_elsewhere(reading, mention, wish) if cue and spec.type == "category" else []
        return [self._straight(wish), *also]

    @staticmethod
    def _refused_elsewhere(reading: Reading, mention: Mention, wish: Wish) -> list[Wish]:
        """What is refused is refused in every field that has a word for it among its undeclared values (tags)."""
        fields = {e.field for e in mention.entries if e.kind == "value" and e.field not in {None, wish.field}}
        loose = [f for f in sorted(filter(None, fields)) if reading.schema.field(f).strength == "soft"]
        found = {
            f: tuple(e.value for e in mention.entries if e.field == f and e.value and undeclared(reading, e))
            for f in loose
        }
        return [wish.model_copy(update={"field": f, "value": values}) for f, values in found.items() if values]

    def _ordered(
        self, reading: Reading, mention: Mention, spec: FieldSpec, value: str
    ) -> tuple[Op, Scalar | tuple[Scalar, ...]]:
        """ "PG-13 or lower", "at most PG-13" on a category with an order; otherwise the value itself."""
        listed = any(m.end < mention.start and reading.between(m, mention) == ["or"] for m in reading.of_kind("value"))
        if spec.order and not listed:  # "R or NR at most" names the two
            before, after = reading.before(mention, part=True), reading.after(mention)
            if re.search(r"\b(?:at most|up to|max(?:imum)?)(?: \w+)?$", before) or re.search(_NOTHING_ABOVE, before):
                return "le", value
            if re.match(
                r" ?(?:or (?:lower|below|under|less|younger|milder|tamer)|and (?:under|below)|at most|max(?:imum)?|tops)\b",
                after,
            ):
                return "le", value
            if re.match(r" ?(?:or (?:higher|above|over|more|older|up)|and (?:up|above|over)|at least)\b", after):
                return "ge", value
        return "any_of", (value,)

    def _number(self, reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish]:
        number = mention.number
        assert isinstance(number, NumberMention)
        spec = reading.schema.field(number.field)
        value = _plain(number.value)
        op, refused = number.op, cue is not None
        if refused and number.about and isinstance(number.value, tuple) and spec.role == "length":
            op, value, refused = "lt", _plain(sum(number.value) / 2), False  # "not 500 pages"
        wish = Wish(
            field=number.field,
            op=op,
            value=value,
            polarity="avoid" if refused else "want",
            strength="soft"
            if (number.about or roughly(reading, mention)) and not cue
            else self.strength(reading, mention, spec, cue),
            quote=_quote(reading, mention, cue),
        )
        return [self._straight(wish)]

    def _vague(self, reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish]:
        entry = mention.entry
        if entry.field is None or entry.vague is None or modifies_other_word(reading, mention):
            return []
        if any(
            m.number and m.number.field == entry.field and 0 <= mention.start - m.end <= 1 for m in reading.mentions
        ):
            return []  # "two hours long"
        if reading.message.norms[mention.start - 1 : mention.end] == ["good", "old"]:  # an idiom, not an age
            return []
        if " ".join(reading.message.norms[mention.start : mention.end + 1]) in _IDIOMS:
            return []
        plain = reading.message.norms[mention.start : mention.end] in (["good"], ["solid"], ["great"])
        if plain and any(m.kind == "number" and m.start == mention.end for m in reading.mentions):
            return []  # "a good 500 pages"
        bound = self.bound(entry.field, entry.vague)
        if bound is None:
            return []
        spec = reading.schema.field(entry.field)
        strength = self.strength(reading, mention, spec, cue)
        if entry.vague.strength == "soft" and not cue and not reading.cues.insisted(mention.start, mention.end):
            strength = "soft"
        wish = Wish(
            field=entry.field,
            op=entry.vague.op,
            value=bound,
            polarity="avoid" if cue else "want",
            strength=strength,
            quote=_quote(reading, mention, cue),
        )
        return [self._straight(wish)]

    def bound(self, field: str, vague: Vague) -> Scalar | tuple[Scalar, ...] | None:
        """The number a vague adjective stands for, read off the catalogue when declared as a share."""
        if vague.at is not None:
            return _plain(vague.at)
        column = self.columns.get(field)
        if not isinstance(column, NumberColumn) or not len(column.sorted):
            return None
        return _plain(round(column.quantile(vague.quantile or 0.0), 2))

    def _phrase(self, reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish]:
        phrase = mention.entry.phrase
        if phrase is None or (cue is not None and re.search(_IS_FOR, reading.before(mention))):
            return []  # "that one is not for a six-year-old": it is the item that is refused, not what suits a child
        made = []
        for meaning in phrase.means:
            if meaning.field not in reading.schema.by_name:
                continue
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
            quote = _quote(reading, mention, cue)
            if meaning.op == "all_of":
                made += [
                    Wish(field=spec.name, op="any_of", value=(v,), polarity=polarity, strength=strength, quote=quote)
                    for v in values
                ]
            else:
                value = values if meaning.op == "any_of" else meaning.value
                made.append(
                    self._straight(
                        Wish(
                            field=spec.name,
                            op=meaning.op,
                            value=value,
                            polarity=polarity,
                            strength=strength,
                            quote=quote,
                        )
                    )
                )
        return made

    def _comparative(self, reading: Reading, mention: Mention, cue: Cue | None) -> list[Wish] | Critique:
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
                    quote=_quote(reading, mention, cue),
                )
            ]
        direction = entry.direction
        if cue:
            direction = "less" if direction == "more" else "more"
        anchor = anchor_of(reading, mention)
        if anchor is None and not reading.has_slate:
            column = self.columns.get(spec.name)
            if not isinstance(column, NumberColumn) or not len(column.sorted):
                return []
            op: Op = "ge" if direction == "more" else "le"
            return [
                Wish(
                    field=spec.name,
                    op=op,
                    value=_plain(round(column.quantile(0.5), 2)),
                    strength="soft",
                    quote=reading.quote(mention),
                )
            ]
        return Critique(field=spec.name, direction=direction, anchor=anchor, quote=reading.quote(mention))

    @staticmethod
    def _weighed_strength(
        reading: Reading, mention: Mention, spec: FieldSpec, cue: Cue | None, weighed: Weighed
    ) -> Strength:
        """The strength by the tagger and by hedges and strong words, whichever is plainer."""
        hedged = reading.cues.hedged(mention.start, mention.end) or (cue is not None and cue.soft)
        if weighed.softness >= (0.4 if hedged else SURE):
            return "soft"
        if cue is not None:
            return "hard"
        insisted = reading.cues.insisted(mention.start, mention.end)
        if weighed.insistence >= (0.3 if insisted else SURE):
            return "hard"
        if hedged and not insisted:
            return "soft"
        return "hard" if insisted and not hedged else spec.strength

    def strength(self, reading: Reading, mention: Mention, spec: FieldSpec, cue: Cue | None) -> Strength:
        """How strongly the words around a mention put it."""
        start, end = mention.start, mention.end
        weighed = reading.weigh(start, end)
        if weighed is not None and weighed.chance("want", "avoid") >= SURE:
            return self._weighed_strength(reading, mention, spec, cue, weighed)
        if cue is not None:
            return "soft" if cue.soft or reading.cues.hedged(start, end) else "hard"
        if reading.cues.hedged(start, end):
            return "soft"
        if reading.cues.is_taste(start, listable=mention.kind in _LISTABLE):
            return "soft"
        if reading.cues.insisted(start, end):
            return "hard"
        if re.search(r"\bmore(?: of)?(?: the)?$", reading.before(mention)) and spec.type == "category":
            return "soft"
        return spec.strength

    @staticmethod
    def _sureness(reading: Reading, mention: Mention) -> float:
        """1 for what is plainly asked for, less for what is hedged or told as a matter of taste."""
        if reading.cues.hedged(mention.start, mention.end):
            return HEDGED
        return TASTE if reading.cues.is_taste(mention.start, listable=mention.kind in _LISTABLE) else 1.0

    @staticmethod
    def _straight(wish: Wish) -> Wish:
        """A refused one-sided bound is the opposite bound, wanted."""
        if wish.polarity == "avoid" and wish.op in _FLIP:
            return wish.model_copy(update={"polarity": "want", "op": _FLIP[wish.op]})
        return wish

    @staticmethod
    def _idle_talk(reading: Reading, mention: Mention) -> bool:
        """A word that merely tells about the person's day: "a long day at work"."""
        if mention.kind in {"value", "vague"} and re.search(
            r"\b(?:was|were|wasnt|werent|sounds?|looks?|seems?|felt)(?: (?:so|really|very|too|a|an|just|quite|pretty|not|bit))*$",
            reading.before(mention),
        ):
            return True  # it tells of something, it asks for nothing
        if mention.kind == "value" and re.search(
            r"\b(?:made|left) (?:me|us)(?: (?:so|feel|feeling|really|very|all))*$", reading.before(mention)
        ):
            return True  # "it made me so happy" tells of something past
        if mention.kind == "phrase":
            low, _ = reading.cues.part(mention.start, mention.end)
            return reading.message.norms[low : low + 1] in (["he"], ["she"], ["they"]) and mention.start - low <= 3
        if mention.kind not in {"value", "vague"} or not mention.entry.field:
            return False
        if (
            mention.kind == "vague"
            and mention.start == 0
            and reading.message.norms[mention.end : mention.end + 1] in ([","], ["!"], ["."])
        ):
            return len(reading.message.norms) > 3  # "great, …" is a nod
        spec = reading.schema.field(mention.entry.field)
        if spec.type == "people" or (mention.end - mention.start > 1):
            return False
        low, high = reading.cues.part(mention.start, mention.end)
        part = " ".join(reading.message.norms[low:high])
        told = reading.domain.pattern(_NARRATIVE).search(part)
        return bool(told) and not reading.domain.pattern(_ASKING).search(part)


def _without_refused(wishes: list[Wish]) -> list[Wish]:
    """Without wishes for what the same message refuses: "NOT sad! You keep giving me sad ones"."""
    refused = {
        (w.field, v)
        for w in wishes
        if w.polarity == "avoid" and w.op == "any_of" and isinstance(w.value, tuple)
        for v in w.value
    }
    return [
        w
        for w in wishes
        if w.polarity == "avoid"
        or not (isinstance(w.value, tuple) and w.value and all((w.field, v) in refused for v in w.value))
    ]


def _tightest(wishes: list[Wish]) -> list[Wish]:
    """Of several bounds on one side of a field, the last one said."""
    sides = {"lt": "upper", "le": "upper", "gt": "lower", "ge": "lower"}
    last = {(w.field, sides[w.op]): n for n, w in enumerate(wishes) if w.op in sides and w.polarity == "want"}
    return [
        w for n, w in enumerate(wishes) if last.get((w.field, sides.get(w.op, "")), n) == n or w.polarity == "avoid"
    ]


def _place(reading: Reading, mention: Mention, polarity: Polarity) -> Wish:
    """A place something is set in, of which no field of the catalogue tells."""
    said = reading.quote(mention)
    strength: Strength = "hard" if polarity == "avoid" else "soft"
    return Wish(field=None, op="about", value=said.lower(), polarity=polarity, strength=strength, quote=said)


def _cue_for(role: Role, mention: Mention, cue: Cue | None, reading: Reading) -> Cue | None:
    """The refusal that reaches a mention, in keeping with its role: none for what is wanted, one for what is refused."""
    if role in {"avoid", "dislike"} or (role == "less" and mention.kind in {"value", "phrase", "vague"}):
        weighed = reading.weigh(mention.start, mention.end)
        soft = weighed is not None and weighed.soft and role == "avoid"
        return cue or Cue(mention.start, mention.start, soft=soft)
    return None if role in {"want", "more", "like"} else cue


def _quote(reading: Reading, mention: Mention, cue: Cue | None) -> str:
    if cue is not None and cue.start >= mention.end:
        return reading.message.quote(mention.start, cue.end)
    start = cue.start if cue is not None and mention.start - cue.end <= 3 else mention.start
    return reading.message.quote(start, mention.end)


def _plain(value: float | tuple[float, float]) -> Scalar | tuple[Scalar, ...]:
    if isinstance(value, tuple):
        return tuple(_whole(v) for v in value)
    return _whole(value)


def _whole(value: float) -> float | int:
    return int(value) if float(value).is_integer() else float(value)
