"""The rule planner: reads a message against one catalogue and fills a turn plan. Deterministic, no model, no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from agent.plan.acts import ActReader
from agent.plan.answers import answer_parts, read_answer, says_yes_or_no
from agent.plan.bounds import BOUND_WORDS
from agent.plan.cues import CUE_WORDS, find_cues
from agent.plan.daring import adventurous_of, daring_spans
from agent.plan.domain import Domain
from agent.plan.leftovers import read_leftovers, read_tagged
from agent.plan.likeness import wanted_alike
from agent.plan.mention import Mention
from agent.plan.mentions import MentionFinder
from agent.plan.numbers import number_reader
from agent.plan.opinions import ItemMention, opinions_of, read_items, read_series
from agent.plan.pointing import named_people, pointed
from agent.plan.reading import Reading
from agent.plan.requests import count_wanted
from agent.plan.roles import SURE
from agent.plan.small_talk import small_talk
from agent.plan.taking_back import is_reset, read_restated, read_retractions, read_words_back, travel_of
from agent.plan.tokens import mender, tokenise
from agent.plan.turning_down import merely_passed_on, passing_spans, turns_down
from agent.plan.unknown import unknown_name, unknown_sequels
from agent.plan.wishes import WishReader
from core.ledger import LedgerPatch
from core.plan import Act, Ask, Chat, Heard, LookUp, Recommend, TurnPlan, Wish
from core.schema import CatalogSchema
from core.turn import Conversation
from tools.catalog.columns import Column
from tools.linking.english import common
from tools.linking.generic import GENERIC
from tools.linking.lexicon import Lexicon
from tools.linking.people import PeopleIndex, build_people
from tools.linking.titles import TitleIndex
from tools.tagging.tagger import Tagged, Tagger, before_of

_ONCE = r"\b(?:(?:just|only) (?:for )?(?:this (?:once|time|one|round)|once)|this (?:once|time only|one time)|for (?:this one|once) only|one time only)\b"
"""Words by which a wish holds for the next slate only."""
FAMILIAR = 50
"""How often a word of ordinary talk counts as met, beside words of titles and values."""


@dataclass(frozen=True)
class RulePlanner:
    """Fills turn plans by rules over a catalogue's lexicon and titles."""

    schema: CatalogSchema
    columns: Mapping[str, Column]
    lexicon: Lexicon
    titles: TitleIndex
    knows: Callable[[str], bool]
    """Whether the catalogue's text holds a stem."""
    this_year: Callable[[], int]
    tagger: Tagger | None = None
    """Reads what each stretch of a message does; without it the words alone decide."""
    finder: MentionFinder = field(init=False)
    wishes: WishReader = field(init=False)
    acts: ActReader = field(init=False)
    domain: Domain = field(init=False)
    mend: Callable[[str], str | None] = field(init=False)
    people: PeopleIndex = field(init=False)

    def __post_init__(self) -> None:
        """Build the readers once."""
        domain = Domain(self.schema)
        wishes = WishReader(self.columns)
        function_words = dict.fromkeys((w for w in (*CUE_WORDS, *BOUND_WORDS, *GENERIC) if len(w) >= 5), FAMILIAR)
        vocabulary = {**self.titles.tokens, **self.lexicon.single, **function_words}
        made = {
            "domain": domain,
            "finder": MentionFinder(
                self.lexicon, self.titles, number_reader(self.schema, self.this_year), self.columns, domain
            ),
            "wishes": wishes,
            "acts": ActReader(wishes),
            "mend": mender(vocabulary),
            "people": build_people(self.schema, self.columns),
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def plan(self, conversation: Conversation, message: str) -> TurnPlan:
        """The plan for one message."""
        reading = self.read(conversation, message)
        answer = read_answer(reading, conversation.question)
        if answer.choice is not None:
            confirmed = conversation.question is not None and conversation.question.kind == "confirm"
            down = not confirmed and turns_down(reading, Heard())  # "no" to a question turns down no item
            return TurnPlan(
                heard=Heard(answer=answer.choice, surprise=answer.surprise, turns_down=down), act=Recommend()
            )
        if (split := self._answered_beside(reading)) is not None:
            return split
        if (travel := travel_of(reading)) is not None:
            bare = conversation.ledger.apply(LedgerPatch(travel=travel)).ledger.bare
            return TurnPlan(heard=Heard(travel=travel), act=Ask() if bare else Recommend())
        heard, items, words = self._hear(reading)
        closed = answer.declined and conversation.question is not None and conversation.question.kind != "preference"
        if answer.surprise or answer.declined:
            heard = heard.model_copy(update={"not_understood": ()})  # "no idea, dazzle me"
        if answer.surprise or (answer.declined and not closed):
            spoken = tuple(w for w in heard.wishes if w.field is not None)  # "no strong feelings" wishes for none
            heard = heard.model_copy(
                update={"surprise": True, "wishes": spoken if conversation.question else heard.wishes}
            )
        if reading.has(_ONCE):
            once = tuple(w.model_copy(update={"scope": "turn"}) for w in heard.wishes)
            heard = heard.model_copy(update={"wishes": once})
        heard = heard.model_copy(update={"turns_down": turns_down(reading, heard)})
        heard = merely_passed_on(reading, heard)
        act, keep = self.acts.decide(reading, heard, items, words)
        if closed and (isinstance(act, Chat) or (isinstance(act, LookUp) and not reading.question)):
            act, keep = Recommend(), True
            heard = heard.model_copy(update={"wishes": tuple(w for w in heard.wishes if w.field is not None)})
        if self._no_answer(conversation, heard, act):
            act, heard = Recommend(), heard.model_copy(update={"surprise": True})
        lost = isinstance(act, Chat) and act.topic in {"unclear", "off_topic"}
        if heard.turns_down and (lost or (isinstance(act, LookUp) and not reading.question)):
            act, keep = Recommend(), True  # "none of these"
        if not keep:
            several = any(n in {".", ";", "!"} for n in reading.message.norms[:-1])
            heard = Heard(
                not_understood=heard.not_understood,
                not_here=heard.not_here,
                opinions=heard.opinions if several else (),
                retractions=heard.retractions if several else (),
            )
        if isinstance(act, Recommend) and (count := count_wanted(reading)) is not None:
            act = act.model_copy(update={"count": count})
        elif isinstance(act, Recommend) and self._nothing_to_go_on(conversation, heard):
            act = Ask()
        return TurnPlan(heard=heard, act=act)

    @staticmethod
    def _no_answer(conversation: Conversation, heard: Heard, act: Act) -> bool:
        """Whether a reply to our question says nothing that could be made use of; then we go on without it."""
        question = conversation.question
        unclear = isinstance(act, Chat) and act.topic == "unclear"
        return unclear and question is not None and question.kind == "preference" and not heard.wishes

    def _answered_beside(self, reading: Reading) -> TurnPlan | None:
        """ "The newer one, and I'd like something funny": an answer, and a message before or behind it."""
        conversation = reading.conversation
        if conversation.question is None or conversation.question.kind == "preference":
            return None
        for answer, rest in answer_parts(reading):
            head = self.read(conversation, answer)
            choice = read_answer(head, conversation.question).choice
            if choice is None or (conversation.question.kind == "confirm" and not says_yes_or_no(head)):
                continue
            answered = conversation.turns[-1].model_copy(update={"question": None})
            plan = self.plan(conversation.model_copy(update={"turns": (*conversation.turns[:-1], answered)}), rest)
            act = Recommend() if isinstance(plan.act, Ask | Chat) else plan.act
            return TurnPlan(heard=plan.heard.model_copy(update={"answer": choice}), act=act)
        return None

    def read(self, conversation: Conversation, message: str) -> Reading:
        """The message with its tokens, mentions and cues."""
        tokens = tokenise(message, known=self._known, mend=self.mend)
        question = conversation.question
        shown = frozenset(r.item.title for r in conversation.slate)
        asked = self.schema.by_name.get(question.field or "") if question else None
        bare = asked.name if asked is not None and asked.type == "number" else None  # what a bare number means
        tagged = self._tag(conversation, message)
        mentions = self.finder.find(tokens, bare, shown, tagged)
        idle = small_talk(tokens, mentions, self.domain)
        if tagged is not None:
            mentions = named_people(tokens, mentions, tagged, self.people, self.titles)
            mentions = pointed(tokens, mentions, tagged, conversation, self.titles)
        mentions = unknown_name(tokens, unknown_sequels(tokens, mentions))
        mentions = [m for m in mentions if not any(start <= m.start < end for start, end in idle)]
        cues = find_cues(tokens, self.domain)
        return Reading(tokens, tuple(mentions), cues, self.schema, self.domain, conversation, tagged, tuple(idle))

    def _tag(self, conversation: Conversation, message: str) -> Tagged | None:
        if self.tagger is None or not message.strip():
            return None
        question, last = conversation.question, conversation.last
        beside = question is not None and last is not None and bool(last.slate) and question.kind != "confirm"
        kind = None if question is None or beside else question.kind
        return self.tagger.tag(message, before_of(slate=bool(conversation.slate), question=kind))

    def _hear(self, reading: Reading) -> tuple[Heard, list[ItemMention], int]:
        items = read_items(reading, self.titles)
        retractions, taken, items = read_retractions(reading, self.wishes, items)
        words_back, back = read_words_back(reading)
        items = [i for i in items if not any(i.mention.start < end and start < i.mention.end for start, end in back)]
        series, of_series = read_series(reading, self.columns, self.titles)
        taken |= of_series
        wishes, critiques, used = self.wishes.read(reading, frozenset(taken))
        covered = [
            *((m.start, m.end) for m in reading.mentions if not _means_more(reading, m)),
            *passing_spans(reading),
            *daring_spans(reading),
            *reading.idle,
            *back,
        ]
        leftovers = read_leftovers(reading, covered, self.knows)
        if reading.tagged is not None:
            told = read_tagged(reading, covered, self.knows)
            nothing = not (wishes or critiques or retractions or words_back or series or told.wishes or told.not_here)
            strange = leftovers.not_understood if nothing else ()  # who says one strange word is owed an answer
            leftovers = replace(told, not_understood=told.not_understood or strange)
        words_back += read_restated(reading, (*wishes, *leftovers.wishes))
        renewed = {w.field for w in wishes if w.field and reading.schema.field(w.field).type == "number"}
        retractions = [
            r for r in retractions if r.field not in renewed or r.indifferent
        ]  # the new bound takes its place
        reset = is_reset(reading)
        heard = Heard(
            wishes=(*_qualified(reading, wishes, leftovers.qualified), *leftovers.wishes),
            opinions=(*opinions_of(wanted_alike(reading, items)), *series),
            critiques=tuple(critiques),
            retractions=(*retractions, *words_back),
            reset=reset,
            adventurous=adventurous_of(reading),
            not_understood=leftovers.not_understood,
            not_here=(*leftovers.not_here, *_unknown_titles(reading, items)),
        )
        if reading.has(
            r"\b(?:instead|actually|make (?:it|that)|change (?:it|that) to|switch to|scratch that|no wait|on second thoughts?)\b"
        ):
            heard = heard.model_copy(
                update={"wishes": tuple(w.model_copy(update={"replaces": True}) for w in heard.wishes)}
            )
        return heard, items, leftovers.known_words + len(used)

    def _nothing_to_go_on(self, conversation: Conversation, heard: Heard) -> bool:
        if heard.surprise or heard.adventurous or heard.wishes or heard.critiques:
            return False
        if any(o.stance in {"liked", "anchor"} for o in heard.opinions):
            return False
        if heard.reset:
            return True
        return conversation.ledger.bare and not heard.travel

    def _known(self, word: str) -> bool:
        return (
            word in self.lexicon.single
            or word in GENERIC
            or word in self.titles.tokens
            or common(word)
            or any(form in self.lexicon.single for form in (word + "s", word.removesuffix("s")))
        )


def _qualified(reading: Reading, wishes: list[Wish], nouns: Sequence[Mention]) -> list[Wish]:
    """The wishes, those refusals softened of which only a kind is refused."""
    said = [(e.field, reading.quote(n)) for n in nouns for e in n.entries]
    return [
        w.model_copy(update={"strength": "soft"})
        if w.polarity == "avoid" and any(w.field == field and w.quote.endswith(quote) for field, quote in said)
        else w
        for w in wishes
    ]


def _unknown_titles(reading: Reading, items: list[ItemMention]) -> tuple[str, ...]:
    """What is named as an item, without an opinion of it, and is not in the catalogue."""
    return tuple(
        reading.quote(i.mention)
        for i in items
        if i.mention.kind == "title" and not i.mention.rows and i.stance == "mentioned"
    )


def _means_more(reading: Reading, mention: Mention) -> bool:
    """Whether a word that mostly says nothing of taste is wished for here: "set on a train"."""
    weighed = reading.weigh(mention.start, mention.end)
    idle = mention.kind == "word" and mention.entry.kind == "idle"
    return idle and weighed is not None and weighed.chance("want", "avoid") >= SURE


def fame_of(schema: CatalogSchema, columns: Mapping[str, Column]) -> np.ndarray | None:
    """The popularity column of a catalogue, or None."""
    spec = schema.role("popularity")
    column = columns.get(spec.name) if spec else None
    return getattr(column, "data", None)
