"""What a message says of items: liked, disliked, seen, wanted more of, or only mentioned."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.plan.mention import Mention
from agent.plan.reading import Reading
from agent.plan.roles import SURE, Role
from core.plan import ItemOpinion, Reference, Stance
from tools.catalog.columns import CategoryColumn, Column
from tools.linking.titles import TitleIndex, key_of

_UNSEEN = r"\b(?:havent|have not|never|hasnt|didnt|not|yet to|want to|wanted to|going to|havent yet|never actually) (?:ever |yet |even |actually )*(?:USED|USE|finish)(?: \w+)?\W*$"
_TO_DO = r"\b(?:to|can|could|should|would|will|ill|must|please|let me|lets|gonna|i might|me|us|need to|want to|going to|rather) (?:\w+ )?(?:USED|USE)(?: \w+)?(?: the| a)?\W*$"
_SEEN = r"\b(?:(?:ive|i have|have|we|weve|i|already|just|recently|finally|both|also) (?:\w+ )?(?:USED|finished)|USED|reUSED)\b[^.!?]{0,40}$"
_DISLIKED_BEFORE = (
    r"\b(?:hate[ds]?|hating|dislike[ds]?|loathe[ds]?|despise[ds]?|detest(?:ed)?|(?:didnt|did not|dont|do not|doesnt|never|couldnt|wasnt|not|cant|cannot) (?:really |particularly |actually |much |even )?"
    r"(?:like|love|enjoy|care for|get|get into|get through|get past|get on with|stand|finish|make it through|a fan of|fond of|into|rate|impressed by|keen on)|bored by|bored with|disappointed by|tired of|sick of|nothing like|not like|unlike|skip|pass on|no to|not|without|except|other than|anything but|hated)\b(?P<gap>[^.!?;]*)$"
)
_LIKED_BEFORE = (
    r"\b(?:love[ds]?|like[ds]?|enjoy(?:ed|s)?|adore[ds]?|fans? of|favou?rites?(?: \w+)? (?:is|are|was|were|includes?)|favou?rites?|big on|fond of|into|impressed by|obsessed with|crazy about|similar to|like|likes of|vein of|style of|lines of|such as|"
    r"reminiscent of|reminds? me of|as good as|more of|enjoying|in love with|recommend(?:ed)?|comparable to|equivalent of|close to|mix of|cross between|think|spirit of|mood of|soft spot for|weakness for)\b(?P<gap>[^.!?;]*)$"
)
_IS_ONE = r"(?:is|are|was|were) (?:(?!not |nothing |what |than |who )\w+ ){0,5}(?:i|we) (?:(?:really|also|quite|did|always|absolutely) ){0,2}"
"""Words between an item and the verb of what "is one I liked"."""
_GOOD_AFTER = (
    r"^ ?,? ?(?:(?:it|that|which|they|both|all|and i|i) )*(?:(?:was|is|were|are|felt|seems?|looks?|sounds?) (?:really |so |very |absolutely |pretty |quite |just |both |a |an |my |one of my |the |all |all time |always |ever |personal )*(?:great|good|amazing|brilliant|perfect|wonderful|fantastic|awesome|excellent|masterpieces?|lovely|superb|fun|hilarious|favou?rites?|best|gem|incredible|beautiful|blast)"
    rf"|{_IS_ONE}(?:liked|loved|enjoyed|adored)\b|(?:is|are|was|were) (?:(?:both|all|also|among|two|three|some|one|of) ){{0,4}}my (?:\w+ ){{0,2}}favou?rites?\b"
    r"|(?:and |but )?(?:i |we )?(?:really |absolutely |quite )?(?:loved|liked|enjoyed|adored) (?:it|them|that|both|all)|rocks|blew me away|(?:is|was|are|were) (?:both |all |right |just |really |very much )*up my (?:street|alley))\b"
)
_BAD_AFTER = (
    r"^ ?,? ?(?:(?:it|that|which|they|both|all|and|but) )*(?:(?:was|is|were|are|felt|seemed|looks?|sounds?|seems) (?:really |so |very |absolutely |pretty |quite |just |rather |a bit |a little |kind of |kinda |far |way |too |a |an |such a )*(?:boring|bad|awful|terrible|dull|meh|overrated|disappointing|dreadful|rubbish|trash|slog|mess|bore|horrible|tedious|pretentious|slow|long|not for me|not my (?:thing|cup of tea)|silly|weak|stupid|crap)"
    rf"|{_IS_ONE}(?:hated|disliked|loathed|didnt (?:like|enjoy|love|finish)|couldnt (?:stand|finish))\b"
    r"|(?:wasnt|isnt|werent|was not|is not|is nt) (?:really |very |that |so |all that )*(?:good|great|for me|my thing|my cup of tea|fun|up to much|interesting)|bored (?:me|us)|(?:and |but )?(?:i |we )?(?:really |absolutely )?(?:hated|disliked|loathed|didnt (?:really )?(?:like|love|enjoy)|did not (?:like|enjoy)|couldnt (?:stand|finish)) (?:it|them|that|both|all|either)|"
    r"bored|sucks|sucked|left me cold|put me to sleep|did nothing for me|doesnt (?:do it|appeal|interest|grab)|didnt (?:do it|appeal|grab|work)|does not appeal)\b"
)
_LOVED_SOON = r"\b(?:loved|liked|enjoyed|adored|great|amazing|brilliant|wonderful|favou?rite)\b"
_HATED_SOON = r"\b(?:hated|disliked|didnt (?:really )?(?:like|enjoy)|boring|bored|awful|terrible|meh|overrated|didnt do it|not for me)\b"
_LIST_GAP = frozenset(
    {
        ",",
        "and",
        "or",
        "&",
        "also",
        "the",
        "both",
        "a",
        '"',
        "“",
        "”",
        "/",
        "plus",
        "as",
        "well",
        "even",
        "especially",
        "nor",
        "then",
    }
)
_MORE_LIKE = (
    r"\b(?:like|similar to|more of|as good as|vein of|style of|lines of|more like|in the mood of)(?: the| a)?\W*$"
)


_SEEN_AFTER = r"^ ?,? ?(?:i |ive |i have |have |already |we )*(?:already |both )*(?:USED)\b"
ALONG_THOSE_LINES = (
    r"^\W*(?:something|anything|more|stuff|things|others?)? ?(?:along (?:those|these) lines|like (?:that|it|them|those)|similar"
    r"|in (?:that|the same) (?:vein|style)|of (?:that|the same) kind)\b"
)
_IS_NOTHING_LIKE = r"\b(?:is|are|was|were|isnt|arent|wasnt|thats|its|s) (?:nothing|not(?: at all)?|hardly|no) (?:like|similar to)(?: the)?\W*$"
"""Words by which one item is compared with another: it tells nothing of the other."""
_NOTHING_LIKE = (
    r"\b(?:nothing|not|dont|didnt|unlike|never|isnt|wasnt)(?: \w+)? (?:more )?(?:like|similar to)(?: the)?\W*$"
)


@dataclass(frozen=True, slots=True)
class ItemMention:
    """A title or pointing expression with the stance taken towards it."""

    mention: Mention
    references: tuple[Reference, ...]
    stance: Stance
    seen: bool = False


def read_items(reading: Reading, titles: TitleIndex) -> list[ItemMention]:
    """Every item mentioned or pointed at, with its stance; the items of a list share one."""
    found: list[ItemMention] = []
    for mention in reading.of_kind("title", "ref"):
        if mention.kind == "ref" and (not reading.has_slate or _takes_up_title(reading, mention)):
            continue
        previous = found[-1] if found else None
        told = _plainly(reading, mention, previous) or _told(reading, mention)
        if told is not None:
            listed = previous is not None and in_list(reading, previous.mention, mention)
            if previous is not None and listed and told[0] == "mentioned" and not _certain(reading, mention):
                told = previous.stance, previous.seen  # "already read A, B and C"
            found.append(ItemMention(mention, references_of(reading, mention, titles), *told))
            _share_back(reading, found)
            continue
        stance, seen = _stance(reading, mention)
        if previous is not None and in_list(reading, previous.mention, mention) and stance != "unseen":
            stance, seen = _after_stance(reading, mention) or previous.stance, previous.seen
        found.append(ItemMention(mention, references_of(reading, mention, titles), stance, seen))
        _share_back(reading, found)
    return found


def _share_back(reading: Reading, found: list[ItemMention]) -> None:
    """What the words behind a list say, they say of all its items: "A, B and C were right up my street"."""
    last = found[-1]
    own = _after_stance(reading, last.mention)
    if own is None:
        return
    if last.stance == "mentioned" and not _certain(reading, last.mention):
        found[-1] = replace(last, stance=own)
    for place in range(len(found) - 2, -1, -1):
        item, behind = found[place], found[place + 1].mention
        if item.mention.kind != last.mention.kind or not in_list(reading, item.mention, behind):
            return
        if item.stance in {"mentioned", "seen"} and not _certain(reading, item.mention):
            found[place] = replace(item, stance=own)


_NOT_LIKED = (
    r"\b(?:(?:didnt|did not|dont|do not|doesnt|does not|never|couldnt|could not|cant) (?:really |much |particularly |ever |quite )?"
    r"(?:like|love|enjoy|rate|care for|get into|get on with|warm to|take to)|hate[ds]?|detest(?:ed|s)?|loathe[ds]?)(?: the| a)?$"
)
_LIKED = (
    r"(?:^|[.;!?] )(?:also |really )?(?:liked|loved|enjoyed|adored)(?: the| a)?$"
    r"|\b(?:(?:i|we) (?:(?:really|also|quite|did|absolutely|both|always) ){0,2}(?:liked|loved|enjoyed|adored)"
    r"|(?:i|we) did (?:really )?(?:like|love|enjoy)|(?:soft spot|weakness) for)(?: the| a)?$"
)
_FOUND = r"\bfound(?: the| a)?$"
_DULL = r"^ ?(?:(?:a bit|a little|really|very|so|too|quite|rather|pretty|kind of|incredibly|extremely) )*(?:dull|boring|slow|tedious|overrated|disappointing|weak|flat|annoying|silly|unbearable|unreadable|unwatchable|predictable|hard going|heavy going|a slog|a bore|meh)\b"
_FINE = r"^ ?(?:(?:a bit|really|very|so|quite|rather|pretty|absolutely|incredibly) )*(?:brilliant|wonderful|great|moving|gripping|fascinating|hilarious|funny|lovely|beautiful|excellent|superb|touching)\b"
_SO_DID = r"\band (?:so|neither|nor) (?:did|does|do|was|were|is|has)(?: the)?$"


_KNOWN = r"(?:\b(?:i|we) (?:do |both )?|(?:^|[.;!?,] )(?:already )?)know(?: the)?$"
_SEEN_FIRST = r"(?:^|[.;!?,] )(?:(?:already|just|ive|i have|i|also) )*(?:USED)(?: the)?$"
"""The verb of knowing something, at the head of its sentence and right before an item."""
_STUCK = r"\b(?:same [a-z]+ of|stuck (?:on|in|with|at)|(?:struggl|slogg|trudg|wad)ing (?:with|through)|half ?way through|(?:gave|given|giving) up on|abandon(?:ed|ing)|nobody(?:s| has)? shuts? up about|everyones on about)(?: the)?$"
_GAVE_UP = r"\b(?:(?:gave|given|giving) up on|abandon(?:ed|ing))(?: the)?$"
"""Words before an item somebody does not get through; or gave up."""
_SEEN_ALONE = r"^(?:(?:no|nah|oh|sorry|already|ive|weve|i have|i|we|both) ?,? ?)*(?:USED)$"
_ALREADY = r" ?(?:already\b|(?:,|\.|!|;|$))"
_NOT_NEW = r" ?(?:isnt|is not|wouldnt be|would not be) new to (?:me|us|either of us)\b"


def _plainly(reading: Reading, mention: Mention, previous: ItemMention | None) -> tuple[Stance, bool] | None:
    """The stance that the words right by an item put beyond doubt, whatever the tagger makes of them."""
    before, after = reading.before(mention), reading.after(mention)
    if mention.kind != "title":
        alone = not re.search(r"\w", after) and reading.domain.pattern(_SEEN_ALONE).match(before)
        return ("seen", True) if alone else None  # "seen it"
    if re.search(_STUCK, before):
        return ("disliked", True) if re.search(_GAVE_UP, before) else ("mentioned", False)
    if re.search(_SO_DID, before) and previous is not None:
        return previous.stance, previous.seen
    if re.search(_NOT_LIKED, before):
        return "disliked", False
    if re.search(_LIKED, before):
        return "liked", False
    if (re.search(_KNOWN, before) and re.match(_ALREADY, after)) or re.match(_NOT_NEW, after):
        return "seen", True
    if reading.domain.pattern(_SEEN_FIRST).search(before) and not reading.question:
        said = _stance(reading, mention)
        return said if said[1] else None
    if re.search(_FOUND, before) and (re.search(_DULL, after) or re.search(_FINE, after)):
        return ("disliked" if re.search(_DULL, after) else "liked"), True
    maker = re.sub(r"^ ?, (?:[\w.]+ ){1,4}, ", " ", after)  # "X, by somebody, bored me"
    return ("disliked", True) if maker != after and re.search(_BAD_AFTER, maker) else None


_FAVOURITES = r"\bfavou?rites?(?: \w+)? (?:is|are|was|were|includes?)\b[^.!?;]*$"
FIRM = 0.9
"""Probability from which the tagger overrules a word of praise or blame that stands by an item."""
_STANCES: dict[Role, Stance] = {
    "like": "liked", "dislike": "disliked", "seen": "seen", "unseen": "unseen", "asked": "mentioned",
    "compared": "mentioned", "taken": "mentioned", "passed": "mentioned", "aside": "mentioned", "want": "mentioned",
}  # fmt: skip


def _told(reading: Reading, mention: Mention) -> tuple[Stance, bool] | None:
    """(stance, said to be seen) where the tagger is sure what is done with an item; None where it is not."""
    weighed = reading.weigh(mention.start, mention.end)
    if weighed is None:
        return None
    role, chance = weighed.best
    if chance < SURE:
        return None
    if role in {"passed", "avoid"} and mention.kind == "title":
        return "disliked", False  # "not Twilight": what is refused by name is off the table
    stance = _STANCES.get(role)
    if stance is None:
        return None
    said = _stance(reading, mention)
    if stance == "seen" and said[0] in {"liked", "disliked"}:
        return said[0], True  # "saw it last night and loved it"
    opposite = {stance, said[0]} == {"liked", "disliked"}
    unheard = role in {"want", "aside"} and said[0] in {"liked", "disliked", "seen"} and mention.kind == "title"
    if (opposite or unheard) and (chance < FIRM or re.search(_FAVOURITES, reading.before(mention))):
        return said  # a word of praise or blame stands right by it
    return stance, stance in {"liked", "disliked", "seen"} and _seen_too(reading, mention)


def _certain(reading: Reading, mention: Mention) -> bool:
    """Whether an item is certainly asked about, taken or passed on, so that it does not share the fate of its list."""
    weighed = reading.weigh(mention.start, mention.end)
    return weighed is not None and weighed.chance("asked", "taken", "passed", "compared") >= SURE


def _seen_too(reading: Reading, mention: Mention) -> bool:
    return _seen(reading, mention, reading.before(mention), None) is not None


def _takes_up_title(reading: Reading, mention: Mention) -> bool:
    """ "I loved X, more like that", "the first, seen it": the pointing word means the item just said."""
    if mention.ref is None or not (mention.ref.weak or mention.ref.references[0].ordinal is None):
        return False
    return any(
        m.end <= mention.start and (m.kind == "title" or (m.ref is not None and not m.ref.weak and mention.ref.weak))
        for m in reading.mentions
    )


def opinions_of(items: list[ItemMention]) -> tuple[ItemOpinion, ...]:
    """The item mentions that say something."""
    return tuple(
        ItemOpinion(item=reference, stance=item.stance, seen=item.seen)
        for item in items
        if item.stance != "mentioned"
        for reference in item.references
    )


def read_series(
    reading: Reading, columns: Mapping[str, Column], titles: TitleIndex
) -> tuple[list[ItemOpinion], set[int]]:
    """Opinions of whole series and of all by one person ("I've seen all the …"), and the positions of their mentions.

    Seen: every item of theirs. "Like …" a series: its best-known item stands for it.
    """
    made: list[ItemOpinion] = []
    taken: set[int] = set()
    for place, mention in enumerate(reading.mentions):
        if mention.kind != "value":
            continue
        stance = _stance_of_many(reading, mention)
        found = _held_by(reading, mention, columns) if stance is not None else None
        if stance is None or found is None:
            continue
        value, rows = found
        if stance == "anchor":
            rows = [_stands_for(value, rows, titles)]
        taken.add(place)
        for row in rows:
            year = (
                int(titles.years[row]) if titles.years is not None and titles.years[row] == titles.years[row] else None
            )
            reference = Reference(title=titles.titles[row], year=year, quote=reading.quote(mention))
            made.append(ItemOpinion(item=reference, stance=stance))
    return made, taken


def _stance_of_many(reading: Reading, mention: Mention) -> Stance | None:
    """Whether all a series or a person has made is said to be known, or is what new items should be like."""
    before = reading.before(mention)
    series = any(e.field and reading.schema.field(e.field).role == "series" for e in mention.entries)
    weighed = reading.weigh(mention.start, mention.end)
    if weighed is not None and weighed.best[1] >= SURE:
        role = weighed.best[0]
        if role == "seen":
            return "seen"
        told = reading.cues.is_taste(mention.start) and not re.search(r"\b(?:like|similar to)(?: the)?$", before)
        return "anchor" if role == "like" and series and not told else None
    if not series or reading.domain.pattern(_UNSEEN).search(before):
        return None
    if reading.domain.pattern(r"\b(?:USED|finished)\b(?: \w+){0,4}$").search(before):
        return "seen"
    alike = re.search(r"\b(?:like|similar to|vein of|style of|lines of|fans? of)(?: the| a)?$", before)
    return "anchor" if alike and not reading.cues.is_taste(mention.start) else None


def _held_by(reading: Reading, mention: Mention, columns: Mapping[str, Column]) -> tuple[str, list[int]] | None:
    """(name, rows) of the series or person a mention names; a series first."""
    fields = [f for f in reading.schema.fields if f.role == "series" or f.type == "people"]
    for spec in sorted(fields, key=lambda f: f.role != "series"):
        column = columns.get(spec.name)
        value = next((e.value for e in mention.entries if e.field == spec.name and e.value), None)
        if value is not None and isinstance(column, CategoryColumn):
            return value, [int(r) for r in column.rows_with(value)]
    return None


def _stands_for(series: str, rows: list[int], titles: TitleIndex) -> int:
    """The row of a series that is meant when only the series is named: the one called so, or the best known."""
    named = [r for r in rows if key_of(titles.titles[r]) == key_of(series)]
    fame = titles.fame
    return min(named or rows, key=lambda r: (-(fame[r] if fame is not None else 0.0), r))


def references_of(reading: Reading, mention: Mention, titles: TitleIndex) -> tuple[Reference, ...]:
    """The mention as references a plan can hold."""
    if mention.ref is not None:
        return mention.ref.references
    title = titles.titles[mention.rows[0]] if mention.rows else ""
    if len(mention.rows) == 1 and (mention.person or not titles.find(reading.quote(mention))):
        held = titles.years[mention.rows[0]] if titles.years is not None else float("nan")
        year = None if math.isnan(held) else int(held)
        return (Reference(title=title, year=year, quote=reading.quote(mention)),)
    spoken = reading.message.quote(
        mention.start, mention.end - (0 if mention.year is None else _year_tokens(reading, mention))
    )
    return (Reference(title=spoken or title, year=mention.year, quote=reading.quote(mention)),)


def _year_tokens(reading: Reading, mention: Mention) -> int:
    last = reading.message.norms[mention.end - 1]
    if last == ")":
        return 3
    return 2 if reading.message.norms[mention.end - 2] == "from" else 1


def _stance(reading: Reading, mention: Mention) -> tuple[Stance, bool]:
    """(stance, said to be seen), by the words before, then those behind, nearest first."""
    before, after = reading.before(mention), reading.after(mention)
    own = _after_stance(reading, mention)
    weak = mention.ref is not None and mention.ref.weak
    if reading.domain.pattern(_UNSEEN).search(before):
        return "unseen", False
    known = _seen(reading, mention, before, own)
    if known is not None:
        return known, True
    if own is not None and not (weak and reading.question):
        return own, False
    if not weak and reading.domain.pattern(_SEEN_AFTER).search(after):
        return "seen", True
    if re.search(ALONG_THOSE_LINES, after):
        return "liked", False
    return _verb_before(reading, before, weak=weak), False


def _seen(reading: Reading, mention: Mention, before: str, own: Stance | None) -> Stance | None:
    """The stance towards an item said to be seen, or None when it is not said."""
    seen = reading.domain.pattern(_SEEN).search(before)
    if seen is None or reading.domain.pattern(_TO_DO).search(before):
        return None
    if _other_item_between(reading, mention, seen.start(), before):
        return None
    soon = _until_next_item(reading, mention)
    if re.search(_HATED_SOON, soon) or own == "disliked":
        return "disliked"
    if re.search(_LOVED_SOON, soon) or own == "liked":
        return "liked"
    nearer = _near(_LIKED_BEFORE, before)
    return "seen" if nearer is None or nearer < seen.start() else None


def _until_next_item(reading: Reading, mention: Mention) -> str:
    """The next words behind a mention, up to an item that has a verb of its own."""
    end = min(mention.end + 9, len(reading.message.norms))
    for other in reading.mentions:
        if other.kind in {"title", "ref"} and mention.end < other.start < end and not in_list(reading, mention, other):
            own = reading.message.norms[mention.end : other.start]
            weak = other.ref is not None and (other.ref.weak or other.ref.references[0].everything)
            stop = next((n for n, norm in enumerate(own) if norm in {",", ".", ";", "!", "?"}), None)
            end = mention.end + stop if stop is not None and not weak else end
    return " ".join(reading.message.norms[mention.end : end])


def _verb_before(reading: Reading, before: str, *, weak: bool) -> Stance:
    """The stance of the verb that governs the mention."""
    if re.search(_IS_NOTHING_LIKE, before):
        return "mentioned"
    if re.search(_MORE_LIKE, before) and not re.search(_NOTHING_LIKE, before):
        return "liked"
    disliked, liked = _near(_DISLIKED_BEFORE, before), _near(_LIKED_BEFORE, before)
    vague_question = weak and reading.question
    if disliked is not None and (liked is None or disliked >= liked - 12):
        return "mentioned" if vague_question else "disliked"
    return "liked" if liked is not None and not vague_question else "mentioned"


def _after_stance(reading: Reading, mention: Mention) -> Stance | None:
    after = reading.after(mention)
    if mention.person and re.search(r"\bfavou?rite\b", " ".join(reading.message.norms[mention.start : mention.end])):
        return "liked"  # "X is my favourite Y"
    if reading.question and not re.search(r"\b(?:i|me|we)\b", after):
        return None
    if re.search(_BAD_AFTER, after):
        return "disliked"
    if re.search(_GOOD_AFTER, after) and (
        re.search(rf"^ ?{_IS_ONE}|^[^.,;]{{0,40}}\bfavou?rite", after)
        or not re.search(r"^ ?(?:looks?|sounds?|seems?|is|are) ", after)
    ):
        return "liked"
    return None


def _near(pattern: str, before: str) -> int | None:
    """Place of the last cue of `pattern` whose reach still touches the end of `before`, or None."""
    found = list(re.finditer(pattern.split("(?P<gap>", maxsplit=1)[0], before))
    if not found:
        return None
    match = found[-1]
    gap = before[match.end() :]
    if re.search(r"[.!?;:]|\b(?:but|though|although|however)\b", gap):
        return None
    filler = re.sub(
        r"\b(?:the|a|an|both|also|really|just|NOUN|things|stuff|movies?|like|to|of|that|first|one|ones|so|much|very|all|by|with|more|another|old|original|new|version|anything|something|on|in|what|about)\b|\W",
        " ",
        gap,
    )
    return match.start() if len(filler.split()) <= 1 else None


def _other_item_between(reading: Reading, mention: Mention, place: int, before: str) -> bool:
    index = reading.message.index_at(min(place, max(len(before) - 1, 0)))
    return any(
        m.kind in {"title", "ref"} and index < m.start < mention.start and not in_list(reading, m, mention)
        for m in reading.mentions
    )


def in_list(reading: Reading, first: Mention, second: Mention) -> bool:
    """Whether two mentions stand in one list: "A, B and C"."""
    gap = reading.between(first, second)
    return len(gap) <= 5 and all(n in _LIST_GAP for n in gap)
