"""Cue words: what refuses, softens, hardens or merely tells taste, and how far each reaches."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.plan.domain import Domain
from agent.plan.tokens import Message

_NOT_NEGATION = (
    r"\b(?:(?:no|nope|nah)(?: no)* (?:i|ive|im|id|we|weve|were|he|hes|she|shes|they|theyre|you|youve|its|thats)\b|(?:doesnt|does not|dont|do not) (?:have|need) to|no more than|not more than|no longer than|not longer than|no less than|not less than|no later than|no earlier than"
    r"|no shorter than|no fewer than|not only|not just|not bad|not sure|no idea|no clue|no preferences?|nothing (?:beats|better than|like)"
    r"|(?:cant|cannot|can not) (?:get enough|go wrong|wait)|why not|(?:dont|do not|wouldnt|would not|doesnt|didnt) (?:really )?mind"
    r"|no problem|not a problem|(?:dont|do not|doesnt) (?:really )?care|(?:dont|do not) know|dont forget|no matter"
    r"|whether or not|no worries|no thanks?(?: you)?|never ?mind|havent (?:USED|heard)"
    r"|have not USED|(?:have|has|had|ive|weve|youve|theyve|hes|shes) never (?:USED|heard)|never (?:PAST|heard)|hasnt USED|not USED|if not|not necessarily"
    r"|no (?:rush|hurry|pressure|compromises?|matter)|no use(?: to (?:me|us))? unless|(?:cant|cannot|dont|wont|no|nothing|not) (?:\w+ ){0,4}(?:that|which|if it|unless it) (?:isnt|arent|is not|doesnt|s not)"
    r"|(?:those|these|them|they) (?:are not|arent) even|(?:wont|wouldnt|cant|couldnt|never) (?:say no to|turn down)|(?:isnt|arent|wont|not) (?:going to |gonna )?help|nothing (?:in particular|special|specific)|no exceptions?|no one|nobody|not yet|(?:does|do)(?:nt| not) (?:really )?matter"
    r"|(?:is|are|was|were)nt there|is there no|cant think|cant decide|cant remember|dont have (?:much|a lot|long)|less than|fewer than)\b"
)
_NEGATION = (
    r"\b(?:any(?:thing|one|body|where) (?:but|other than|except)|everything but|anything except|everything except|all but|other than|apart from|aside from|besides"
    r"|(?:not|isnt|arent) (?:a )?(?:big |huge |great )?fans? of|(?:cant|cannot|can not|couldnt) (?:stand|bear|take|handle|do|USE|deal with|face)"
    r"|(?:dont|do not|didnt|did not|doesnt|does not|wont|will not|wouldnt|never) (?:really |actually |particularly |ever )?"
    r"(?:like|love|enjoy|want|need|care for|feel like|fancy|USE|do|get on with|wanna|show|give|recommend|suggest|include)"
    r"|(?:not|never) (?:really |particularly |too |so |very |that )?(?:into|keen on|fond of|big on|interested in|in the mood for|up for|feeling)"
    r"|(?:had enough|sick|tired|fed up|bored|weary) (?:of|with)|(?:steer|stay|keep) (?:clear|away) (?:of|from)|keep out|leave out|rule out"
    r"|(?:cant|cannot|can not|mustnt|must not|shouldnt|should not|may not|ought not to)(?: (?:be|run|go|have|last|exceed|take|get|come|feature|contain|involve|include|drag|feel))?"
    r"|(?:can|could|would|ill|id|happy to|rather) do without|(?:cant|cannot|wont) be (?:doing|bothered) with|spare me(?: the)?|(?:had it|done|finished|over it) with"
    r"|(?:wont|wouldnt|not going to|not) (?:even |really )?(?:bother(?:ing)?(?: with)?|touch|consider|look at|accept)"
    r"|(?:no|zero|without any) (?:interest in|desire for|appetite for|time for|need for|patience for)|veto(?:ing)?|banned?|opposed to|anti"
    r"|allergic to|scared of|afraid of|free of|rather not|hate[ds]?|hating|dislike[ds]?|loathe[ds]?|despise[ds]?|detest(?:ed)?"
    r"|(?:refuses?|refusing|refused)(?: to (?:USE|touch|even USE|see|do))?|avoid(?:ing|s)?|except(?: for)?|excluding|exclude|minus|skip|without(?: any)?|nothing|no|not|non|never|none|nor|neither"
    r"|isnt|arent|wasnt|doesnt|dont|less|wont|zero)\b"
)
_REFUSED_BEHIND = (
    r"(?:(?: (?:is|are|s|being|would be|stuff|ones?|NOUN|things?|kind|of|any|all|really|definitely|absolutely|totally|just|also|both|for me)){0,4})"
    r" (?:off the (?:table|menu|list)|a (?:hard |big |definite |firm |total )?(?:no(?: no| go)?|turn off|pass|deal ?breaker)|dealbreakers?|out(?: of the question)?|no good|not (?:for me|for us|my (?:thing|cup of tea|bag|jam|style|scene)|welcome|wanted|allowed|an option|acceptable|what i want|on the cards)"
    r"|(?:isnt|arent) (?:for me|for us|my (?:thing|cup of tea|bag|jam|style|scene)|welcome|an option|what i want)|(?:doesnt|dont|does not|do not) (?:appeal|interest|work|do it|do anything)(?: (?:to|for))?(?: me)?|(?:puts?|turns?|puts|turn) me off|bores? me|leaves? me cold|annoys? me|need not apply|can (?:stay away|be left out)|(?:well |far )?away from (?:me|us)|(?:isnt|is not|arent|not) worth (?:it|starting|my time|the time|bothering|considering|a look|watching|reading)|wont do|wouldnt do|,? ?no,? thanks?(?: you)?)\b"
)
_SOFT_NEGATION = (
    r"\b(?:not (?:really|particularly|that|so|especially) (?:into|keen on|fond of|big on|in the mood for|a fan of)"
    r"|(?:dont|do not|doesnt) (?:really|particularly|especially) (?:like|love|enjoy|want|care for|feel like|fancy|need)"
    r"|rather not|rather avoid|preferably (?:no|not|nothing|without|non)|prefer (?:no|not|nothing|to avoid|to skip)|try to avoid"
    r"|not (?:a )?(?:big|huge|great) fans? of|not necessarily)\b"
)
_HEDGE = (
    r"\b(?:ideally|preferabl[ye]|prefer(?:red)?|preference|maybe|perhaps|possibly|if possible|if you can|if you have (?:it|any|one)|would be (?:a )?(?:nice|great|good|lovely|cool|bonus|plus|ideal)"
    r"|(?:d|wd) be (?:nice|great)|itd be (?:nice|great|good|lovely)|nice to have|kind of|kinda|sort of|sorta|a bit|a little|a touch|somewhat|slightly|hopefully"
    r"|leaning(?: towards?)?|id rather|could be|might be|wouldnt mind|would not mind|not mind|open to|a bonus|a plus|bonus points|if at all possible"
    r"|for example|for instance|eg|e g|say|probably|in the mood for maybe|i guess|i suppose|not necessarily)\b"
)
_STRONG = (
    r"\b(?:must(?: be| have)?|only|definitely|(?:has|have|needs?|got) to (?:be|have)|strictly|absolutely|needs?|for sure|insist|essential|no exceptions?"
    r"|required|mandatory|at all costs|exclusively|nothing else|certainly|non negotiable|a must)\b"
)
_TASTE = (
    r"\b(?:(?:i|we|they|she|he|you|kids?|wife|husband|partner|friends?|mum|mom|dad|son|daughter|girlfriend|boyfriend|who|both|all|always|usually|generally|"
    r"really|also|do|absolutely|still|normally|just) (?:love[sd]?|like[sd]?|enjoy(?:s|ed)?|adore[sd]?)|love|loved|loves|likes|enjoy|enjoyed|adore[ds]?|(?:am|im|are|is|were|was|really|always|big|huge) (?:into|fond of|big on|partial to|a sucker for)"
    r"|(?:a )?(?:big |huge |great )?(?:fans?|lovers?) of|favou?rites?(?: \w+)? (?:is|are|was|were|has|have)|(?:usually|used to) (?:USE|go for)(?: a lot of| lots of| tons of)?|sucker for|more of an?)\b"
)
_REQUEST = (
    r"\b(?:(?:i|we)?d (?:like|love|prefer|enjoy|fancy)|id (?:like|love|prefer|enjoy|fancy)|wed (?:like|love)|would (?:like|love|prefer|enjoy|fancy)|want|wanna|looking for|look for|give me|show me|find me|get me|feel like|fancy|"
    r"in the mood for|up for|need|recommend|suggest|craving|after|something|anything|do you have|got any|have you got)\b"
)
_STRONG_BREAK = (
    r"[.;!?…—:]|\.\.+|\b(?:but|though|although|however|yet|instead|whereas|just|then|so|make it|give me|show me|rather|ideally|preferably|maybe|perhaps"
    r"|i (?:really |do |also |still )*(?:love|like|want|need|enjoy|prefer|adore|loved|liked|enjoyed)|id (?:like|love|prefer)|(?:im|i am|am) (?:into|looking|after)|let it be|has to be|must be|should be|because|since i|please)\b"
)
_HEAD = r"\b(?:something|anything|some|(?<!another )one)\b"
LIST = frozenset(
    {
        ",",
        "/",
        "&",
        "and",
        "or",
        "nor",
        "any",
        "no",
        "the",
        "a",
        "an",
        "too",
        "very",
        "either",
        "really",
        "overly",
        "of",
        "that",
        "stuff",
        "films",
        "much",
        "not",
        "with",
        "also",
        "kind",
    }
)


HEDGES_BEHIND = 3
"""Words that may stand between a wish and a hedge behind it: "funny would be nice", "a heist film if possible"."""
STRONG_BEHIND = 1
"""The same for strong words: "English only", "horror is a must"."""
CUE_WORDS = frozenset(
    word
    for pattern in (_NEGATION, _SOFT_NEGATION, _HEDGE, _STRONG, _TASTE, _REQUEST)
    for word in re.findall(r"(?<![a-z\\])[a-z]{5,}(?![a-z\[\]?*+(])", pattern)
)
"""The longer words of cues, so that a slip of the keyboard in one of them is mended."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A cue and the tokens it is written with."""

    start: int
    end: int
    soft: bool = False
    less: bool = False


