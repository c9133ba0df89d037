"""Mentions: which stretches of a message name values, people, titles, adjectives, numbers or things pointed at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent.plan.amounts import read_number
from agent.plan.domain import Domain
from agent.plan.numbers import NumberMention, NumberReader
from agent.plan.references import RefMention, find_references
from agent.plan.tokens import Message
from core.schema import CatalogSchema, Phrase, SpokenWish
from tools.catalog.columns import CategoryColumn, Column
from tools.linking.english import common, everyday
from tools.linking.lexicon import Entry, Lexicon
from tools.linking.titles import ARTICLES, TitleIndex
from tools.text import STOPWORDS, words

MentionKind = Literal["value", "vague", "comparative", "superlative", "phrase", "title", "number", "ref", "word"]
_PRONOUNS = frozenset(
    {
        "it",
        "us",
        "her",
        "him",
        "them",
        "that",
        "this",
        "you",
        "me",
        "he",
        "she",
        "they",
        "those",
        "these",
        "one",
        "all",
        "some",
        "more",
        "less",
        "both",
    }
)
_VERBS = (
    r"love|loved|loves|like|liked|likes|enjoy|enjoyed|adore|adored|hate|hated|dislike|disliked|loathed|USED|reUSED|finish|finished|get through|got through|get into|got into|similar to|such as|vein of"
    r"|style of|lines of|reminds? me of|reminiscent of|fans? of|favou?rites? (?:is|are|was|were|has to be)|compare|versus|vs|than|except"
)
_FILL = r"(?: (?:the NOUN|both|also|already|really|just|again|probably|absolutely|only|eg|e g|things like|stuff like))*(?: \W)?(?: the| a| an)? ?$"
_SLOT = (
    rf"(?:\b(?:{_VERBS}|directed|wrote|written|made|called|titled|named|as good as|favou?rites?|about|is|was|in|of|to|does|did|stars|plays|for|USE"
    rf"|not|recommend|bored by|bored with|forget|have|got|find|with|or)|^){_FILL}"
)
_OPINION_SLOT = rf"\b(?:{_VERBS}|directed|wrote){_FILL}"
_QUESTIONED = re.compile(
    r"\b(?:when|how|who|what|where|which|whose|whats|whos|hows)\b.*\b(?:did|does|is|was|of|directed|wrote|made|stars|about)(?: the)?$"
)
_ANCHOR = r"\b(?:(?:something|anything|more|much|NOUN|stuff|just) like|similar to|vein of|style of|lines of|difference between|compare|reminiscent of|along the lines of)(?: the| a| an)? ?$"
_AFTER_TITLE = re.compile(
    r"^(?:$|[.,;:!?)&/”\"—+-]|(?:and|or|but|was|is|were|are|bored|seemed|felt|has|had|too|as|so|very|a lot|again|because|though|yet|which|who|what"
    r"|so much|to|vs|versus|than|already|twice|yesterday|recently|last|with|from|by|it|for|please|again|more|less|when|once|come|came|about|sounds?|looks?|in)\b)"
)
_AGE = re.compile(
    r"\b(?:(\w+) years? olds?|aged? (\d+|\w+een|\w+)(?= |$)|(?:son|daughter|kid|child|niece|nephew|boy|girl|grandson|granddaughter|brother|sister|s|theyre|one of them) (?:is|are|turns|just turned|is only|is about to be) (\w+)(?= |$)(?: years? old)?)"
)
_OLD_OR_NEW = dict.fromkeys(("old", "older", "original", "first", "classic", "earlier"), "old") | dict.fromkeys(
    ("new", "newer", "recent", "latest", "modern", "remade"), "new"
)
_WHOLE_SERIES = (["more"], ["another"], ["any"], ["other"])
_THE_ONE = (["one"], ["version"])
_IN_THE_MOOD = r"\b(?:feel(?:ing)? like|mood for|fancy|want|after|looking for|need)(?: an?| some| something)?$"
_OF_A_KIND = re.compile(
    r"(?:sorts?|kinds?|types?|genres?|category|department|variety|persuasion|line|side|section|shelf)\b"
)
_POST_SLOT = re.compile(
    r"^(?:was|were|bored|is (?:my|great|good|bad|boring|awful|one|the best|amazing|brilliant|terrible|overrated)|felt|seemed|rocks|sucks"
    r"|sucked|made me|isnt|wasnt|left me)\b"
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of tokens with its possible meanings."""

    start: int
    end: int
    kind: MentionKind
    score: float = 0.0
    entries: tuple[Entry, ...] = ()
    rows: tuple[int, ...] = ()
    year: int | None = None
    number: NumberMention | None = None
    ref: RefMention | None = None
    person: bool = False
    """A title named together with one of its people, or otherwise told apart from its namesakes ("the new …")."""
    strong: bool = False
    """A title with clear signs of being one: quotes, a year, capitals, a verb before it."""

    def overlaps(self, other: Mention) -> bool:
        """Whether they share a token."""
        return self.start < other.end and other.start < self.end

    @property
    def entry(self) -> Entry:
        """The first meaning."""
        return self.entries[0]


