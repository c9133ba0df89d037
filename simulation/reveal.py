"""The person who follows a task's reveal tags: tells what is volunteered, what is asked for, and never what is hidden.

What is hidden is felt only through rejections, and through a truthful answer when the agent puts a suspicion in so many
words. The person sees what a person sees: the reply, the items, the question with its choices; never a plan or a trace.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from core.items import Item
from core.ledger import LedgerPatch
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import Conversation, Question, Turn
from simulation.guesses import right_about
from simulation.protocol import End, EndReason, UserAct, Utterance
from simulation.tasks import Constraint, Task, holds
from simulation.wording import FIRST, REFUSING, Wording

REMINDS = 0.6
"""How often a person says again what an item shown breaks, when they have told it."""
SPLITS = 0.4
"""How often three wishes or more are told in two messages."""
MUSES = 0.3
"""How often the first message holds a wish that nothing is graded by."""
VAGUE = 0.2
"""How often a person has no idea of what they do not care about, so that "no idea" gives nothing hidden away."""
MOST_INSISTING = 3
"""Times a person keeps all their wishes before they leave it."""
MOST_REPEATING = 3
"""Times a person says everything again to somebody who does not follow."""


class RevealUser:
    """One person with one task; the same seed behaves the same. `answers_suspicions` False: "no idea" to those too."""

    def __init__(
        self,
        task: Task,
        schema: CatalogSchema,
        seed: int,
        *,
        answers_suspicions: bool = True,
        wording: str = FIRST,
    ) -> None:
        self.task = task
        self.schema = schema
        self.chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        self.voice = Wording(schema, self.chance, task.persona, wording)
        self.answers_suspicions = answers_suspicions
        self.told: set[Constraint] = set()
        self.later: list[Constraint] = []
        self.passed: Turn | None = None
        """The turn whose items were turned down last."""
        self.insisted = self.repeated = 0
        self.acts: list[UserAct] = []
        """What the message being made does."""

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next, or the end."""
        last = conversation.last
        self.acts = []
        said = self._move(conversation, last)
        if isinstance(said, End):
            return said
        told = tuple(c for c in self.task.wants if c in self.told)
        return Utterance(text=said, acts=tuple(dict.fromkeys(self.acts)), told=told, agrees=self._agreed(last))

    def _move(self, conversation: Conversation, last: Turn | None) -> str | End:
        if last is None:
            return self._open()
        if last.slate:
            return self._judge(last, conversation)
        if last.question is not None:
            return self._answer(last.question, conversation)
        return self._follow_up(last)

    def _say(self, act: UserAct, what: str, **parts: str) -> str:
        self.acts.append(act)
        return self.voice.say(what, **parts)

    def _agreed(self, last: Turn | None) -> bool | None:
        """What was just said to a question that asks for leave; None to any other."""
        question = last.question if last is not None else None
        if (
            question is None
            or question.kind != "confirm"
            or not question.choices
            or not question.choices[0].patch.agree
        ):
            return None
        return self._may_have(question.choices[0].patch.agree)

    def _open(self) -> str:
        volunteered = [c for c in self.task.wants if c.reveal == "volunteer"]
        if not volunteered:
            self.acts.append("open")
            return self.voice.open()
        self.chance.shuffle(volunteered)
        if len(volunteered) > 2 and self.chance.random() < SPLITS:
            volunteered, self.later = volunteered[:2], volunteered[2:]
        said = self.voice.request(self._telling(volunteered, "tell"))
        if self.task.soft and self.chance.random() < MUSES:
            said = _then(said, self.voice.soft(self.chance.choice(self.task.soft)))
        return said

    def _telling(self, constraints: Sequence[Constraint], act: UserAct) -> Sequence[Constraint]:
        self.acts.append(act)
        self.told.update(constraints)
        self.later = [c for c in self.later if c not in constraints]
        return constraints

    def _judge(self, turn: Turn, conversation: Conversation) -> str | End:
        """Take the first item that fits; otherwise pass, and say or answer what there is to say or answer."""
        fitting = next((r.item for r in turn.slate if self._fits(r.item)), None)
        if fitting is not None:
            several = len(turn.slate) > 1
            word = self.voice.say("takes", title=fitting.title) if several else self.voice.say("accepts")
            return End(reason=EndReason.accepted, item=fitting.id, last_word=word)
        self.passed = turn
        beside = self._beside(turn.question, conversation) if turn.question is not None else ""
        if beside:
            return _then(self._say("reject", "passes"), beside)
        if self.later:
            return self._rest()
        broken = [c for c in self.task.wants if c in self.told and not any(holds(c, r.item) for r in turn.slate)]
        if broken and self.chance.random() < REMINDS:
            self.acts.append("repeat")
            return self._say("reject", "reminds", wishes=self.voice.wishes(broken[:1]))
        return self._say("reject", "passes")

    def _beside(self, question: Question, conversation: Conversation) -> str:
        """What is answered to a question beside items that are turned down; empty: it is left open."""
        match question.kind:
            case "confirm":
                return self._confirm(question, conversation)
            case "which_item":
                return self._which(question)
            case "relax":
                return self._release(question, conversation)
        asked = self._asked(question)
        return "" if set(asked) <= self.told else self.voice.answer(self._telling(asked, "answer"))

    def _fits(self, item: Item) -> bool:
        return all(holds(c, item) for c in self.task.wants)

    def _rest(self) -> str:
        return self.voice.say("and_then", wishes=self.voice.wishes(self._telling(self.later, "tell")))

    def _answer(self, question: Question, conversation: Conversation) -> str | End:
        match question.kind:
            case "relax":
                return self._release(question, conversation) or self._insist()
            case "confirm":
                return self._confirm(question, conversation)
            case "which_item":
                return self._which(question)
        asked = self._asked(question)
        if asked:
            answer = self.voice.answer(self._telling(asked, "answer"))
        elif question.field is None:
            answer = self._say("no_preference", "all_told")
        else:
            hidden = any(c.field == question.field for c in self.task.wants)
            vague = hidden or self.chance.random() < VAGUE
            answer = self._say("no_preference", "no_idea" if vague else "indifferent")
        return _then(answer, self._rest()) if self.later else answer

    def _asked(self, question: Question) -> list[Constraint]:
        """What is told on this question and not hidden: its field's wishes, or in general what was not said yet.

        Asked in general behind items that were turned down, the person names what these break.
        """
        open_to = [c for c in self.task.wants if c.reveal != "hidden"]
        if question.field is not None:
            return [c for c in open_to if c.field == question.field]
        slate = self.passed.slate if self.passed is not None else ()
        broken = [c for c in open_to if slate and not any(holds(c, r.item) for r in slate)]
        return broken or [c for c in open_to if c not in self.told]

    def _release(self, question: Question, conversation: Conversation) -> str:
        """The choice that gives up nothing wanted, with what is wanted there instead; empty when all of it is."""
        for choice in question.choices:
            dropped = [conversation.ledger.find(i) for i in choice.patch.drop]
            if not dropped or any(p is None or self._wished(p) for p in dropped):
                continue
            fields = {p.field for p in dropped if p is not None}
            instead = [c for c in self.task.wants if c.field in fields and c.reveal != "hidden"]
            said = self._say("release", "releases", choice=choice.label)
            return _then(said, self.voice.wishes(self._telling(instead, "answer"))) if instead else said
        return ""

    def _insist(self) -> str | End:
        self.insisted += 1
        if self.insisted > MOST_INSISTING:
            return End(reason=EndReason.nothing_fits, last_word=self.voice.say("leaves"))
        return self._say("insist", "insists")

    def _wished(self, preference: Preference) -> bool:
        return preference.hard and right_about(preference, self.task, self.schema, nearly=False)

    def _which(self, question: Question) -> str:
        self.acts.append("answer")
        for choice in question.choices:
            if any(right_about(p, self.task, self.schema) for p in choice.patch.put):
                return choice.label
        takes = [c for c in question.choices if not c.patch.put and c.patch.marks]
        return takes[0].label if takes else self.voice.say("none_meant")

    def _confirm(self, question: Question, conversation: Conversation) -> str:
        self.acts.append("confirm")
        patch = question.choices[0].patch if question.choices else LedgerPatch()
        if patch.agree:
            return self.voice.say("agrees" if self._may_have(patch.agree) else "refuses")
        if patch.put:
            if not self.answers_suspicions:
                return self.voice.say("no_idea")
            right = all(right_about(p, self.task, self.schema) for p in patch.put)
            return self.voice.say("right_guess" if right else "wrong_guess")
        dropped = [p for p in map(conversation.ledger.find, patch.drop) if p is not None]
        return self.voice.say("refuses" if any(map(self._wished, dropped)) else "agrees")

    def _may_have(self, agreed: Iterable[str]) -> bool:
        """Whether nothing that is wanted rules these out; each is given as field=value."""
        for field, _, value in (a.partition("=") for a in agreed):
            for wanted in (c for c in self.task.wants if c.field == field):
                if (value in map(str, wanted.values)) == (wanted.op in REFUSING):
                    return False
        return True

    def _finds_nothing(self, reply: str) -> bool:
        """Whether a reply reads as if there was nothing."""
        words = reply.casefold()
        return any(cue in words for cue in self.voice.ways["finds_nothing"])

    def _follow_up(self, turn: Turn) -> str | End:
        """Neither items nor a question: nothing fits, or the agent did not follow."""
        if self.later:
            return self._rest()
        if self._finds_nothing(turn.reply):
            if self.insisted:
                return End(reason=EndReason.nothing_fits, last_word=self.voice.say("leaves"))
            return self._insist()
        self.repeated += 1
        if self.repeated > MOST_REPEATING:
            return End(reason=EndReason.given_up, last_word=self.voice.say("gives_up"))
        self.acts.append("repeat")
        known = [c for c in self.task.wants if c in self.told]
        return self.voice.request(known, first=False) if known else self.voice.open()


def _then(said: str, more: str) -> str:
    return f"{said} {more}" if said[-1:] in {".", "!", "?"} else f"{said}. {more}"
