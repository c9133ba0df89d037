"""The reader of questions about items: facts, checks, comparisons, counts, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.plan.asked import asked_runs, fields_asked, fields_of_phrases, items_asked, points_behind_a_field
from agent.plan.comparisons import degree_wish
from agent.plan.mention import Mention
from agent.plan.mention_roles import tells
from agent.plan.opinions import ItemMention
from agent.plan.reading import Reading
from agent.plan.requests import asks_as_a_question
from agent.plan.wishes import WishReader
from core.plan import Act, Check, Compare, Count, Explain, LookUp, Reference, Wish
from tools.tagging.labels import Doing

_WHY = r"\b(?:why (?:did you|do you|have you|would you|are you|this|that|these|those|the (?:first|second|third|last)|it|is (?:it|this|that|the)|on earth|pick|recommend|NOUN|exactly|should i|show|did i get|them|would i|those)|what made you|how come|reasons? for|justify|explain (?:your|the|that|this|why)|whats the reason|what is the reason|why\W*$)\b|^\W*why\W*$"
_WHY_NOT = r"\b(?:why (?:not|didnt you|did you not|dont you|do you not|havent you|wasnt|isnt|arent|wouldnt you|is it not|is there no|no)|how come (?:you (?:didnt|dont|havent)|not|no|its not|there is no|theres no)|what(?:s| is| was) wrong with)\b"
_WHOLE = r"\b(?:you (?:have|know|know of|carry|stock|offer|got|ve got)|youve got|there is|exists?|(?:in|of|from) (?:the|your)(?: whole| entire| full)? (?:catalogue?|collection|library|database|shelves|stock)|overall|altogether|at all)\b"
_COMPARE = r"\b(?:compare|comparison|differences? between|how (?:do|does|are|is) .{1,60}(?:differ|compare|different)|versus|vs|side by side)\b"
_WHICH = r"\b(?:which|whats|what is|whichs|who)(?: (?:one|ones|NOUN))?(?: of (?:these|those|them|the (?:two|three|lot)))?(?: (?:is|has|was|are|would be|should i|do you|s))?\b"
_HOW_MANY = r"\bhow many\b|\bnumber of (?:NOUN)\b|\bhow much\b"
_IN_THE_CATALOGUE = (
    r"\b(?:in|of|from) (?:the|your)(?: whole| entire| full)? (?:catalogue?|collection|library|database|shelves|stock)\b"
)
_ALL_ITEMS = r"\b(?:NOUN|in (?:the|your|total|all)|altogether|overall)\b"
_YES_OR_NO = r"\b(?:is|are|was|were|does|do|has|have|will|would) (?:it|this|that|they|these|those|the|any|either|both|he|she|there)\b"
_CHECKS = r"\b(?:is|are|was|were|does|do|has|have|can|could|would|will|suits?|isnt|arent|doesnt|any)\b"


@dataclass(frozen=True)
class QuestionReader:
    """Reads what is asked of items in one catalogue."""

    wishes: WishReader

    def by_words(self, reading: Reading, items: list[ItemMention]) -> Act | None:
        """A question about items, or None."""
        references = items_asked(reading, items)
        named = [i for i in items if i.mention.kind == "title"]
        if reading.has(_WHY_NOT) and (named or (references and items and reading.has_slate)):
            return Explain(items=references)
        if reading.has(_WHY) and (reading.has_slate or items) and not re.search(r"\bwhy not\b", reading.message.flat):
            return Explain(items=references)
        if reading.has(_COMPARE) and (items or reading.has_slate):
            return Compare(items=references, fields=fields_asked(reading))
        superlatives = [m for m in reading.of_kind("superlative", "comparative") if m.entry.field and m.entry.direction]
        whole = self._over_the_catalogue(reading, named)
        if whole is not None:
            return whole
        if (
            superlatives
            and (reading.has_slate or len(named) > 1)
            and reading.has(_WHICH)
            and not reading.has(r"\b(?:something|anything)\b")
        ):
            return _most_of(reading, superlatives[0], references)
        count = self._count(reading)
        if count is not None:
            return count
        return self._facts(reading, items, references)

    def by_tagger(self, reading: Reading, items: list[ItemMention], doing: Doing) -> tuple[Act, bool] | None:
        """A question about items the tagger is sure of."""
        if doing == "check" and reading.has(_IN_THE_CATALOGUE) and (wishes := self.counted(reading)):
            return Count(wishes=wishes), False
        if not items and not reading.has_slate:
            return None
        references, fields = items_asked(reading, items), fields_asked(reading)
        match doing:
            case "explain":
                return Explain(items=references), False
            case "compare":
                extreme = [m for m in reading.of_kind("superlative", "comparative") if m.entry.field]
                named = reading.of_kind("value")
                if named and reading.has(r"\b(?:least|most|more|less)\b") and not extreme:
                    wishes = tuple(self.checked(reading))
                    return Check(items=(Reference(everything=True),) if not items else references, wishes=wishes), False
                if (
                    named
                    and not fields
                    and not extreme
                    and reading.has(r"\b(?:which|any|who|one) (?:\w+ )?(?:of|has|have|is|are)\b")
                ):
                    return Check(items=references, wishes=tuple(self.checked(reading))), False
                if extreme:
                    return _most_of(reading, extreme[0], references), False
                return Compare(items=references, fields=fields), False
            case "check" | "look_up":
                wishes = self._properties(reading)
                if wishes and (doing == "check" or (not fields and reading.has(_YES_OR_NO))):
                    return Check(items=references, wishes=wishes), False
        return LookUp(items=references, fields=fields), False

    def checked(self, reading: Reading) -> list[Wish]:
        """The wishes of every mention, each taken as it stands: what items are checked for."""
        made: list[Wish] = []
        for mention in reading.mentions:
            if mention.kind in {"value", "phrase", "vague", "number"} and not tells(reading, mention):
                made += self.wishes.wishes_of(reading, mention)
        once: dict[object, Wish] = {}
        for wish in made:
            once.setdefault((wish.field, wish.op, wish.value, wish.polarity), wish)
        return list(once.values())

    def _over_the_catalogue(self, reading: Reading, named: list[ItemMention]) -> Act | None:
        """ "What is the longest one you have?"; the best or best known is a request, not a question of fact."""
        if named or not reading.has(_WHICH) or (reading.has_slate and not reading.has(_WHOLE)):
            return None
        for mention in reading.of_kind("superlative"):
            entry = mention.entry
            spec = reading.schema.by_name.get(entry.field or "")
            if spec is None or spec.type != "number" or not entry.direction:
                continue
            if spec.role in {"quality", "popularity"} and not reading.has(_IN_THE_CATALOGUE):
                continue
            return Compare(
                items=(), fields=(spec.name,), superlative=entry.direction, wishes=tuple(self.checked(reading))
            )
        return None

    def _facts(self, reading: Reading, items: list[ItemMention], references: tuple[Reference, ...]) -> Act | None:
        pointed = bool(items) or (
            reading.has_slate and reading.has(r"\b(?:it|its|they|them|these|those|that|this|he|she|one|ones)\b")
        )
        told = reading.has(
            r"\btell me (?:more )?about\b|\bmore (?:info(?:rmation)?|details?) (?:on|about)\b|\bdetails? (?:on|of|about|please)\b|\bwhat about\b.*\?"
        )
        fields, plain = fields_asked(reading), not fields_of_phrases(reading)
        asks = reading.question or told or (bool(items) and points_behind_a_field(reading))
        if asks and fields and plain and pointed and (check := self._check(reading, references)) is not None:
            return check
        if asks and fields and (pointed or reading.has_slate) and not asks_as_a_question(reading):
            return LookUp(items=references, fields=fields)
        if told and pointed:
            return LookUp(items=references, fields=fields)
        return self._check(reading, references) if pointed else None

    def _check(self, reading: Reading, references: tuple[Reference, ...]) -> Act | None:
        """Whether items are so: "is it suitable for kids?"."""
        if not (reading.question and reading.has(_CHECKS)) or asks_as_a_question(reading):
            return None
        if reading.has(_IN_THE_CATALOGUE):
            return Count(wishes=self.counted(reading))
        wishes = self.checked(reading)
        return Check(items=references, wishes=tuple(wishes)) if wishes and _predicative(reading) else None

    def _count(self, reading: Reading) -> Act | None:
        if not reading.has(_HOW_MANY):
            return None
        asked = [m for m in reading.mentions if m.kind == "word" and m.entry.kind == "asked_by"]
        match = re.search(r"\bhow many (\w+)", reading.message.flat)
        unit = match.group(1) if match else ""
        if asked or any(unit in f.unit.spoken for f in reading.schema.fields if f.unit is not None):
            return None
        if re.search(r"\bhow many of (?:them|these|those)\b", reading.message.flat):
            return Check(items=(Reference(everything=True),), wishes=self.counted(reading))
        return self.count(reading)

    def counted(self, reading: Reading) -> tuple[Wish, ...]:
        """What the items counted have in common: the wishes of the question, and words that no field has."""
        return (*self.wishes.read(reading, asked=True)[0], *_in_words(reading))

    def count(self, reading: Reading) -> Count:
        """The count a question asks for; a bare "how many are left?" is about all that has been asked for."""
        wishes = self.counted(reading)
        return Count(wishes=wishes, left=not wishes and not reading.has(_ALL_ITEMS))

    def _properties(self, reading: Reading) -> tuple[Wish, ...]:
        """The properties a question is about: values, and words that no field has."""
        return (*self.checked(reading), *_in_words(reading))


def _most_of(reading: Reading, mention: Mention, references: tuple[Reference, ...]) -> Act:
    """Which of some items has most of something; of a value, which of those shown have it at all."""
    entry = mention.entry
    if entry.value is not None and not any(r.title for r in references):
        return Check(items=(Reference(everything=True),), wishes=(degree_wish(entry, reading.quote(mention)),))
    way = None if entry.value else entry.direction
    return Compare(items=references, fields=(entry.field or "",), superlative=way)


def _in_words(reading: Reading) -> list[Wish]:
    """What is asked about in words that no reader has taken."""
    covered = {n for m in reading.mentions for n in range(m.start, m.end)}
    free = [(start, end) for start, end in asked_runs(reading) if not covered & set(range(start, end))]
    texts = [reading.message.quote(start, end) for start, end in free]
    return [Wish(field=None, op="about", value=t.lower(), strength="soft", quote=t) for t in texts]


def _predicative(reading: Reading) -> bool:
    """ "is it …?", "does the first one have …?", "are any of these …?" rather than "is there something …?"."""
    flat = reading.message.flat
    if re.search(r"\b(?:is|are) there (?:a|an|some(?:thing)?|any(?:thing)?)\b", flat) and not re.search(
        r"\b(?:in|on) (?:it|them|that|this|the (?:list|first|second|third|last))\b|\b(?:of|on|among) (?:these|those|them|the list)\b",
        flat,
    ):
        return False
    return not re.search(
        r"\b(?:do you have|have you got|can you|could you|would you|do you know|any chance|what about|how about)\b",
        flat,
    )
