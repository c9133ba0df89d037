"""What a mention does in its sentence: by the words around it, unless the tagger is sure of something else."""

from __future__ import annotations

import re

from agent.plan.cues import Cue
from agent.plan.mention import Mention
from agent.plan.reading import Reading
from agent.plan.roles import SURE, Role, settled

_NOT_TOO = r"\b(?:not|nothing|isnt|arent|never) (?:too|overly|very)$"
_THEY_ARE = (
    r"\b(?:those|these|they|theyre)(?: are| were| look| seem| sound)? "
    r"(?:(?:all|both|mostly|just|only|basically|like|kind of|kinda|sort of|pretty much) )+(?:(?!i |but |want )[a-z0-9]+ ){0,6}$"
)
"""Words before what is wrong with everything shown: "those are like kids' stuff or a hundred years old"."""
_TOO_MUCH = (
    r"(?:(?<!not )(?<!nothing )(?<!isnt )\b(?:(?:way |far |much |a bit |a little |a tad |rather |just )?too|overly)"
    r"|\b(?:not|isnt|arent) (?:as|so|quite so|quite as|nearly as|nearly so|half as))$"
)
"""Words before what there is too much of."""
_NARRATIVE = (
    r"\b(?:(?:i|we|he|she|they|my \w+|our \w+) (?:am|was|had|have|has|just|is|are|were|got|went|came|broke|work|works|live|been|need to|spent)"
    r"|(?:im|weare|hes|shes|its been) (?:a|an|so|very|not|tired|bored|sad|home|at|with|having|on)|ive (?:had|been|got|just)|long day|last night|today|day at|week at)\b"
)
_ASKING = r"\b(?:something|anything|NOUN|about|with|want|wanna|looking|give me|show me|find|recommend|suggest|mood|feel like|fancy|likes?|loves?|adores?|need|make it|more|prefers?|enjoys?|into|no|not|without|less|only|set in)\b"
_TELLS = r"\b(?:was|were|wasnt|werent|sounds?|looks?|seems?|felt)(?: (?:so|really|very|too|a|an|just|quite|pretty|not|bit))*$"
_KEEP = r"\b(?:keep|leave|cut|kick)(?: the| any| all| those)?$"
"""Words before what is to stay out: "keep robots out of it"."""
_NOT_OF_IT = frozenset({"non", "nonfiction", "not", "un"})
"""First words of values that are named by what they are not."""
_NO_THANKS = r"^(?:,? ?[a-z0-9]+){0,5} ?,? ?(?:no,? thanks?\b|(?:\.\.\.|\.\.|…|—) ?(?:no|nah|nope)\b(?= ?(?:[.!?]|$)))"
"""Behind what is turned down: "Discworld, forty-odd books, no thanks"."""
_DREADED = r"^(?:(?: ?,)? (?:that|which))? ?(?:is|s|are|thats|which is)? ?(?:exactly |just |precisely )?(?:the|my|what|the thing|one thing) (?:only |whole )?(?:problem|trouble|issue|im (?:scared|afraid|terrified) of|i (?:dread|hate|fear|cant (?:stand|face|do))|(?:scares|puts|bores|worries|frightens) me)\b"
"""Behind what there is too much of: "I know it's long, that's the problem", "800 pages is exactly what I'm scared of"."""
_MUCH = r"^(?: ?[a-z]+){0,2} ?(?:is|are|was|were|sounds?|seems?|looks?|feels?|would be) (?:(?:a (?:bit|little|tad|touch)|rather|far|way|just|really|kind of) ?(?:too )?|too )(?:much|heavy|bleak|intense|grim)\b"
"""Behind what is more than somebody wants: "a holocaust documentary is a bit much"."""
_LASTS = r"(?:^|[ .,;!?])(?:its|thats|it is|that is)(?: (?:already|also|still|nearly|almost|about|over|like|well over|a good|some|around|only|a whole))*$"
"""Words before how long something shown is: "it's nearly three hours though"."""
_UNTIL_OFF = r"\b(?:turn|switch|put)(?:s|ed|ing)? (?:it|that|them|this) off (?:in|after|within)$"
"""Words before a time that is a way of speaking: "he'd turn it off in ten minutes"."""
_OUTSIDE = r"\b(?:from|made|set|come|comes|somewhere|anywhere|but|only|said) outside(?: of)?(?: the)?(?: [a-z]+){0,2}(?: (?:and|or|,))?(?: the)?$"
"""Words before where something is not to be from: "from outside Japan and Sweden"."""
_AGED = r"\b(?:im|i am|hes|he is|shes|she is|theyre|they are|aged?|turn(?:ing|ed|s)|just)$"
"""Words before how old somebody is."""
_MADE_ME = r"\b(?:made|left) (?:me|us)(?: (?:so|feel|feeling|really|very|all))*$"
PLAIN = 0.9
"""Probability from which the tagger overrules what is plain in itself: an idiom of the schema, a number with a bound."""

