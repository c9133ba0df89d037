"""Which act a message calls for: a question about items, talk, or a recommendation."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agent.plan.mention import Mention
from agent.plan.opinions import ItemMention
from agent.plan.reading import Reading
from agent.plan.roles import SURE
from agent.plan.wishes import WishReader
from core.plan import Act, Chat, Check, Compare, Count, Explain, Heard, LookUp, Recommend, Reference, Show, Wish
from tools.tagging.labels import Doing
from tools.text import STOPWORDS

_INJECTION = (
    r"\b(?:(?:ignore|disregard|forget|override|bypass) (?:all |any |your |the |my |previous |prior |above |these |those |earlier )*(?:rules?|instructions?|prompts?|guidelines|programming|restrictions|policies|policy)|"
    r"(?:print|show|reveal|repeat|tell me|give me|output|display|leak|what is|whats)(?: me)? (?:your |the |all |hidden |initial |full |exact )*(?:system |hidden |initial |secret )*(?:prompts?|instructions|system message|rules|api keys?|password|secrets?|source code|credentials)|system prompt|you are now|pretend (?:to be|you are|youre)|act as (?:a|an|if)|jailbreak|developer mode|dan mode|"
    r"new instructions|roleplay as|sudo|drop table|rm rf)\b"
)
_WHY = r"\b(?:why (?:did you|do you|have you|would you|are you|this|that|these|those|the (?:first|second|third|last)|it|is (?:it|this|that|the)|on earth|pick|recommend|NOUN|exactly|should i|show|did i get|them|would i|those)|what made you|how come|reasons? for|justify|explain (?:your|the|that|this|why)|whats the reason|what is the reason|why\W*$)\b|^\W*why\W*$"
_WHY_NOT = r"\b(?:why (?:not|didnt you|did you not|dont you|do you not|havent you|wasnt|isnt|arent|wouldnt you|is it not|is there no|no)|how come (?:you (?:didnt|dont|havent)|not|no|its not|there is no|theres no)|what(?:s| is| was) wrong with)\b"
_WHOLE = r"\b(?:you (?:have|know|know of|carry|stock|offer|got|ve got)|youve got|there is|exists?|(?:in|of|from) (?:the|your)(?: whole| entire| full)? (?:catalogue?|collection|library|database|shelves|stock)|overall|altogether|at all)\b"
_COMPARE = r"\b(?:compare|comparison|differences? between|how (?:do|does|are|is) .{1,60}(?:differ|compare|different)|versus|vs|side by side)\b"
_WHICH = r"\b(?:which|whats|what is|whichs|who)(?: (?:one|ones|NOUN))?(?: of (?:these|those|them|the (?:two|three|lot)))?(?: (?:is|has|was|are|would be|should i|do you|s))?\b"
_SHOW = r"\b(?:remind me (?:of )?(?:what|my)|what (?:have you|youve|you have|did you) (?:noted|saved|stored|written|kept|picked up|got (?:down|so far|noted|on me|about me))|what (?:do|have) (?:you|i) (?:know|told you|remember|got|learned|learnt|have)(?: \w+)*? (?:about me|so far|down)|what have i (?:told|said)|what (?:do you|did you) (?:know|remember|understand)(?: about me)?|(?:show|list|see|tell me|what are)(?: me)? my (?:current |active )?(?:preferences|wishes|taste|ledger|criteria|filters|conditions|profile)|what (?:did|have) i (?:say|ask|asked|tell)|my (?:current )?preferences\W*$|whats my profile|what are you filtering)\b"
_HELP = r"\b(?:what can you do|how does (?:this|it) work|how do (?:i|you) (?:use|work)|^help\b|help me out|who are you|what are you|are you (?:a |an )?(?:bot|robot|human|real|ai|person|machine|chatbot)|what is this|how can you help|what do you do|what (?:(?:kinds?|sorts?) of (?:things?|stuff|questions?) |things |questions )?can (?:i|we) (?:ask|say|do))\b|^\W*help\W*$"
_HELP_ALONE = r"^\W*(?:(?:so|ok|hi|hey|hello|um|wait) ?,? ?)*(?:how (?:does|do) (?:this|it|that|you) work|what is this|what can you do(?: for me)?|help(?: me)?(?: please)?)\W*$"
_THANKS = r"\b(?:thanks?|thank you|thx|cheers|ta|much appreciated|many thanks|appreciate it|nice one)\b"
_BYE = r"\b(?:bye|goodbye|good bye|see (?:you|ya)|later|good night|goodnight|ciao|thats all|that is all|that will be all|im done|all done|farewell|have a (?:good|nice|great) (?:one|day|evening|night))\b"
_HELLO = r"^\W*(?:(?:hi|hello|hey|hiya|howdy|greetings|yo|good (?:morning|afternoon|evening|day)|hallo|heya|sup|hola|bonjour|hi there|hello there|hey there|how are you(?: doing)?(?: today)?|hows it going|whats up|nice to meet you|how do you do|hows life)\W*(?:there|tastemaker|again|everyone|friend|all|bot|you|today|doing)*\W*)+$"
_ACCEPT = r"\b(?:(?:ill|i will|lets|let us|we will|well|i am going to|im going to|im gonna|gonna|going to) (?:\w+ )?(?:take|USE|go for|go with|try|have|pick|choose|give (?:that|it|this) a (?:go|try)|start with)|(?:ill|i) (?:take|go with|go for|choose|pick)|sold|perfect|sounds (?:good|great|perfect|lovely)|thats the one|that is the one|that one (?:looks|sounds) (?:good|great|perfect)|great (?:choice|pick|suggestion)s?|good (?:choice|pick|suggestion|idea)s?|excellent (?:choice|pick)|youve convinced me|looks (?:good|great|perfect)|thats perfect|just what i (?:wanted|needed)|love it|nice picks?|good call|adding (?:it|that))\b"
_MORE = r"\b(?:more|another|others?|next|something else|anything else|what else|else|different ones?|new ones|again|few more|keep going|show me more|other (?:options|suggestions|ideas|NOUN)|not (?:these|those|this|that)(?: ones?)?|none of (?:these|those|them))\b"
_REQUEST = r"\b(?:NOUN|recommend(?:ation)?s?|suggest(?:ion)?s?|something|anything|USE|what should i|what to|what shall|in the mood|surprise)\b"
_WEAK_REQUEST = r"\b(?:pick|choose|ideas?|options?|help me|find me|give me|show me|looking for|bored)\b"
_HOW_MANY = r"\bhow many\b|\bnumber of (?:NOUN)\b|\bhow much\b"
_CATALOGUE = r"\b(?:do you (?:have|know|carry|stock|offer)|are there|have you got|in (?:the|your) (?:catalogue?|collection|library|list|database)|you got|exist|can you (?:show|offer|find))\b"
_OFF_TOPIC = (
    r"\b(?:weather|forecast|football score|stock|stocks|bitcoin|crypto|president|prime minister|election|recipe|capital of|translate|poem|code|python|javascript|joke|math|calculate|news|flight|hotel|email|"
    r"who won|what time|how old are you|meaning of life|homework|essay|tax|medicine|doctor|lawyer|horoscope|lottery)\b|\d+ ?(?:\+|plus|times|x|\*) ?\d+"
)
_YES_OR_NO = r"\b(?:is|are|was|were|does|do|has|have|will|would) (?:it|this|that|they|these|those|the|any|either|both|he|she|there)\b"
_CHECKS = r"\b(?:is|are|was|were|does|do|has|have|can|could|would|will|suits?|isnt|arent|doesnt|any)\b"


@dataclass(frozen=True)
class ActReader:
    """Decides on the act of a message already read."""

    wishes: WishReader

    def decide(self, reading: Reading, heard: Heard, items: list[ItemMention], leftovers: int) -> tuple[Act, bool]:
        """(act, keep): with keep False what was heard belongs to the question asked and must not enter the ledger.

        The words decide, unless the tagger is sure that the message does something else.
        """
        said, keep = self._by_words(reading, heard, items, leftovers)
        if reading.tagged is None or not re.search(r"\w", reading.message.flat):
            return said, keep
        if self._takes(reading, items, said):
            return Chat(topic="accepted", items=_taken(reading, items)), False
        doing, chance = reading.tagged.likeliest
        if isinstance(said, LookUp) and doing in {"recommend", "more", "ask"} and not self._something(heard):
            return said, keep  # "what about The Sting?"
        if chance < (CERTAIN if _firm(said) else SURE) or _is(said, doing):
            return said, keep
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
        taken = [w for i in items if (w := reading.weigh(i.mention.start, i.mention.end)) is not None]
        return reading.tagged.does("accepted") >= UNSURE and any(w.chance("taken") >= 0.5 for w in taken)

    def _by_tagger(
        self, reading: Reading, heard: Heard, items: list[ItemMention], doing: Doing
    ) -> tuple[Act, bool] | None:
        """The act for what the tagger says the message does; None where it cannot be one here."""
        something = self._something(heard)
        match doing:
            case "refusal":
                return Chat(topic="refusal"), False
            case "accepted" if reading.conversation.turns:
                return Chat(topic="accepted", items=_taken(reading, items)), False
            case "compare" if heard.critiques and not reading.question:
                return None  # "longer than the first"
            case "look_up" | "check" | "compare" | "explain":
                return self._asked(reading, items, doing)
            case "count":
                return Count(wishes=tuple(self._checked(reading))), False
            case "show_ledger":
                return Show(), False
            case "greeting" | "thanks" | "goodbye" | "help" | "off_topic" | "unclear" if not something:
                return Chat(topic=doing), False
            case "recommend" if self._asks(reading, heard, items):
                return self._asked(reading, items, "look_up")
            case "recommend" | "more" | "pass" | "surprise" | "ask" | "rant" if something or self._wants(reading):
                return Recommend(), True
        return None

    @staticmethod
    def _asks(reading: Reading, heard: Heard, items: list[ItemMention]) -> bool:
        """Whether a message is nothing but questions about an item: "is it too long? what's the runtime?"."""
        asked = [w for i in items if (w := reading.weigh(i.mention.start, i.mention.end)) is not None]
        nothing_else = not (heard.wishes or heard.opinions or heard.retractions)
        return reading.question and nothing_else and any(w.chance("asked") >= 0.7 for w in asked)

    def _asked(self, reading: Reading, items: list[ItemMention], doing: Doing) -> tuple[Act, bool] | None:
        """A question about items the tagger is sure of."""
        if not items and not reading.has_slate:
            return None
        references, fields = self._meant(reading, items), self._fields(reading)
        match doing:
            case "explain":
                return Explain(items=references), False
            case "compare":
                extreme = [m for m in reading.of_kind("superlative", "comparative") if m.entry.field]
                named = reading.of_kind("value")
                if named and reading.has(r"\b(?:least|most|more|less)\b") and not extreme:
                    wishes = tuple(self._checked(reading))
                    return Check(items=(Reference(everything=True),) if not items else references, wishes=wishes), False
                if extreme:
                    entry = extreme[0].entry
                    way = None if entry.value else entry.direction
                    return Compare(items=references, fields=(entry.field or "",), superlative=way), False
                return Compare(items=references, fields=fields), False
            case "check" | "look_up":
                wishes = self._asked_properties(reading)
                if wishes and (doing == "check" or (not fields and reading.has(_YES_OR_NO))):
                    return Check(items=references, wishes=wishes), False
        return LookUp(items=references, fields=fields), False

    def _asked_properties(self, reading: Reading) -> tuple[Wish, ...]:
        """The properties a question is about: values, and words that no field has."""
        made = self._checked(reading)
        covered = {n for m in reading.mentions for n in range(m.start, m.end)}
        for start, end in _asked_runs(reading):
            if not covered & set(range(start, end)):
                text = reading.message.quote(start, end)
                made.append(Wish(field=None, op="about", value=text.lower(), strength="soft", quote=text))
        return tuple(made)

    def _by_words(self, reading: Reading, heard: Heard, items: list[ItemMention], leftovers: int) -> tuple[Act, bool]:
        """The act by the words of the message alone."""
        flat = reading.message.flat
        if not re.search(r"\w", flat):
            return Chat(topic="unclear" if reading.message.text.strip() else "empty"), True
        if re.search(_INJECTION, flat):
            return Chat(topic="refusal"), False
        if heard.travel or heard.reset:
            return Recommend(), True
        asked = self._about_items(reading, items)
        if asked is not None:
            return asked, False
        something = self._something(heard)
        if re.search(_OFF_TOPIC, flat) and not items and not reading.has(r"\b(?:NOUN|something|recommend)\b"):
            return Chat(topic="off_topic"), False
        if re.search(_SHOW, flat):
            return Show(), False
        talk = self._talk(reading, heard, leftovers, something=something)
        if talk is not None:
            return talk, talk.topic != "help"
        if something or heard.surprise or heard.answer is not None:
            return Recommend(), True
        if items and not something:
            return LookUp(items=tuple(r for i in items for r in i.references)), True
        if reading.has(_MORE) and reading.has_slate:
            return Recommend(), True
        if self._off_topic(reading, leftovers):
            return Chat(topic="off_topic"), True
        if reading.has(_REQUEST) or reading.has(_MORE) or (reading.has(_WEAK_REQUEST) and leftovers < 2):
            return Recommend(), True
        return Chat(topic="unclear"), True

    @staticmethod
    def _wants(reading: Reading) -> bool:
        """Whether a message in which nothing was understood at least asks for something, or reacts to what was shown."""
        return reading.has_slate or reading.has(_REQUEST) or reading.has(_MORE) or reading.has(_WEAK_REQUEST)

    @staticmethod
    def _something(heard: Heard) -> bool:
        return bool(heard.wishes or heard.opinions or heard.critiques or heard.retractions)

    def _about_items(self, reading: Reading, items: list[ItemMention]) -> Act | None:
        """A question about items, or None."""
        references = self._meant(reading, items)
        named = [i for i in items if i.mention.kind == "title"]
        if reading.has(_WHY_NOT) and (named or (references and items and reading.has_slate)):
            return Explain(items=references)
        if reading.has(_WHY) and (reading.has_slate or items) and not re.search(r"\bwhy not\b", reading.message.flat):
            return Explain(items=references)
        if reading.has(_COMPARE) and (items or reading.has_slate):
            return Compare(items=references, fields=self._fields(reading))
        superlatives = reading.of_kind("superlative", "comparative")
        whole = self._over_the_catalogue(reading, named)
        if whole is not None:
            return whole
        if (
            superlatives
            and (reading.has_slate or len(named) > 1)
            and reading.has(_WHICH)
            and not reading.has(r"\b(?:something|anything)\b")
        ):
            entry = superlatives[0].entry
            if entry.field and entry.direction:
                way = None if entry.value else entry.direction
                return Compare(items=references, fields=(entry.field,), superlative=way)
        count = self._count(reading)
        if count is not None:
            return count
        return self._facts(reading, items, references)

    def _over_the_catalogue(self, reading: Reading, named: list[ItemMention]) -> Act | None:
        """ "What is the longest one you have?"; the best or best known is a request, not a question of fact."""
        if named or not reading.has(_WHICH) or (reading.has_slate and not reading.has(_WHOLE)):
            return None
        for mention in superlative_mentions(reading):
            entry = mention.entry
            spec = reading.schema.by_name.get(entry.field or "")
            if spec is None or spec.type != "number" or spec.role in {"quality", "popularity"} or not entry.direction:
                continue
            return Compare(
                items=(), fields=(spec.name,), superlative=entry.direction, wishes=tuple(self._checked(reading))
            )
        return None

    def _facts(self, reading: Reading, items: list[ItemMention], references: tuple[Reference, ...]) -> Act | None:
        pointed = bool(items) or (
            reading.has_slate and reading.has(r"\b(?:it|its|they|them|these|those|that|this|he|she|one|ones)\b")
        )
        told = reading.has(
            r"\btell me (?:more )?about\b|\bmore (?:info(?:rmation)?|details?) (?:on|about)\b|\bdetails? (?:on|of|about|please)\b|\bwhat about\b.*\?"
        )
        fields, plain = self._fields(reading), not self._asked_fields(reading)
        asks = reading.question or told
        if asks and fields and plain and pointed and (check := self._check(reading, references)) is not None:
            return check
        if asks and fields and (pointed or reading.has_slate) and not self._requests(reading):
            return LookUp(items=references, fields=fields)
        if told and pointed:
            return LookUp(items=references, fields=fields)
        return self._check(reading, references) if pointed else None

    def _check(self, reading: Reading, references: tuple[Reference, ...]) -> Act | None:
        """Whether items are so: "is it suitable for kids?"."""
        if not (reading.question and reading.has(_CHECKS)) or self._requests(reading):
            return None
        wishes = self._checked(reading)
        return Check(items=references, wishes=tuple(wishes)) if wishes and self._predicative(reading) else None

    def _checked(self, reading: Reading) -> list[Wish]:
        made: list[Wish] = []
        for mention in reading.mentions:
            if mention.kind in {"value", "phrase", "vague", "number"}:
                made += self.wishes.wishes_of(reading, mention)
        return made

    @staticmethod
    def _predicative(reading: Reading) -> bool:
        """ "is it …?", "does the first one have …?", "are any of these …?" rather than "is there something …?"."""
        flat = reading.message.flat
        if re.search(r"\b(?:is|are) there (?:a|an|some(?:thing)?|any(?:thing)?)\b", flat) and not re.search(
            r"\b(?:in|on) (?:it|them|that|this|the (?:list|first|second|third|last))\b|\b(?:of|on|among) (?:these|those|them|the list)\b",
            flat,
        ):
            return False
        return not re.search(
            r"\b(?:do you have|have you got|can you|could you|would you|do you know|any chance|what about|how about)\b",
            flat,
        )

    def _count(self, reading: Reading) -> Act | None:
        if not reading.has(_HOW_MANY):
            return None
        asked = [m for m in reading.mentions if m.kind == "word" and m.entry.kind == "asked_by"]
        match = re.search(r"\bhow many (\w+)", reading.message.flat)
        unit = match.group(1) if match else ""
        if asked or any(unit in f.unit.spoken for f in reading.schema.fields if f.unit is not None):
            return None
        if re.search(r"\bhow many of (?:them|these|those)\b", reading.message.flat):
            return Check(items=(Reference(everything=True),), wishes=tuple(self._counted(reading)))
        return Count(wishes=tuple(self._counted(reading)))

    def _counted(self, reading: Reading) -> list[Wish]:
        return self.wishes.read(reading)[0]

    def _fields(self, reading: Reading) -> tuple[str, ...]:
        """Fields asked for: the longest asking phrases, then plain field names."""
        names = self._asked_fields(reading)
        if not names and reading.question:
            names = [e.field for m in reading.of_kind("word") for e in m.entries if e.kind == "field" and e.field]
        return tuple(dict.fromkeys(names))

    @staticmethod
    def _asked_fields(reading: Reading) -> list[str]:
        """Fields named by an asking phrase: "how long", "who directed"."""
        asked = [m for m in reading.mentions if m.kind == "word" and any(e.kind == "asked_by" for e in m.entries)]
        return [e.field for m in asked for e in m.entries if e.kind == "asked_by" and e.field]

    @staticmethod
    def _requests(reading: Reading) -> bool:
        """Whether the question is really a request for items."""
        return reading.has(
            r"\b(?:do you have|have you got|got any|any good|can you (?:recommend|suggest|find|show|give)|could you (?:recommend|suggest|find|show|give)|recommend|suggest|what else|something|anything (?:else|like|with|by|from)|what should i|find me|give me|show me|how about (?:something|an?\b)|what (?:NOUN)s? (?:should|can|could|would|do you|are|have|has)|is there (?:a|an|another|anything|something)|are there (?:any|other|more))\b"
        )

    def _meant(self, reading: Reading, items: list[ItemMention]) -> tuple[Reference, ...]:
        """The items a question is about; a bare question after a slate is about what was last in focus."""
        references = tuple(r for i in items for r in i.references)
        strong = tuple(
            r
            for i in items
            if i.mention.kind == "title" or (i.mention.ref and not i.mention.ref.weak)
            for r in i.references
        )
        if strong or references:
            return strong or references
        return (
            (Reference(),) if not reading.has(r"\b(?:these|those|them|they|all)\b") else (Reference(everything=True),)
        )

    def _talk(self, reading: Reading, heard: Heard, leftovers: int, *, something: bool) -> Chat | None:
        flat = reading.message.flat
        bare = not (heard.wishes or heard.critiques or heard.retractions or heard.answer is not None)
        taken = bare and reading.has(_ACCEPT) and bool(reading.conversation.turns) and not self._rejects(heard)
        if taken and not reading.has(_MORE) and not re.search(r"\bnot\b|\bdont\b|\bbut\b", flat):
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
        wants = reading.has(_REQUEST) and not re.search(_BYE, flat)
        if re.search(_THANKS, flat) and not wants and not reading.has(_MORE):
            return Chat(topic="goodbye" if re.search(_BYE, flat) else "thanks")
        if re.search(_BYE, flat) and not wants and leftovers <= 1:
            return Chat(topic="goodbye")
        return None

    @staticmethod
    def _rejects(heard: Heard) -> bool:
        return any(o.stance in {"disliked", "seen"} for o in heard.opinions)

    @staticmethod
    def _off_topic(reading: Reading, leftovers: int) -> bool:
        if re.search(_OFF_TOPIC, reading.message.flat):
            return True
        return reading.question and leftovers > 0 and not reading.has(_REQUEST)


_KINDS: dict[str, str] = {
    "recommend": "recommend", "ask": "recommend", "surprise": "recommend", "no_idea": "recommend", "yes": "recommend",
    "no": "recommend", "keep_all": "recommend", "pass": "recommend", "more": "recommend", "rant": "recommend",
    "undo": "recommend", "redo": "recommend", "reset": "recommend",
}  # fmt: skip


UNSURE = 0.35
"""Probability from which a message may be what the tagger half thinks, where something else speaks for it too."""
CERTAIN = 0.9
"""Probability from which the tagger overrules an act that the words make plain: small talk, a check, a count."""


def _firm(act: Act) -> bool:
    plain = {"greeting", "thanks", "goodbye", "help", "refusal"}
    return isinstance(act, Check | Count | Show | Explain | Compare) or (isinstance(act, Chat) and act.topic in plain)


def _is(act: Act, doing: Doing) -> bool:
    """Whether an act is what the tagger says already."""
    kind = act.topic if isinstance(act, Chat) else act.kind
    return kind == _KINDS.get(doing, doing)


def _taken(reading: Reading, items: list[ItemMention]) -> tuple[Reference, ...]:
    """What is taken: what the tagger says is, else whatever item is named."""
    for wanted in ("taken", None):
        chosen = [
            i
            for i in items
            if wanted is None
            or ((w := reading.weigh(i.mention.start, i.mention.end)) is not None and w.best[0] == wanted)
        ]
        strong = [i for i in chosen if i.mention.kind == "title" or (i.mention.ref and not i.mention.ref.weak)]
        if strong or chosen:
            return (strong or chosen)[0].references
    return ()


def _asked_runs(reading: Reading) -> list[tuple[int, int]]:
    """Tokens in a row that the tagger says are asked about."""
    if reading.tagged is None:
        return []
    found = []
    for low, high, mark in reading.tagged.runs():
        inside = [n for n, t in enumerate(reading.message.tokens) if t.start < high and low < t.end and t.word]
        inside = [n for n in inside if reading.message.norms[n] not in STOPWORDS]
        if mark == "Q" and inside:
            found.append((inside[0], inside[-1] + 1))
    return found


def superlative_mentions(reading: Reading) -> list[Mention]:
    """Superlatives in a message: "the shortest one"."""
    return reading.of_kind("superlative")
