"""The agenda-based person: a stack of things still to be said, a persona, and an item in mind (Schatzmann et al. 2007).

They say wishes a few at a time, answer, turn down with or without a reason, ask about what is shown, change their mind
and lose patience. What the need calls hidden they never say: it is felt through rejections, and confirmed when guessed.
The item in mind is never named; anything else that they are known to like and that meets every wish is as good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.items import Item
from core.schema import CatalogSchema, FieldSpec
from core.turn import Conversation, Question, Recommendation, Turn
from simulation.population import Member
from simulation.protocol import End, EndReason
from simulation.reveal import RevealUser
from simulation.tasks import Constraint, Task, holds
from simulation.voice import Voice
from simulation.wording import FIRST, REFUSING

Find = Callable[[Sequence[str]], Sequence[Item]]
"""Items by id; unknown ids are left out."""

NAMES_LIKED = 0.5
"""How often somebody who knows what they like names an item of it at first."""
MOST_NAMED = 2
"""Items that are named at once."""
EXPLAINS = 0.7
"""How often a rejection comes with its reason, where there is one that may be told."""
APART = 0.25
"""From which difference on, as a share of the value in mind, a number is complained about."""
APART_YEARS = 8


class AgendaUser(RevealUser):
    """One member of a population; the same seed behaves the same."""

    def __init__(self, member: Member, schema: CatalogSchema, find: Find, seed: int, wording: str = FIRST) -> None:
        need = member.need
        super().__init__(Task(id=member.id, wants=need.wants), schema, seed)
        self.member, self.need, self.persona = member, need, member.persona
        self.voice: Voice = Voice(schema, self.chance, member.persona, wording)
        self.target = next(iter(find([need.target])), None) if need.target else None
        self.likes = find(need.liked[:MOST_NAMED])
        self.agenda = [c for c in need.wants if c.reveal == "volunteer"]
        self.chance.shuffle(self.agenda)
        self.mistaken: tuple[Constraint, Constraint] | None = None
        """A wish and what was said in its place by mistake."""
        self.asked_of: int | None = None
        """Number of the turn whose items were asked about."""
        self.sent = 0

    def _move(self, conversation: Conversation, last: Turn | None) -> str | End:
        if last is not None and self.sent >= self.persona.patience and self._taken(last) is None:
            return End(reason=EndReason.given_up, last_word=self.voice.gives_up())
        self.sent += 1
        if last is not None and self.mistaken is not None:
            return self._correct(last)
        if last is not None and not last.slate and last.question is None and self.asked_of == last.number - 1:
            return self._told_of_it()
        if last is None or not self._wavers(last):
            return super()._move(conversation, last)
        return self._change()

    def _open(self) -> str:
        said = []
        if self.likes and self.chance.random() < self.persona.knowledge * NAMES_LIKED:
            named = [i.title for i in self.likes[: 1 + (self.chance.random() < self.persona.several)]]
            self.acts.append("name_liked")
            said.append(self.voice.names_liked(named))
        wishes = self._next_wishes()
        if wishes:
            wrong = self._slip_of_mind(wishes)
            said.insert(0, self.voice.request(self._telling(wrong, "tell")))
            self._welcome(said)
        elif not said:
            self.acts.append("open")
            return self.voice.open()
        return _joined(said)

    def _welcome(self, said: list[str]) -> None:
        """Now and then a wish that is no must."""
        if self.need.soft and self.chance.random() < self.persona.several:
            wish = self.chance.choice(self.need.soft)
            self.acts.append("tell")
            said.append(self.voice.soft(" or ".join(map(str, wish.values))))

    def _next_wishes(self) -> list[Constraint]:
        """The wishes said next: one, and another as long as the persona says several at once."""
        taken = self.agenda[:1]
        while len(taken) < len(self.agenda) and self.chance.random() < self.persona.several:
            taken.append(self.agenda[len(taken)])
        self.agenda = self.agenda[len(taken) :]
        return taken

    def _judge(self, turn: Turn, conversation: Conversation) -> str | End:
        taken = self._taken(turn)
        if taken is not None:
            word = self.voice.takes(taken.title, several=len(turn.slate) > 1)
            return End(reason=EndReason.accepted, item=taken.id, last_word=word)
        self.passed = turn
        if self.asked_of != turn.number and self.chance.random() < self.persona.curiosity:
            return self._ask(turn)
        known = next((r for r in turn.slate if r.item.id in self.need.known), None)
        said = self._know(known, turn) if known is not None else self._reject(turn)
        if turn.question is not None and self.chance.random() < self.persona.cooperativeness:
            beside = self._beside(turn.question, conversation)
            return _joined([said, beside]) if beside else said
        return said

    def _taken(self, turn: Turn) -> Item | None:
        """The first item shown that they would take."""
        return next((r.item for r in turn.slate if self._fits(r.item)), None)

    def _fits(self, item: Item) -> bool:
        if self.target is not None and item.id == self.target.id:
            return True
        return item.id in self.need.relevant and super()._fits(item)

    def _know(self, shown: Recommendation, turn: Turn) -> str:
        self.acts.append("say_known")
        return self.voice.knows(shown.item.title if len(turn.slate) > 1 else None)

    def _reject(self, turn: Turn) -> str:
        """Turn down what is shown, for the reason that says most and may be said."""
        self.acts.append("reject")
        slate = [r.item for r in turn.slate]
        if self.chance.random() < EXPLAINS * self.persona.cooperativeness:
            broken = [c for c in self.task.wants if c.reveal != "hidden" and not any(holds(c, i) for i in slate)]
            untold = [c for c in broken if c not in self.told]
            if untold and self.chance.random() < self.persona.knowledge:
                return self._for(untold[0])
            told = [c for c in broken if c in self.told]
            if told:
                self.acts.append("repeat")
                return self.voice.say("reminds", wishes=self.voice.wishes(told[:1]))
            if (critique := self._critique(slate)) is not None:
                return critique
        if self.agenda:
            return _joined([self.voice.rejects(), self._rest()])
        return self.voice.rejects()

    def _for(self, wish: Constraint) -> str:
        self._telling([wish], "critique")
        return self.voice.rejects_for(wish)

    def _critique(self, slate: Sequence[Item]) -> str | None:
        """How all of what is shown differs from the item in mind on a field with more and less."""
        if self.target is None or self.chance.random() >= self.persona.knowledge:
            return None
        fields = [f for f in self.schema.fields if f.type == "number" and f.comparatives and f.role != "popularity"]
        self.chance.shuffle(fields)
        for spec in fields:
            more = _direction(spec, self.target, slate)
            said = self.voice.critique(spec.name, more=more) if more is not None else None
            if said is not None:
                self.acts.append("critique")
                return said
        return None

    def _rest(self) -> str:
        wishes = self.voice.wishes(self._telling(self._next_wishes(), "tell"))
        return self.voice.say("and_then", wishes=wishes)

    def _answer(self, question: Question, conversation: Conversation) -> str | End:
        if question.kind != "preference" or self.chance.random() < self.persona.cooperativeness:
            return super()._answer(question, conversation)
        self.acts.append("chat")
        return _joined([self.voice.ignores(), self._rest()] if self.agenda else [self.voice.ignores()])

    def _asked(self, question: Question) -> list[Constraint]:
        """What is told on this question, by somebody who may not know what they want there."""
        open_to = [c for c in super()._asked(question) if self.chance.random() < self.persona.knowledge]
        self.agenda = [c for c in self.agenda if c not in open_to]
        return open_to

    def _follow_up(self, turn: Turn) -> str | End:
        return self._rest() if self.agenda else super()._follow_up(turn)

    def _ask(self, turn: Turn) -> str:
        """A question about an item shown, of those that break the fewest wishes."""
        self.asked_of = turn.number
        items = [r.item for r in turn.slate]
        place = min(range(len(items)), key=lambda n: sum(not holds(c, items[n]) for c in self.task.wants))
        told = [f.name for f in self.schema.fields if f.type != "text" and items[place].values(f.name)]
        if not told:
            return self._reject(turn)
        self.acts.append("ask")
        return self.voice.asks_about(self.chance.choice(told), place + 1 if len(items) > 1 else None)

    def _told_of_it(self) -> str:
        """After an answer about an item shown before: it is still not the one."""
        self.acts.append("reject")
        said = self.voice.keeps_looking()
        return _joined([said, self._rest()]) if self.agenda else said

    def _wavers(self, last: Turn) -> bool:
        """Whether a wish is taken back just now; never with a question open, which would go unanswered."""
        if last.question is not None or self._taken(last) is not None or not self._loose():
            return False
        return self.chance.random() < self.persona.wavering

    def _loose(self) -> list[Constraint]:
        """Wishes that were said and can be done without: never the last one."""
        told = [c for c in self.task.wants if c in self.told]
        return told if len(self.task.wants) > 1 else []

    def _change(self) -> str:
        """A wish is given up for good: what breaks it is as good from now on."""
        gone = self.chance.choice(self._loose())
        self.acts.append("change")
        self.told.discard(gone)
        self.task = self.task.model_copy(update={"wants": tuple(c for c in self.task.wants if c != gone)})
        return self.voice.changes(gone, None)

    def _slip_of_mind(self, wishes: list[Constraint]) -> list[Constraint]:
        """The wishes, one of them said wrongly now and then, to be corrected in the next message."""
        numbers = [c for c in wishes if len(c.values) == 1 and self.schema.field(c.field).type == "number"]
        if not numbers or self.chance.random() >= self.persona.wavering:
            return wishes
        meant = self.chance.choice(numbers)
        said = meant.model_copy(update={"value": _other(meant, self.schema.field(meant.field))})
        self.mistaken = (meant, said)
        return [said if c == meant else c for c in wishes]

    def _correct(self, last: Turn) -> str | End:
        taken = self._taken(last)
        if taken is not None:
            return End(
                reason=EndReason.accepted,
                item=taken.id,
                last_word=self.voice.takes(taken.title, several=len(last.slate) > 1),
            )
        assert self.mistaken is not None
        meant, said = self.mistaken
        self.mistaken = None
        self.told.discard(said)
        self._telling([meant], "change")
        return self.voice.changes(said, meant)


def _other(constraint: Constraint, spec: FieldSpec) -> int | float:
    """Another number than the one meant, of the kind people say."""
    value = float(constraint.values[0])
    if spec.unit is not None and spec.unit.style == "year":
        return int(value) + (10 if constraint.op in REFUSING | {">=", ">"} else -10)
    moved = round(value * 0.75 if constraint.op in {"<=", "<"} else value * 1.25, 1)
    return int(moved) if value.is_integer() else moved


def _direction(spec: FieldSpec, target: Item, slate: Sequence[Item]) -> bool | None:
    """Whether the item in mind has more of a number than all that is shown, or less; None where neither is clear."""
    wanted = target.values(spec.name)
    shown = [float(v) for i in slate for v in i.values(spec.name)]
    if not wanted or not shown:
        return None
    here = float(wanted[0])
    years = spec.unit is not None and spec.unit.style == "year"
    apart = APART_YEARS if years else max(abs(here) * APART, 1e-9)
    if all(v < here - apart for v in shown):
        return True
    return False if all(v > here + apart for v in shown) else None


def _joined(said: Sequence[str]) -> str:
    text = said[0]
    for more in said[1:]:
        text += f" {more}" if text[-1:] in {".", "!", "?", ")"} else f". {more}"
    return text
