"""What no reader has understood: free-text wishes where the words ask for something, or words to own up to."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.plan.cues import Cue
from agent.plan.reading import Reading
from core.plan import Wish
from core.schema import Strength
from tools.linking.english import common
from tools.text import STOPWORDS, stem

GENERIC = frozenset(
    ["able", "about", "absolutely", "actual", "actually", "advice", "afternoon", "again", "ago", "ah", "ahead", "alone", "already", "alright", "also", "always", "amazing", "and", "another", "answer", "any", "anybody", "anymore", "anyone", "anything", "anyway", "appreciate", "around", "ask", "asked", "asking", "awesome", "awful", "awhile", "back", "bad", "based", "basically", "because", "been", "before", "being", "believe", "best", "better", "big", "bit", "boring", "bored", "both", "bother", "brilliant", "but", "bye", "came", "can", "cant", "care", "case", "catch", "certain", "certainly", "chance", "change", "check", "cheers", "choice", "choose", "come", "comes", "common", "cool", "could", "couldnt", "couple", "course", "crap", "cup", "dad", "day", "days", "dear", "decent", "decide", "definitely", "depends", "did", "didnt", "different", "do", "does", "doesnt", "doing", "done", "dont", "dunno", "each", "easy", "either", "else", "end", "enjoy", "enjoyed", "enough", "especially", "even", "evening", "ever", "every", "everybody", "everyone", "everything", "exactly", "excellent", "except", "explain", "fairly", "fan", "fantastic", "far", "fave", "favorite", "favourite", "feel", "feeling", "feels", "felt", "few", "find", "fine", "first", "fond", "for", "forget", "found", "friend", "friends", "from", "full", "fully", "gave", "genre", "get", "gets", "getting", "girl", "girlfriend", "give", "given", "go", "goes", "going", "gone", "good", "got", "great", "guess", "guy", "guys", "had", "half", "happen", "happened", "happens", "hard", "has", "hate", "hates", "hated", "have", "havent", "having", "he", "hear", "heard", "hello", "help", "her", "here", "hers", "hey", "hi", "him", "his", "hmm", "hope", "hopefully", "how", "however", "huge", "idea", "ideally", "ideas", "if", "ill", "im", "imagine", "important", "in", "inside", "instead", "interest", "interested", "interesting", "into", "is", "isnt", "it", "its", "itself", "ive", "just", "keen", "keep", "kid", "kids", "kind", "kinda", "kinds", "knew", "know", "known", "lack", "last", "late", "lately", "later", "least", "leave", "left", "less", "let", "lets", "like", "liked", "likes", "line", "list", "little", "ll", "long", "look", "looked", "looking", "looks", "lot", "lots", "love", "loved", "lovely", "loves", "made", "main", "mainly", "make", "makes", "making", "man", "many", "matter", "may", "maybe", "me", "mean", "means", "meant", "might", "mind", "mine", "minute", "miss", "mix", "moment", "mood", "more", "moreover", "most", "mostly", "mother", "mr", "mrs", "much", "mum", "must", "my", "myself", "name", "need", "needed", "needs", "neither", "never", "new", "next", "nice", "night", "no", "nobody", "none", "nope", "nor", "normal", "normally", "not", "note", "nothing", "now", "number", "obviously", "of", "off", "oh", "ok", "okay", "old", "on", "once", "one", "ones", "online", "only", "onto", "open", "opinion", "option", "options", "or", "other", "others", "otherwise", "our", "out", "over", "overall", "own", "part", "partner", "past", "people", "per", "perfect", "perhaps", "person", "personally", "pick", "picks", "please", "plenty", "plus", "pm", "point", "possible", "possibly", "prefer", "preferably", "preference", "preferences", "pretty", "probably", "problem", "proper", "put", "question", "quick", "quickly", "quite", "rate", "rather", "read", "reading", "ready", "real", "really", "reason", "recent", "recently", "recommend", "recommendation", "recommendations", "recommended", "remember", "request", "rest", "right", "said", "same", "sat", "saw", "say", "says", "search", "second", "see", "seem", "seems", "seen", "sense", "set", "several", "shall", "share", "she", "short", "should", "show", "shown", "shows", "side", "similar", "simple", "simply", "since", "sister", "sit", "so", "some", "somebody", "somehow", "someone", "something", "sometimes", "somewhat", "soon", "sorry", "sort", "sorts", "sound", "sounds", "spend", "star", "start", "started", "still", "stop", "story", "stuff", "style", "such", "suggest", "suggested", "suggestion", "suggestions", "suit", "suitable", "super", "suppose", "sure", "surprise", "take", "taken", "talk", "taste", "tell", "tend", "than", "thank", "thanks", "that", "thats", "the", "their", "them", "then", "there", "these", "they", "thing", "things", "think", "thinking", "this", "those", "though", "thought", "thx", "til", "till", "time", "times", "tired", "title", "to", "today", "together", "told", "tomorrow", "tonight", "too", "took", "top", "total", "totally", "touch", "tried", "true", "try", "trying", "turn", "type", "types", "under", "understand", "unfortunately", "unless", "until", "up", "us", "use", "used", "usual", "usually", "various", "ve", "version", "very", "via", "vibe", "vibes", "viewing", "wait", "wanna", "want", "wanted", "wants", "was", "wasnt", "watch", "watched", "watching", "way", "we", "week", "weekend", "welcome", "well", "went", "were", "what", "whatever", "when", "where", "whether", "which", "while", "who", "whole", "whom", "whose", "why", "wife", "will", "wish", "with", "within", "without", "wonder", "wonderful", "wont", "word", "words", "work", "works", "world", "worse", "worst", "worth", "would", "wouldnt", "wow", "wrong", "ya", "yeah", "year", "yep", "yes", "yesterday", "yet", "you", "your", "yours", "youre", "yup", "actually", "involving", "featuring", "containing", "set", "kind", "tone", "atmosphere", "ending", "plot", "lead", "leads", "main", "character", "characters", "bring", "brings", "brought", "along", "ideas", "couch", "evening", "hour", "hours", "minutes", "tonight", "else", "hand", "mates", "mate", "bf", "gf", "husband", "boyfriend", "son", "daughter", "fancy", "craving", "crave", "hit", "hits", "spot", "wondering", "curious", "apparently", "honestly", "frankly", "literally", "definitely", "possibly", "totally", "sort", "happen", "sounds", "total", "ratings", "rating", "voted", "hoping", "rainy", "cosy", "sunday", "saturday", "friday", "monday", "tuesday", "wednesday", "thursday", "finally", "exhausted", "hungover", "sick", "flu", "bed", "dinner", "relax", "relaxing", "unwind", "brain", "switch", "mins", "hrs", "whats", "whos", "hows", "theres", "heres", "youre", "theyre", "weve", "ive", "youve", "theyve", "thatll", "itll", "ill", "well", "id", "youd", "hed", "shed", "wed", "theyd", "whens", "wheres", "whys", "yall", "gonna", "gotta", "lemme", "gimme", "line", "lines", "mostly", "somehow", "tad", "bunch", "load", "loads", "tons", "ton", "handful", "pair", "few"]
)  # fmt: skip
_ASKS_BEFORE = (
    r"(?:\b(?:about|with|without|involving|featuring|set (?:in|on|at|during|around)|where|based on|taking place (?:in|on|at)|containing|has|have|having|full of|lots of|plenty of|some|"
    r"something|anything|NOUN|kind of|sort of|and|or|no|not|more|like|very|really|set|a|an|the|in|on|of|love|hate|want|into|mood for|theme of|more of|less|too|feel|feeling|really|that is|thats|is|are|be|bit|,)|^)\W*$"
)
_ASKS_ANYWHERE = r"\b(?:something|anything|NOUN|about|want|wanna|looking for|give me|show me|find|recommend|suggest|mood|feel like|fancy|like|love|need|make it|more|less|too|prefer|enjoy|into|no|not|without|hate|set in|vibes?|feels?)\b"


@dataclass(frozen=True)
class Leftovers:
    """Free-text wishes and words that were not understood."""

    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()
    known_words: int = 0
    """Content words of the message that were neither generic nor part of a mention."""


def read_leftovers(reading: Reading, covered: Sequence[tuple[int, int]], knows: Callable[[str], bool]) -> Leftovers:
    """Runs of content words outside every mention and cue; `knows` tells whether the catalogue's text holds a stem."""
    taken: set[int] = set()
    for start, end in covered:
        taken.update(range(start, end))
    for cues in (reading.cues.negations, reading.cues.hedges, reading.cues.strong):
        for cue in cues:
            taken.update(range(cue.start, cue.end))
    wishes: list[Wish] = []
    lost: list[str] = []
    words = 0
    for start, end in _joined(reading, _runs(reading, taken)):
        words += end - start
        text = reading.message.quote(start, end)
        if not any(knows(stem(n)) or common(n) for n in reading.message.norms[start:end]):
            lost.append(text)
        elif _asked_for(reading, start, end):
            wishes.append(_text_wish(reading, start, end, text))
    return Leftovers(tuple(wishes), tuple(lost), words)