IDIOM = 4
"""Words of a phrase of the schema from which it is plain, whatever the tagger makes of it."""

_CORRECTS = r"\b(?:scratch|forget|never ?mind|drop|wait|actually|instead|rather|i meant?|or no|no not)\b"
"""Words by which a message takes back what it said itself: "a western, no, scratch that, a musical"."""


def role_of(reading: Reading, mention: Mention, cue: Cue | None) -> Role:
    """What a mention does: by the words around it, unless the tagger is sure of something else."""
    said: Role = "avoid" if cue else "want"
    before = reading.before(mention)
    if says_too_much(reading, mention):
        said = "less" if reading.has_slate else "avoid"
    elif mention.kind in {"value", "vague"} and cue is not None and re.search(_NOT_TOO, before):
        return "avoid"
    if (
        mention.kind in {"value", "vague"}
        and re.search(_KEEP, before)
        and reading.after(mention).lstrip().startswith("out")
    ):
        return "avoid"
    if _turned_away(reading, mention, before):
        return "less" if mention.kind == "vague" and reading.has_slate else "avoid"
    if said != "less" and reading.has_slate and not reading.question and re.search(_THEY_ARE, before + " "):
        return "want" if _praises(reading, mention) else "avoid"
    if reading.has_slate and mention.kind in {"value", "vague"} and _missed(reading, mention):
        return "want"
    if reading.cues.covers(mention.start, mention.end):
        return "aside"
    if _describes(reading, mention, said):
        return "aside"
    if mention.kind == "comparative" and reading.message.norms[mention.end : mention.end + 1] == ["than"]:
        return said  # "later than that"
    if _idle_talk(reading, mention):
        said = "aside"
    return _settled(reading, mention, said)


def _turned_away(reading: Reading, mention: Mention, before: str) -> bool:
    """Whether the words around a mention turn it away, whatever it looks like by itself."""
    if mention.kind == "value" and re.search(_OUTSIDE, before):
        return True
    after = reading.after(mention)
    if mention.kind in {"value", "phrase"} and re.match(_NO_THANKS, after):
        return True
    if mention.kind in {"value", "phrase"} and re.match(_MUCH, after):
        return True
    return mention.kind in {"vague", "value", "number"} and bool(re.match(_DREADED, after))


def says_too_much(reading: Reading, mention: Mention) -> bool:
    """Whether there is too much of a property: "too long", "not as funny"."""
    return mention.kind in {"value", "vague", "phrase"} and bool(re.search(_TOO_MUCH, reading.before(mention)))


def cue_for(role: Role, mention: Mention, cue: Cue | None, reading: Reading) -> Cue | None:
    """The refusal that reaches a mention, in keeping with its role: none for what is wanted, one for what is refused."""
    if role in {"avoid", "dislike"} or (role == "less" and mention.kind in {"value", "phrase", "vague"}):
        weighed = reading.weigh(mention.start, mention.end)
        soft = weighed is not None and weighed.soft and role == "avoid"
        return cue or Cue(mention.start, mention.start, soft=soft)
    return None if role in {"want", "more", "like"} else cue