@dataclass(frozen=True)
class MentionFinder:
    """Finds the mentions of messages in one catalogue."""

    lexicon: Lexicon
    titles: TitleIndex
    numbers: NumberReader
    columns: Mapping[str, Column]
    domain: Domain

    def find(
        self, message: Message, default_field: str | None = None, shown: frozenset[str] = frozenset()
    ) -> list[Mention]:
        """Non-overlapping mentions, left to right: the best-scoring ones win; `shown` titles are in view."""
        numbers = self.numbers.read(message, default_field)
        fixed = [m for m in self._lexical(message) if not self._begins_a_bound(message, m, numbers)]
        fixed += [Mention(n.start, n.end, "number", 10.0 * (n.end - n.start) + 1, number=n) for n in numbers]
        fixed += [
            Mention(r.start, r.end, "ref", (2.0 if r.weak else 9.0) * (r.end - r.start), ref=r)
            for r in find_references(message, self.domain)
        ]
        fixed += read_ages(message, self.lexicon.schema)
        chosen = settle([*fixed, *self._titles(message, fixed, [], shown)])
        known = [m for m in chosen if m.kind == "title" and m.strong]
        if known:
            chosen = settle([*fixed, *self._titles(message, fixed, known, shown)])
        return chosen

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
        for entry in entries:
            spec = people[entry.field] if entry.field else None
            named = spec is not None and (spec.type == "people" or spec.role in {"series"})
            refused = message.norms[start - 1 : start] in (["no"], ["not"], ["any"], ["without"])
            if named and end - start == 1 and not token.capital and everyday(token.norm) and not refused:
                continue
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
            if named and not entry.exact and not _own_name(message, end, entry):
                continue
            if named and not entry.exact and token.norm in message.mended.values() and not token.capital:
                continue  # "campy" is no slip of somebody's name
            if len(token.norm) == 1 and end - start == 1 and not token.capital:
                continue
            kept.append(entry)
        return kept

    def _titles(
        self, message: Message, fixed: Sequence[Mention], neighbours: Sequence[Mention], shown: frozenset[str]
    ) -> list[Mention]:
        found = []
        capitals = _capitals_mean_something(message)
        for start in range(len(message.tokens)):
            if not message.tokens[start].word:
                continue
            for end, rows, whole in self.titles.at(message.norms, start):
                year, after = _year_after(message, end)
                mention = Mention(start, after, "title", rows=tuple(rows), year=year)
                mention = self._with_person(message, mention, fixed) or self._with_age(message, mention) or mention
                scored = self._title_score(
                    message, mention, end, fixed, neighbours, shown, capitals=capitals, whole=whole
                )
                if scored is not None:
                    found.append(scored)
        return found

    def _with_person(self, message: Message, mention: Mention, fixed: Sequence[Mention]) -> Mention | None:
        """ "Solaris by Tarkovsky", "Cameron's Titanic": the person says which item is meant; the mention takes them in."""
        for person in fixed:
            if person.kind != "value" or person.overlaps(mention):
                continue
            names = {e.value for e in person.entries if e.field and self.lexicon.schema.field(e.field).type == "people"}
            gap = message.norms[mention.end : person.start]
            behind = gap in (["by"], ["from"], ["of"], ["with"]) or (gap[:1] == ["by"] and len(gap) <= 2)
            behind = behind or (len(gap) <= 4 and gap[:1] == ["is"] and gap[-1:] in (["favourite"], ["favorite"]))
            behind = behind or (gap == [",", "the"] and message.norms[person.end : person.end + 1] in _THE_ONE)
            possessive = person.end == mention.start and message.norms[person.end - 1].endswith("s")
            if not names or not (behind or possessive):
                continue
            rows = tuple(r for r in mention.rows if names & self._people(r))
            if rows:
                start, end = min(mention.start, person.start), max(mention.end, person.end)
                end += gap == [",", "the"]
                return replace(mention, start=start, end=end, rows=rows, person=True)
        return None

    def _with_age(self, message: Message, mention: Mention) -> Mention | None:
        """ "The new West Side Story", "the original Solaris": which of several items of one title is meant."""
        said = message.norms[mention.start - 1] if mention.start else ""
        years = self.titles.years
        if years is None or mention.year is not None or len(mention.rows) < 2 or said not in _OLD_OR_NEW:
            return None
        if message.norms[max(mention.start - 2, 0) : mention.start - 1] not in (["the"], ["that"], ["this"]):
            return None
        dated = [(float(years[r]), r) for r in mention.rows if years[r] == years[r]]
        if len(dated) < 2:
            return None
        year, row = min(dated) if _OLD_OR_NEW[said] == "old" else max(dated)
        return replace(mention, start=mention.start - 1, rows=(row,), year=int(year), person=True)

    def _people(self, row: int) -> set[str]:
        columns = [self.columns.get(f.name) for f in self.lexicon.schema.fields if f.type == "people"]
        return {v for c in columns if isinstance(c, CategoryColumn) for v in c.values_at(row)}

    def _title_score(
        self,
        message: Message,
        mention: Mention,
        end: int,
        fixed: Sequence[Mention],
        neighbours: Sequence[Mention],
        shown: frozenset[str],
        *,
        capitals: bool,
        whole: bool,
    ) -> Mention | None:
        start, norms = mention.start, message.norms
        span = message.tokens[start:end]
        content = [t for t in span if t.norm not in STOPWORDS and t.norm not in ARTICLES]
        before, after = " ".join(norms[:start]), " ".join(norms[mention.end :])
        quoted = start > 0 and norms[start - 1] in {'"', "“", "”"} and after[:1] in {'"', "”", "“"}
        if len(span) == 1 and span[0].norm in _PRONOUNS and not (span[0].capital or quoted or mention.person):
            return None  # "I'd like it from 1980"
        if self._names_a_kind(message, fixed, start, end) and (
            re.search(_IN_THE_MOOD, before) or _OF_A_KIND.match(after)
        ):
            return None  # "I feel like Drama", "of the Drama sort"
        capital = capitals and all(t.capital for t in content) and bool(content or (span[0].capital and start > 0))
        ends = bool(_AFTER_TITLE.match(after))
        alone = start <= 1 and not re.search(r"\w", after) and (start == 0 or norms[0] in ARTICLES)
        slot = bool(self.domain.pattern(_SLOT).search(before)) and ends and start > 0
        opinion = bool(self.domain.pattern(_OPINION_SLOT).search(before)) and ends
        listed = any(_listed(norms, other, mention) for other in neighbours) and ends
        post = bool(_POST_SLOT.match(after))
        asked_about = start <= 2 and norms[0] in {"is", "was", "does", "did", "has", "are"} and whole
        sure = (
            quoted
            or mention.year is not None
            or mention.person
            or (asked_about and content and not rival_in(fixed, start, end))
        )
        length = float(mention.end - start)
        rival = any(
            f.kind in {"value", "vague", "comparative", "phrase"} and f.start <= start and f.end >= end for f in fixed
        )
        in_view = whole and any(self.titles.titles[r] in shown for r in mention.rows)
        anchored = whole and ends and bool(self.domain.pattern(_ANCHOR).search(before))
        if in_view and not (len(span) == 1 and span[0].norm in _PRONOUNS):
            rows = tuple(r for r in mention.rows if self.titles.titles[r] in shown)
            return replace(mention, rows=rows, score=12.0 * length + 8, strong=True)
        if anchored and span[0].norm not in _PRONOUNS and (content or len(span) > 1):
            return replace(mention, score=12.0 * length + 6, strong=True)
        if (
            whole
            and ends
            and not rival
            and len(span) == 1
            and _QUESTIONED.search(before)
            and span[0].norm not in _PRONOUNS
        ):
            return replace(mention, score=12.0 * length + 4, strong=True)
        if sure:
            return replace(mention, score=12.0 * length + 8, strong=True)
        if len(span) == 1 and span[0].norm in _PRONOUNS:
            object_only = span[0].norm in {"her", "him", "us", "them", "me"}
            strong = capital and (
                (start > 0 and (opinion or listed)) or (start == 0 and object_only and bool(_POST_SLOT.match(after)))
            )
            return replace(mention, score=14.0, strong=True) if strong else None
        if not content and not ((opinion or listed) and (capital or len(span) == 1)):
            return None
        if (
            rival
            and not (
                capital and (opinion or listed or (start > 0 and not self._names_a_kind(message, fixed, start, end)))
            )
            and not (len(content) > 1 and not _same(fixed, start, end))
        ):
            return None
        if not whole and not (capital or opinion or listed or (alone and len(content) > 1)):
            return None
        if opinion or listed or post or alone or (capital and (slot or start > 0 or len(content) > 1)):
            return replace(mention, score=10.0 * length + 6, strong=True)
        if slot and len(span) > 1:
            return replace(mention, score=10.0 * length + 4, strong=True)
        if len(content) > 1 or (len(content) == 1 and not common(content[0].norm)):
            return replace(mention, score=10.0 * length + 1, strong=len(content) > 1)
        return None

    def _names_a_kind(self, message: Message, fixed: Sequence[Mention], start: int, end: int) -> bool:
        """Whether these words are exactly the name of a genre: "Drama" is rarely the title "The Drama"."""
        bare = start + (message.norms[start] in ARTICLES)
        same = (f for f in fixed if f.kind == "value" and f.end == end and f.start in {start, bare})
        fields = {e.field for f in same for e in f.entries if e.exact and e.field}
        return any(self.lexicon.schema.field(name).role == "genre" for name in fields)


