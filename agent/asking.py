"""What to ask and what to hold back: questions worth their price, the house's rules, the way out of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from agent.outcome import Abstained, Release
from agent.signals import SearchableCatalog
from agent.situation import Situation
from agent.stages import Run
from core.items import Item
from core.ledger import LedgerPatch
from core.preferences import Preference
from core.turn import Choice, Question, Recommendation
from tools.candidates import Candidate
from tools.catalog.columns import Mask
from tools.elicitation.decide import Stakes, Strategy, ask_first, hypothesis
from tools.elicitation.hidden import Hidden
from tools.elicitation.question import Weighing, any_question, next_question, suspicion_question
from tools.filtering.masks import allowed, off_the_table, permitted
from tools.filtering.relax import Certificate, relax
from tools.policy.house import confirm_question, demands, fails, guard, most_at_once, unconfirmed, violations
from tools.policy.own import OwnRules
from tools.retrieval.lexical import LexicalRoute

GUIDED = 2
"""Things said from which on no question stands beside a slate; a liked item says as much as two wishes."""


@dataclass(frozen=True)
class Conduct:
    """How the dialogue is led; switched off piece by piece to measure what each piece contributes."""

    asking: Strategy = "expected_value"
    learning: bool = True
    """From items passed on."""
    policies: bool = True
    relaxing: bool = True
    seed: int = 7
    """Of the random strategy."""
    several: float = 0.3
    """What a wrong slate of several costs, beside a wrong single recommendation at 1: a question may stand with it."""


class Pick(NamedTuple):
    """An item chosen to be shown, before its receipt is written."""

    candidate: Candidate
    item: Item


@dataclass(frozen=True)
class Dialogue:
    """Leads the dialogue over one catalogue."""

    catalog: SearchableCatalog
    lexical: LexicalRoute | None
    conduct: Conduct
    rules: OwnRules
    """The rules that the schema declares and does not share with all of them."""

    def left(self, situation: Situation) -> Mask:
        """(rows,) what may be shown: it breaks no hard preference and no rule of the house."""
        mask = permitted(situation.ledger, self.catalog, self.lexical, self.house(situation))
        return self._kept(mask, situation)

    def conditions(self, situation: Situation) -> int:
        """How many conditions that takes."""
        return len(situation.ledger.hard) + len(self.house(situation)) + len(self._own.broken)

    @property
    def _own(self) -> OwnRules:
        return self.rules if self.conduct.policies else OwnRules(self.catalog.schema)

    def _kept(self, mask: Mask, situation: Situation) -> Mask:
        return self._own.narrowed(mask, self.catalog, situation.ledger, situation.profile)

    def certificate(self, situation: Situation) -> Certificate:
        """Which preferences conflict, and what each release would bring back of what the house lets through."""
        ledger = situation.ledger
        among = self._kept(np.ones(len(self.catalog), dtype=np.bool_), situation) if self._own.broken else None
        blocked = off_the_table(ledger, self.catalog.schema)
        return relax(ledger.preferences, self.catalog, blocked, self.lexical, self.house(situation), among)

    def house(self, situation: Situation) -> tuple[Preference, ...]:
        """What the house asks of every item for this person."""
        return demands(self.catalog.schema, situation.profile) if self.conduct.policies else ()

    def first(
        self, situation: Situation, hidden: Hidden, found: int, count: int, mask: Mask, run: Run
    ) -> Question | None:
        """A question to ask instead of showing any of the `found` items, where it is worth more."""
        way = self.conduct.asking
        if situation.surprise or way == "never" or not found:
            return None
        if way != "expected_value":
            unasked = way == "always_first" or situation.in_a_row == 0
            return self.question(situation, mask, None) if unasked else None
        single = most_at_once(self.catalog.schema, 2) == 1
        if single and (suspicion := self._suspicion(situation, hidden, run)) is not None:
            return suspicion
        ledger = situation.ledger
        closed = situation.asked | set(ledger.declined) | {p.field for p in ledger.hard if p.field}
        stakes = Stakes(wrong=1.0 if single else self.conduct.several)
        chosen = ask_first(hidden, min(count, found), stakes, situation.in_a_row, closed)
        if chosen is None:
            return None
        question = self.question(situation, mask, chosen.field)
        run.done("elicit", None, int(question is not None), f"{chosen.field}: worth {chosen.value:.2f}")
        return question

    def _suspicion(self, situation: Situation, hidden: Hidden, run: Run) -> Question | None:
        """A requirement read off what was passed on, put to the person."""
        suspicion = hypothesis(hidden, closed=situation.tested)
        if suspicion is None or situation.in_a_row:  # one suspicion at a time: then something is shown
            return None
        run.done("elicit", None, 1, f"testing: {suspicion.preference.label(self.catalog.schema)}")
        return suspicion_question(suspicion, self.catalog.schema)

    def question(self, situation: Situation, mask: Mask, field: str | None) -> Question | None:
        """The question most worth asking on the live candidates, or the one on `field`."""
        weighing: Weighing = "random" if self.conduct.asking == "random" else "gain"
        if self.conduct.asking == "entropy":
            weighing = "entropy"
        if weighing == "random" and field is None:
            return any_question(situation.ledger, self.catalog, mask, situation.asked, self.conduct.seed)
        return next_question(situation.ledger, self.catalog, mask, situation.asked, field, weighing)

    def cleared(self, picks: list[Pick], situation: Situation, count: int) -> tuple[list[Pick], Question | None]:
        """What the house lets through, and what it must ask first."""
        if not self.conduct.policies:
            return picks, None
        schema, ledger = self.catalog.schema, situation.ledger
        pending = [v for p in picks[:count] for v in unconfirmed(p.item, ledger, schema)]
        question = confirm_question(pending[:1], schema)
        if question is not None and count == 1:
            return [], question
        free = [p for p in picks if not unconfirmed(p.item, ledger, schema)]
        if not free and picks:
            return [], confirm_question(unconfirmed(picks[0].item, ledger, schema)[:1], schema)
        return [p for p in free if not violations(p.item, ledger, schema, situation.profile, self.rules)], question

    def guarded(self, cards: tuple[Recommendation, ...], situation: Situation) -> tuple[Recommendation, ...]:
        """The cards that break none of the house's rules and no hard preference, checked anew one by one."""
        schema, ledger = self.catalog.schema, situation.ledger
        if not self.conduct.policies:
            return tuple(c for c in cards if not fails(c.item, ledger.hard, schema))
        return tuple(c for c in cards if guard((c,), ledger, schema, situation.profile, self.rules))

    def beside(
        self, situation: Situation, hidden: Hidden, found: int, count: int, pool: int, mask: Mask, run: Run
    ) -> Question | None:
        """A question that stands with a slate of up to `count` of the `found` items."""
        ledger, single = situation.ledger, most_at_once(self.catalog.schema, 2) == 1
        if situation.surprise or self.conduct.asking == "never" or single:
            return None
        if found < count and pool < count and self.conduct.relaxing:
            return self._loosen(situation)
        if self.conduct.asking == "expected_value" and (suspicion := self._suspicion(situation, hidden, run)):
            return suspicion
        guided = len(ledger.preferences) + 2 * len(ledger.liked) >= GUIDED
        if pool > 4 * count and not guided and not situation.ignored:
            question = self.question(situation, mask, None)
            run.done("elicit", pool, int(question is not None))
            return question
        return None

    def abstain(self, situation: Situation) -> Abstained:
        """Why nothing is left, and what each release would bring back."""
        house = self.house(situation)
        fitting = allowed((*situation.ledger.preferences, *house), self.catalog, (), self.lexical)
        unblocked = int(np.count_nonzero(self._kept(fitting, situation)))
        kept_back = int(np.count_nonzero(fitting)) - unblocked
        if not self.conduct.relaxing:
            return Abstained(shown_already=unblocked, house=house, kept_back=kept_back)
        certificate = self.certificate(situation)
        releases = tuple(Release(preferences=gone, count=count) for gone, count in certificate.releases[:4])
        question = self._which_may_go(releases)
        still = self._still_open(situation) if unblocked else ()
        return Abstained(
            conflicts=certificate.conflicts,
            releases=releases,
            shown_already=unblocked,
            open=still,
            question=question,
            house=house,
            kept_back=kept_back,
        )

    def _still_open(self, situation: Situation, most: int = 3) -> tuple[Item, ...]:
        """Items shown earlier that fit and that nobody turned down, the latest first."""
        ledger = situation.ledger
        gone = {t.item for t in situation.taken if t.turned_down} | {*ledger.seen, *ledger.disliked, *ledger.liked}
        fitting = allowed((*ledger.preferences, *self.house(situation)), self.catalog, gone, self.lexical)
        mask = self._kept(fitting, situation)
        found: list[int] = []
        for item in reversed(ledger.shown):
            try:
                row = self.catalog.row_of(item)
            except KeyError:  # the catalogue was replaced since
                continue
            if mask[row] and item not in gone:
                found.append(row)
        return tuple(self.catalog.at(found[:most]))

    def _loosen(self, situation: Situation) -> Question | None:
        """What each single release would add to a slate that came out too short."""
        here = int(np.count_nonzero(self.left(situation)))
        releases = self.certificate(situation).releases
        more = [Release(preferences=gone, count=count) for gone, count in releases if count > here]
        return self._which_may_go(more[:3])

    def _which_may_go(self, releases: Sequence[Release]) -> Question | None:
        schema = self.catalog.schema
        choices = tuple(
            Choice(
                label="without " + ", ".join(p.label(schema) for p in r.preferences),
                count=r.count,
                patch=LedgerPatch(drop=tuple(p.id for p in r.preferences)),
                aliases=tuple(p.label(schema) for p in r.preferences if len(r.preferences) == 1),
            )
            for r in releases
        )
        return Question(text="Which may go?", kind="relax", choices=choices) if choices else None