def _settled(reading: Reading, mention: Mention, said: Role) -> Role:
    """The role between what the words say and what the tagger does; a bound carries its own refusal."""
    weighed = reading.weigh(mention.start, mention.end)
    one_sided = mention.number is not None and mention.number.op not in {"eq", "between"}
    role = settled(weighed, said, sure=PLAIN if mention.kind == "phrase" or one_sided else SURE)
    if role in {"avoid", "less"} and said == "want" and _less_of_another(reading, mention):
        role = said  # "a less violent crime story": it is to be one of crime
    if role == "unseen" and mention.kind == "value":
        role = "avoid" if said == "avoid" else "want"  # "I never read horror"; "a Discworld I haven't read"
    if role == "aside" and _is_kind(reading, mention) and weighed is not None and not weighed.background:
        role = said  # "a documentary": a kind may stand as the noun
    if role in {"aside", said} and _who_watches(reading, mention):
        role = _of_company(reading, mention, role, said)
    if role == "aside" and mention.kind == "phrase" and mention.end - mention.start >= IDIOM:
        role = said  # "something I don't have to read": so many words say what they say
    placed = re.search(r"\b(?:instead of|rather than|not|from)(?: the)?$", reading.before(mention))
    if role == "back" and said == "want" and not placed and reading.says_another_amount(mention):
        return said  # "ok 300 pages then"
    if role == "back" and mention.kind != "phrase" and not (reading.holds(mention) or reading.has(_CORRECTS)):
        role = said  # nothing can be taken back that was never said
    if role in {"asked", "compared"} and not (reading.has_slate or reading.of_kind("title")):
        role = said  # "best movies of 2014?": there is nothing to ask about
    if role == "avoid" and said == "want" and reading.message.norms[mention.start] in _NOT_OF_IT:
        role = said  # "no - non-fiction": the refusal is part of its name
    return (
        _as_an_amount(reading, mention, role, said)
        if mention.number is not None
        else _as_a_value(reading, mention, role, said)
    )


def _as_an_amount(reading: Reading, mention: Mention, role: Role, said: Role) -> Role:
    """The role of an amount: a bound asks and takes nothing by itself, and carries its own refusal."""
    number = mention.number
    one_sided = number is not None and number.op not in {"eq", "between"}
    if mention.kind == "number" and re.search(_AGED, reading.before(mention)):
        role = "aside"
    if role in {"asked", "taken"} and not reading.question:
        role = said
    if one_sided and said == "avoid" and role in {"want", "back"}:
        return said  # "I won't bother with anything under 7.5": the refusal stands before the bound
    if mention.kind == "number" and role == "avoid" and one_sided:
        return said if said != "aside" else "want"  # "nothing over two hours": the refusal is part of the bound
    return role


def _as_a_value(reading: Reading, mention: Mention, role: Role, said: Role) -> Role:
    """The role of anything else: an adjective asks and takes nothing by itself, nor does a value alone."""
    if role in {"asked", "taken"} and mention.kind != "value" and not reading.question:
        return said
    if role in {"asked", "taken"} and _alone(reading, mention):
        return said  # "PG-13 or lower", and nothing else
    return role


def _of_company(reading: Reading, mention: Mention, role: Role, said: Role) -> Role:
    """The role of somebody for whose age items must be suitable: none where they are not there, or only told of."""
    behind = reading.after(mention)
    if said == "avoid" and re.search(_NOBODY, reading.before(mention)):
        return "aside"
    if said == "want" and re.match(_AWAY, behind):
        return "aside"
    if said == "want" and role == "aside" and not re.match(_TOLD_OF, behind):
        return said  # "my kids are bored": told as background, but what is shown to them must suit them
    return role