def _own_name(message: Message, end: int, entry: Entry) -> bool:
    """Whether a part of a name is said as it is written, and is not the first name of somebody else."""
    parts = words(entry.value or "")
    said = message.tokens[end - 1].norm
    if said not in parts and said.removesuffix("s") not in parts:
        return False
    following = message.tokens[end : end + 1]
    return not (following and following[0].word and following[0].capital and following[0].norm not in parts)


def settle(mentions: list[Mention]) -> list[Mention]:
    """The best-scoring mentions that do not overlap, left to right; ties go to the longer and earlier one."""
    chosen: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (-m.score, m.start - m.end, m.start)):
        if not any(mention.overlaps(other) for other in chosen):
            chosen.append(mention)
    return sorted(chosen, key=lambda m: m.start)


def rival_in(fixed: Sequence[Mention], start: int, end: int) -> bool:
    """Whether a value or adjective covers this span."""
    return any(
        f.kind in {"value", "vague", "comparative", "phrase"} and f.start <= start and f.end >= end for f in fixed
    )


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


def _same(fixed: Sequence[Mention], start: int, end: int) -> bool:
    return any(f.kind == "value" and f.start == start and f.end == end for f in fixed)


def _capitals_mean_something(message: Message) -> bool:
    """False when everything or nothing is capitalised."""
    letters = [t for t in message.tokens if t.word and t.norm[0].isalpha()]
    if not letters:
        return False
    share = sum(t.capital for t in letters) / len(letters)
    return share > 0 and (share < 0.75 or len(letters) <= 4)


