"""Ask or show: the action after which the one looked for is expected to be found soonest.

One step of look-ahead over the best questions and the best slate. What remains after a step is valued by the best plan
of the form "ask k more questions, then show slates until found", where a question divides a candidate's rank by
2^bits_per_question. With k = 0 this is the expected position under ranked search; the entropy heuristics of the
literature (e.g. generalised binary search) are the case of many questions and a flat belief.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tools.elicitation.belief import Belief, Flags, Floats, Ints

MOST_QUESTIONS = 12
"""Plans with more questions in a row than this are not weighed."""


@dataclass(frozen=True)
class Ask:
    """Ask whether the one looked for holds an attribute."""

    attribute: int
    cost: float
    """Expected turns until found, this one included."""


@dataclass(frozen=True)
class Show:
    """Show catalogue rows, likeliest first."""

    rows: Ints
    cost: float
    """Expected turns until found, this one included."""


@dataclass(frozen=True)
class Policy:
    """The knobs of the choice; fitted where sessions can be played, sensible where they cannot."""

    slate: int = 10
    """Items shown at once."""
    bits_per_question: float = 0.8
    """What a later question is expected to bring, in bits, at most 1."""
    shortlist: int = 24
    """Questions weighed in full: those with the highest information gain."""
    question_cost: float = 1.0
    """What a question costs the person, in shown slates."""
    miss_cost: float = 1.0
    """Turns counted on top when the time runs out."""

    def decide(self, belief: Belief, turns_left: int, asked: Collection[int] = ()) -> Ask | Show | None:
        """The best action with `turns_left` turns to go, this one included; None when there is nothing to show.

        `asked` are attribute codes never to be asked (again).
        """
        if not len(belief):
            return None
        show = Show(belief.rows[: self.slate], self._show_cost(belief, turns_left))
        if turns_left <= 1 or len(belief) <= self.slate:
            return show
        ask = self._best_question(belief, turns_left, asked)
        return ask if ask is not None and ask.cost < show.cost else show

    def value(self, belief: Belief, turns_left: int) -> float:
        """Expected turns until found, by the best plan "k questions, then slates"."""
        table = _table(self, turns_left, len(belief))
        return float((table @ belief.weights).min()) if len(belief) else 0.0

    def _show_cost(self, belief: Belief, turns_left: int) -> float:
        rest = belief.weights[self.slate :]
        return 1.0 + float((_table(self, turns_left - 1, len(rest)) @ rest).min()) if len(rest) else 1.0

    def _best_question(self, belief: Belief, turns_left: int, asked: Collection[int]) -> Ask | None:
        gains = belief.gains.copy()
        gains[list(asked)] = 0.0
        count = min(self.shortlist, len(gains))
        best = np.argpartition(-gains, count - 1)[:count]
        best = np.sort(best[gains[best] > 0])
        if not len(best):
            return None
        holds = belief.members.columns(best)
        table = _table(self, turns_left - 1, len(belief))
        costs = self.question_cost + _branch(belief, holds, table) + _branch(belief, ~holds, table)
        first = int(np.argmin(costs))
        return Ask(int(best[first]), float(costs[first]))


def _branch(belief: Belief, agrees: Flags, table: Floats) -> Floats:
    """(questions,) probability × value of the branch in which the candidates of each column agree with the answer."""
    if belief.noise:
        return _noisy_branch(belief, agrees, table)
    ranks = np.cumsum(agrees, axis=0) - 1
    mass = belief.weights[:, None] * agrees
    costs: Floats = np.min([(row[ranks] * mass).sum(axis=0) for row in table], axis=0)
    return costs


def _noisy_branch(belief: Belief, agrees: Flags, table: Floats) -> Floats:
    mass = belief.weights[:, None] * np.where(agrees, 1 - belief.noise, belief.noise)
    ordered = -np.sort(-mass, axis=0)
    costs: Floats = (table @ ordered).min(axis=0)
    return costs


@lru_cache(maxsize=256)
def _ceilings(slate: int, bits: float, question_cost: float, miss_cost: float, turns: int, count: int) -> Floats:
    questions = np.arange(min(MOST_QUESTIONS, max(turns - 1, 0)) + 1)[:, None]
    ranks = np.arange(1, count + 1)[None, :]
    slates = np.ceil(ranks / (slate * 2.0 ** (bits * questions)))
    spent = questions * question_cost + slates
    return np.where(questions + slates <= turns, spent, turns + miss_cost)


def _table(policy: Policy, turns: int, count: int) -> Floats:
    """(plans, candidates): turns until the candidate at each rank is found, by plans of 0, 1, 2, … questions.

    Stops at the first plan that brings every candidate onto one slate: more questions cannot help it.
    """
    enough = math.ceil(math.log2(max(count / policy.slate, 1.0)) / policy.bits_per_question)
    size = 1 << max(count - 1, 1).bit_length()
    whole = _ceilings(
        policy.slate, policy.bits_per_question, policy.question_cost, policy.miss_cost, max(turns, 0), size
    )
    return whole[: enough + 1, :count]
