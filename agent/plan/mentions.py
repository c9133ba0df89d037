"""Mentions: which stretches of a message name values, people, titles, adjectives, numbers or things pointed at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.plan.amounts import read_number
from agent.plan.domain import Domain
from agent.plan.mention import PRONOUNS, Mention, MentionKind
from agent.plan.numbers import NumberMention, NumberReader
from agent.plan.references import find_references
from agent.plan.title_mentions import TitleReader
from agent.plan.tokens import Message, first_of_pair
from core.schema import CatalogSchema, Phrase, SpokenWish
from tools.catalog.columns import Column
from tools.linking.english import common, everyday
from tools.linking.lexicon import Entry, Lexicon
from tools.linking.titles import TitleIndex
from tools.tagging.tagger import Tagged
from tools.text import words

_AGE = re.compile(
    r"\b(?:(\w+) (?:years? olds?|yrs? olds?|yo|y o)|aged? (\d+|\w+een|\w+)(?= |$)|(?:son|daughter|kid|child|niece|nephew|boy|girl|grandson|granddaughter|brother|sister|s|theyre|one of them) (?:is|are|s|turns|just turned|is only|is about to be) (\w+)(?= |$)(?: years? old)?|(?:son|daughter|kid|child|niece|nephew|boy|girl|grandson|granddaughter) of (\w+)(?= ?(?:[,.;!?]|$| is | are | who | and | staying | coming | visiting | with ))|(?:hes|shes|theyre) (?:only |just |about |nearly |almost )?(\d+|\w+een|six|seven|eight|nine|ten|eleven|twelve|five|four|three)(?= |$))"
)
_REFUSED = (["no"], ["not"], ["any"], ["without"])
_WHOLE_SERIES = (["more"], ["another"], ["any"], ["other"])


@dataclass(frozen=True)
class MentionFinder:
    """Finds the mentions of messages in one catalogue."""

    lexicon: Lexicon
    titles: TitleIndex
    numbers: NumberReader
    columns: Mapping[str, Column]
    domain: Domain

    @cached_property
    def _titles(self) -> TitleReader:
        return TitleReader(self.lexicon.schema, self.titles, self.columns, self.domain)

    def find(
        self,
        message: Message,
        default_field: str | None = None,
        shown: frozenset[str] = frozenset(),
        tagged: Tagged | None = None,
    ) -> list[Mention]:
        """Non-overlapping mentions, left to right: the best-scoring ones win; `shown` titles are in view."""
        lexical = self._lexical(message)
        numbers = self.numbers.read(message, default_field or self._measured(lexical), graded=self._graded(lexical))
        fixed = [m for m in lexical if not self._begins_a_bound(message, m, numbers)]
        fixed += [Mention(n.start, n.end, "number", 10.0 * (n.end - n.start) + 1, number=n) for n in numbers]
        fixed += [
            Mention(r.start, r.end, "ref", (2.0 if r.weak else 9.0) * (r.end - r.start), ref=r)
            for r in find_references(message, self.domain)
        ]
        fixed += read_ages(message, self.lexicon.schema)
        chosen = settle([*fixed, *self._titles.read(message, fixed, [], shown, tagged)])
        known = [m for m in chosen if m.kind == "title" and m.strong]
        if known:
            chosen = settle([*fixed, *self._titles.read(message, fixed, known, shown, tagged)])
        return chosen

    def _measured(self, lexical: Sequence[Mention]) -> str | None:
        """The number field that a message compares on, of which a bare number then speaks: "longer, but under 400"."""
        fields = [m.entry.field for m in lexical if m.kind in {"comparative", "vague"} and m.entry.field]
        numbers = [f for f in fields if self.lexicon.schema.field(f).type == "number"]
        lengths = [f for f in numbers if self.lexicon.schema.field(f).role == "length"]
        return lengths[0] if lengths else None

    def _graded(self, lexical: Sequence[Mention]) -> bool:
        """Whether a message speaks of how good items are, so that a bare bound may be one on that: "well rated, 8 or up"."""
        kinds = {"comparative", "superlative", "vague"}
        fields = {m.entry.field for m in lexical if m.kind in kinds and m.end - m.start > 1}
        return any(f is not None and self.lexicon.schema.field(f).role == "quality" for f in fields)

    def _begins_a_bound(self, message: Message, mention: Mention, numbers: Sequence[NumberMention]) -> bool:
        """ "No rating below 6": the field's name belongs to the number behind it, not to a value called "no rating"."""
        if mention.kind != "value":
            return False
        named = self.numbers.names.get(message.norms[mention.end - 1])
        return named is not None and any(n.field == named and n.start == mention.end for n in numbers)

    def _lexical(self, message: Message) -> list[Mention]:
        found = []
        norms = message.norms
        for start in range(len(norms)):
            for end, entries in self.lexicon.match(norms, start):
                by_kind: dict[MentionKind, list[Entry]] = {}
                for entry in entries:
                    kind = _mention_kind(entry)
                    by_kind.setdefault(kind, []).append(entry)
                for kind, group in by_kind.items():
                    mention = self._scored(message, start, end, kind, group)
                    if mention is not None:
                        found.append(mention)
        return found

    def _scored(
        self, message: Message, start: int, end: int, kind: MentionKind, entries: list[Entry]
    ) -> Mention | None:
        length = end - start
        if length > 1 and kind in {"value", "phrase"} and _verb_first(message, start):
            return None
        if kind == "value":
            entries = self._plausible(message, start, end, entries)
            if not entries:
                return None
        bonus = {"phrase": 5.0, "value": 2.0, "vague": 3.0, "comparative": 4.0, "superlative": 4.0}.get(kind, -5.0)
        if kind == "value" and not entries[0].exact:
            bonus = -3.0
        return Mention(start, end, kind, 10.0 * length + bonus, tuple(entries))

    def _plausible(self, message: Message, start: int, end: int, entries: list[Entry]) -> list[Entry]:
        """Drop readings that need more evidence: surnames and one-word names that are ordinary words."""
        token = message.tokens[start]
        people = self.lexicon.schema.by_name
        kept = []
        plain = any(people[e.field].type == "category" and people[e.field].role != "series" for e in entries if e.field)
        for entry in entries:
            spec = people[entry.field] if entry.field else None
            named = spec is not None and (spec.type == "people" or spec.role in {"series"})
            alone = end == len(message.tokens) or not message.tokens[end].word  # not "not black and white"
            refused = named and alone and message.norms[start - 1 : start] in _REFUSED
            if named and end - start == 1 and not token.capital and everyday(token.norm) and not refused:
                continue
            if spec is not None and spec.role == "series" and not entry.exact:
                first = words(entry.value or "")[:1]
                if [message.text[token.start : token.end].lower()] != first or (
                    common(token.norm) and not token.capital
                ):
                    continue  # "spiders" are no Spider-Man
            series = spec is not None and spec.role == "series" and (token.norm,) in self.titles.exact
            if (
                series
                and end - start == 1
                and not token.capital
                and message.norms[start - 1 : start] not in _WHOLE_SERIES
            ):
                continue
            if named and not entry.exact and start == 0 and everyday(token.norm):
                continue
            if (
                named
                and not entry.exact
                and not token.capital
                and (plain or (common(token.norm) and token.norm not in words(entry.value or "")))
            ):
                continue  # "gore" is no Al Gore, "whales" no James Whale
            if named and not entry.exact and (not _own_name(message, end, entry) or self._in_a_pair(message, start)):
                continue
            if named and not entry.exact and token.norm in message.mended.values() and not token.capital:
                continue  # "campy" is no slip of somebody's name
            if len(token.norm) == 1 and end - start == 1 and not token.capital:
                continue
            if end - start == 1 and token.norm in PRONOUNS and not message.text[token.start : token.end].isupper():
                continue  # "one of us"
            kept.append(entry)
        return kept

    def _in_a_pair(self, message: Message, start: int) -> bool:
        """Whether a surname ends a pair of names whose first nobody here has: "Laurel and Hardy"."""
        first = first_of_pair(message, start)
        return first is not None and not any(True for _ in self.lexicon.match(list(message.norms), first))