def _year_after(message: Message, end: int) -> tuple[int | None, int]:
    """A year written behind a title, in brackets or bare: "Solaris (1972)", "solaris 1972", "the 1972 Solaris" is not."""
    norms = message.norms
    if norms[end : end + 1] == ["("] and norms[end + 2 : end + 3] == [")"] and norms[end + 1].isdigit():
        return int(norms[end + 1]), end + 3
    if end < len(norms) and re.fullmatch(r"1[89]\d\d|20\d\d", norms[end]):
        return int(norms[end]), end + 1
    if norms[end : end + 2] == [",", "the"] and norms[end + 3 : end + 4] in _THE_ONE and norms[end + 2].isdigit():
        return int(norms[end + 2]), end + 4
    if norms[end : end + 1] == ["from"] and end + 1 < len(norms) and re.fullmatch(r"1[89]\d\d|20\d\d", norms[end + 1]):
        return int(norms[end + 1]), end + 2
    return None, end


def _listed(norms: list[str], other: Mention, mention: Mention) -> bool:
    first, second = (other, mention) if other.end <= mention.start else (mention, other)
    gap = norms[first.end : second.start]
    return (
        bool(gap)
        and all(n in {",", "and", "or", "&", "also", "the", "both", "a", '"', "“", "”", "/", "plus"} for n in gap)
        and len(gap) <= 5
    )
