"""The language twin: the model's side of a turn over one catalogue, its answers checked before anyone sees them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.context import context_of
from agent.demonstrations import Demonstrations, demonstrations_for
from agent.listen import Listened
from agent.model_lines import named
from agent.model_planner import CatalogFacts, Wrong, parse_plan, plan_request
from agent.model_writer import CARDS_SHOWN, must_say_of, parse_say, say_request
from agent.outcome import Recommended, Remarks
from agent.profile.interests import interest_lines
from agent.profile.words import lines
from agent.verify import Evidence, Problem, known_in, verify
from core.errors import ModelBrokeSchema
from core.events import ModelRequest
from core.plan import Ask, TurnPlan, Wish
from core.profile import Profile
from core.schema import CatalogSchema
from core.turn import Conversation, Recommendation
from tools.linking.linker import Linker
from tools.markup import inert
from tools.text import normalise

LONGEST_QUESTION = 160
_FIGURE = re.compile(r"\d[\d.,]*\d|\d")


@dataclass(frozen=True)
class LanguageTwin:
    """Asks a language model for plans and replies about one catalogue; `linker` and `facts` are made once."""

    linker: Linker
    facts: CatalogFacts
    demonstrations: Demonstrations = Demonstrations(())
    history: int = 3
    """Past turns repeated in a prompt, at most."""
    budget: int = 1000
    """Tokens for what a prompt says of the conversation."""
    examples: int = 1
    """Demonstrations shown with a message."""

    @classmethod
    def of(
        cls,
        linker: Linker,
        *,
        history: int = 3,
        budget: int = 1000,
        embed: Callable[[str], NDArray[np.float32]] | None = None,
    ) -> LanguageTwin:
        """The twin for the linker's catalogue; `embed`: a text to its (dim,) unit vector, to choose demonstrations."""
        facts = CatalogFacts.of(len(linker.catalog), linker.columns)
        return cls(linker, facts, demonstrations_for(linker, facts, embed), history, budget)

    @property
    def schema(self) -> CatalogSchema:
        """The catalogue's schema."""
        return self.linker.catalog.schema

    def plan_request(
        self, conversation: Conversation, message: str, *, seen: Sequence[str] = (), wrong: Wrong | None = None
    ) -> ModelRequest:
        """What to ask the model for a plan; `seen`: what its looks came to, `wrong`: its refused answer."""
        profile = conversation.profile
        told = lines(profile, self.schema, self._titles_by(profile))
        lasting = [*interest_lines(profile), *(line.text for line in told)]
        context = context_of(
            conversation, message, self.linker.catalog, lasting, turns=self.history, budget=self.budget
        )
        examples = self.demonstrations.closest(message, self.examples)
        return plan_request(context, self.schema, self.facts, examples=examples, seen=seen, wrong=wrong)

    def parse_plan(self, text: str) -> TurnPlan:
        """The plan in the model's answer; raises ModelBrokeSchema.

        A question in words of its own must be one short question that names nothing it cannot know; else ours is asked.
        """
        plan = parse_plan(text, self.schema)
        wishes = tuple(self._linked(wish) for wish in plan.heard.wishes)
        act = plan.act
        if isinstance(act, Ask) and act.wording and not self._may_ask(act.wording):
            act = act.model_copy(update={"wording": ""})
        return plan.model_copy(update={"heard": plan.heard.model_copy(update={"wishes": wishes}), "act": act})

    def _may_ask(self, wording: str) -> bool:
        evidence = Evidence(slate={}, schema=self.schema, known=known_in(self.linker))
        return len(wording) <= LONGEST_QUESTION and wording.endswith("?") and verify(wording, evidence).ok

    def _titles_by(self, profile: Profile) -> dict[str, str]:
        found = self.linker.catalog.find((*profile.liked, *profile.disliked, *profile.seen))
        return {item.id: named(item, self.schema) for item in found}

    def _linked(self, wish: Wish) -> Wish:
        """The wish where the catalogue can judge it.

        Words that are a value of a field become a wish on that field; a kind or mood the catalogue has no word for
        becomes free text, which is searched.
        """
        if wish.field is None:
            return self._on_a_field(wish)
        spec = self.schema.by_name.get(wish.field)
        if spec is None or spec.type != "category" or spec.role not in {"genre", "mood"}:
            return wish
        if self.linker.preference(wish, 0) is not None:
            return wish
        words = wish.value if isinstance(wish.value, tuple) else (wish.value,)
        strength = wish.strength if wish.polarity == "avoid" else "soft"  # few texts say what they are in so many words
        free = {"field": None, "op": "about", "value": ", ".join(map(str, words)), "strength": strength}
        return wish.model_copy(update=free)

    def _on_a_field(self, wish: Wish) -> Wish:
        held = [e for e in self.linker.lexicon.lookup(str(wish.value)) if e.kind == "value" and e.exact and e.value]
        named = {e.field: e.value for e in held if e.field and self.schema.field(e.field).type == "category"}
        if len(named) != 1:
            return wish
        ((field, value),) = named.items()
        spec = self.schema.field(field)
        strength = "soft" if wish.polarity == "want" and spec.strength == "soft" else wish.strength
        found = {"field": spec.name, "op": "any_of", "value": (value,), "strength": strength}
        return wish.model_copy(update=found)

    def say_request(
        self, conversation: Conversation, message: str, listened: Listened, outcome: Recommended
    ) -> ModelRequest:
        """What to ask the model for a slate and its explanation."""
        del conversation
        ledger, remarks = listened.applied.ledger, listened.remarks
        unmet = [p.label(self.schema) for p in outcome.unmet if p in remarks.understood]
        return say_request(
            message,
            _cards(outcome),
            ledger,
            self.schema,
            count=max(1, len(outcome.slate)),
            liked=self._titles(ledger.liked),
            must_say=[*must_say_of(remarks, self.schema), *(f"no card is marked as {u}" for u in unmet)],
            question=outcome.question,
        )

    def parse_say(
        self, text: str, outcome: Recommended, listened: Listened, message: str = ""
    ) -> tuple[tuple[Recommendation, ...], str, str]:
        """(slate, reply, note): the reply verified, repaired, and with what the house must say in it.

        Numbers of the `message` may be repeated.

        Raises ModelBrokeSchema when the model picked no card, or when too little of its reply holds.
        """
        cards = dict(enumerate(_cards(outcome), 1))
        said = parse_say(text, {n: card.item.title for n, card in cards.items()}, max(1, len(outcome.slate)))
        slate = tuple(cards[n] for n in said.order)
        evidence = Evidence(
            slate={n: cards[n].item for n in said.order},
            schema=self.schema,
            said=(*self._said(outcome, listened, slate), *_FIGURE.findall(message)),
            allowed=tuple(self._allowed(listened, slate)),
            known=known_in(self.linker),
        )
        checked = verify(said.text, evidence)
        if not checked.text:
            raise ModelBrokeSchema(f"The model's reply does not hold: {_told(checked.problems)}.")
        reply = inert(_complete(_disclosed(checked.text, slate), outcome, listened.remarks))  # titles may hold anything
        return slate, reply, f"repaired: {_told(checked.problems)}" if checked.problems else ""

    def _titles(self, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(named(item, self.schema) for item in self.linker.catalog.find(ids))

    def _said(self, outcome: Recommended, listened: Listened, slate: tuple[Recommendation, ...]) -> Iterator[str]:
        """Texts whose words and numbers the reply may repeat."""
        remarks = listened.remarks
        preferences = [*listened.applied.ledger.preferences, *remarks.dropped, *(d.old for d in remarks.displaced)]
        for preference in preferences:
            yield from (preference.label(self.schema), preference.quote)
            yield from (str(value) for value in preference.values)
        yield from remarks.not_understood
        yield str(outcome.pool)
        for card in slate:
            yield from card.notices
            yield from (line.label for line in card.receipt)
        if outcome.question is not None:
            yield outcome.question.text
            yield from (f"{choice.label} {choice.count or ''}" for choice in outcome.question.choices)

    def _allowed(self, listened: Listened, slate: tuple[Recommendation, ...]) -> Iterator[str]:
        """Titles the reply may name besides the slate's."""
        ledger = listened.applied.ledger
        yield from self._titles((*ledger.liked, *ledger.disliked, *ledger.seen))
        yield from listened.remarks.unknown_titles
        for card in slate:
            yield from card.like


def _cards(outcome: Recommended) -> tuple[Recommendation, ...]:
    return (outcome.cards or outcome.slate)[:CARDS_SHOWN]


def _told(problems: tuple[Problem, ...]) -> str:
    return "; ".join(f"{p.kind} “{p.text}”" for p in problems[:3]) or "a card goes unmentioned"


def _disclosed(reply: str, slate: tuple[Recommendation, ...]) -> str:
    """The reply with every notice of the house right behind the first mention of its card, whatever the model wrote."""
    for card in slate:
        title = f"**{card.item.title}**"
        notice = f" ({', '.join(card.notices)})"
        start = reply.find(title)
        if card.notices and start >= 0 and not reply.startswith(notice, start + len(title)):
            reply = reply.replace(title, title + notice, 1)
    return reply


def _complete(reply: str, outcome: Recommended, remarks: Remarks) -> str:
    """The reply with what must not go unsaid: titles not found, words not understood, the question."""
    words = normalise(reply)
    opening = [
        f"I don't have “{t}” in this catalogue."
        for t in remarks.unknown_titles
        if f" {normalise(t)} " not in f" {words} "
    ]
    opening += [f"I did not get *{w}*." for w in remarks.not_understood[:3] if not _told_of(w, set(words.split()))]
    asks = outcome.question.text if outcome.question is not None and not reply.endswith("?") else ""
    return "\n\n".join(part for part in (" ".join(opening), reply, asks) if part)


def _told_of(phrase: str, words: set[str]) -> bool:
    """Whether a reply with these words speaks of a phrase, in its own words: half of it is there."""
    telling = [w for w in normalise(phrase).split() if len(w) > 2 or w.isdigit()] or normalise(phrase).split()
    return 2 * sum(w in words for w in telling) >= len(telling)