@dataclass(frozen=True)
class Cues:
    """Every cue of one message."""

    message: Message
    negations: tuple[Cue, ...]
    hedges: tuple[Cue, ...]
    strong: tuple[Cue, ...]
    taste: tuple[Cue, ...]
    requests: tuple[Cue, ...]
    breaks: tuple[int, ...]
    """Tokens at which the reach of a cue ends."""
    heads: tuple[int, ...]
    refusals: tuple[Cue, ...] = ()
    """Refusals that stand behind what they refuse: "horror is off the table"."""

    def refused_behind(self, end: int) -> Cue | None:
        """The refusal right behind the mention that ends at token `end`, or behind a list it is part of; None when there is none."""
        cue = next((c for c in self.refusals if c.start >= end), None)
        if cue is None or any(end <= b < cue.start for b in self.breaks):
            return None
        gap = self.message.norms[end : cue.start]
        listed = len(gap) <= 4 and set(gap) & {"and", "or"} and "are" in self.message.norms[cue.start : cue.end]
        return cue if not gap or listed else None

    def negation_of(self, start: int, previous: tuple[int, Cue | None] | None, *, listable: bool) -> Cue | None:
        """The negation that reaches the mention at token `start`, or None.

        `previous` is the end of the mention before and the negation that reached it: in a list ("no horror, gore or
        violence") the reach is handed on, provided both mentions are of a listable kind.
        """
        cue = next((c for c in reversed(self.negations) if c.end <= start), None)
        if cue is None or any(cue.end <= b < start for b in self.breaks):
            return None
        if any(cue.end < h < start for h in self.heads):
            return None
        gap = self.message.norms[cue.end : start]
        if gap[:1] in (["and"], ["but"]):  # "others not, and …": the refusal ends its own part
            return None
        if previous is not None and previous[0] > cue.start:
            end, governing = previous
            between = self.message.norms[end:start]
            if governing != cue:
                return None
            joined = all(n in LIST for n in between)
            head = cue.less and not between  # "a less violent crime story": less of the first, some of the second
            return cue if joined and listable and not head else None
        if "," in gap or ("and" in gap and len(gap) > 2):
            return None
        return cue

    def hedged(self, start: int, end: int) -> bool:
        """Whether a hedge reaches the mention: one before it in its part of the sentence, or one right behind it."""
        return self._reaches(self.hedges, start, end, behind=HEDGES_BEHIND)

    def insisted(self, start: int, end: int) -> bool:
        """Whether strong words reach the mention: before it in its part of the sentence, or right behind it."""
        return self._reaches(self.strong, start, end, behind=STRONG_BEHIND)

    def is_taste(self, start: int, *, listable: bool = True) -> bool:
        """Whether the mention is the object of a verb of taste rather than of a request; a bound is so only before a comma."""
        taste = next((c for c in reversed(self.taste) if c.end <= start), None)
        if taste is None or any(taste.end <= b < start for b in self.breaks):
            return False
        if not listable and "," in self.message.norms[taste.end : start]:
            return False
        return not any(taste.end <= r.start < start or r.start <= taste.start < r.end for r in self.requests)

    def covers(self, start: int, end: int) -> bool:
        """Whether these tokens are themselves the verb of taste or refusal ("love", "like")."""
        return end - start == 1 and any(c.start <= start and end <= c.end for c in (*self.taste, *self.negations))

    def _reaches(self, cues: tuple[Cue, ...], start: int, end: int, behind: int) -> bool:
        low, high = self.part(start, end)
        before = any(low <= c.start < start for c in cues)
        return before or any(end <= c.start < min(high, end + behind + 1) for c in cues)

    def part(self, start: int, end: int) -> tuple[int, int]:
        """The tokens between the commas, stops and "but"s around a mention."""
        norms, walls = (
            self.message.norms,
            {
                ",",
                "but",
                "so",
                "because",
                "though",
                "although",
                "however",
                ".",
                ";",
                "!",
                "?",
                ":",
                "—",
                "–",
                "…",
                "(",
                ")",
            },
        )
        low = next((i + 1 for i in range(start - 1, -1, -1) if norms[i] in walls), 0)
        if low and norms[low - 1] == ":":  # "a plus: slow pacing"
            low = next((i + 1 for i in range(low - 2, -1, -1) if norms[i] in walls), 0)
        high = next((i for i in range(end, len(norms)) if norms[i] in walls), len(norms))
        return low, high