def _less_of_another(reading: Reading, mention: Mention) -> bool:
    """Whether a value stands right behind another of which there is to be less."""
    other = next((m for m in reading.mentions if m.end == mention.start and m.kind != "word"), None)
    if other is None or mention.kind != "value":
        return False
    return reading.message.norms[other.start] in _LESS or bool(re.search(r"\bless$", reading.before(other)))


_LESS = ("less", "lesser")
_THEY_LACK = (
    r"(?:\b(?:none|neither|not one|not a single one)(?: of (?:them|these|those|the \w+))? (?:is|are|was|were|seems?|looks?|feels?|sounds?)"
    r"|\b(?:these|those|they|it|that|this)(?: one| ones| three| two)? (?:isnt|arent|wasnt|werent|is not|are not))(?: (?:actually|really|even|at all|exactly|from|in))*$"
)
"""Words before what nothing shown has: "none are German", "these aren't funny"."""


_WELL = r" ?[,.!;—–-]+ ?(?:which is |thats |that is )?(?:good|great|nice|fine|perfect|lovely|thanks?|thank you)\b"
"""Words behind what is well lacked: "these aren't violent, good"."""


def _missed(reading: Reading, mention: Mention) -> bool:
    """Whether a message misses a property in what was shown; that is no refusal of it."""
    missed = not reading.question and bool(re.search(_THEY_LACK, reading.before(mention)))
    return missed and not re.match(_WELL, reading.after(mention))


_IS_A = r"(?:(?:^|[ .,;!?])(?:its|thats|theyre|(?:it|that|this|they|these|those) (?:is|are|was|were)|PLACE (?:s|is|are|was|were)))(?: (?:just|only|basically|really|also|all|both|pretty much|more of|kind of|clearly|still))*(?: an?| the)?$|\bTITLE an?$"
_IS_NO = r"PLACE (?:isnt|is not|wasnt|was not|s not)(?: (?:even|really|actually|exactly))*(?: an?| in)?$"
_AFTER_ALL = r"(?: (?:one|thing|NOUN))? ?,? ?(?:anyway|though|tho|after all|,? ?(?:isnt|arent|wasnt) (?:it|they|that)|then\b|right ?\?|yes ?\?|no ?\?|and (?:i|we)(?:ve| have)? (?:no|dont|said|hate|wont)|so no\b)"
"""Behind a property that only says why an item will not do: "that's a cartoon anyway"."""


def _describes(reading: Reading, mention: Mention, said: Role) -> bool:
    """Whether a value only says what an item is like: "X is a documentary, and I've no interest in those"."""
    if mention.kind == "number":
        return reading.has_slate and _tells_how_long(reading.before(mention))
    if mention.kind != "value" or not (reading.has_slate or reading.of_kind("title")):
        return False
    titles = [m for m in reading.of_kind("title", "ref") if m.end <= mention.start]
    norms = list(reading.message.norms[: mention.start])
    if titles:
        own = titles[-1].kind == "title" and norms[titles[-1].end - 1].endswith("s")  # "Nanook's a documentary"
        norms[titles[-1].start : titles[-1].end] = ["TITLE" if own and titles[-1].end == mention.start - 1 else "PLACE"]
    flat = " ".join(norms)
    if said == "avoid" and re.search(_IS_NO, flat):
        return True  # "Paris, Texas isn't French, they speak English in it"
    if said != "want" or not re.search(_IS_A, flat):
        return False
    named = bool(titles) and titles[-1].end >= mention.start - 4
    return named or bool(reading.domain.pattern("^" + _AFTER_ALL).search(reading.after(mention)))


def _tells_how_long(before: str) -> bool:
    """Whether the words before an amount say how long something shown is, or speak in a figure."""
    return bool(re.search(_LASTS, before) or re.search(_UNTIL_OFF, before))


