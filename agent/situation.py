"""The situation a recommendation is made in: the ledger, the person, what was asked and how shown items were taken."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from core.ledger import Ledger
from core.plan import Heard
from core.profile import Profile
from core.turn import Conversation, Turn
from tools.elicitation.hidden import Shown

OF_SEVERAL = 0.5
"""What an item counts that was turned down together with others of its slate."""
SKIPPED = 0.2
"""What an item left uncommented counts, beside one that was turned down."""


@dataclass(frozen=True)
class Taken:
    """An item shown earlier and how it was taken."""

    item: str
    passed_on: bool
    weight: float
    turned_down: bool = False
    """Passed on in so many words, not merely left behind."""


@dataclass(frozen=True)
class Situation:
    """Everything a slate or a question depends on beside the catalogue."""

    ledger: Ledger
    profile: Profile = Profile()
    asked: frozenset[str] = frozenset()
    """Fields asked about in this conversation."""
    tested: frozenset[str] = frozenset()
    """Fields on which a suspicion was put to them."""
    taken: tuple[Taken, ...] = ()
    """Items shown earlier, oldest first."""
    in_a_row: int = 0
    """Questions asked since something was last shown."""
    surprise: bool = False
    ignored: int = 0
    """Questions put beside a slate that the person left unanswered."""
    proposed: tuple[int, ...] = ()
    """Rows of the items that a model proposed, best first."""
    seed: int = 0
    """Of what is left to chance: the same words give the same turn, whatever door they come through."""

    @classmethod
    def of(cls, conversation: Conversation, ledger: Ledger, heard: Heard) -> Situation:
        """The situation after a message in which this was heard; `ledger` is the one to go by."""
        turns = conversation.turns
        return cls(
            ledger=ledger,
            profile=conversation.profile,
            asked=frozenset(t.question.field for t in turns if t.question and t.question.field),
            tested=frozenset(
                t.question.field for t in turns if t.question and t.question.field and t.question.kind == "confirm"
            ),
            taken=_taken(turns, ledger, heard),
            in_a_row=next((n for n, t in enumerate(reversed(turns)) if t.slate or t.question is None), len(turns)),
            surprise=heard.surprise,
            ignored=_ignored(turns, heard),
            seed=zlib.crc32("\n".join(t.message for t in turns).encode()) + len(turns),
        )

    def shown(self, rows: dict[str, int]) -> list[Shown]:
        """What was shown, by the rows of the items; items no longer there are left out."""
        return [Shown(rows[t.item], t.passed_on, t.weight) for t in self.taken if t.item in rows]


def _taken(turns: tuple[Turn, ...], ledger: Ledger, heard: Heard) -> tuple[Taken, ...]:
    found: dict[str, Taken] = {}
    answers = [*(t.plan.heard for t in turns[1:]), heard][: len(turns)]
    for turn, after in zip(turns, answers, strict=True):
        alone = 1.0 if len(turn.slate) == 1 else OF_SEVERAL
        explained = bool(after.wishes or after.critiques)
        for shown in turn.slate:
            item = shown.item.id
            if item in ledger.seen and item not in ledger.liked and item not in ledger.disliked:
                continue  # it was known already: that says nothing of its attributes
            if item in ledger.liked:
                found[item] = Taken(item, passed_on=False, weight=1.0)
            elif item in ledger.disliked or after.turns_down:
                weight = alone * SKIPPED if explained else alone
                found[item] = Taken(item, passed_on=True, weight=weight, turned_down=True)
            elif turn is not turns[-1] or _moves_on(heard):
                found[item] = Taken(item, passed_on=True, weight=alone * SKIPPED)
    return tuple(found.values())


def _ignored(turns: tuple[Turn, ...], heard: Heard) -> int:
    answers = [*(t.plan.heard for t in turns[1:]), heard][: len(turns)]
    return sum(
        turn.question is not None
        and turn.question.kind == "preference"
        and bool(turn.slate)
        and after.answer is None
        and not after.surprise
        and all(w.field != turn.question.field for w in after.wishes)
        for turn, after in zip(turns, answers, strict=True)
    )


def _moves_on(heard: Heard) -> bool:
    """Whether a message that turns nothing down outright yet asks for other items."""
    return bool(heard.wishes or heard.critiques or heard.retractions)
