"""Turning down: whether a message passes on what was shown last."""

from __future__ import annotations

import re

from agent.plan.mention_roles import says_too_much
from agent.plan.reading import Reading
from agent.plan.roles import SURE
from core.plan import Heard

_DOWN = (
    r"^\W*(?:(?:hm+|mm+|um+|uh|well|oh|ok|sorry|thanks but|thank you but|honestly|i think|eh|ah) ?,? ?)*"
    r"(?:no|nah|nope|not|pass|skip|next|meh|neither|none|nothing|dont|something else|anything else|another|what else|try again|keep (?:going|looking|trying)|still no|moving on|too)\b"
    r"|\b(?:not (?:really |quite |exactly |for |my |what |it\b|feeling|sold|convinced|keen|into|interested|the one|that one|this one|in the mood|sure about|a fan|right|up for|doing|working|grabbing|tonight|today|happy)|isnt (?:it|for|really|quite|my|what|the one|doing|right)|doesnt (?:really |quite )?(?:do it|grab|appeal|feel|work|sound|speak|click|excite|tempt|interest|look|hit|fit|suit)|didnt (?:do|grab|appeal|like|enjoy)|(?:dont|do not) (?:fancy|feel|want|think|like|see|love)|wont (?:do|work)"
    r"|(?:ill|i will|id|i would|gonna|have to|going to|let me|lets) (?:have to )?(?:pass|skip|rather not|move on)|rather not|something(?: is|s)? (?:off|else|different|other)|anything else|show me (?:another|something else|more|others|different)|another (?:one|NOUN|option|suggestion|idea|pick|choice)|other (?:ideas|options|suggestions)|what else|no thanks?|try (?:again|another|something)|hard (?:no|pass)|not for (?:me|us)|leaves? me cold|(?:puts?|turns?) me off|bores? me|bit off|feels? (?:off|wrong)|cant put my finger|not there yet|close but|keep (?:looking|going|trying)|ruled? (?:it|that) out)\b"
)
_NOT_IT = r"\b(?:these|those|they|this|that|thats|theyre) (?:(?:arent|are not|isnt|is not|not|wasnt|werent) (?:really |quite |exactly )?(?:it|for (?:me|us)|right|what (?:i|we|im))|(?:dont|doesnt) (?:do it|work|appeal))\b|\bnone (?:(?:of (?:these|those|them))\b|(?:are|is|were)\b)|(?:^|[.,;!] )not (?:these|those)\b"
"""Words that turn down what they point at, whatever else the message says."""
_YET_TAKES = r"\b(?:no (?:problem|worries|complaints)|not bad|why not|cant wait|nothing else)\b"


_STRONGLY = r"\b(?:hate[ds]?|dislike[ds]?|loathe[ds]?|awful|terrible|boring|bored|rubbish|(?:didnt|did not|dont|do not|never) (?:really )?(?:like|enjoy|love)|(?:cant|couldnt) (?:stand|finish))\b"


def passing_spans(reading: Reading) -> list[tuple[int, int]]:
    """Tokens of the words that turn something down; they name nothing themselves."""
    last = reading.conversation.last
    if last is None or not last.slate:
        return []
    return [(start, end) for start, end, _ in reading.message.spans(reading.domain.pattern(_DOWN))]


def merely_passed_on(reading: Reading, heard: Heard) -> Heard:
    """Without dislikes that are no more than "not that one": it is not shown again, but nobody said that it is bad.

    Nor is anything liked by pointing at it in a message that turns it down: "I can't see myself enjoying that".
    """
    if reading.tagged is not None and reading.tagged.does("pass", "rant") >= SURE:
        pointed = (
            o.stance in {"liked", "anchor"} and o.item.title is None and not o.item.ordinal for o in heard.opinions
        )
        named = tuple(o for o, mere in zip(heard.opinions, pointed, strict=True) if not mere)
        heard = heard.model_copy(update={"opinions": named})
    if re.search(_STRONGLY, reading.message.flat):
        return heard
    kept = tuple(
        o for o in heard.opinions if o.stance != "disliked" or o.item.title is not None or o.item.ordinal is not None
    )
    passed_on = heard.turns_down or len(kept) < len(heard.opinions)
    return heard.model_copy(update={"opinions": kept, "turns_down": passed_on})


def turns_down(reading: Reading, heard: Heard) -> bool:
    """Whether what the last turn showed is passed on; never when nothing was shown there, or a question is put."""
    last = reading.conversation.last
    if last is None or not last.slate or (reading.question and not reading.has(_DOWN)):
        return False
    if reading.tagged is not None:
        doing, chance = reading.tagged.likeliest
        if chance >= SURE:
            down = doing in {"pass", "rant", "no"} or any(mark == "N" for _, _, mark in reading.tagged.runs())
            down = down or bool(heard.critiques) or bool(re.search(_NOT_IT, reading.message.flat))
            down = down or any(says_too_much(reading, m) for m in reading.mentions)
            return down or any(o.stance == "disliked" for o in heard.opinions)
    if any(o.stance == "disliked" for o in heard.opinions):
        return True
    rest = _without_wishes(reading.message.flat, heard)
    return bool(reading.domain.pattern(_DOWN).search(rest)) and not re.search(_YET_TAKES, rest)


def _without_wishes(flat: str, heard: Heard) -> str:
    """The message without what is asked for or refused in it: "no horror please" turns nothing down."""
    for wish in heard.wishes:
        words = re.findall(r"\w+", wish.quote.lower().replace("'", ""))
        flat = re.sub(r"\W+".join(map(re.escape, words)), " ", flat, count=1) if words else flat
    return flat
