"""Titles in a message: which stretches name an item, told from genres, adjectives and ordinary words by their signs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.plan.domain import Domain
from agent.plan.mention import PRONOUNS, Mention
from agent.plan.roles import OF_ITEMS, Weighed
from agent.plan.tokens import Message, Token
from core.schema import CatalogSchema
from tools.catalog.columns import CategoryColumn, Column
from tools.linking.english import common
from tools.linking.titles import ARTICLES, TitleIndex
from tools.tagging.tagger import Tagged
from tools.text import STOPWORDS

_VERBS = (
    r"love|loved|loves|like|liked|likes|enjoy|enjoyed|adore|adored|hate|hated|dislike|disliked|loathed|USED|reUSED|finish|finished|get through|got through|get into|got into|similar to|such as|vein of|soft spot for|weakness for"
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
_OLD_OR_NEW = dict.fromkeys(("old", "older", "original", "first", "classic", "earlier"), "old") | dict.fromkeys(
    ("new", "newer", "recent", "latest", "modern", "remade"), "new"
)
_THE_ONE = (["one"], ["version"])
_APART = ([",", "the"], ["(", "the"])
_IN_THE_MOOD = r"\b(?:feel(?:ing)? like|mood for|fancy|want|after|looking for|need)(?: an?| some| something)?$"
_OF_A_KIND = re.compile(
    r"(?:sorts?|kinds?|types?|genres?|category|department|variety|persuasion|line|side|section|shelf)\b"
)
_POST_SLOT = re.compile(
    r"^(?:was|were|bored|is (?:my|great|good|bad|boring|awful|one|the best|amazing|brilliant|terrible|overrated)|felt|seemed|rocks|sucks"
    r"|sucked|made me|isnt|wasnt|left me)\b"
)


_TO_USE = r"\b(?:to|can|could|should|lets|might|would|will|id|ill) (?:USE)$"


@dataclass(frozen=True)
class Signs:
    """What speaks for a stretch of words being a title, and what against."""

    capital: bool
    ends: bool
    """What follows can follow a title."""
    alone: bool
    """It is the whole message."""
    slot: bool
    """What stands before calls for an item."""
    opinion: bool
    """A verb of liking or disliking stands before."""
    listed: bool
    """It stands in a list with a title."""
    post: bool
    """What stands behind is said of an item."""
    anchored: bool
    """ "Something like …" stands before."""
    questioned: bool
    rival: bool
    """A value, adjective or idiom covers the same words."""


@dataclass(frozen=True)
class TitleReader:
    """Finds the titles of one catalogue in messages."""

    schema: CatalogSchema
    titles: TitleIndex
    columns: Mapping[str, Column]
    domain: Domain

    def read(
        self,
        message: Message,
        fixed: Sequence[Mention],
        neighbours: Sequence[Mention],
        shown: frozenset[str],
        tagged: Tagged | None,
    ) -> list[Mention]:
        """Possible titles with their scores; `fixed` are other mentions, `neighbours` titles found before."""
        found = []
        capitals = _capitals_mean_something(message)
        for start in range(len(message.tokens)):
            if not message.tokens[start].word:
                continue
            for end, rows, whole in self.titles.at(message.norms, start):
                year, after = _year_after(message, self._with_mark(message, end, rows))
                mention = Mention(start, after, "title", rows=tuple(rows), year=year)
                mention = self._with_person(message, mention, fixed) or self._with_age(message, mention) or mention
                if whole and self._names_series(message, mention):
                    continue  # "all the Toy Story ones"
                scored = self._title_score(
                    message, mention, end, fixed, neighbours, shown, capitals=capitals, whole=whole
                )
                if tagged is not None:
                    before = " ".join(message.norms[: mention.start])
                    liked = bool(self.domain.pattern(_OPINION_SLOT).search(before))
                    scored = _by_role(message, mention, scored, tagged, whole=whole, liked=liked)
                if scored is not None:
                    found.append(scored)
        return found

    def _with_mark(self, message: Message, end: int, rows: Sequence[int]) -> int:
        """Where a title ends with the mark that belongs to it: "Airplane!" and "Airplane! and …" end no sentence."""
        behind = message.tokens[end : end + 1]
        marked = any(t.glued and self.titles.titles[r].endswith(t.norm) for t in behind if not t.word for r in rows)
        return end + marked

    def _with_person(self, message: Message, mention: Mention, fixed: Sequence[Mention]) -> Mention | None:
        """ "Solaris by Tarkovsky", "Cameron's Titanic": the person says which item is meant; the mention takes them in."""
        for person in fixed:
            if person.kind != "value" or person.overlaps(mention):
                continue
            names = {e.value for e in person.entries if e.field and self.schema.field(e.field).type == "people"}
            gap = message.norms[mention.end : person.start]
            behind = gap in (["by"], ["from"], ["of"], ["with"]) or (gap[:1] == ["by"] and len(gap) <= 2)
            behind = behind or (len(gap) <= 4 and gap[:1] == ["is"] and gap[-1:] in (["favourite"], ["favorite"]))
            behind = behind or (gap in _APART and message.norms[person.end : person.end + 1] in _THE_ONE)
            possessive = person.end == mention.start and message.norms[person.end - 1].endswith("s")
            if not names or not (behind or possessive):
                continue
            rows = tuple(r for r in mention.rows if names & self._people(r))
            if rows:
                start, end = min(mention.start, person.start), max(mention.end, person.end)
                end += gap in _APART
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
        columns = [self.columns.get(f.name) for f in self.schema.fields if f.type == "people"]
        return {v for c in columns if isinstance(c, CategoryColumn) for v in c.values_at(row)}

    def _names_series(self, message: Message, mention: Mention) -> bool:
        """Whether a title stands for the series called like its first item: "the Toy Story films", "no Toy Story ones"."""
        spec = self.schema.role("series")
        column = self.columns.get(spec.name) if spec is not None else None
        noun = self.schema.noun
        behind = {"ones", "series", "franchise", "saga", noun.many, *(a for a in noun.aliases if a.endswith("s"))}
        if not isinstance(column, CategoryColumn) or message.norms[mention.end : mention.end + 1] not in (
            [word] for word in behind
        ):
            return False
        return any(self.titles.titles[row] in column.code_of for row in mention.rows)

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
        pronoun = len(span) == 1 and span[0].norm in PRONOUNS
        quoted = start > 0 and norms[start - 1] in {'"', "“", "”"} and after[:1] in {'"', "”", "“"}
        if (
            len(span) == 1
            and not (span[0].capital or quoted)
            and self.domain.pattern(_TO_USE).search(before + " " + span[0].norm)
        ):
            return None  # "something to watch from 2000"
        if pronoun and not (span[0].capital or quoted or mention.person):
            return None  # "I'd like it from 1980"
        if self._names_a_kind(message, fixed, start, end) and (
            re.search(_IN_THE_MOOD, before) or _OF_A_KIND.match(after)
        ):
            return None  # "I feel like Drama", "of the Drama sort"
        length = float(mention.end - start)
        if whole and not pronoun and any(self.titles.titles[r] in shown for r in mention.rows):
            rows = tuple(r for r in mention.rows if self.titles.titles[r] in shown)
            return replace(mention, rows=rows, score=12.0 * length + 8, strong=True)
        signs = self._signs(message, mention, fixed, neighbours, content, before, after, capitals=capitals)
        if whole and signs.anchored and not pronoun and (content or len(span) > 1):
            return replace(mention, score=12.0 * length + 6, strong=True)
        if whole and signs.questioned and len(span) == 1 and not pronoun:
            return replace(mention, score=12.0 * length + 4, strong=True)
        told = quoted or mention.year is not None or mention.person
        if told or (whole and content and self._asked_about(norms, start) and not rival_in(fixed, start, end)):
            return replace(mention, score=12.0 * length + 8, strong=True)
        if pronoun:
            return self._pronoun(mention, span[0], signs, after)
        score = self._plain(message, mention, signs, fixed, span, content, end, whole=whole)
        return None if score is None else replace(mention, score=10.0 * length + score[0], strong=score[1])

    def _signs(
        self,
        message: Message,
        mention: Mention,
        fixed: Sequence[Mention],
        neighbours: Sequence[Mention],
        content: Sequence[Token],
        before: str,
        after: str,
        *,
        capitals: bool,
    ) -> Signs:
        start, end, norms = mention.start, mention.end, message.norms
        ends = bool(_AFTER_TITLE.match(after))
        first = message.tokens[start]
        rival = rival_in(fixed, start, end)
        return Signs(
            capital=capitals
            and all(t.capital or t.norm.isdigit() for t in content)
            and bool(content or (first.capital and start > 0)),
            ends=ends,
            alone=start <= 1 and not re.search(r"\w", after) and (start == 0 or norms[0] in ARTICLES),
            slot=bool(self.domain.pattern(_SLOT).search(before)) and ends and start > 0,
            opinion=bool(self.domain.pattern(_OPINION_SLOT).search(before)) and ends,
            listed=any(_listed(norms, other, mention) for other in neighbours) and ends,
            post=bool(_POST_SLOT.match(after)),
            anchored=ends and bool(self.domain.pattern(_ANCHOR).search(before)),
            questioned=ends and not rival and bool(_QUESTIONED.search(before)),
            rival=rival,
        )

    @staticmethod
    def _asked_about(norms: Sequence[str], start: int) -> bool:
        """ "Is Duel …?", "does the Hobbit …?"."""
        return start <= 2 and norms[0] in {"is", "was", "does", "did", "has", "are"}

    @staticmethod
    def _pronoun(mention: Mention, token: Token, signs: Signs, after: str) -> Mention | None:
        """A title such as "Her" or "It": with a capital, where an item is called for."""
        object_only = token.norm in {"her", "him", "us", "them", "me"}
        called_for = mention.start > 0 and (signs.opinion or signs.listed)
        subject = mention.start == 0 and object_only and bool(_POST_SLOT.match(after))
        return replace(mention, score=14.0, strong=True) if signs.capital and (called_for or subject) else None

    def _plain(
        self,
        message: Message,
        mention: Mention,
        signs: Signs,
        fixed: Sequence[Mention],
        span: Sequence[Token],
        content: Sequence[Token],
        end: int,
        *,
        whole: bool,
    ) -> tuple[float, bool] | None:
        """(score, clear signs) of a title that nothing names outright; None when too little speaks for it."""
        start, wanted = mention.start, signs.opinion or signs.listed
        if not content and not (wanted and (signs.capital or len(span) == 1)):
            return None
        kind = self._names_a_kind(message, fixed, start, end)
        over_rival = signs.capital and (wanted or (start > 0 and not kind))
        if signs.rival and not over_rival and not (len(content) > 1 and not _same(fixed, start, end)):
            return None
        if not whole and not (signs.capital or wanted or (signs.alone and len(content) > 1)):
            return None
        if wanted or signs.post or signs.alone or (signs.capital and (signs.slot or start > 0 or len(content) > 1)):
            return 6.0, True
        if signs.slot and len(span) > 1:
            return 4.0, True
        if len(content) > 1 or (len(content) == 1 and not common(content[0].norm)):
            return 1.0, len(content) > 1
        return None

    def _names_a_kind(self, message: Message, fixed: Sequence[Mention], start: int, end: int) -> bool:
        """Whether these words are exactly the name of a genre: "Drama" is rarely the title "The Drama"."""
        bare = start + (message.norms[start] in ARTICLES)
        same = (f for f in fixed if f.kind == "value" and f.end == end and f.start in {start, bare})
        fields = {e.field for f in same for e in f.entries if e.exact and e.field}
        return any(self.schema.field(name).role == "genre" for name in fields)


def _by_role(
    message: Message, mention: Mention, scored: Mention | None, tagged: Tagged, *, whole: bool, liked: bool
) -> Mention | None:
    """A title's score where the tagger is sure that the words stand for an item, or that they do not.

    `liked`: a verb of liking or disliking stands before; several words behind it are a title even in small letters.
    """
    span = message.tokens[mention.start : mention.end]
    weighed = Weighed(tagged.over(span[0].start, span[-1].end))
    item = weighed.chance(*OF_ITEMS)
    pointing = all(t.norm in PRONOUNS or t.norm in ARTICLES for t in span)  # "the one with …"
    named = not pointing or (span[-1].capital and mention.start > 0)
    if scored is None:
        length = float(mention.end - mention.start)
        return replace(mention, score=10.0 * length + 6, strong=True) if whole and named and item >= 0.7 else None
    plain = mention.year is None and not mention.person and all(common(t.norm) for t in span)
    within = mention.start > 0 and _capitals_mean_something(message)
    plain = plain and not any(t.capital for t in (span if within else span[1:]))
    aside = weighed.chance("want", "more", "less", "aside", "indifferent")
    if liked and whole and len(span) > 1 and not pointing:
        return scored
    return None if plain and item < 0.15 and aside >= 0.75 else scored


def rival_in(fixed: Sequence[Mention], start: int, end: int) -> bool:
    """Whether a value or adjective covers this span."""
    return any(
        f.kind in {"value", "vague", "comparative", "phrase"} and f.start <= start and f.end >= end for f in fixed
    )


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
