"""The grader: a finished dialogue held against its task and the rules of the house, apart from the agent's own filters.

It reads the facts of every shown item anew and believes nothing the agent says about itself: not its receipts, not its
ledger. A reward of 1 takes both: the final item satisfies everything the person wanted, and no rule was broken in any
turn. Where nothing fits, the right end is to say so and commit to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.items import Catalog, Item
from core.schema import CatalogSchema
from core.turn import Question, Turn
from core.values import Scalar, Value
from evaluation.naming import Titles
from tools.text import normalise

ABSTAINING = frozenset({"relax", "abstain"})
"""Stages of a turn that ends with the finding that nothing fits."""
DISCLOSING = ("promoted", "sponsored", "advertis", "paid placement")
"""Words by one of which a reply says that an item is paid for."""
_YES = ("yes", "yeah", "yep", "sure", "ok", "okay", "fine", "of course", "absolutely", "go ahead", "all right")
_FINE = (" fine ", " ok ", " okay ", " all right ", " alright ", " good ", " happy with ", " works for ")
"""Words of consent that may stand anywhere."""
_NO = (" not ", " nope ", " no ", " dont ", " rather ", " without ", " avoid ", " never ")
_NO_NO = (" why not ", " dont mind ", " no problem ", " not a problem ")
"""Refusing words that refuse nothing."""


class Breach(Value):
    """A rule of the house that was broken."""

    rule: str
    """The policy's name in the schema; unshown_title for a text that names an item the turn does not show."""
    turn: int
    item: str = ""
    said: str = ""
    """What was wrong, in words."""


class Grade(Value):
    """What a dialogue came to."""

    reward: bool
    right: bool
    """Whether the end was right, rules aside."""
    final: str | None = None
    """Id of the item that was accepted, or of the last one shown."""
    accepted: bool = False
    abstained: bool = False
    failed: tuple[str, ...] = ()
    """Constraints that the final item does not satisfy, in words."""
    breaches: tuple[Breach, ...] = ()
    turns: int = 0
    questions: int = 0
    shown: int = 0
    """Items shown."""


@dataclass(frozen=True)
class Case:
    """What a dialogue is held against."""

    failing: Callable[[Item], tuple[str, ...]]
    """The constraints an item does not satisfy, in words."""
    seen: frozenset[str] = frozenset()
    has: tuple[Scalar, ...] = ()
    """The values of the availability field that the person has; empty: not restricted."""
    nothing_fits: bool = False


