"""What a person played by a model does in each message: the agenda, without the words.

Which wishes are due, whether a question is answered, and what becomes of the items shown is decided here; a language
model only words it. This is the turn-level control of Friedman et al. 2023 (arXiv 2305.06474), over an agenda as in
Schatzmann et al. 2007. A changed mind is not played: the persona's `wavering` is left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from core.items import Item
from core.preferences import quantity
from core.schema import CatalogSchema, FieldSpec
from core.turn import Conversation, Question, Turn
from core.values import Value
from simulation.guesses import right_about
from simulation.population import Member
from simulation.protocol import EndReason, UserAct
from simulation.tasks import Constraint, Task, holds
from simulation.verdicts import verdict
from simulation.wording import REFUSING
from tools.text import normalise

NAMES_LIKED = 0.5
"""How often somebody who knows what they like names an item of it at first."""
EXPLAINS = 0.7
"""How often a rejection comes with its reason, where there is one that may be told."""
MOST_INSISTING = 2
"""Times a person keeps all their wishes before they leave it."""
MOST_REPEATING = 3
"""Times a person says everything again to somebody who does not follow."""


class Wish(Value):
    """One thing the person may speak of."""

    constraint: Constraint
    must: bool = True
    """Whether an item has to meet it."""


class Move(Value):
    """What one message does; wishes, places and liked items are numbered from 1, as the prompt numbers them."""

    acts: tuple[UserAct, ...] = ()
    ends: EndReason | None = None
    """Set when the message is a parting word."""
    tells: tuple[int, ...] = ()
    """Wishes that are said."""
    may_tell: tuple[int, ...] = ()
    """Wishes that may be said besides, when the recommender asks for just that in words."""
    names: tuple[int, ...] = ()
    """Liked items that are named."""
    place: int | None = None
    """Item of the slate that is taken, asked about or known."""
    because: int | None = None
    """Wish that what was shown breaks, given as the reason for turning it down."""
    field: str | None = None
    """What is asked about."""
    choice: int | None = None
    """Choice of a question that is taken, from 1."""
    yes: bool | None = None
    """The answer to a question that takes yes or no."""
    may_leave: bool = False
    """Whether the person leaves it, if they read that nothing fits."""


class TurnControl:
    """The agenda of one member; the same seed decides the same."""

    def __init__(
        self, member: Member, wishes: Sequence[Wish], liked: int, schema: CatalogSchema, chance: random.Random
    ) -> None:
        """`wishes`: what may be spoken of, hidden wants left out; `liked`: how many liked items may be named."""
        self.need, self.persona, self.schema, self.chance = member.need, member.persona, schema, chance
        self.task = Task(id=member.id, wants=member.need.wants)
        self.wishes = wishes
        self.unnamed = list(range(1, liked + 1))
        self.told: list[int] = []
        self.agenda = [n for n, w in enumerate(wishes, 1) if w.must and w.constraint.reveal == "volunteer"]
        chance.shuffle(self.agenda)
        self.agenda += [n for n, w in enumerate(wishes, 1) if not w.must and w.constraint.reveal == "volunteer"]
        self.asked_of: int | None = None
        """Number of the turn whose items were asked about."""
        self.sent = self.insisted = self.repeated = 0

    def decide(self, conversation: Conversation) -> Move:
        """What the next message does."""
        last = conversation.last
        if last is None:
            return self._open()
        asked = not last.slate and self.asked_of == last.number - 1
        judged = conversation.slate if asked else last.slate
        place = next((n for n, r in enumerate(judged, 1) if verdict(self.need, r.item).fits), None)
        if place is None and self.sent >= self.persona.patience:
            return Move(ends=EndReason.given_up)
        if last.slate and (curious := self._ask(last, place)) is not None:
            return curious
        if place is not None:
            return Move(ends=EndReason.accepted, place=place)
        if judged and (last.slate or last.question is None):
            return self._turn_down([r.item for r in judged], last.question, conversation)
        return self._answer(last.question, conversation) if last.question is not None else self._follow_up()

    def done(self, move: Move, told: Iterable[int]) -> None:
        """The message was sent, and told these wishes."""
        self.sent += 1
        self.told += [n for n in dict.fromkeys(told) if n not in self.told]
        self.agenda = [n for n in self.agenda if n not in self.told]
        self.unnamed = [n for n in self.unnamed if n not in move.names]

    def _open(self) -> Move:
        names = self._named() if self.chance.random() < self.persona.knowledge * NAMES_LIKED else ()
        tells = self._next()
        acts: list[UserAct] = ["name_liked"] if names else []
        acts += ["tell"] if tells else [] if names else ["open"]
        return Move(acts=tuple(acts), tells=tells, names=names)

    def _named(self) -> tuple[int, ...]:
        return tuple(self.unnamed[: 1 + (self.chance.random() < self.persona.several)])

    def _next(self) -> tuple[int, ...]:
        """The wishes said next: one, and another as long as the persona says several at once."""
        count = min(1, len(self.agenda))
        while count < len(self.agenda) and self.chance.random() < self.persona.several:
            count += 1
        return tuple(self.agenda[:count])

    def _ask(self, turn: Turn, place: int | None) -> Move | None:
        """A question about an item before it is judged; at most one for a slate, and none of what is known."""
        if self.sent >= self.persona.patience or self.chance.random() >= self.persona.curiosity:
            return None
        place = place or next((n for n, r in enumerate(turn.slate, 1) if not self._knows(r.item)), None)
        open_to = self._untold(turn, turn.slate[place - 1].item) if place is not None else []
        if not open_to:
            return None
        self.asked_of = turn.number
        return Move(acts=("ask",), place=place, field=self.chance.choice(open_to))

    def _knows(self, item: Item) -> bool:
        """Whether the person knows an item already, for better or worse, and has nothing to ask about it."""
        return verdict(self.need, item).known or item.id in self.need.liked

    def _untold(self, turn: Turn, item: Item) -> list[str]:
        """Fields of an item that stand neither on its card nor in the reply."""
        reply = f" {normalise(turn.reply)} "

        def stated(spec: FieldSpec) -> bool:
            said = [normalise(quantity(v, spec)) for v in item.values(spec.name) if not isinstance(v, bool)]
            return spec.card or (bool(said) and all(f" {v} " in reply for v in said))

        asked = [f for f in self.schema.fields if _asked_about(f) and item.values(f.name)]
        return [f.name for f in asked if not stated(f)]

    def _turn_down(self, items: Sequence[Item], question: Question | None, conversation: Conversation) -> Move:
        known = next((n for n, i in enumerate(items, 1) if verdict(self.need, i).known), None)
        if known is not None and self.chance.random() < self.persona.knowledge:
            down = Move(acts=("say_known",), place=known)
        elif (because := self._reason(items)) is not None:
            act: UserAct = "repeat" if because in self.told else "critique"
            down = Move(acts=("reject", act), because=because, tells=(because,))
        else:
            down = Move(acts=("reject",))
        if question is None:
            return down if down.because is not None else _both(down, self._tell_or_name())
        beside = self._answer(question, conversation)
        return down if beside.ends or "chat" in beside.acts else _both(down, beside)

    def _reason(self, items: Sequence[Item]) -> int | None:
        """A wish not told yet, as far as the person can tell it, or else one told, that nothing shown meets."""
        if self.chance.random() >= EXPLAINS * self.persona.cooperativeness:
            return None
        broken = [n for n, w in enumerate(self.wishes, 1) if w.must and not any(holds(w.constraint, i) for i in items)]
        untold = [n for n in broken if n not in self.told]
        if untold and self.chance.random() < self.persona.knowledge:
            return untold[0]
        return next((n for n in broken if n in self.told), None)

    def _tell_or_name(self) -> Move:
        if self.agenda:
            return Move(acts=("tell",), tells=self._next())
        if self.unnamed and self.chance.random() < self.persona.knowledge:
            return Move(acts=("name_liked",), names=self._named())
        return Move()

    def _answer(self, question: Question, conversation: Conversation) -> Move:
        match question.kind:
            case "confirm":
                return self._confirm(question, conversation)
            case "relax":
                return self._release(question, conversation)
            case "which_item":
                return Move(acts=("answer",))
        if self.chance.random() >= self.persona.cooperativeness:
            return _both(Move(acts=("chat",)), self._tell_or_name())
        asked = self._asked(question)
        if asked:
            return Move(acts=("answer",), tells=asked)
        if question.field is None and self.unnamed and self.chance.random() < self.persona.knowledge:
            return Move(acts=("name_liked",), names=self._named())
        return Move(acts=("no_preference",))

    def _asked(self, question: Question) -> tuple[int, ...]:
        """The wishes a question asks for, as far as the person can tell them; in general: the next that are due."""
        if question.field is None:
            return self._next()
        asked = [n for n, w in enumerate(self.wishes, 1) if w.constraint.field == question.field]
        return tuple(n for n in asked if self.chance.random() < self.persona.knowledge)

    def _confirm(self, question: Question, conversation: Conversation) -> Move:
        """Yes or no; a guess that is wrong is put right where the person may speak of it."""
        yes = self._agrees(question, conversation)
        guessed = [p.field for p in question.choices[0].patch.put] if question.choices else []
        right = [n for n, w in enumerate(self.wishes, 1) if w.must and w.constraint.field in guessed]
        tells = tuple(n for n in right if self.chance.random() < self.persona.knowledge)
        if yes is not False or not tells:
            return Move(acts=("confirm",), yes=yes)
        return Move(acts=("confirm", "answer"), yes=yes, tells=tells)

    def _agrees(self, question: Question, conversation: Conversation) -> bool | None:
        """Yes or no to what the question puts; None where it does not say what a yes would change."""
        patch = question.choices[0].patch if question.choices else None
        if patch is None or patch.empty:
            return None
        if patch.agree:
            return all(self._may_have(*a.partition("=")[::2]) for a in patch.agree)
        if patch.put:
            return all(right_about(p, self.task, self.schema) for p in patch.put)
        return not any(self._wished(i, conversation) for i in patch.drop)

    def _may_have(self, field: str, value: str) -> bool:
        wanted = [c for c in self.need.wants if c.field == field]
        return all((value in map(str, c.values)) != (c.op in REFUSING) for c in wanted)

    def _wished(self, preference: str, conversation: Conversation) -> bool:
        """Whether the preference with this id is one that the person will not give up."""
        held = conversation.ledger.find(preference)
        return held is None or (held.hard and right_about(held, self.task, self.schema, nearly=False))

    def _release(self, question: Question, conversation: Conversation) -> Move:
        """The first choice that gives up nothing wanted; otherwise all wishes are kept, and in the end it is left."""
        for number, choice in enumerate(question.choices, 1):
            if choice.patch.drop and not any(self._wished(i, conversation) for i in choice.patch.drop):
                return Move(acts=("release",), choice=number)
        self.insisted += 1
        if self.insisted > MOST_INSISTING:
            return Move(ends=EndReason.nothing_fits)
        return Move(acts=("insist",))

    def _follow_up(self) -> Move:
        """Neither items nor a question to read off: a question in words, an answer, or nothing that fits."""
        on_ask = tuple(n for n, w in enumerate(self.wishes, 1) if w.constraint.reveal == "on_ask")
        if self.agenda:
            return Move(acts=("tell",), tells=self._next(), may_tell=on_ask)
        self.repeated += 1
        if self.repeated > MOST_REPEATING:
            return Move(ends=EndReason.given_up)
        if not self.told:
            return Move(acts=("open",), may_tell=on_ask, may_leave=self.repeated > 1)
        return Move(acts=("repeat",), tells=tuple(self.told), may_tell=on_ask, may_leave=self.repeated > 1)


def _both(first: Move, then: Move) -> Move:
    """One message that does both; what `then` does not set is that of `first`."""
    changes = {name: getattr(then, name) for name in then.model_fields_set}
    acts, tells = dict.fromkeys((*first.acts, *then.acts)), dict.fromkeys((*first.tells, *then.tells))
    return first.model_copy(update=changes | {"acts": tuple(acts), "tells": tuple(tells)})


def _asked_about(spec: FieldSpec) -> bool:
    return spec.type != "text" and spec.role not in {"popularity", "sponsored"}