def _runs(reading: Reading, taken: set[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start: int | None = None
    norms = reading.message.norms
    for place in range(len(norms) + 1):
        content = place < len(norms) and place not in taken and _content(norms[place])
        if content and start is None:
            start = place
        elif not content and start is not None:
            runs.append((start, place))
            start = None
    return runs


def _joined(reading: Reading, runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs with only a small word between them are one phrase: "black and white", "man on the run"."""
    joined: list[tuple[int, int]] = []
    for start, end in runs:
        gap = reading.message.norms[joined[-1][1] : start] if joined else []
        if gap and len(gap) <= 2 and all(n in {"and", "&", "of", "in", "on", "the", "a", "an", "at"} for n in gap):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _content(norm: str) -> bool:
    return norm[0].isalpha() and len(norm) > 2 and norm not in GENERIC and norm not in STOPWORDS


def _asked_for(reading: Reading, start: int, end: int) -> bool:
    before = " ".join(reading.message.norms[:start])
    low, high = reading.cues.part(start, end)
    part = " ".join(reading.message.norms[low:high])
    if re.search(
        r"\b(?:i|my \w+|we|he|she) (?:am|had|have been|was|were|is|just|got|work|works|live)\b|^(?:im|were)\b", part
    ) and not reading.domain.pattern(r"\b(?:something|anything|NOUN|about|looking|want|mood)\b").search(part):
        return False
    follows = any(m.end == start and m.kind != "word" for m in reading.mentions)
    near = follows or bool(reading.domain.pattern(_ASKS_BEFORE).search(before))
    behind = bool(
        reading.domain.pattern(
            r"^ ?(?:NOUN|vibes?|feel|mood|atmosphere|ending|plot|story|theme|setting|please)\b"
        ).match(" ".join(reading.message.norms[end:]))
    )
    return (near or behind) and (
        bool(reading.domain.pattern(_ASKS_ANYWHERE).search(part)) or len(reading.message.norms) <= 6
    )


def _text_wish(reading: Reading, start: int, end: int, text: str) -> Wish:
    cue: Cue | None = reading.cues.negation_of(start, None, listable=True)
    hedged = reading.cues.hedged(start, end)
    meant = (cue is not None and not cue.soft) or (cue is None and reading.cues.insisted(start, end))
    strength: Strength = "hard" if meant and not hedged else "soft"
    return Wish(
        field=None,
        op="about",
        value=text.lower(),
        polarity="avoid" if cue else "want",
        strength=strength,
        quote=text,
        confidence=0.6,
    )
