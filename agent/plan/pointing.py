"""Items named in passing: by part of a title, by what is told of them ("the subway one"), or not in the catalogue.

The tagger says which words stand for an item; here they are held against what was just shown, then against all titles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from agent.plan.mention import Mention
from agent.plan.references import RefMention
from agent.plan.roles import OF_ITEMS, ROLE_OF, SURE, Role, Weighed
from agent.plan.tokens import Message, first_of_pair
from core.items import Item
from core.plan import Reference
from core.turn import Conversation
from tools.linking.english import common, compound
from tools.linking.generic import GENERIC
from tools.linking.people import PeopleIndex
from tools.linking.titles import ARTICLES, TitleIndex
from tools.tagging.tagger import Tagged
from tools.text import STOPWORDS, normalise, stem, words

_KIN = frozenset({"sisters", "brothers", "sister", "brother", "siblings"})
_OF_PEOPLE: frozenset[Role] = frozenset({"want", "avoid", "like", "dislike", "seen", "more", "less"})
_LISTING = frozenset({"and", "or", "but", "nor"})
_POINTERS = frozenset(
    {"one", "ones", "it", "that", "this", "them", "these", "those", "both", "all", "everything", "others"}
)


_WHOLE = (["ones"], ["series"], ["franchise"], ["saga"])
"""Words behind the name of a series taken whole."""


def pointed(
    message: Message, mentions: Sequence[Mention], tagged: Tagged, conversation: Conversation, titles: TitleIndex
) -> list[Mention]:
    """The mentions with those items added that only the tagger finds; what such words were taken for gives way."""
    found = list(mentions)
    for start, end, weighed in _joined(message, _item_runs(message, tagged), titles):
        inside = [m for m in found if m.start < end and start < m.end]
        if any(m.kind in {"title", "ref"} and not (m.ref is not None and m.ref.weak) for m in inside):
            continue
        if any(m.kind == "value" and message.norms[m.end : m.end + 1] in _WHOLE for m in inside):
            continue  # "all the Toy Story ones": the series as a whole
        made = _named(message, start, end, weighed, inside, conversation, titles)
        if made is not None:
            found = [m for m in found if not (m.start < made.end and made.start < m.end)]
            found.append(made)
    return sorted(found, key=lambda m: m.start)


def named_people(
    message: Message, mentions: Sequence[Mention], tagged: Tagged, people: PeopleIndex, titles: TitleIndex
) -> list[Mention]:
    """The mentions with people added who are named by a part of their name, or with a slip, where somebody is meant."""
    found = [_whole_name(message, m) for m in mentions]
    for low, high, mark in tagged.runs():
        if ROLE_OF[mark] not in _OF_PEOPLE:
            continue
        inside = [n for n, t in enumerate(message.tokens) if t.start < high and low < t.end and t.word]
        free = [n for n in inside if not any(m.start <= n < m.end for m in found)]
        for part in _together(free):
            spoken = [message.norms[n] for n in part if message.norms[n] not in ARTICLES | _KIN]
            if _ends_a_pair(message, part[0], people):
                continue  # "Laurel and Hardy"
            entries = people.find(spoken)
            quote = message.quote(part[0], part[-1] + 1)
            slip = not people.spelled([w for w in words(quote) if w not in ARTICLES | _KIN])
            if entries and slip and (titles.find(quote) or _plain_words(message, part)):
                continue  # a slip of a title is likelier than one of a name, "the matrx"; "the postman" is no Portman
            if entries:
                found.append(_whole_name(message, Mention(part[0], part[-1] + 1, "value", 9.0, tuple(entries))))
    return sorted((m for m in found if not any(_within(m, o) for o in found)), key=lambda m: m.start)


def _ends_a_pair(message: Message, start: int, people: PeopleIndex) -> bool:
    """Whether a name ends a pair whose first nobody here bears."""
    first = first_of_pair(message, start)
    return first is not None and not people.find([message.norms[first]])


def _plain_words(message: Message, part: Sequence[int]) -> bool:
    """Whether these tokens, written small, are ordinary words or made of them: "the postman"."""
    said = [message.tokens[n] for n in part if message.norms[n] not in ARTICLES | _KIN]
    return all(not t.capital and (common(t.norm) or compound(t.norm)) for t in said)


def _whole_name(message: Message, mention: Mention) -> Mention:
    """A mention of somebody by a part of their name, with the other parts that stand beside it: "garcia marquez"."""
    if mention.kind != "value":
        return mention
    parts, start, end = set(words(mention.entry.value or "")), mention.start, mention.end
    while start > 0 and message.norms[start - 1] in parts:
        start -= 1
    while (
        end < len(message.norms)
        and message.tokens[end].word
        and (message.norms[end] in parts or normalise(message.quote(end - 1, end + 1)).replace(" ", "") in parts)
    ):
        end += 1  # "di Caprio" is written in one word too
    return replace(mention, start=start, end=end)


def _within(mention: Mention, other: Mention) -> bool:
    """Whether a mention lies inside a longer one."""
    longer = other.end - other.start > mention.end - mention.start
    return longer and other.start <= mention.start and mention.end <= other.end


def _together(places: Sequence[int]) -> list[list[int]]:
    """Places that follow each other, in groups."""
    groups: list[list[int]] = []
    for place in places:
        if groups and place == groups[-1][-1] + 1:
            groups[-1].append(place)
        else:
            groups.append([place])
    return groups


def _item_runs(message: Message, tagged: Tagged) -> list[tuple[int, int, Weighed]]:
    """Stretches of tokens that stand for an item, with their roles."""
    runs = []
    for low, high, mark in tagged.runs():
        if ROLE_OF[mark] not in OF_ITEMS:
            continue
        inside = [n for n, t in enumerate(message.tokens) if t.start < high and low < t.end and t.word]
        if inside:
            runs.append((inside[0], inside[-1] + 1, Weighed(tagged.over(low, high))))
    return runs


def _joined(
    message: Message, runs: Sequence[tuple[int, int, Weighed]], titles: TitleIndex
) -> list[tuple[int, int, Weighed]]:
    """The stretches, those put together that a title holds with the little words between them: "time in the west"."""
    joined: list[tuple[int, int, Weighed]] = []
    for start, end, weighed in runs:
        last = joined[-1] if joined else None
        gap = message.norms[last[1] : start] if last else []
        near = last is not None and len(gap) <= 2 and all(n in STOPWORDS and n not in _LISTING for n in gap)
        if last is not None and near and titles.holding(message.norms[last[0] : end]):
            joined[-1] = (last[0], end, last[2])
        else:
            joined.append((start, end, weighed))
    return joined


def _named(
    message: Message, start: int, end: int, weighed: Weighed, inside: Sequence[Mention], conversation: Conversation,
    titles: TitleIndex,
) -> Mention | None:  # fmt: skip
    using = {n for m in inside if m.kind == "word" and m.entry.kind in {"using", "used"} for n in range(m.start, m.end)}
    words = [n for place, n in enumerate(message.norms[start:end], start) if place not in using]
    telling = [n for n in words if n not in ARTICLES and n not in _POINTERS and n not in STOPWORDS]
    if not telling or weighed.chance(*OF_ITEMS) < SURE:
        return None
    if _bare_property(message, start, end, inside) or any(names_a_field(m, start, end) for m in inside):
        return None
    place = _told_of(telling, [r.item for r in conversation.slate])
    if place is not None:
        ordinal = Reference(ordinal=place, quote=message.quote(start, end))
        return Mention(start, end, "ref", 9.0, ref=RefMention(start, end, (ordinal,)))
    plain = not any(m.kind in {"value", "phrase", "number", "vague"} for m in inside)
    if plain or len(telling) > 1:
        rows = titles.holding(message.norms[start:end]) or [
            m.row for m in titles.settle(titles.find(message.quote(start, end)))
        ]
        if rows:
            return Mention(start, end, "title", 9.0, rows=tuple(rows), strong=True)
    if not plain:
        return None  # a property that is asked about, or a person or series known
    return (
        Mention(start, end, "title", 9.0, strong=True) if _like_a_name(message, start, end, telling, weighed) else None
    )


def names_a_field(mention: Mention, start: int, end: int) -> bool:
    """Whether a mention covers a stretch and is the name of a field: "the mood of the first one"."""
    within = mention.start <= start and mention.end >= end
    return within and mention.kind == "word" and any(e.kind == "field" for e in mention.entries)


def _bare_property(message: Message, start: int, end: int, inside: Sequence[Mention]) -> bool:
    """Whether a stretch is a property and points at nothing: "PG-13 or lower", not "the funny one"."""
    said = {n for m in inside if m.kind not in {"title", "ref"} for n in range(m.start, m.end)}
    points = ARTICLES | _POINTERS
    return said >= set(range(start, end)) and not points & set(message.norms[max(0, start - 1) : end + 1])


def _told_of(telling: Sequence[str], slate: Sequence[Item]) -> int | None:
    """The place on the slate, from 1, of the only item whose title, else whose facts and description, has all words."""
    stems = {stem(w) for w in telling}
    for texts in ([i.title for i in slate], [_everything(i) for i in slate]):
        hits = [n for n, text in enumerate(texts, 1) if stems <= {stem(w) for w in normalise(text).split()}]
        if len(hits) == 1:
            return hits[0]
    return None


def _everything(item: Item) -> str:
    return " ".join([item.title, *(str(v) for name in item.fields for v in item.values(name))])


def _like_a_name(message: Message, start: int, end: int, telling: Sequence[str], weighed: Weighed) -> bool:
    """Whether words that stand for an item read like a title that is not in the catalogue."""
    if weighed.chance("like", "dislike", "seen", "taken", "asked") < SURE or all(w in GENERIC for w in telling):
        return False
    capital = any(t.capital and n > 0 for n, t in enumerate(message.tokens[:end]) if n >= start)
    return capital or (len(telling) > 1 and not all(common(w) for w in telling))
