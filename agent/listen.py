"""Listen: what was heard, linked to the catalogue and applied to the ledger. The same code for every controller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent.critiques import preference_of
from agent.letting_go import let_go
from agent.outcome import Remarks
from agent.which_item import mark_for, which_item
from core.ledger import Applied, LedgerPatch, Mark, contradict
from core.plan import Critique, Heard, ItemOpinion, Retraction, Wish
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Choice, Conversation, Question
from tools.linking.linker import Linker

RECENT = 3
"""Turns within which two wishes that contradict each other are asked about."""


@dataclass(frozen=True)
class Listened:
    """A message's effect on the ledger, and what could not be settled without asking."""

    applied: Applied
    patch: LedgerPatch
    remarks: Remarks
    question: Question | None = None
    """Which of several items was meant."""
    doubt: Question | None = None
    """Which of two wishes that contradict each other holds; the later one does until it is answered."""


@dataclass
class _Draft:
    put: list[Preference] = field(default_factory=list)
    drop: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    decline: list[str] = field(default_factory=list)
    agree: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    question: Question | None = None


@dataclass(frozen=True)
class Listener:
    """Links what was heard to one catalogue."""

    linker: Linker

    @property
    def schema(self) -> CatalogSchema:
        """The catalogue's schema."""
        return self.linker.catalog.schema

    def listen(self, conversation: Conversation, heard: Heard) -> Listened:
        """The ledger after what was heard; never raises for what a person can say."""
        ledger = conversation.ledger
        if heard.travel is not None:
            applied = ledger.apply(LedgerPatch(travel=heard.travel))
            undone = heard.travel if applied.changed else "nothing"
            patch = LedgerPatch(travel=heard.travel)
            return Listened(applied, patch, Remarks(undone=undone, understood=applied.put, dropped=applied.dropped))
        draft = _Draft()
        draft.drop += [p.id for p in ledger.preferences if p.scope == "turn"]  # it was for one slate
        self._answer(conversation, heard, draft)
        for retraction in heard.retractions:
            self._retract(conversation, retraction, draft)
        for wish in heard.wishes:
            self._wish(conversation, wish, draft)
        for critique in heard.critiques:
            self._critique(conversation, critique, draft)
        for opinion in heard.opinions:
            self._opinion(conversation, opinion, draft)
        patch = LedgerPatch(
            put=tuple(draft.put),
            drop=tuple(dict.fromkeys(draft.drop)),
            marks=tuple(draft.marks),
            decline=tuple(dict.fromkeys(draft.decline)),
            agree=tuple(dict.fromkeys(draft.agree)),
            adventurous=heard.adventurous,
            clear=heard.reset,
        )
        applied = ledger.apply(patch)
        remarks = self._remarks(heard, draft, applied)
        return Listened(applied, patch, remarks, draft.question, self._doubt(heard, applied))

    def _doubt(self, heard: Heard, applied: Applied) -> Question | None:
        """A question about two hard wishes of the last turns that contradict each other.

        None when the message itself says that the new one takes the place of the old ("actually", "instead").
        """
        if heard.answer is not None or heard.retractions or any(w.replaces for w in heard.wishes):
            return None
        said = {w.quote for w in heard.wishes}
        for displaced in applied.displaced:
            old, new = displaced.old, displaced.new
            explicit = old.hard and new.hard and bool(old.quote) and new.quote in said
            if new.scope == "turn":  # for one list; what it breaks holds again afterwards
                continue
            if new.polarity == "avoid":  # who refuses what they asked for has changed their mind; nobody is harmed
                continue
            if explicit and contradict(old, new) and new.turn - old.turn <= RECENT:
                return self._which_holds(old, next((p for p in applied.put if p.same_as(new)), new))
        return None

    def _which_holds(self, old: Preference, new: Preference) -> Question:
        keep, back = new.label(self.schema), old.label(self.schema)
        return Question(
            text=f"Earlier you said “{old.quote}”. Shall I go by {keep} from now on?",
            kind="confirm",
            choices=(
                Choice(label=f"yes, {keep}"),
                Choice(label=f"no, {back}", patch=LedgerPatch(drop=(new.id,), put=(old,))),
            ),
        )

    def preferences(self, wishes: Sequence[Wish], turn: int = 0) -> tuple[Preference, ...]:
        """Wishes as linked preferences, for questions that leave the ledger alone."""
        linked = (self.linker.preference(w, turn) for w in wishes)
        return tuple(p for p in linked if p is not None)

    def _answer(self, conversation: Conversation, heard: Heard, draft: _Draft) -> None:
        question = conversation.question
        if question is None:
            return
        if heard.answer is not None and heard.answer < len(question.choices):
            turn = len(conversation.turns) + 1
            taken = question.choices if heard.answer < 0 else question.choices[heard.answer : heard.answer + 1]
            for patch in (choice.patch for choice in taken):
                draft.put += [p.model_copy(update={"turn": turn}) for p in patch.put]
                draft.drop += patch.drop
                draft.marks += patch.marks
                draft.decline += patch.decline
                draft.agree += patch.agree
        elif heard.surprise and question.kind == "preference" and question.field:
            draft.decline.append(question.field)

    def _wish(self, conversation: Conversation, wish: Wish, draft: _Draft) -> None:
        preference = self.linker.preference(wish, len(conversation.turns) + 1)
        if preference is None:
            draft.lost.append(wish.quote or str(wish.value))
            return
        if wish.replaces and preference.field is not None and preference.polarity == "want":
            draft.drop += [
                p.id for p in conversation.ledger.preferences if p.field == preference.field and p.polarity == "want"
            ]
        draft.put.append(preference)

    def _critique(self, conversation: Conversation, critique: Critique, draft: _Draft) -> None:
        refused = [p for p in (*conversation.ledger.preferences, *draft.put) if p.polarity == "avoid"]
        preference = preference_of(critique, conversation, self.linker, refused)
        if preference is not None:
            draft.put.append(preference)
        elif critique.field in self.schema.by_name:
            draft.lost.append(critique.quote)

    def _retract(self, conversation: Conversation, retraction: Retraction, draft: _Draft) -> None:
        if retraction.item is not None:
            found = self.linker.resolve(retraction.item, conversation)
            draft.marks += [Mark(item=i.id, opinion="none", seen=False) for i in self.linker.catalog.at(found.rows)]
            return
        known = retraction.field if retraction.field in self.schema.by_name else None
        for dropped, left in let_go(retraction, conversation.ledger.preferences, known):
            draft.drop.append(dropped)
            draft.put += [left] if left is not None else []
        if retraction.indifferent and known:
            draft.decline.append(known)

    def _opinion(self, conversation: Conversation, opinion: ItemOpinion, draft: _Draft) -> None:
        if opinion.stance == "mentioned":
            return
        found = self.linker.resolve(opinion.item, conversation)
        if not found.rows:
            if opinion.item.title:
                draft.unknown.append(opinion.item.title)
            return
        items = self.linker.catalog.at(found.rows)
        vague = opinion.item.title is None and opinion.item.ordinal is None and not opinion.item.everything
        if found.ambiguous or (vague and len(items) > 1):  # "seen it", with three on the slate
            if draft.question is None:
                draft.question = which_item(items, opinion, self.schema)
            return
        draft.marks += [mark_for(item, opinion) for item in items]

    def _remarks(self, heard: Heard, draft: _Draft, applied: Applied) -> Remarks:
        titles = {m.item: m for m in draft.marks}
        names = {i.id: i.title for i in self.linker.catalog.find(titles)}
        said = {
            "liked": tuple(names[i] for i, m in titles.items() if m.opinion == "liked" and i in names),
            "disliked": tuple(names[i] for i, m in titles.items() if m.opinion == "disliked" and i in names),
            "seen": tuple(names[i] for i, m in titles.items() if m.opinion is None and m.seen and i in names),
        }
        return Remarks(
            understood=applied.put,
            dropped=applied.dropped,
            displaced=applied.displaced,
            hardened=applied.hardened,
            unknown_titles=tuple(dict.fromkeys((*draft.unknown, *heard.not_here))),
            not_understood=tuple(dict.fromkeys((*heard.not_understood, *draft.lost))),
            declined=tuple(draft.decline),
            reset=heard.reset,
            **said,
        )
