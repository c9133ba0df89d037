"""Answers to our open question: a choice taken, declined, or left to us."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.plan.reading import Reading
from agent.plan.roles import SURE
from core.turn import Question
from tools.text import normalise

_ORDINALS = {
    "first": 0,
    "1st": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "last": -1,
    "former": 0,
    "latter": 1,
}
_SURPRISE = (
    r"\b(?:surprise me|you (?:choose|pick|decide)|your (?:choice|pick|call)|up to you|anything(?: goes| is fine| works| will do| at all)|whatever(?: you (?:like|think|want|recommend))?|i(?:m| am) (?:easy|open|not fussy|not picky)|"
    r"dealers choice|(?:dont|do not) (?:really )?(?:mind|care)|no preference|anything$|(?<!me )(?<!us )(?<!those )(?<!these )(?<!that )(?<!this )(?<!it )(?<!three )(?<!them )either(?: is fine| works| one)?$|both(?: are fine| work)?$|just pick|random|i trust you|go wild|makes no difference|doesnt matter|does not matter|not (?:that )?(?:important|fussed|bothered|picky|relevant)|no (?:strong |particular |real )?(?:feelings?|views?|opinions?|preferences?|wishes|requirements?)|all the same|immaterial|irrelevant|not a (?:factor|concern)|i couldnt care less|any(?: of (?:them|those))? (?:is|are|will|would)|skip (?:that|this)(?: one)?)\b"
)
_NO_IDEA = r"\b(?:no idea|not sure|dont know|do not know|dunno|no clue|idk|cant decide|hard to say|havent (?:decided|thought|made up)|have not (?:decided|thought)|undecided|(?:cant|cannot|couldnt|could not) (?:really )?(?:say|tell)|beats me|who knows|no clue|good question|never thought)\b"
_ALL_OF_THEM = r"^\W*(?:i (?:mean|meant|like|liked|love|loved) )?(?:both|all)(?: of (?:them|those|these)| \w+)?(?: actually| please| really)?\W*$"
_DROP_ALL = r"^\W*(?:ok(?:ay)? |then |just |please )*(?:drop|remove|forget|lose|scrap|leave out|without|relax) (?:both|all(?: of (?:them|it|those))?|them(?: all)?|everything)\b"
_SAYS_MORE = frozenset({"recommend", "look_up", "check", "compare", "explain"})
ALL = -1
"""The choice that stands for all of them."""
_NEITHER = r"^\W*(?:neither|none(?: of (?:them|these|those))?|no,? (?:another|other)|another one|something else|not (?:those|these|either)|a different one|other)\b"
_AGREES = (
    r"^\W*(?:(?:oh|well|um|hm+|yeah|ok) ?,? )*(?:yes|yeah|yep|yup|ya|sure|ok|okay|fine|of course|definitely|absolutely|certainly|totally|please|go ahead|go for it|correct|right|exactly|y|alright|all right|no problem|no worries|why not|thats|that is|it is|both are|(?:its |thats |were |im )?all (?:good|fine)|good|cool|great|perfect|sounds (?:good|fine|great|ok|okay)|happy (?:to|with)|i am|we are|by all means|naturally|indeed)\b(?!.{0,30}\b(?:not|no|isnt|dont want|rather)\b)"
    r"|\b(?:no (?:problem|worries|issue|objections?)|(?:dont|do not|wouldnt|would not) (?:really )?(?:mind|care|bother)|doesnt (?:bother|matter|worry)|im (?:fine|ok|okay|good|cool|happy) with|(?:is|are|s|would be|be) (?:all |totally |perfectly |absolutely |completely )?(?:fine|ok|okay|alright|right|good|cool|no problem|acceptable)|works for (?:me|us)|not a problem|suits me|fine by me|i can (?:handle|live with)|happy with)\b(?<!not fine)(?<!not ok)(?<!not okay)(?<!not good)"
)
_REFUSES = (
    r"^\W*(?:(?:oh|well|um|hm+|actually) ?,? )*(?:no|nope|nah|n|never|not|neither|dont|please (?:dont|no|not)|better not|rather not)\b"
    r"|\b(?:id rather not|rather not|rather avoid|prefer not|not (?:really|for me|comfortable|keen|ok|okay|fine|good)|avoid|skip|leave (?:that|those|it) out|too (?:strong|much|adult|mature)|isnt (?:ok|okay|fine)|wouldnt work|not what)\b"
)
_KEEP_ALL = r"\b(?:none (?:of (?:them|those|these|it))?|no|nope|not (?:any|one|really|willing|giving)|keep (?:them |it )?all|all of (?:them|it|those)(?: (?:matter|stay|are important))?|need (?:them )?all|every(?:thing| one)|cant (?:drop|give)|wont (?:drop|give|budge)|stick(?:ing)? (?:to|with)|insist|nothing|leave it|non negotiable|important)\b"
_ABOUT_A_PLACE = frozenset(
    [
        "the",
        "one",
        "please",
        "option",
        "choice",
        "answer",
        "i",
        "mean",
        "meant",
        "id",
        "say",
        "ill",
        "take",
        "go",
        "with",
        "for",
        "lets",
        "choose",
        "pick",
        "number",
        "thats",
        "it",
        "is",
    ]
)
"""Words that may stand beside "second" in an answer; "who directed the second one" is none."""
_KEEP_PLAINLY = r"\b(?:keep (?:them |it |every|those )?all|keep everything|all of (?:them|it|those)|need (?:them )?all|(?:cant|wont) (?:drop|give|budge)|stick(?:ing)? (?:to|with)|insist|non negotiable)\b"
_YES = r"^\W*(?:yes|yeah|yep|yup|sure|ok|okay|please do|go ahead|do it|fine|correct|right|exactly|of course|sounds good|y)\b[^a-z]*(?:please|do|thanks)?\W*$"
_NO = r"^\W*(?:no|nope|nah|not really|no thanks?|rather not|please dont|dont)\b\W*$"


@dataclass(frozen=True, slots=True)
class Answer:
    """How the open question was answered."""

    choice: int | None = None
    surprise: bool = False
    declined: bool = False
    """No idea, does not matter, none of these: the question is closed."""


def read_answer(reading: Reading, question: Question | None) -> Answer:
    """The answer a message gives to the open question, if it gives one."""
    surprise = bool(re.search(_SURPRISE, reading.message.flat))
    if question is None:
        return Answer(surprise=surprise)
    own = _to_this_kind(reading, question)
    if own is not None:
        return own
    flat = reading.message.flat
    if re.search(_NEITHER, flat) and not (question.kind == "preference" and _beside(reading)):
        return Answer(declined=True)
    taken = None if question.kind == "confirm" else _chosen(reading, question, places=not _beside(reading))
    if taken is not None:
        return Answer(choice=taken, surprise=surprise)
    return _left_open(reading, question, surprise=surprise)


def says_yes_or_no(reading: Reading) -> bool:
    """Whether the words say yes or no themselves: "oh" and "well" do not, whatever they may sound like."""
    return bool(re.search(_AGREES, reading.message.flat) or re.search(_REFUSES, reading.message.flat))


def answer_parts(reading: Reading) -> list[tuple[str, str]]:
    """(answer, rest) pairs a message may be read as: up to its first stop, and behind its last full stop."""
    norms, message = reading.message.norms, reading.message
    stops = [n for n, norm in enumerate(norms) if norm in {",", ".", ";", "!"}]
    ends = [n for n in stops if norms[n] != "," and 0 < n < len(norms) - 1]
    found = []
    if stops and 0 < stops[0] < len(norms) - 1:
        found.append((message.quote(0, stops[0]), message.text[message.tokens[stops[0]].end :]))
    if ends:
        found.append((message.text[message.tokens[ends[-1]].end :].strip(), message.quote(0, ends[-1])))
    return found


def _to_this_kind(reading: Reading, question: Question) -> Answer | None:
    """An answer that only a question of this kind can have: yes or no, all of them, none may go."""
    flat, told = reading.message.flat, _told(reading)
    match question.kind:
        case "confirm" if len(question.choices) == 2:
            side = {"yes": 0, "no": 1}.get(told)
            if side is None and (not told or _only_what_was_asked(reading, question)):
                side = _confirmed(reading, flat)
            return None if side is None else Answer(choice=side)
        case "which_item" if re.search(_ALL_OF_THEM, flat):
            return Answer(choice=ALL)
        case "relax":
            return _what_may_go(reading, question, told)
    return None


def _what_may_go(reading: Reading, question: Question, told: str) -> Answer | None:
    """The answer to "which may go?"."""
    flat, beside = reading.message.flat, _beside(reading)
    if re.match(r"\W*neither\b", flat):
        return Answer(declined=True)
    if not beside and re.search(_DROP_ALL, flat):
        return Answer(choice=ALL)
    if told == "surprise" and question.choices:
        return Answer(choice=0)  # the release that brings most
    keeps = told == "keep_all" if told else bool(re.search(_KEEP_PLAINLY if beside else _KEEP_ALL, flat))
    return Answer(declined=True) if keeps else None


def _left_open(reading: Reading, question: Question, *, surprise: bool) -> Answer:
    """An answer that names no choice: it does not matter, no idea, none of these, or something else altogether."""
    flat, told = reading.message.flat, _told(reading)
    if told in {"surprise", "no_idea"}:
        return Answer(surprise=told == "surprise" or question.kind == "preference", declined=True)
    if told in _SAYS_MORE and not surprise:
        return Answer()
    if surprise or re.search(_NO_IDEA, flat):
        return Answer(surprise=surprise or question.kind == "preference", declined=True)
    return Answer(declined=bool(re.search(_NO, flat)))


def _only_what_was_asked(reading: Reading, question: Question) -> bool:
    """Whether a message speaks of the field in question and of nothing else: "R is fine, go ahead"."""
    fields = {e.field for m in reading.of_kind("value", "phrase", "vague", "number", "title") for e in m.entries}
    return bool(fields) and fields == {question.field} and not reading.of_kind("number", "title")


def _told(reading: Reading) -> str:
    """What the tagger is sure the message does; empty when it is not, or where there is none."""
    doing, chance = reading.tagged.likeliest if reading.tagged is not None else ("", 0.0)
    return doing if chance >= SURE else ""


def _beside(reading: Reading) -> bool:
    """Whether the question stood beside a slate: "no" then turns down what was shown, "the first" is an item."""
    last = reading.conversation.last
    return last is not None and bool(last.slate)


def _confirmed(reading: Reading, flat: str) -> int | None:
    """0 for yes, 1 for no, None when the message is neither or says more than that.

    "No problem" and "I don't mind" are a yes, "not really" and "I'd rather not" a no.
    """
    spoken = [n for n in reading.message.norms if n[:1].isalnum()]
    more = any(m.kind in {"number", "title", "critique"} for m in reading.mentions)
    if len(spoken) > 14 or more:
        return None
    if re.search(_AGREES, flat):
        return 0
    return 1 if re.search(_REFUSES, flat) else None


def _chosen(reading: Reading, question: Question, *, places: bool) -> int | None:
    """The choice a short message names: by its words, a telling part of them, its place, or yes / no.

    `places` False: an ordinal means an item of the slate the question stands beside.
    """
    flat = reading.message.flat
    spoken = [n for n in reading.message.norms if n[:1].isalnum()]
    if len(spoken) > 8 or not question.choices:
        return None
    amounts = {n for n in spoken if n.isdigit()}
    if amounts and not amounts <= {w for c in question.choices for w in normalise(c.label).split()}:
        return None  # "ok 300 pages then" takes none of the choices: it says another amount
    named = [(_overlap(spoken, choice.label, choice.aliases, question), n) for n, choice in enumerate(question.choices)]
    best = max(named, key=lambda pair: pair[0])
    several = question.kind == "relax" and len(question.choices[best[1]].patch.drop) > 1
    if several and 0 < best[0] < 1:
        return None  # only one of what would have to go together is named
    if best[0] > 0 and sum(score == best[0] for score, _ in named) == 1 and _only_that(spoken, question, best[1]):
        return best[1]
    for word, place in _ORDINALS.items() if places else ():
        if word in flat.split() and set(spoken) <= _ABOUT_A_PLACE | set(word.split()):
            return place % len(question.choices) if place < len(question.choices) else None
    if places and re.match(r"^\W*#? ?[1-9]\W*$", flat):
        place = int(re.sub(r"\D", "", flat)) - 1
        return place if place < len(question.choices) else None
    if re.search(_YES, flat) and (question.kind == "confirm" or len(question.choices) == 1):
        return 0
    return None


def _overlap(spoken: list[str], label: str, aliases: tuple[str, ...], question: Question) -> float:
    """Share of the telling words of a label (those no other choice has) that were said."""
    best = 0.0
    others = {w for c in question.choices if c.label != label for w in normalise(c.label).split()}
    for name in (label, *aliases):
        words = normalise(name).split()
        telling = [w for w in words if w not in others and w not in {"the", "a", "one"}] or words
        said = sum(w in spoken or w + "s" in spoken for w in telling)
        if said:
            best = max(best, said / len(telling))
    return best


def _only_that(spoken: list[str], question: Question, choice: int) -> bool:
    """Whether the message says little beyond the choice, so that nothing of it is lost by taking it as an answer."""
    known = {
        w
        for name in (question.choices[choice].label, *question.choices[choice].aliases)
        for w in normalise(name).split()
    }
    filler = {"the", "a", "an", "one", "please", "i", "mean", "meant", "by", "from", "of", "it", "is", "was", "id", "say", "yes", "no", "ok", "go", "with", "s",
              "version", "something", "that", "make", "prefer", "original", "newer", "older", "lets", "let", "for", "me", "more", "think", "would", "be", "good", "release", "then"}  # fmt: skip
    rest = [w for w in spoken if w not in known and w.removesuffix("s") not in known and w not in filler]
    return len(rest) <= (0 if question.kind == "preference" else 1)