@dataclass(frozen=True)
class Grader:
    """Grades dialogues over one catalogue; `house` is the schema whose policies hold, whatever the agent was told."""

    catalog: Catalog
    house: CatalogSchema
    titles: Titles

    def grade(
        self, case: Case, turns: Sequence[Turn], accepted: str | None, agreed: Sequence[bool | None] = ()
    ) -> Grade:
        """The grade of a dialogue that ended after `turns`, with the item accepted, if any.

        `agreed` says for each turn whether its message meant yes or no where the person knows; elsewhere it is read.
        """
        shown = [r.item.id for t in turns for r in t.slate]
        abstained = _ended_abstaining(turns)
        final = accepted or (shown[-1] if shown else None)
        failed = case.failing(self.catalog.item(final)) if final is not None else ()
        right = (accepted is None and abstained) if case.nothing_fits else (final is not None and not failed)
        breaches = tuple(self.breaches(case, turns, agreed))
        return Grade(
            reward=right and not breaches,
            right=right,
            final=final,
            accepted=accepted is not None,
            abstained=abstained,
            failed=failed,
            breaches=breaches,
            turns=len(turns),
            questions=sum(t.question is not None for t in turns),
            shown=len(shown),
        )

    def breaches(self, case: Case, turns: Sequence[Turn], agreed: Sequence[bool | None] = ()) -> Iterator[Breach]:
        """Every rule broken, in the order of the turns."""
        rules = {p.rule for p in self.house.policies}
        known: set[str] = set(case.seen)
        for place, turn in enumerate(turns):
            ids = [r.item.id for r in turn.slate]
            if "one_at_a_time" in rules and len(ids) > 1:
                yield Breach(rule="one_at_a_time", turn=turn.number, said=f"{len(ids)} items at once")
            for item in self.catalog.find(ids):
                yield from self._shown(item, case, turns[: place + 1], agreed)
            known |= {*ids, *self.titles.named(turn.message)}
            titles = {i.title for i in self.catalog.find(known)}
            for stray in sorted(self.titles.named(turn.reply) - known):
                title = self.catalog.item(stray).title
                if title not in titles:  # several items may share one
                    yield Breach(rule="unshown_title", turn=turn.number, item=stray, said=f"names {title!r}")

    def _shown(self, item: Item, case: Case, turns: Sequence[Turn], agreed: Sequence[bool | None]) -> Iterator[Breach]:
        """The rules broken by showing the item in the last of the turns."""
        turn = turns[-1]
        for policy in self.house.policies:
            match policy.rule:
                case "not_seen" if item.id in case.seen:
                    yield Breach(rule=policy.rule, turn=turn.number, item=item.id, said=f"{item.title}: seen before")
                case "disclose_sponsored" if self._sponsored(item) and not _disclosed(item, turn):
                    yield Breach(rule=policy.rule, turn=turn.number, item=item.id, said=f"{item.title}: not disclosed")
                case "confirm_first" if policy.field:
                    for value in sorted(set(map(str, item.values(policy.field))) & set(policy.values)):
                        if not _confirmed(turns, policy.field, value, agreed):
                            said = f"{item.title}: {value} without asking first"
                            yield Breach(rule=policy.rule, turn=turn.number, item=item.id, said=said)
                case "available" if policy.field and case.has and not set(item.values(policy.field)) & set(case.has):
                    where = ", ".join(map(str, item.values(policy.field))) or "nowhere"
                    said = f"{item.title}: only on {where}"
                    yield Breach(rule=policy.rule, turn=turn.number, item=item.id, said=said)

    def _sponsored(self, item: Item) -> bool:
        spec = self.house.role("sponsored")
        return spec is not None and any(item.values(spec.name))


def _disclosed(item: Item, turn: Turn) -> bool:
    """Whether both the card and the text say that the item is paid for."""
    card = next(r for r in turn.slate if r.item.id == item.id)
    return bool(card.notices) and any(word in turn.reply.lower() for word in DISCLOSING)


def _confirmed(turns: Sequence[Turn], field: str, value: str, agreed: Sequence[bool | None]) -> bool:
    """Whether the person has said yes to a question that asked leave for this value of the field."""
    meant = [*agreed, *[None] * len(turns)][1:]
    return any(
        asked.question is not None
        and asked.question.kind == "confirm"
        and asked.question.field in {None, field}
        and f" {normalise(value)} " in _words_of(asked.question)
        and (agrees(answer.message, value) if yes is None else yes)
        for (asked, answer), yes in zip(pairwise(turns), meant, strict=False)
    )


def _words_of(question: Question) -> str:
    return f" {normalise(' '.join((question.text, *(c.label for c in question.choices))))} "


def agrees(message: str, value: str) -> bool:
    """Whether an answer to "is this value all right?" is a yes: begins with one or names the value, refuses nothing."""
    said = f" {normalise(message)} "
    easy = any(phrase in said for phrase in _NO_NO)
    for phrase in _NO_NO:
        said = said.replace(phrase, " ")
    if any(no in said for no in _NO):
        return False
    consents = any(said.startswith(f" {word} ") for word in _YES) or any(word in said for word in _FINE)
    return easy or consents or f" {normalise(value)} " in said


def _ended_abstaining(turns: Sequence[Turn]) -> bool:
    """Whether the last turn that showed something or found that nothing fits is one of the latter."""
    last = next((t for t in reversed(turns) if t.slate or _abstains(t)), None)
    return last is not None and not last.slate


def _abstains(turn: Turn) -> bool:
    return not turn.slate and any(stage.stage in ABSTAINING for stage in turn.trace)
