"""Corrections: what a message takes back, what no longer matters, and travel through the history."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from agent.plan.meanings import choose_entry
from agent.plan.mention import Mention
from agent.plan.opinions import ItemMention, in_list
from agent.plan.reading import Reading
from agent.plan.roles import SURE
from agent.plan.wishes import WishReader
from core.plan import Retraction, Wish
from core.preferences import Preference
from core.values import Scalar
from tools.text import stem, terms, words

_UNDO = r"^\W*(?:(?:ok|oh|no|wait|please|sorry|hm+|actually|can you|could you|oops) ?,? ?)*(?:undo|go back|take (?:that|it) back|revert|back up|undo (?:that|this|it|the last \w+)|one step back|scratch that|undo my last \w+|(?:scrap|forget|ignore|cancel|drop|remove) (?:that |the |my )?last (?:thing|bit|one|message|request|part|wish)(?: that)?(?: i)?(?: just)?(?: said| asked(?: for)?| told you| wrote| mentioned)?)\b[^a-z]*(?:please|that|it|this|the last \w+|a step|one step|my last \w+)?\W*(?:please)?\W*$"
_REDO = r"^\W*(?:redo|do it again|put (?:that|it) back|bring (?:that|it) back)(?: that| it)?\W*$"
_RESET = r"\b(?:start (?:over|again|afresh|fresh|from scratch|anew)|reset(?: everything| all)?|(?:forget|scrap|drop|ditch|cancel|bin|erase|wipe) (?:everything|it all|all (?:of )?(?:that|this|it)|what i said(?! about)|the lot)(?! (?:but|except|apart|other))|clear (?:everything|all|my preferences|the list)|from scratch|clean slate|new search|begin again|restart)\b"
_FORGET = r"\b(?:(?<!before i )forget(?: about)?|drop|remove|scrap|lose|delete|cancel|take (?:out|off|away)|get rid of|ignore|never ?mind|scratch|without the|no need for|stop filtering(?: by| on)?|disregard|ditch|undo|clear|relax|lift)\b"
_STAYS = r" ?(?:stays?|remains?|is (?:staying|still)|can stay|should stay|must stay|still (?:holds?|stands?|counts?))\b"
_SAME = r"\b(?:same|similar|usual)$"
"""Words before what stays as it is: "same length, but a comedy"."""
_SAID_OF = r"(?: the| that| my| about| what| (?:i|we) (?:said|like[ds]?|love[ds]?|hate[ds]?|have USED|USED|had)| (?:that )?ive USED| i)*\W*$"
_FINE_AFTER = (
    r"^(?: ?(?:NOUN|ones?|stuff|too|as well|also|actually|then))* ?,? ?(?:(?:is|are|would be|s) (?:actually |totally |also |perfectly |absolutely |just |quite )*(?:fine|ok|okay|alright|all right|good|great|allowed|welcome|no problem|not a problem|cool)|"
    r"(?:doesnt|dont|does not|do not) (?:bother|scare|put) me|works? for me)(?: (?:too|now|after all|as well|actually|by me|with me))*\b"
)
_MIND_BEFORE = r"\b(?:dont|do not|wouldnt|would not|doesnt) (?:really |actually )?mind(?: if (?:it|its|it is|there)(?: is| s|s)?| watching| reading| some| a bit of| a little| about| with| having| it)*(?: the| a| an)?\W*$|\b(?:im |i am |am )?(?:ok|okay|fine|cool|happy|good) with(?: some| a bit of)?(?: the| a| an)?\W*$|\ballow(?: the)?\W*$"
_NO_MATTER_AFTER = r"^(?: ?(?:range|limit|thing|part|bit|of it|really|itself|or so))* ?,? ?(?:(?:really |actually )?(?:doesnt|does not|dont|do not|didnt|wont|isnt|is not) (?:really |actually |that )?(?:matter|important|bother me|make a difference)|(?:is|are) (?:not important|irrelevant|unimportant|up to you|open|flexible)|can be (?:any(?:thing)?|whatever)|whatever|no preference|not important)\b"
_NO_CARE_BEFORE = r"\b(?:(?:doesnt|does not|dont|do not|need not|neednt) (?:(?:have|need) to |necessarily )?be(?: in| from| a| an)?|(?:doesnt|does not|dont|do not|wouldnt|would not|didnt) (?:really )?(?:matter|care|mind|bother (?:me|us)) (?:if|whether) (?:its|it is|it was|theyre|they are|thats|theres|there is)(?: not| a| an)*|(?:it|that|they|this|there) (?:doesnt|does not|dont|do not) (?:really |actually )?need(?: to (?:have|feature|star|include|involve))?(?: any)?|(?:dont|do not|doesnt|didnt) (?:really |actually )?care (?:about|for|what|which|how|when|where)?|no preference (?:on|for|about|as to|in|regarding)|not (?:fussy|fussed|picky|bothered) (?:about|on|by)|any|whatever|no matter(?: the| what| which)?|regardless of|indifferent (?:to|about)|doesnt matter (?:what|which|how|when)|dont mind (?:about |which |what |how |when )?|open (?:on|about|to any))(?: the| a)?\W*$"


_NO_NEED = r"\b(?:(?:doesnt|does not|dont|do not|need not|neednt|no) (?:(?:have|need) to )?(?:keep|stick|stay|be limited|limit (?:it|them|yourself|this)|restrict (?:it|them|yourself|this)) (?:to|with|within))(?: the| a)?$"
"""Words that lift a bound, whatever stands behind them: "you needn't keep to"."""


_LET = r"\blet(?: the| that| my| go of(?: the| that)?)?$|^(?:(?:ok|okay|yes|yeah|sure|fine|well|then|so|the) ?,? ?)*$"
_GO = r" ?(?:bit |part |thing |limit |one |condition )?(?:(?:can |could |may |might |should )?go\b|slide\b)"
"""Words around what may go: "let the date go", "the budget can go"."""
_NEVER_SAID = (
    r"\b(?:never|didnt|did not|havent|have not|not once|dont remember|nobody|who) "
    r"(?:(?:ever|actually|even|once) )?(?:say|said|saying|told you|tell you|mentioned|mention|asked for|ask for)"
    r"(?: (?:that|anything about|i|we|like[ds]?|love[ds]?|enjoyed|wanted?|was|into|had))*(?: the)?$"
)
"""Words before what was never said: "I never said I liked", "I didn't mention"."""


def travel_of(reading: Reading) -> Literal["undo", "redo"] | None:
    """Whether the message only asks to step back or forward."""
    if reading.has(_UNDO):
        return "undo"
    return "redo" if reading.has(_REDO) else None


def is_reset(reading: Reading) -> bool:
    """Whether the person wants to start over."""
    return reading.has(_RESET)


def read_retractions(
    reading: Reading, wishes: WishReader, items: list[ItemMention]
) -> tuple[list[Retraction], set[int], list[ItemMention]]:
    """Retractions, the positions of the mentions they took, and the item mentions they left."""
    made: list[Retraction] = []
    used: set[int] = set()
    for place, mention in enumerate(reading.mentions):
        kind = _by_role(reading, mention, _how(reading, mention))
        if kind is None or (kind == "fine" and _is_what_is_wanted(reading, mention)):
            continue
        retraction = _retraction(reading, wishes, mention, indifferent=kind == "indifferent")
        if retraction is not None:
            made.append(retraction)
            used.add(place)
    left = []
    left_of: Mention | None = None
    for item in items:
        before = reading.before(item.mention, part=True)
        lifted = reading.domain.pattern(_FORGET + _SAID_OF).search(before) or re.search(_NEVER_SAID, before)
        listed = left_of is not None and in_list(reading, left_of, item.mention)
        if item.mention.kind == "title" and (lifted or listed):
            left_of = item.mention
            made += [Retraction(item=r, quote=r.quote) for r in item.references]
        else:
            left.append(item)
    return made, used, left


def read_words_back(reading: Reading) -> tuple[list[Retraction], list[tuple[int, int]]]:
    """Wishes whose own words the message takes back, and where.

    Those in free text ("forget the black and white thing"), and people by a part of their name ("Keanu is fine").
    """
    made: list[Retraction] = []
    spans: list[tuple[int, int]] = []
    for preference in reading.conversation.ledger.preferences:
        span = _spoken_again(reading, preference)
        if span is None:
            continue
        mention = Mention(*span, "phrase")
        if _by_role(reading, mention, _how(reading, mention)) is not None:
            made.append(Retraction(field=preference.field, value=preference.value, quote=reading.quote(mention)))
            spans.append(span)
    return made, spans


_JUST = r"(?:^|[.;!?,] )(?:(?:no|ok|okay|so|and) ?,? )?(?:just|simply|only) (?:an?|some|any)\b"


def read_restated(reading: Reading, wishes: Sequence[Wish]) -> list[Retraction]:
    """The free-text wishes held that "just a thriller with betrayal in it" leaves out: it says anew all that is wanted."""
    if not wishes or not reading.has(_JUST):
        return []
    again = {str(w.value) for w in wishes if w.field is None}
    held = [p for p in reading.conversation.ledger.preferences if p.field is None and p.polarity == "want"]
    return [Retraction(field=None, value=p.value, quote=p.quote) for p in held if str(p.value) not in again]


def _spoken_again(reading: Reading, preference: Preference) -> tuple[int, int] | None:
    """Where a preference is spoken of again: all words of a free text, a part of somebody's name."""
    if preference.field is None:
        phrase = frozenset(t for v in preference.values for t in terms(str(v)))
        return _spoken(reading, phrase) if phrase else None
    spec = reading.schema.by_name.get(preference.field)
    if spec is None or spec.type != "people":
        return None
    parts = {p for v in preference.values for p in words(str(v)) if len(p) > 3}
    whole = [m for m in reading.of_kind("value") if any(e.field == preference.field for e in m.entries)]
    at = [
        n
        for n, norm in enumerate(reading.message.norms)
        if norm in parts and not any(m.start <= n < m.end for m in whole)
    ]
    return (at[0], at[-1] + 1) if at and at[-1] - at[0] < 3 else None


