"""Which act a message calls for: a question about items, talk, or a recommendation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from agent.plan.opinions import ItemMention
from agent.plan.questions import QuestionReader
from agent.plan.reading import Reading
from agent.plan.requests import asks_for_items, asks_for_more, may_ask_for_items, wants_items
from agent.plan.roles import SURE
from agent.plan.taking import items_taken
from agent.plan.talk import is_injection, is_off_topic, names_other_matters, read_talk
from agent.plan.wishes import WishReader
from core.plan import Act, Chat, Check, Compare, Count, Explain, Heard, LookUp, Recommend, Show
from tools.tagging.labels import Doing

_SHOW = r"\b(?:remind me (?:of )?(?:what|my)|what (?:have you|youve|you have|did you) (?:noted|saved|stored|written|kept|picked up|got (?:down|so far|noted|on me|about me))|what (?:do|have) (?:you|i) (?:know|told you|remember|got|learned|learnt|have)(?: \w+)*? (?:about me|so far|down)|what have i (?:told|said)|what (?:do you|did you) (?:know|remember|understand)(?: about me)?|(?:show|list|see|tell me|what are)(?: me)? my (?:current |active )?(?:preferences|wishes|taste|ledger|criteria|filters|conditions|profile)|what (?:did|have) i (?:say|ask|asked|tell)|my (?:current )?preferences\W*$|whats my profile|what are you filtering)\b"
_KINDS: dict[str, str] = {
    "recommend": "recommend", "ask": "recommend", "surprise": "recommend", "no_idea": "recommend", "yes": "recommend",
    "no": "recommend", "keep_all": "recommend", "pass": "recommend", "more": "recommend", "rant": "recommend",
    "undo": "recommend", "redo": "recommend", "reset": "recommend",
}  # fmt: skip
UNSURE = 0.35
"""Probability from which a message may be what the tagger half thinks, where something else speaks for it too."""
_OF_ITEMS = frozenset({"look_up", "check", "compare", "explain"})
CERTAIN = 0.9
"""Probability from which the tagger overrules an act that the words make plain: small talk, a check, a count."""


@dataclass(frozen=True)
class ActReader:
    """Decides on the act of a message already read."""

    wishes: WishReader

    @cached_property
    def _questions(self) -> QuestionReader:
        return QuestionReader(self.wishes)

    def decide(self, reading: Reading, heard: Heard, items: list[ItemMention], leftovers: int) -> tuple[Act, bool]:
        """(act, keep): with keep False what was heard belongs to the question asked and must not enter the ledger.

        The words decide, unless the tagger is sure that the message does something else.
        """
        said, keep = self._by_words(reading, heard, items, leftovers)
        if reading.tagged is None or not re.search(r"\w", reading.message.flat):
            return said, keep
        if self._takes(reading, items, said):
            return Chat(topic="accepted", items=items_taken(reading, items)), False
        doing, chance = reading.tagged.likeliest
        if isinstance(said, LookUp) and not _something(heard):
            if _goes_on(reading, items):
                return Recommend(), True  # "I'd say no to that. More ideas"
            if doing in {"recommend", "more", "ask"}:
                return said, keep  # "what about The Sting?"
        if chance < (CERTAIN if _firm(said) else SURE) or _is(said, doing):
            return said, keep
        if doing in _OF_ITEMS and isinstance(said, Recommend) and heard.wishes and not (reading.question or items):
            return said, keep  # "PG-13 or lower": a wish names no item and asks nothing
        if doing == "count" and isinstance(said, Check) and said.items and said.items[0].everything:
            return said, keep  # "how many of them are funny?"
        other = self._by_tagger(reading, heard, items, doing)
        return other if other is not None else (said, keep)

    @staticmethod
    def _takes(reading: Reading, items: list[ItemMention], said: Act) -> bool:
        """Whether an item is taken: the message is an acceptance, or likely one whose item the tagger says is taken."""
        if reading.tagged is None or not reading.conversation.turns:
            return False
        if isinstance(said, Chat) and said.topic == "accepted":
            return reading.tagged.does("accepted") >= UNSURE
        named = [*(i.mention for i in items), *reading.of_kind("superlative")]  # "the shortest"
        taken = [w for m in named if (w := reading.weigh(m.start, m.end)) is not None]
        return reading.tagged.does("accepted") >= UNSURE and any(w.chance("taken") >= 0.5 for w in taken)

    def _by_tagger(
        self, reading: Reading, heard: Heard, items: list[ItemMention], doing: Doing
    ) -> tuple[Act, bool] | None:
        """The act for what the tagger says the message does; None where it cannot be one here."""
        something = _something(heard)
        match doing:
            case "refusal":
                return Chat(topic="refusal"), False
            case "accepted" if reading.conversation.turns and not heard.retractions:
                return Chat(topic="accepted", items=items_taken(reading, items)), False
            case "compare" if heard.critiques and not reading.question:
                return None  # "longer than the first"
            case "look_up" | "check" | "compare" | "explain":
                return self._questions.by_tagger(reading, items, doing)
            case "count":
                return self._questions.count(reading), False
            case "show_ledger":
                return Show(), False
            case "greeting" | "thanks" | "goodbye" | "help" | "off_topic" | "unclear" if not something:
                return Chat(topic=doing), False
            case "recommend" if self._asks(reading, heard, items):
                return self._questions.by_tagger(reading, items, "look_up")
            case "recommend" | "more" | "pass" | "surprise" | "ask" | "rant" if something or wants_items(reading):
                return Recommend(), True
        return None

    @staticmethod
    def _asks(reading: Reading, heard: Heard, items: list[ItemMention]) -> bool:
        """Whether a message is nothing but questions about an item: "is it too long? what's the runtime?"."""
        asked = [w for i in items if (w := reading.weigh(i.mention.start, i.mention.end)) is not None]
        nothing_else = not (heard.wishes or heard.opinions or heard.retractions)
        return reading.question and nothing_else and any(w.chance("asked") >= 0.7 for w in asked)

    def _by_words(self, reading: Reading, heard: Heard, items: list[ItemMention], leftovers: int) -> tuple[Act, bool]:
        """The act by the words of the message alone."""
        flat = reading.message.flat
        if not re.search(r"\w", flat):
            return Chat(topic="unclear" if reading.message.text.strip() else "empty"), True
        if is_injection(reading):
            return Chat(topic="refusal"), False
        if heard.travel or heard.reset:
            return Recommend(), True
        asked = self._questions.by_words(reading, items)
        if asked is not None:
            return asked, False
        something = _something(heard)
        if names_other_matters(reading) and not items and not reading.has(r"\b(?:NOUN|something|recommend)\b"):
            return Chat(topic="off_topic"), False
        if re.search(_SHOW, flat):
            return Show(), False
        talk = read_talk(reading, heard, leftovers, something=something)
        if talk is not None:
            return talk, talk.topic != "help"
        if something or heard.surprise or heard.answer is not None:
            return Recommend(), True
        if items and not something and not heard.turns_down:
            return LookUp(items=tuple(r for i in items for r in i.references)), True
        if asks_for_more(reading) and reading.has_slate:
            return Recommend(), True
        if is_off_topic(reading, leftovers):
            return Chat(topic="off_topic"), True
        if asks_for_items(reading) or asks_for_more(reading) or (may_ask_for_items(reading) and leftovers < 2):
            return Recommend(), True
        return Chat(topic="unclear"), True


def _goes_on(reading: Reading, items: list[ItemMention]) -> bool:
    """Whether a message that points at what is shown, naming nothing, likely wants something else."""
    named = any(i.mention.kind == "title" or any(r.ordinal for r in i.references) for i in items)
    return reading.tagged is not None and not named and reading.tagged.does("more", "pass", "recommend", "rant") >= SURE


def _something(heard: Heard) -> bool:
    """Whether anything of taste was heard."""
    return bool(heard.wishes or heard.opinions or heard.critiques or heard.retractions)


def _firm(act: Act) -> bool:
    plain = {"greeting", "thanks", "goodbye", "help", "refusal"}
    if isinstance(act, LookUp):
        return bool(act.fields)
    return isinstance(act, Check | Count | Show | Explain | Compare) or (isinstance(act, Chat) and act.topic in plain)


def _is(act: Act, doing: Doing) -> bool:
    """Whether an act is what the tagger says already."""
    kind = act.topic if isinstance(act, Chat) else act.kind
    return kind == _KINDS.get(doing, doing)
