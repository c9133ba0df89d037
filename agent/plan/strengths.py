"""How strongly a wish is put: as a must or a preference, and how sure its words are."""

from __future__ import annotations

import re

from agent.plan.cues import Cue
from agent.plan.mention import LISTABLE, Mention
from agent.plan.reading import Reading
from agent.plan.roles import SURE, Weighed
from core.schema import FieldSpec, Strength

HEDGED = 0.7
"""Confidence of a wish put as "maybe" or "ideally"."""
TASTE = 0.8
"""Confidence of a wish told as taste ("I like …") rather than asked for."""


def strength_of(reading: Reading, mention: Mention, spec: FieldSpec, cue: Cue | None) -> Strength:
    """How strongly the words around a mention put it."""
    start, end = mention.start, mention.end
    if cue is None and _stands_for_an_item(reading, mention, spec) and not reading.cues.hedged(start, end):
        return "hard"
    weighed = reading.weigh(start, end)
    if weighed is not None and weighed.chance("want", "avoid") >= SURE:
        return _weighed_strength(reading, mention, spec, cue, weighed)
    if cue is not None:
        return "soft" if cue.soft or reading.cues.hedged(start, end) else "hard"
    if reading.cues.hedged(start, end):
        return "soft"
    if reading.cues.is_taste(start, listable=mention.kind in LISTABLE):
        return "soft"
    if reading.cues.insisted(start, end):
        return "hard"
    if re.search(r"\bmore(?: of)?(?: the)?$", reading.before(mention)) and spec.type == "category":
        return "soft"
    return spec.strength


_ONE_BY = r"\b(?:an?|another|some|any)(?: (?!for\b|of\b|in\b|by\b|with\b|from\b|fan\b|like\b|and\b|or\b|to\b|about\b|than\b)[a-z]+){0,3}$"
"""An article, and at most some adjectives, before a name."""
_ALIKE_BEHIND = (
    r" ?(?:like|style|styled|ish|esque|type|kind|sort|vibes?|feel|mood|inspired|influenced|fans?|flavou?r)\b"
)


def _stands_for_an_item(reading: Reading, mention: Mention, spec: FieldSpec) -> bool:
    """ "A Hitchcock", "a big epic Scorsese": who made an item stands for it; "a Scorsese vibe" is only like theirs."""
    if spec.role != "creator" or re.match(_ALIKE_BEHIND, reading.after(mention)):
        return False
    return bool(re.search(_ONE_BY, reading.before(mention, part=True)))


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


def sureness(reading: Reading, mention: Mention) -> float:
    """1 for what is plainly asked for, less for what is hedged or told as a matter of taste."""
    if reading.cues.hedged(mention.start, mention.end):
        return HEDGED
    return TASTE if reading.cues.is_taste(mention.start, listable=mention.kind in LISTABLE) else 1.0
