"""The person who follows a task's reveal tags: tells what is volunteered, what is asked for, and never what is hidden.

What is hidden is felt only through rejections, and through a truthful answer when the agent puts a suspicion in so many
words. The person sees what a person sees: the reply, the items, the question with its choices.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from core.items import Item
from core.ledger import LedgerPatch
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Conversation, Question, Turn
from simulation.protocol import End, EndReason, Utterance
from simulation.tasks import Constraint, Task, holds
from simulation.wording import Wording

REMINDS = 0.7
"""How often a person says again what an item shown breaks, when they have told it."""
SPLITS = 0.4
"""How often three wishes or more are told in two messages."""
MOST_INSISTING = 3
"""Times a person keeps all their wishes before they leave it."""
MOST_REPEATING = 3
"""Times a person says everything again to somebody who does not follow."""


class RevealUser:
    """One person with one task; the same seed behaves the same. `answers_suspicions` False: "no idea" to those too."""

    def __init__(self, task: Task, schema: CatalogSchema, seed: int, *, answers_suspicions: bool = True) -> None:
        self.task = task
        self.schema = schema
        self.chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.voice = Wording(schema, self.chance)
        self.answers_suspicions = answers_suspicions
        self.told: set[Constraint] = set()
        self.later: list[Constraint] = []
        self.insisted = self.repeated = 0

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next, or the end."""
        last = conversation.last
        if last is None:
            return Utterance(text=self._open())
        if last.slate:
            return self._judge(last)
        if last.question is not None:
            return self._answer(last.question)
        if last.plan.act.kind == "recommend":
            return End(reason=EndReason.nothing_fits, last_word=self.voice.say("leaves"))
        return self._again()

    def _open(self) -> str:
        volunteered = [c for c in self.task.wants if c.reveal == "volunteer"]
        if not volunteered:
            return self.voice.say("opening")
        self.chance.shuffle(volunteered)
        if len(volunteered) > 2 and self.chance.random() < SPLITS:
            self.later = volunteered[2:]
            volunteered = volunteered[:2]
        said = self.voice.say("lead") + self.voice.say("ask", wishes=self._tell(volunteered))
        if self.task.soft and self.chance.random() < 0.3:
            said = f"{said}. {self.voice.soft(self.chance.choice(self.task.soft))}"
        return said

    def _tell(self, constraints: Sequence[Constraint]) -> str:
        self.told.update(constraints)
        return self.voice.wishes(constraints)

    def _judge(self, turn: Turn) -> Utterance | End:
        """Take the first item that fits; otherwise answer the question beside, say what was forgotten, or pass."""
        fitting = next((r.item for r in turn.slate if self._fits(r.item)), None)
        if fitting is not None:
            return End(reason=EndReason.accepted, item=fitting.id, last_word=self.voice.say("accepts"))
        if self.later:
            return self._rest()
        asked = self._asked(turn.question) if turn.question is not None and turn.question.kind == "preference" else []
        if asked and not set(asked) <= self.told:
            return Utterance(text=f"{self.voice.say('passes')}. {self._tell(asked)}")
        broken = [c for c in self.task.wants if c in self.told and not any(holds(c, r.item) for r in turn.slate)]
        if broken and self.chance.random() < REMINDS:
            return Utterance(text=self.voice.say("reminds", wishes=self._tell(broken[:1])))
        return Utterance(text=self.voice.say("passes"))

    def _fits(self, item: Item) -> bool:
        return all(holds(c, item) for c in self.task.wants)

    def _rest(self) -> Utterance:
        said, self.later = self._tell(self.later), []
        return Utterance(text=self.voice.say("and_then", wishes=said))

    def _answer(self, question: Question) -> Utterance | End:
        match question.kind:
            case "relax":
                return self._keep()
            case "confirm":
                return Utterance(text=self._confirm(question))
            case "which_item":
                return Utterance(text=question.choices[0].label if question.choices else self.voice.say("no_idea"))
        asked = self._asked(question)
        if asked:
            answer = self._tell(asked)
            self.later = [c for c in self.later if c not in asked]
        else:
            hidden = any(c.field == question.field for c in self.task.wants)
            answer = self.voice.say("no_idea" if hidden else "indifferent")
        if self.later:
            return Utterance(text=f"{answer}. {self._rest().text}")
        return Utterance(text=answer)

    def _asked(self, question: Question) -> list[Constraint]:
        """What is told on this question: everything on its field that is not hidden."""
        return [c for c in self.task.wants if c.field == question.field and c.reveal != "hidden"]

    def _keep(self) -> Utterance | End:
        self.insisted += 1
        if self.insisted > MOST_INSISTING:
            return End(reason=EndReason.nothing_fits, last_word=self.voice.say("leaves"))
        return Utterance(text=self.voice.say("insists"))

    def _confirm(self, question: Question) -> str:
        patch = question.choices[0].patch if question.choices else LedgerPatch()
        if patch.agree:
            values = {a.split("=", 1)[1] for a in patch.agree}
            return self.voice.say("agrees" if self._may_have(question.field, values) else "refuses")
        if not patch.put:
            return self.voice.say("agrees")
        if not self.answers_suspicions:
            return self.voice.say("no_idea")
        return self.voice.say("right_guess" if self._meant(patch.put[0]) else "wrong_guess")

    def _may_have(self, field: str | None, values: set[str]) -> bool:
        """Whether nothing that is wanted rules these values out."""
        for constraint in self.task.wants:
            mine = set(map(str, constraint.values))
            if constraint.field != field:
                continue
            refused = bool(mine & values) if constraint.op in {"not_contains", "not_in", "!="} else not mine & values
            if refused:
                return False
        return True

    def _meant(self, suspected: Preference) -> bool:
        """Whether a suspicion points the way of something that is wanted."""
        order = self.schema.field(suspected.field).order if suspected.field else ()
        return any(c.field == suspected.field and _points_to(suspected, c, order) for c in self.task.wants)

    def _again(self) -> Utterance | End:
        self.repeated += 1
        if self.repeated > MOST_REPEATING:
            return End(reason=EndReason.given_up, last_word=self.voice.say("gives_up"))
        if self.later:
            return self._rest()
        known = [c for c in self.task.wants if c in self.told]
        return Utterance(text=self.voice.say("ask", wishes=self._tell(known)) if known else self.voice.say("opening"))


def _points_to(suspected: Preference, wanted: Constraint, order: Sequence[str]) -> bool:
    """Whether following the suspicion helps towards what is wanted; `order` is that of the field's values."""
    mine, theirs = set(map(str, wanted.values)), set(map(str, suspected.values))
    refusing = wanted.op in {"not_contains", "not_in", "!="}
    if order and suspected.op in {"le", "lt", "ge", "gt"}:
        edge = order.index(next(iter(theirs)))
        sides = [order.index(v) - edge for v in mine if v in order]
        return all(s <= 0 for s in sides) if suspected.op in {"le", "lt"} else all(s >= 0 for s in sides)
    match suspected.op:
        case "le" | "lt":
            return wanted.op in {"<=", "<", "between"}
        case "ge" | "gt":
            return wanted.op in {">=", ">", "between"}
    if suspected.polarity == "avoid":
        return bool(mine & theirs) if refusing else not mine & theirs
    return not refusing and bool(mine & theirs)