def find_cues(message: Message, domain: Domain) -> Cues:
    """Read off the cues of a message."""
    blind = [(s, e) for s, e, _ in message.spans(domain.pattern(_NOT_NEGATION))]
    soft = {e for _, e, _ in message.spans(domain.pattern(_SOFT_NEGATION))}
    negations = tuple(
        Cue(s, e, soft=any(s <= x <= e or s < x for x in soft if x <= e + 1), less=m.group() == "less")
        for s, e, m in message.spans(domain.pattern(_NEGATION))
        if not any(s < high and low < e for low, high in blind)
    )
    requests = tuple(Cue(s, e) for s, e, _ in message.spans(domain.pattern(_REQUEST)))
    return Cues(
        message=message,
        negations=negations,
        hedges=tuple(Cue(s, e) for s, e, _ in message.spans(domain.pattern(_HEDGE))),
        strong=tuple(Cue(s, e) for s, e, m in message.spans(domain.pattern(_STRONG)) if not _weakened(message, s)),
        taste=tuple(
            Cue(s, e)
            for s, e, _ in message.spans(domain.pattern(_TASTE))
            if not any(r.start < e and s < r.end for r in requests)
        ),
        requests=requests,
        breaks=tuple(s for s, _, _ in message.spans(domain.pattern(_STRONG_BREAK))),
        heads=tuple(s for s, _, _ in message.spans(domain.pattern(_HEAD))),
        refusals=tuple(
            Cue(message.index_at(m.start() + 1), e) for _, e, m in message.spans(domain.pattern(_REFUSED_BEHIND))
        ),
    )


def _weakened(message: Message, start: int) -> bool:
    return message.norms[start - 1 : start] in (["not"], ["dont"], ["doesnt"], ["the"])
