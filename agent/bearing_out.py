"""Bearing out: what of a model's plan the person's own message bears out. A prompt also holds what others wrote.

A model may read between the lines and add to what is wanted. But nothing hard is taken away, loosened or agreed to
unless the message itself names it (or the rules read the same in it), words given as the person's stand in the message,
and free text carries nothing that links, runs or recites a prompt. What is refused is named for the trace.
See docs/decisions/0012-the-message-bears-out-the-plan.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agent.critiques import preference_of
from agent.letting_go import let_go
from agent.said import Said
from agent.verify import Evidence, known_in, verify
from core.ledger import reconcile, span
from core.plan import (
    Act,
    Check,
    Compare,
    Count,
    Critique,
    Heard,
    ItemOpinion,
    Recommend,
    Reference,
    Retraction,
    TurnPlan,
    Wish,
)
from core.preferences import Preference
from core.turn import Conversation
from prompts.recital import recites
from tools.linking.linker import Linker
from tools.markup import inert

LONGEST_WORDS = 80
"""Letters of a wish in a model's own words."""
LONGEST_QUERY = 200
LONGEST_TITLE = 120
SHORT = 12
"""Words of a message that may be a bare answer to our question."""


@dataclass
class BearingOut:
    """Holds one plan against one message; `refused` says what was left out, and why."""

    conversation: Conversation
    said: Said
    linker: Linker
    refused: list[str] = field(default_factory=list)

    def plan(self, plan: TurnPlan) -> TurnPlan:
        """The plan without what the message does not bear out."""
        return plan.model_copy(update={"heard": self._heard(plan.heard), "act": self._act(plan.act)})

    def _heard(self, heard: Heard) -> Heard:
        spoken = self.said.spoken
        resets = heard.reset and (spoken.reset or not self._held())
        bare = not (spoken.wishes or spoken.opinions or spoken.critiques)  # a message that wants something goes on
        travels = heard.travel if heard.travel is None or spoken.travel == heard.travel or bare else None
        if heard.reset and not resets:
            self.refused.append("start over")
        if heard.travel is not None and travels is None:
            self.refused.append(heard.travel)
        retractions = tuple(r for r in heard.retractions if self._may_retract(r))
        # told where the rules read nothing: it may have been said in words that only the model understands
        unread = not (spoken.wishes or spoken.opinions or spoken.critiques or spoken.retractions)
        untaken = dict.fromkeys(r.quote for r in heard.retractions if unread and r not in retractions)
        return heard.model_copy(
            update={
                "wishes": tuple(self._wishes(heard.wishes)),
                "opinions": tuple(self._opinions(heard.opinions)),
                "critiques": tuple(c for c in map(self._critique, heard.critiques) if c is not None),
                "retractions": retractions,
                "answer": self._answer(heard.answer),
                "reset": resets,
                "travel": travels,
                "not_understood": tuple(w for w in (*heard.not_understood, *untaken) if self.said.holds(w)),
            }
        )

    def _held(self) -> bool:
        """Whether there is anything in the ledger that protects the person."""
        ledger = self.conversation.ledger
        return bool(ledger.hard or ledger.disliked or ledger.seen)

    # -- wishes --------------------------------------------------------------------------------------------------

    def _wishes(self, wishes: Sequence[Wish]) -> Iterator[Wish]:
        for wish in wishes:
            kept = self._wish(wish)
            if kept is None:
                self.refused.append(f"wish {_short(wish.value)}")
            else:
                yield kept

    def _wish(self, wish: Wish) -> Wish | None:
        """The wish with its words checked; None where it would loosen what is hard without being named."""
        quoted = self.said.holds(wish.quote)
        named = self.said.names(wish.field, wish.value)
        changed: dict[str, object] = {} if quoted else {"quote": ""}
        if wish.field is None:
            words = self._free_text(wish)
            if words is None:
                return None
            changed["value"] = words
        preference = self.linker.preference(wish.model_copy(update=changed), 0)
        if preference is None:  # it will be told as not understood, in the person's words or not at all
            return wish if quoted else None
        if self._loosened(preference, replaces=wish.replaces) and not (named or self.said.speaks_of(wish.field)):
            return None
        if not (quoted or named):
            changed |= {"strength": "soft", "scope": "conversation"}
        return wish.model_copy(update=changed)

    def _free_text(self, wish: Wish) -> str | None:
        """Words to search texts for: those of the message, or the model's own if they say nothing unsaid."""
        words = " ".join(str(wish.value).split())
        if self.said.holds(words):
            return words
        if fit(words, LONGEST_WORDS) and verify(words, self.said.evidence).ok:
            return words
        return wish.quote if self.said.holds(wish.quote) else None

    def _loosened(self, new: Preference, *, replaces: bool) -> bool:
        """Whether a hard preference would give way to something that allows more."""
        return any(
            (reconcile(old, new) is not old and not _tighter(new, old))
            or (replaces and old.polarity == new.polarity == "want" and old.field == new.field is not None)
            for old in self.conversation.ledger.hard
        )  # fmt: skip

    def _critique(self, critique: Critique) -> Critique | None:
        quoted = self.said.holds(critique.quote)
        critique = critique if quoted else critique.model_copy(update={"quote": ""})
        preference = preference_of(critique, self.conversation, self.linker, ())
        lost = preference is None and not quoted
        if lost or (
            preference is not None
            and self._loosened(preference, replaces=False)
            and not (self.said.speaks_of(critique.field) or self.said.names(critique.field, critique.value))
        ):
            self.refused.append(f"{critique.direction} {critique.field}")
            return None
        return critique

    # -- what is taken back --------------------------------------------------------------------------------------

    def _may_retract(self, retraction: Retraction) -> bool:
        if retraction.item is not None:
            may = self.said.points_at(retraction.item)
        else:
            known = retraction.field if retraction.field in self.linker.catalog.schema.by_name else None
            gone = {key for key, _ in let_go(retraction, self.conversation.ledger.preferences, known)}
            hard = [p for p in self.conversation.ledger.hard if p.id in gone]
            may = all(self._lets_go(p) for p in hard)
        if not may:
            self.refused.append(f"letting go of {_short(retraction.field or retraction.value or '')}".strip())
        return may

    def _lets_go(self, preference: Preference) -> bool:
        """Whether the message names a preference or its field, or leaves it to us where nothing met them all."""
        question = self.conversation.question
        stuck = (question is not None and question.kind == "relax") or preference.field is None
        spoken = self.said.spoken
        left_to_us = stuck and (spoken.surprise or spoken.answer is not None)
        return left_to_us or self.said.names(preference.field, preference.value) or self.said.takes_back(preference)

    def _answer(self, answer: int | None) -> int | None:
        """The choice taken; one that lets go of something or agrees to it must be answered in the person's words."""
        question = self.conversation.question
        if answer is None or question is None or answer == self.said.spoken.answer:
            return answer
        taken = question.choices if answer < 0 else question.choices[answer : answer + 1]
        gone = {key for choice in taken for key in choice.patch.drop}
        spoken = self.said.spoken
        bare = not (spoken.wishes or spoken.opinions or spoken.critiques) and len(self.said.message.split()) <= SHORT
        offered = question.kind == "relax" and bare  # an answer to what we offered, which the reply then names
        lets_go = offered or all(self._lets_go(p) for p in self.conversation.ledger.hard if p.id in gone)
        if not lets_go or any(choice.patch.agree or choice.patch.clear for choice in taken):
            self.refused.append("an answer to our question")
            return None
        return answer

    # -- items ---------------------------------------------------------------------------------------------------

    def _opinions(self, opinions: Sequence[ItemOpinion]) -> Iterator[ItemOpinion]:
        for opinion in opinions:
            kept = self._opinion(opinion)
            if kept is None:
                self.refused.append(f"{opinion.stance} {_short(opinion.item.title or 'by its place')}")
            else:
                yield kept

    def _opinion(self, opinion: ItemOpinion) -> ItemOpinion | None:
        """The opinion; None where the message neither names nor points at the item."""
        item = opinion.item
        if opinion.stance == "mentioned":
            return opinion if item.title is None or fit(item.title, LONGEST_TITLE) else None
        rows = self.linker.resolve(item, self.conversation).rows
        ledger = self.conversation.ledger
        if (
            rows
            and opinion.stance in {"liked", "anchor"}
            and all(i.id in ledger.liked for i in self.linker.catalog.at(rows))
        ):
            return opinion  # liked before: nothing is added but what new items are to be like
        points, quoted = self.said.points_at(item), self.said.holds(item.quote)
        if not (points or quoted):
            return None
        if not rows and item.title is not None and not self.said.holds(item.title):
            return opinion.model_copy(update={"item": item.model_copy(update={"title": item.quote, "year": None})})
        blocked = {*ledger.disliked, *ledger.seen}
        lifts = opinion.stance in {"liked", "anchor", "unseen"}
        if lifts and not points and any(i.id in blocked for i in self.linker.catalog.at(rows)):
            return None
        return opinion

    # -- the act -------------------------------------------------------------------------------------------------

    def _act(self, act: Act) -> Act:
        match act:
            case Recommend():
                query = act.query if fit(act.query, LONGEST_QUERY) else ""
                return act.model_copy(update={"query": query, "proposals": _fit_titles(act.proposals)})
            case Check() | Compare():
                wishes = tuple(w for w in map(self._condition, act.wishes) if w is not None)
                return act.model_copy(update={"items": _fit_titles(act.items), "wishes": wishes})
            case Count():
                return act.model_copy(
                    update={"wishes": tuple(w for w in map(self._condition, act.wishes) if w is not None)}
                )
        items = getattr(act, "items", None)
        return act if items is None else act.model_copy(update={"items": _fit_titles(items)})

    def _condition(self, wish: Wish) -> Wish | None:
        words = self._free_text(wish) if wish.field is None else wish.value
        quote = wish.quote if self.said.holds(wish.quote) else ""
        return None if words is None else wish.model_copy(update={"value": words, "quote": quote})


