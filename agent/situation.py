"""The situation a recommendation is made in: the ledger, the person, what was asked and how shown items were taken."""

from __future__ import annotations

from dataclasses import dataclass

from core.ledger import Ledger
from core.profile import Profile
from core.turn import Conversation, Turn
from tools.elicitation.hidden import Shown

SKIPPED = 0.35
"""What an item left uncommented counts, beside one that was turned down."""


@dataclass(frozen=True)
class Taken:
    """An item shown earlier and how it was taken."""

    item: str
    passed_on: bool
    weight: float


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

    @classmethod
    def of(cls, conversation: Conversation, ledger: Ledger, *, turned_down: bool, surprise: bool = False) -> Situation:
        """The situation after a message; `turned_down`: it turns down what was shown last."""
        turns = conversation.turns
        return cls(
            ledger=ledger,
            profile=conversation.profile,
            asked=frozenset(t.question.field for t in turns if t.question and t.question.field),
            tested=frozenset(
                t.question.field for t in turns if t.question and t.question.field and t.question.kind == "confirm"
            ),
            taken=_taken(turns, ledger, turned_down=turned_down),
            in_a_row=next((n for n, t in enumerate(reversed(turns)) if t.slate or t.question is None), len(turns)),
            surprise=surprise,
        )

    def shown(self, rows: dict[str, int]) -> list[Shown]:
        """What was shown, by the rows of the items; items no longer there are left out."""
        return [Shown(rows[t.item], t.passed_on, t.weight) for t in self.taken if t.item in rows]


def _taken(turns: tuple[Turn, ...], ledger: Ledger, *, turned_down: bool) -> tuple[Taken, ...]:
    found: dict[str, Taken] = {}
    for place, turn in enumerate(turns):
        after = turns[place + 1].plan.heard if place + 1 < len(turns) else None
        rejected = after.turns_down if after is not None else turned_down
        explained = after is not None and bool(after.wishes or after.critiques)
        for shown in turn.slate:
            item = shown.item.id
            if item in ledger.seen and item not in ledger.liked and item not in ledger.disliked:
                continue  # it was known already: that says nothing of its attributes
            if item in ledger.liked:
                found[item] = Taken(item, passed_on=False, weight=1.0)
            elif item in ledger.disliked or rejected:
                found[item] = Taken(item, passed_on=True, weight=SKIPPED if explained else 1.0)
            elif after is not None or turned_down:
                found[item] = Taken(item, passed_on=True, weight=SKIPPED)
    return tuple(found.values())