def _spoken(reading: Reading, phrase: frozenset[str]) -> tuple[int, int] | None:
    """The tokens that say all the words of a phrase, from the first to the last of them."""
    places = {stem(norm): n for n, norm in enumerate(reading.message.norms)}
    at = [places[word] for word in phrase if word in places]
    return (min(at), max(at) + 1) if len(at) == len(phrase) else None


How = Literal["forget", "fine", "indifferent"]


def _by_role(reading: Reading, mention: Mention, said: How | None) -> How | None:
    """How something is taken back by the words around it, unless the tagger is sure that it is not, or otherwise is."""
    if said == "fine" and mention.kind == "phrase":
        return said  # "subtitles are actually good"
    if mention.kind in {"title", "ref"} or (mention.kind == "word" and mention.entry.kind not in {"field", "asked_by"}):
        return said
    if re.match(_STAYS, reading.after(mention)) or re.search(_SAME, reading.before(mention, part=True)):
        return None
    if re.search(_NO_NEED, reading.before(mention, part=True)):
        return said
    weighed = reading.weigh(mention.start, mention.end)
    role, chance = weighed.best if weighed is not None else ("aside", 0.0)
    if chance < SURE:
        return said
    refused = mention.number is not None and reading.cues.negation_of(mention.start, None, listable=False) is not None
    if role == "back" and said is None and reading.says_another_amount(mention):
        return None  # "ok 300 pages then": another amount than the one that held
    if role == "back" and refused:
        return said  # "I meant I won't bother with anything under 7.5"
    if role == "back":  # nothing can be taken back that was never said
        return said or ("forget" if mention.kind == "phrase" or reading.holds(mention) else None)
    if role == "indifferent":
        return said or "indifferent"
    return None if role in {"want", "avoid", "more", "less"} and mention.kind != "word" else said


