"""The target-free person: takes what their own history and taste speak for, and says of it what they can tell.

Nothing is in their mind but what they have liked so far. An item shown is known, or judged by a held-out rating where
there is one, or by a fitted model of taste (`simulation.outlook`); what they wish for are facets of what they liked.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from core.items import Item
from core.ledger import LedgerPatch
from core.schema import CatalogSchema
from core.turn import Conversation, Question, Recommendation, Turn
from simulation.facets import Facet
from simulation.guesses import right_about
from simulation.outlook import Outlook
from simulation.population import Member
from simulation.protocol import End, EndReason, UserAct, Utterance
from simulation.tasks import Constraint, Task, holds
from simulation.voice import Voice
from simulation.wishes import draw_facet
from simulation.wording import FIRST

NAMES_LIKED = 0.5
"""How often somebody who knows what they like opens with an item of it rather than with a wish."""
EXPLAINS = 0.7
"""How often a cooperative person gives a reason for a rejection, where there is one."""
CRITIQUES = 0.5
"""How often a reason in numbers is put as more or less."""
BEST = 10
"""Items that may be named, the best liked ones."""
MOST_REPEATING = 3
"""Messages without items or a question after which they leave."""


class TasteUser:
    """One member of a population; the same seed says the same, and every seed judges the same."""

    def __init__(
        self, member: Member, schema: CatalogSchema, outlook: Outlook, seed: int, wording: str = FIRST
    ) -> None:
        self.member, self.persona, self.schema, self.outlook = member, member.persona, schema, outlook
        self.chance = random.Random(f"{seed} {member.id}")  # noqa: S311 - reproducible, not secret
        self.voice = Voice(schema, self.chance, member.persona, wording)
        self.told: list[Constraint] = []
        self.titles = list(outlook.titles[:BEST])
        """Items they like and have not named yet."""
        self.acts: list[UserAct] = []
        self.agrees: bool | None = None
        self.asked_of: int | None = None
        """Number of the turn whose items were asked about."""
        self.sent = self.repeated = 0

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next, or the end."""
        self.acts, self.agrees = [], None
        said = self._move(conversation, conversation.last)
        if isinstance(said, End):
            return said
        self.sent += 1
        acts = tuple(dict.fromkeys(self.acts))
        return Utterance(text=said, acts=acts, told=tuple(self.told), agrees=self.agrees)

    def _move(self, conversation: Conversation, last: Turn | None) -> str | End:
        if last is None:
            return self._open()
        spent, answered = self.sent >= self.persona.patience, self.asked_of == last.number - 1
        shown = (*last.slate, *(conversation.turns[-2].slate if answered else ()))
        if last.slate and not spent and not answered and self.chance.random() < self.persona.curiosity:
            question = self._ask(last)
            if question is not None:
                return question
        taken = self._taken(shown)
        if taken is not None:
            word = self.voice.takes(taken.title, several=len(shown) > 1)
            return End(reason=EndReason.accepted, item=taken.id, last_word=word)
        if spent:
            return End(reason=EndReason.given_up, last_word=self.voice.gives_up())
        if last.question is None and self.told and self.chance.random() < self.persona.wavering:
            return self._change()
        if last.slate:
            return self._turn_down(last, conversation)
        if last.question is not None:
            return self._answer(last.question, conversation)
        if answered:
            self.acts.append("reject")
            return self.voice.keeps_looking()
        return self._follow_up()

    def _open(self) -> str:
        if self.chance.random() >= self.persona.knowledge:
            return self._ask_for_anything()
        said = []
        if self.titles and self.chance.random() < NAMES_LIKED:
            said.append(self._name(1 + (self.chance.random() < self.persona.several)))
        if not said or self.chance.random() < self.persona.several:
            wishes = self._wishes(1 + (self.chance.random() < self.persona.several))
            said[:0] = [self.voice.request(wishes)] if wishes else []
        return _joined(said) if said else self._ask_for_anything()

    def _ask_for_anything(self) -> str:
        self.acts.append("open")
        return self.voice.open()

    def _name(self, number: int) -> str:
        named = self.chance.sample(self.titles, min(number, len(self.titles)))
        self.titles = [t for t in self.titles if t not in named]
        self.acts.append("name_liked")
        return self.voice.names_liked(named)

    def _wishes(self, number: int, facets: Sequence[Facet] | None = None, act: UserAct = "tell") -> list[Constraint]:
        """So many facets that were not told yet, told now."""
        left = list(self.outlook.preferred if facets is None else facets)
        found: list[Constraint] = []
        for _ in range(number):
            left = [f for f in left if f.constraint not in self.told]
            if left:
                found.append(draw_facet(left, self.schema, self.chance))
                self.told.append(found[-1])
        self.acts += [act] if found else []
        return found

    def _taken(self, shown: Sequence[Recommendation]) -> Item | None:
        """The first item shown that they take."""
        return next((r.item for r in shown if self.outlook.verdict(r.item.id) == "takes"), None)

    def _ask(self, turn: Turn) -> str | None:
        """A question about an item shown that they do not know; None where there is nothing to ask."""
        places = [n for n, r in enumerate(turn.slate) if self.outlook.verdict(r.item.id) != "known"]
        place = self.chance.choice(places) if places else 0
        item = turn.slate[place].item
        told = [f.name for f in self.schema.fields if f.type != "text" and item.values(f.name)]
        if not places or not told:
            return None
        self.asked_of = turn.number
        self.acts.append("ask")
        return self.voice.asks_about(self.chance.choice(told), place + 1 if len(turn.slate) > 1 else None)

    def _turn_down(self, turn: Turn, conversation: Conversation) -> str:
        known = [r.item for r in turn.slate if self.outlook.verdict(r.item.id) == "known"]
        if known:
            self.acts.append("say_known")
            said = self.voice.knows(known[0].title if len(turn.slate) > 1 else None)
        else:
            said = self._reject([r.item for r in turn.slate])
        if turn.question is None or self.chance.random() >= self.persona.cooperativeness:
            return said
        return _joined([said, self._answer(turn.question, conversation)])

    def _reject(self, items: Sequence[Item]) -> str:
        """Plainly, or with what their history prefers and nothing shown has, or with an item they like."""
        self.acts.append("reject")
        if self.chance.random() >= EXPLAINS * self.persona.cooperativeness:
            return self.voice.rejects()
        if self.chance.random() >= self.persona.knowledge:
            return self.voice.rejects()
        facets = [*self.outlook.preferred, *self.outlook.avoided]
        broken = [f for f in facets if all(_breaks(f.constraint, i) for i in items)]
        reason = self._wishes(1, broken, "critique")
        if reason:
            return self._because(reason[0])
        return _joined([self.voice.rejects(), self._name(1)]) if self.titles else self.voice.rejects()

    def _because(self, reason: Constraint) -> str:
        if self.schema.field(reason.field).type == "number" and self.chance.random() < CRITIQUES:
            said = self.voice.critique(reason.field, more=reason.op == ">=")
            if said is not None:
                self.told.remove(reason)  # "longer" tells no bound
                return said
        return self.voice.rejects_for(reason)

    def _answer(self, question: Question, conversation: Conversation) -> str:
        if question.kind != "preference":
            return self._settle(question, conversation)
        if self.chance.random() >= self.persona.cooperativeness:
            self.acts.append("chat")
            return self.voice.ignores()
        if self.chance.random() >= self.persona.knowledge:
            self.acts.append("no_preference")
            return self.voice.no_idea()
        facets = [f for f in self.outlook.preferred if question.field in {None, f.constraint.field}]
        said_before = [f.constraint for f in facets if f.constraint in self.told and question.field is not None]
        wishes = said_before or self._wishes(1, facets, "answer")
        if wishes:
            self.acts.append("answer")
            return self.voice.answer(wishes)
        self.acts.append("no_preference")
        return self.voice.indifferent()

    def _settle(self, question: Question, conversation: Conversation) -> str:
        """An answer to what asks for leave, for an item, or for what to let go."""
        choices = question.choices
        if question.kind == "relax" and choices:
            self.acts.append("release")
            self._let_go(choices[0].patch, conversation)
            return self.voice.say("releases", choice=choices[0].label)
        if question.kind == "which_item":
            self.acts.append("answer")
            liked = self.member.need.liked
            meant = [c.label for c in choices if any(m.item in liked for m in c.patch.marks)]
            return meant[0] if meant else self.voice.say("none_meant")
        self.acts.append("confirm")
        self.agrees = self._agreeable(choices[0].patch if choices else LedgerPatch())
        return self.voice.say("agrees" if self.agrees else "refuses")

    def _let_go(self, patch: LedgerPatch, conversation: Conversation) -> None:
        """What is dropped counts as never told."""
        gone = [p for p in map(conversation.ledger.find, patch.drop) if p is not None]
        self.told = [
            c for c in self.told if not any(p.field == c.field and set(p.values) & set(c.values) for p in gone)
        ]

    def _agreeable(self, patch: LedgerPatch) -> bool:
        """Whether they have nothing against it: it is no value they avoid, and a guess is right about their taste."""
        avoided = {f"{f.constraint.field}={f.constraint.value}" for f in self.outlook.avoided}
        if avoided & set(patch.agree):
            return False
        facets = (*self.outlook.preferred, *self.outlook.avoided)
        taste = Task(id=self.member.id, wants=tuple(f.constraint for f in facets))
        return all(right_about(p, taste, self.schema) for p in patch.put)

    def _change(self) -> str:
        """Something told is taken back, for something else that they like where there is anything."""
        old = self.chance.choice(self.told)
        new = self._wishes(1, [f for f in self.outlook.preferred if f.constraint.field == old.field])
        self.acts = ["change"]
        self.told.remove(old)
        return self.voice.changes(old, new[0] if new else None)

    def _follow_up(self) -> str | End:
        """Neither items nor a question: say more, or let a wish go."""
        self.repeated += 1
        if self.repeated > MOST_REPEATING:
            return End(reason=EndReason.nothing_fits, last_word=self.voice.leaves())
        if self.told:
            self.acts.append("release")
            return self.voice.changes(self.told.pop(), None)
        if self.titles:
            return self._name(1)
        self.acts.append("repeat")
        return self.voice.open()


def _breaks(constraint: Constraint, item: Item) -> bool:
    """Whether the catalogue says that an item does not meet it."""
    return bool(item.values(constraint.field)) and not holds(constraint, item)


def _joined(said: Sequence[str]) -> str:
    text = said[0]
    for more in said[1:]:
        text += f" {more}" if text[-1:] in {".", "!", "?", ")"} else f". {more}"
    return text