def _who_watches(reading: Reading, mention: Mention) -> bool:
    """Whether a phrase names somebody for whose age items must be suitable."""
    rated = reading.schema.role("age_rating")
    means = mention.entry.phrase.means if mention.kind == "phrase" and mention.entry.phrase else ()
    return rated is not None and any(m.field == rated.name and m.strength == "hard" for m in means)


_BE = (
    r" ?(?:(?:is|are|was|were|s|have|has|had|will be)\b ?)?"
    r"(?:(?:finally|already|all|both|now|just|really|never|also|currently|sound) )*"
)
_AWAY = (
    _BE + r"(?:gone|asleep|sleeping|away|out|in bed|off|grown|at (?!home)|moved out|went to|staying with|"
    r"with (?:their|his|her|the))\b"
)
"""Words behind somebody who is not there: "the kids are asleep"."""
_NOBODY = (
    r"\b(?:(?:have|has|ve|got|having|with|are|were|is|be|being) (?:no|not any|zero)"
    r"|(?:dont|doesnt|do not|does not|havent|never|not) (?:have|having|got|had)(?: any)?"
    r"|(?:isnt|arent|without|minus|sans)(?: any| the| my| our)?)$"
)
"""Words before somebody who is not there: "I have no kids", "a night without the kids"."""
_TOLD_OF = _BE + (
    r"(?:not|wont|arent|isnt|dont|doesnt|cant|loved?|liked?|hated?|enjoyed|recommended|suggested|told|tells?|said|says"
    r"|gave|got|made|makes|broke|left|watched|saw|read)\b"
)
"""Words behind somebody of whom only is told what they did or said: "my daughter recommended it"."""


def _alone(reading: Reading, mention: Mention) -> bool:
    """Whether a message names a property and neither asks nor points at anything."""
    pointing = reading.of_kind("title", "ref") or {"one", "it", "that", "this"} & set(reading.message.norms)
    return mention.kind == "value" and not reading.question and not pointing


def _praises(reading: Reading, mention: Mention) -> bool:
    """Whether a mention is an adjective of quality: "these are all great"."""
    field = mention.entry.field if mention.kind == "vague" else None
    return field is not None and reading.schema.field(field).role == "quality"


def _is_kind(reading: Reading, mention: Mention) -> bool:
    """Whether a mention names a kind of item, somebody, or where it comes from: never a mere word of talk."""
    if mention.kind != "value":
        return False
    specs = [reading.schema.field(e.field) for e in mention.entries if e.field]
    return any(s.type == "people" or s.role in {"genre", "series", "age_rating"} for s in specs)


def tells(reading: Reading, mention: Mention) -> bool:
    """Whether a word tells how something seems, and asks for nothing: "sounds good", "it was sad"."""
    return mention.kind in {"value", "vague"} and bool(re.search(_TELLS, reading.before(mention)))


def _idle_talk(reading: Reading, mention: Mention) -> bool:
    """A word that merely tells about the person's day: "a long day at work"."""
    if tells(reading, mention):
        return True
    if mention.kind == "value" and re.search(_MADE_ME, reading.before(mention)):
        return True  # "it made me so happy" tells of something past
    if mention.kind == "phrase":
        low, _ = reading.cues.part(mention.start, mention.end)
        return reading.message.norms[low : low + 1] in (["he"], ["she"], ["they"]) and mention.start - low <= 3
    if mention.kind not in {"value", "vague"} or not mention.entry.field:
        return False
    behind = reading.message.norms[mention.end : mention.end + 1]
    if mention.kind == "vague" and mention.start == 0 and behind in ([","], ["!"], ["."]):
        return len(reading.message.norms) > 3  # "great, …" is a nod
    spec = reading.schema.field(mention.entry.field)
    if spec.type == "people" or (mention.end - mention.start > 1):
        return False
    low, high = reading.cues.part(mention.start, mention.end)
    part = " ".join(reading.message.norms[low:high])
    told = reading.domain.pattern(_NARRATIVE).search(part)
    return bool(told) and not reading.domain.pattern(_ASKING).search(part)