def borne_out(
    plan: TurnPlan, spoken: TurnPlan, conversation: Conversation, message: str, linker: Linker
) -> tuple[TurnPlan, tuple[str, ...]]:
    """The model's `plan` as far as the message bears it out, and what was refused; `spoken`: what the rules read."""
    schema = linker.catalog.schema
    evidence = Evidence(slate={}, schema=schema, said=(message,), known=known_in(linker))
    held = BearingOut(conversation, Said(message, spoken.heard, evidence, linker, conversation), linker)
    return held.plan(plan), tuple(held.refused)


def fit(text: str, longest: int) -> bool:
    """Whether a model's own words may be kept: not too long, inert, and no recital of a prompt."""
    return len(text) <= longest and inert(text) == text and not recites(text)


def _fit_titles(items: Sequence[Reference]) -> tuple[Reference, ...]:
    return tuple(i for i in items if i.title is None or fit(i.title, LONGEST_TITLE))


def _tighter(new: Preference, old: Preference) -> bool:
    """Whether a wanted range of numbers lies within an older one."""
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for p in (new, old) for v in p.values)
    if not numbers or new.polarity != old.polarity or new.polarity == "avoid" or not new.hard:
        return False
    (low, high), (least, most) = span(new), span(old)
    return least <= low and high <= most


def _short(value: object) -> str:
    """A value as a note may name it."""
    words = (", ".join(map(str, value)) if isinstance(value, tuple) else str(value))[:200]
    return f"“{inert(words)[:40]}”" if not recites(words) else "“…”"
