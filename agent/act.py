"""Act: plain code runs the stages a plan names, and hands back an outcome and a trace."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from agent.choosing import Narrowing
from agent.listen import Listened, Listener
from agent.model_writer import CARDS_SHOWN
from agent.outcome import (
    Absent,
    Abstained,
    Asked,
    Chatted,
    Checked,
    Compared,
    Counted,
    Explained,
    Fact,
    LookedUp,
    NothingMeant,
    Outcome,
    Recommended,
    ShownLedger,
)
from agent.profile.apply import released, with_profile
from agent.profile.words import lines
from agent.proposals import linked
from agent.recommend import Pipeline
from agent.situation import Situation
from core.items import Item
from core.ledger import Ledger
from core.plan import (
    Ask,
    Chat,
    Check,
    Compare,
    Count,
    Explain,
    Heard,
    LookUp,
    Recommend,
    Reference,
    Show,
    TurnPlan,
    Wish,
)
from core.profile import Profile
from core.schema import Direction
from core.turn import Conversation, Question, Recommendation, StageTrace
from tools.filtering.receipt import receipt
from tools.lookup.facts import extremes
from tools.policy.house import violations

Acted = tuple[Outcome, list[StageTrace]]
MOST_ITEMS = 10


@dataclass(frozen=True)
class Actor:
    """Performs acts over one catalogue."""

    listener: Listener
    pipeline: Pipeline
    count: int = 3
    """Items on a slate when the plan leaves it open."""
    cards: int = 0
    """Items, those of the slate included, among which the writer may choose; 0: it takes the slate as it is."""
    narrowing: Narrowing | None = None
    """What of the cards reaches the model; None: there is none."""
    clock: Callable[[], float] = time.perf_counter

    def act(self, conversation: Conversation, plan: TurnPlan, listened: Listened) -> Acted:
        """The outcome of the plan's act, and the stages it took."""
        act, ledger = plan.act, listened.applied.ledger
        if isinstance(act, Recommend | Ask):
            if listened.question is not None:
                return Asked(question=listened.question, pool=0), []
            effective = with_profile(ledger, conversation.profile)
            situation = Situation.of(conversation, effective, plan.heard)
            if isinstance(act, Ask):
                outcome, stages = self.pipeline.ask(situation, act, self.cards)
            else:
                situation, first = self._proposed(situation, act)
                outcome, stages = self.pipeline.recommend(situation, self._sized(act), self.cards)
                last: list[StageTrace] = []
                if self.narrowing is not None and isinstance(outcome, Recommended) and outcome.slate:
                    outcome, last = self.narrowing.narrowed(outcome, act, effective, CARDS_SHOWN)
                stages = [*first, *stages, *last]
            outcome = _insisted(conversation, listened, _own(outcome, conversation.profile))
            return _doubted(outcome, listened.doubt), stages
        started = self.clock()
        outcome = self._about(conversation, plan, listened)
        return outcome, [StageTrace(stage=act.kind, ms=round((self.clock() - started) * 1000, 3), note=outcome.kind)]

    def _proposed(self, situation: Situation, act: Recommend) -> tuple[Situation, list[StageTrace]]:
        """The situation with the items that the plan's titles name, and what became of these titles."""
        if not act.proposals:
            return situation, []
        started = self.clock()
        found = linked(act.proposals, self.listener.linker)
        note = f"not in this catalogue: {', '.join(found.absent)}" if found.absent else ""
        took = round((self.clock() - started) * 1000, 3)
        stage = StageTrace(stage="propose", into=len(act.proposals), out=len(found.rows), ms=took, note=note)
        return replace(situation, proposed=found.rows), [stage]

    def _sized(self, act: Recommend) -> Recommend:
        return act if "count" in act.model_fields_set else act.model_copy(update={"count": self.count})

    def _about(self, conversation: Conversation, plan: TurnPlan, listened: Listened) -> Outcome:
        match plan.act:
            case Compare(items=(), superlative=way, fields=(field, *_), wishes=wishes) if way is not None:
                return self._most(field, way, wishes)
            case LookUp() | Check() | Compare() | Explain():
                return self._items(conversation, plan.act)
            case Count(wishes=wishes, left=left):
                held = [p for p in listened.applied.ledger.preferences if p.hard or p.field is not None]
                preferences = tuple(held) if left else self.listener.preferences(wishes)
                return Counted(preferences=preferences, count=self.pipeline.count(preferences))
            case Show():
                return self._ledger(conversation, listened.applied.ledger)
            case Chat(topic="accepted"):
                return self._accepted(conversation, plan)
            case Chat(topic=topic):
                return Chatted(topic=topic)
        return NothingMeant()

    def _items(self, conversation: Conversation, act: LookUp | Check | Compare | Explain) -> Outcome:
        items = self._resolve(conversation, act.items)
        if not items:
            return NothingMeant()
        schema = self.listener.schema
        match act:
            case LookUp(fields=fields):
                known = [f for f in fields if f in schema.by_name]
                facts = tuple(Fact(item=i, field=f, values=i.values(f)) for i in items for f in known)
                return LookedUp(items=items, facts=facts, overview=not known)
            case Check(wishes=wishes):
                preferences = self.listener.preferences(wishes)
                receipts = tuple(receipt(preferences, i, schema) for i in items)
                return Checked(items=items, receipts=receipts)
            case Compare(superlative=superlative) if superlative is not None and act.fields:
                winners = extremes(items, act.fields[0], superlative, schema)
                return Compared(
                    items=items, fields=act.fields, superlative=superlative, winners=tuple(i.id for i in winners)
                )
            case Compare(fields=fields):
                shown = fields or tuple(
                    f.name for f in schema.fields if f.type != "text" and any(i.values(f.name) for i in items)
                )
                return Compared(items=items, fields=shown)
        made = {r.item.id: r for t in conversation.turns for r in t.slate}
        latest = {r.item.id for r in conversation.slate}
        return Explained(
            slate=tuple(made[i.id] for i in items if i.id in made),
            absent=tuple(self._absent(conversation, i) for i in items if i.id not in latest and i.id not in made),
        )

    def _most(self, field: str, way: Direction, wishes: Sequence[Wish]) -> Outcome:
        """The superlative over the catalogue, or over what of it satisfies wishes."""
        preferences = self.listener.preferences(wishes)
        items, pool = self.pipeline.most(preferences, field, way)
        winners = extremes(items, field, way, self.listener.schema)
        return Compared(
            items=tuple(items),
            fields=(field,),
            superlative=way,
            winners=tuple(i.id for i in winners),
            among=pool,
            preferences=preferences,
        )

    def _resolve(self, conversation: Conversation, references: Sequence[Reference]) -> tuple[Item, ...]:
        """The items meant, each once, in the order named."""
        linker = self.listener.linker
        rows: dict[int, None] = {}
        for reference in references:
            found = linker.resolve(reference, conversation)
            for row in found.rows[:1] if found.ambiguous else found.rows:
                rows.setdefault(row)
        return tuple(linker.catalog.at(list(rows)[:MOST_ITEMS]))

    def _absent(self, conversation: Conversation, item: Item) -> Absent:
        """What stood against an item that was not shown: a receipt made now, and the first reason that holds."""
        schema, ledger = self.listener.schema, with_profile(conversation.ledger, conversation.profile)
        lines = receipt(ledger.preferences, item, schema)
        card = Recommendation(item=item, receipt=lines)
        broken = violations(item, ledger, schema, conversation.profile, self.pipeline.rules)
        if any(line.strength == "hard" and line.verdict == "failed" for line in lines):
            return Absent(card=card, reason="breaks")
        for reason, rule in (("disliked", "not_disliked"), ("seen", "not_seen"), ("shown", "not_shown")):
            if rule in broken:
                return Absent(card=card, reason=reason)
        if broken and broken != ("not_liked",):
            return Absent(card=card, reason="house", house=broken)
        situation = Situation.of(conversation, ledger, Heard())
        return Absent(card=card, reason="place", place=self.pipeline.place_of(situation, item))

    def _ledger(self, conversation: Conversation, ledger: Ledger) -> ShownLedger:
        profile = conversation.profile
        named = (i for at in (ledger, profile) for i in (*at.liked, *at.disliked, *at.seen))
        titles = {i.id: i.title for i in self.listener.linker.catalog.find(dict.fromkeys(named))}
        kept = () if profile.guest else lines(profile, self.listener.schema, titles)
        return ShownLedger(
            remembered=tuple(line.text for line in kept),
            liked=tuple(titles[i] for i in ledger.liked if i in titles),
            disliked=tuple(titles[i] for i in ledger.disliked if i in titles),
            seen=tuple(titles[i] for i in ledger.seen if i in titles),
        )

    def _accepted(self, conversation: Conversation, plan: TurnPlan) -> Outcome:
        taken = plan.act.items if isinstance(plan.act, Chat) else ()
        references = taken or tuple(o.item for o in plan.heard.opinions) or (Reference(),)
        if taken == (Reference(),) and len(conversation.slate) > 1:
            return Chatted(topic="accepted", unclear=True)
        items = self._resolve(conversation, references)
        if taken and not items:
            return NothingMeant()
        return Chatted(topic="accepted", items=items if len(items) == 1 else ())


def _own(outcome: Outcome, profile: Profile) -> Outcome:
    """The outcome with choices that act on the conversation's own ledger, where they would act on the profile."""
    question = getattr(outcome, "question", None)
    if profile.empty or question is None or not isinstance(outcome, Asked | Abstained | Recommended):
        return outcome
    choices = tuple(c.model_copy(update={"patch": released(c.patch, profile)}) for c in question.choices)
    return outcome.model_copy(update={"question": question.model_copy(update={"choices": choices})})


def _doubted(outcome: Outcome, doubt: Question | None) -> Outcome:
    """A slate carries the question which of two contradicting wishes holds; what is more pressing goes first."""
    if doubt is None or not isinstance(outcome, Recommended):
        return outcome
    return outcome.model_copy(update={"question": doubt})


def _insisted(conversation: Conversation, listened: Listened, outcome: Outcome) -> Outcome:
    """The same question about what may go is not put twice: who keeps every condition is told plainly."""
    question = conversation.question
    if not isinstance(outcome, Abstained) or question is None or question.kind != "relax" or listened.applied.changed:
        return outcome
    if conversation.turns[-1].slate:  # it stood beside a slate that was turned down
        return outcome
    return outcome.model_copy(update={"final": True, "question": None})