def _how(reading: Reading, mention: Mention) -> How | None:
    if mention.kind in {"title", "ref"}:
        return None
    before, after = reading.before(mention, part=True), reading.after(mention)
    if re.search(_SAME, before):
        return None
    lifted = re.search(_NO_CARE_BEFORE, before) or re.search(_NO_NEED, before)
    if reading.domain.pattern(_NO_MATTER_AFTER).search(after) or lifted:
        if mention.kind == "word" and mention.entry.kind not in {"field"}:
            return None
        if re.search(r"\bany(?: the)?\W*$", before) and mention.kind != "word":
            return None
        return "indifferent"
    if mention.kind == "word" and mention.entry.kind != "field":
        return None
    if re.search(_LET, before) and re.match(_GO, after):
        return "forget"
    if reading.domain.pattern(_FORGET).search(before) and not re.search(r"\bdont forget\b", before):
        gap = reading.domain.pattern(_FORGET).split(before)[-1].split()
        return "forget" if len(gap) <= 3 else None
    if re.search(_MIND_BEFORE, before):
        return "fine"
    if reading.domain.pattern(_FINE_AFTER).search(after):
        held = any(_held(reading, e.field, e.value) for e in mention.entries) or mention.kind == "phrase"
        return "fine" if held or not re.search(r"^[^.!?]{0,14}\b(?:good|great|cool|welcome)\b", after) else None
    return None


def _is_what_is_wanted(reading: Reading, mention: Mention) -> bool:
    """Whether "fine with PG or PG-13" says which values are wanted: nothing refused them, and an item has only one."""
    entry = choose_entry(reading, mention) if mention.kind == "value" else None
    if entry is None or entry.field is None or any(_held(reading, e.field, e.value) for e in mention.entries):
        return False
    question = reading.conversation.question
    asked = question is not None and question.field == entry.field
    return asked or not reading.schema.field(entry.field).many


def _retraction(reading: Reading, wishes: WishReader, mention: Mention, *, indifferent: bool) -> Retraction | None:
    quote = reading.quote(mention)
    field: str | None = None
    value: Scalar | tuple[Scalar, ...] | None = None
    if mention.kind == "word":
        field = mention.entry.field
    elif mention.kind == "value":
        entry = choose_entry(reading, mention)
        if entry is None:
            return None
        held = next((e for e in mention.entries if _held(reading, e.field, e.value)), entry)
        field, value = held.field, held.value
        indifferent = False
    else:
        meant = wishes.wishes_of(reading, mention)
        if not meant:
            return None
        field = meant[0].field
        if mention.kind == "phrase":
            value = meant[0].value
            if not any(p.field == field for p in reading.conversation.ledger.preferences):
                value, indifferent = None, True
    return Retraction(field=field, value=value, indifferent=indifferent, quote=quote)


def _held(reading: Reading, field: str | None, value: str | None) -> bool:
    return any(p.field == field and value in p.values for p in reading.conversation.ledger.preferences)