_SOMEBODY = re.compile(r"\b(?:i|we|you|they|who|id|wed)(?: (?:really|also|do|just|always|absolutely|both|still|so))*$")


def _verb_first(message: Message, start: int) -> bool:
    """Whether a phrase begins with what is the verb of its sentence: "I love stories about betrayal" names no love story."""
    return message.norms[start] in {"love", "like", "enjoy"} and bool(_SOMEBODY.search(" ".join(message.norms[:start])))


def _own_name(message: Message, end: int, entry: Entry) -> bool:
    """Whether a part of a name is said as it is written, and is not the first name of somebody else."""
    parts = words(entry.value or "")
    said = message.tokens[end - 1].norm
    if said not in parts and said.removesuffix("s") not in parts:
        return False
    after, before = message.tokens[end : end + 1], message.tokens[max(end - 2, 0) : max(end - 1, 0)]
    follows = any(t.word and t.capital and t.norm not in parts and not common(t.norm) for t in after)
    leads = any(t.word and t.norm not in parts and (not common(t.norm) or (t.capital and end > 2)) for t in before)
    return not (follows or leads)  # "Adam Sandler" is no Sadler, "denzel washington" no other Washington


def settle(mentions: list[Mention]) -> list[Mention]:
    """The best-scoring mentions that do not overlap, left to right; ties go to the longer and earlier one."""
    chosen: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (-m.score, m.start - m.end, m.start)):
        if not any(mention.overlaps(other) for other in chosen):
            chosen.append(mention)
    return sorted(chosen, key=lambda m: m.start)


def read_ages(message: Message, schema: CatalogSchema) -> list[Mention]:
    """ "an eight-year-old", "aged 6", "my daughter is 10": wishes for what suits that age."""
    spec = schema.role("age_rating")
    if spec is None or not spec.ages:
        return []
    found = []
    for start, end, match in message.spans(_AGE):
        number = read_number([next(g for g in match.groups() if g)], 0)
        if number is None:
            continue
        band = next((b for b in spec.ages if number[0] <= b.up_to), None)
        if band is not None:
            means = SpokenWish(field=spec.name, op="any_of", value=band.values, strength="hard")
            entry = Entry("phrase", phrase=Phrase(say=(match.group(),), means=(means,)))
            found.append(Mention(start, end, "phrase", 10.0 * (end - start) + 9, (entry,)))
    return found


def _mention_kind(entry: Entry) -> MentionKind:
    if entry.kind in {"value", "vague", "comparative", "superlative", "phrase"}:
        return entry.kind
    return "word"
