"""The reader of talk: greetings, thanks, farewells, help, an item taken, and what is none of our business."""

from __future__ import annotations

import re

from agent.plan.reading import Reading
from agent.plan.requests import asks_for_items, asks_for_more
from core.plan import Chat, Heard

_INJECTION = (
    r"\b(?:(?:ignore|disregard|forget|override|bypass) (?:all |any |your |the |my |previous |prior |above |these |those |earlier )*(?:rules?|instructions?|prompts?|guidelines|programming|restrictions|policies|policy)|"
    r"(?:print|show|reveal|repeat|tell me|give me|output|display|leak|what is|whats)(?: me)? (?:your |the |all |hidden |initial |full |exact )*(?:system |hidden |initial |secret )*(?:prompts?|instructions|system message|rules|api keys?|password|secrets?|source code|credentials)|system prompt|you are now|pretend (?:to be|you are|youre)|act as (?:a|an|if)|jailbreak|developer mode|dan mode|"
    r"new instructions|roleplay as|sudo|drop table|rm rf)\b"
)
_HELP = r"\b(?:what can you do|how does (?:this|it) work|how do (?:i|you) (?:use|work)|^help\b|help me out|who are you|what are you|are you (?:a |an )?(?:bot|robot|human|real|ai|person|machine|chatbot)|what is this|how can you help|what do you do|what (?:(?:kinds?|sorts?) of (?:things?|stuff|questions?) |things |questions )?can (?:i|we) (?:ask|say|do))\b|^\W*help\W*$"
_HELP_ALONE = r"^\W*(?:(?:so|ok|hi|hey|hello|um|wait) ?,? ?)*(?:how (?:does|do) (?:this|it|that|you) work|what is this|what can you do(?: for me)?|help(?: me)?(?: please)?)\W*$"
_THANKS = r"\b(?:thanks?|thank you|thx|cheers|ta|much appreciated|many thanks|appreciate it|nice one)\b"
_BYE = r"\b(?:bye|goodbye|good bye|see (?:you|ya)|later(?! than\b)|good night|goodnight|ciao|thats all|that is all|that will be all|im done|all done|farewell|have a (?:good|nice|great) (?:one|day|evening|night))\b"
_HELLO = r"^\W*(?:(?:hi|hello|hey|hiya|howdy|greetings|yo|good (?:morning|afternoon|evening|day)|hallo|heya|sup|hola|bonjour|hi there|hello there|hey there|how are you(?: doing)?(?: today)?|hows it going|whats up|nice to meet you|how do you do|hows life)\W*(?:there|tastemaker|again|everyone|friend|all|bot|you|today|doing)*\W*)+$"
_ACCEPT = r"\b(?:(?:ill|i will|lets|let us|we will|well|i am going to|im going to|im gonna|gonna|going to) (?:\w+ )?(?:take|USE|go for|go with|try|have|pick|choose|give (?:that|it|this) a (?:go|try)|start with)|(?:ill|i) (?:take|go with|go for|choose|pick)|sold|perfect|sounds (?:good|great|perfect|lovely)|thats the one|that is the one|that one (?:looks|sounds) (?:good|great|perfect)|great (?:choice|pick|suggestion)s?|good (?:choice|pick|suggestion|idea)s?|excellent (?:choice|pick)|youve convinced me|looks (?:good|great|perfect)|thats perfect|just what i (?:wanted|needed)|love it|nice picks?|good call|adding (?:it|that))\b"
_OFF_TOPIC = (
    r"\b(?:weather|forecast|football score|stock|stocks|bitcoin|crypto|president|prime minister|election|recipe|capital of|translate|poem|code|python|javascript|joke|math|calculate|news|flight|hotel|email|"
    r"who won|what time|how old are you|meaning of life|homework|essay|tax|medicine|doctor|lawyer|horoscope|lottery)\b|\d+ ?(?:\+|plus|times|x|\*) ?\d+"
)


def read_talk(reading: Reading, heard: Heard, leftovers: int, *, something: bool) -> Chat | None:
    """The talk a message is, or None; `something`: whether anything of taste was heard in it."""
    flat = reading.message.flat
    bare = not (heard.wishes or heard.critiques or heard.retractions or heard.answer is not None)
    if bare and _accepts(reading, heard):
        return Chat(topic="accepted")
    if re.search(_HELP_ALONE, flat):
        return Chat(topic="help")
    pointed = [m for m in reading.of_kind("ref") if m.ref and not m.ref.weak and not m.ref.references[0].everything]
    if bare and pointed and not heard.opinions and leftovers == 0 and re.search(_THANKS, flat):
        return Chat(topic="accepted")
    if something or heard.surprise:
        return None
    if re.search(_HELLO, flat):
        return Chat(topic="greeting")
    if re.search(_HELP, flat):
        return Chat(topic="help")
    wants = asks_for_items(reading) and not re.search(_BYE, flat)
    if re.search(_THANKS, flat) and not wants and not asks_for_more(reading):
        return Chat(topic="goodbye" if re.search(_BYE, flat) else "thanks")
    if re.search(_BYE, flat) and not wants and leftovers <= 1:
        return Chat(topic="goodbye")
    return None


def is_injection(reading: Reading) -> bool:
    """Whether a message tries to give us new instructions or to learn ours."""
    return bool(re.search(_INJECTION, reading.message.flat))


def names_other_matters(reading: Reading) -> bool:
    """Whether a message names what is no matter of a catalogue: the weather, a poem, a sum."""
    return bool(re.search(_OFF_TOPIC, reading.message.flat))


def is_off_topic(reading: Reading, leftovers: int) -> bool:
    """Whether a message is about other matters, or asks what no reader has understood."""
    if names_other_matters(reading):
        return True
    return reading.question and leftovers > 0 and not asks_for_items(reading)


def _accepts(reading: Reading, heard: Heard) -> bool:
    """Whether what was shown is taken: "perfect, I'll watch that one"."""
    if not reading.has(_ACCEPT) or not reading.conversation.turns or _rejects(heard):
        return False
    return not asks_for_more(reading) and not re.search(r"\bnot\b|\bdont\b|\bbut\b", reading.message.flat)


def _rejects(heard: Heard) -> bool:
    return any(o.stance in {"disliked", "seen"} for o in heard.opinions)
