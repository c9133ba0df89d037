"""Ask or recommend: a question is asked first when what it is expected to save is more than it costs.

Asking about a field saves a wrong recommendation when the person has an unspoken requirement there, the best items
break it, and they can answer. It costs patience, and the more so the longer the run of questions (decision theory:
expected value of sample information, Raiffa & Schlaifer 1961).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tools.elicitation.hidden import FieldBelief, Hidden, Suspect

Strategy = Literal["expected_value", "never", "always_first", "random", "entropy"]


@dataclass(frozen=True)
class Stakes:
    """What a wrong recommendation and a question cost, in the same unit."""

    wrong: float = 1.0
    """A recommendation they cannot take."""
    question: float = 0.16
    """The first question in a row."""
    growth: float = 0.35
    """By what share each further question in a row costs more."""

    def cost(self, in_a_row: int) -> float:
        """What one more question costs after `in_a_row` of them."""
        return self.question * (1 + self.growth * in_a_row)


@dataclass(frozen=True)
class AskFirst:
    """A field worth asking about before anything is shown."""

    field: str
    value: float
    """Expected saving less the cost."""


def ask_first(
    hidden: Hidden, best: int, stakes: Stakes, in_a_row: int, closed: Collection[str] = ()
) -> AskFirst | None:
    """The field whose question is worth most when the first `best` rows would be shown; None when none is."""
    worth = [
        AskFirst(b.spec.name, b.spec.answerable * stakes.wrong * saved(b, best) - stakes.cost(in_a_row))
        for b in hidden.fields
        if b.spec.name not in closed
    ]
    chosen = max(worth, key=lambda w: w.value, default=None)
    return chosen if chosen is not None and chosen.value > 0 else None


def saved(belief: FieldBelief, best: int) -> float:
    """Probability that something hidden in the field is broken by every one of the first `best` rows."""
    all_break = belief.breaks[:, :best].all(axis=1)
    return float(belief.probabilities @ all_break) if best and belief.breaks.shape[1] else 0.0


def hypothesis(
    hidden: Hidden, least: float = 0.5, explained: float = 2.0, closed: Collection[str] = ()
) -> Suspect | None:
    """The requirement strong enough to be asked about outright: likely, and accounting for several items passed on.

    Requirements that account equally well share their probability; the one that leaves most of the rows stands for
    them. What is missing from all that was passed on may be any of many values, so that one of them must itself be
    likely; and what the schema calls a matter of taste is learnt, not asked about.
    """
    found: list[tuple[float, Suspect]] = []
    for belief in hidden.fields:
        if belief.spec.name in closed or belief.spec.strength == "soft" or belief.cares < least or belief.best is None:
            continue
        top = belief.probabilities >= belief.probabilities.max() * 0.999
        kept = (~belief.breaks).mean(axis=1)
        place = int(np.argmax(np.where(top, kept, -1.0)))
        chosen, likely = belief.preferences[place], float(belief.probabilities[place])
        if chosen.op == "any_of" and chosen.polarity == "want" and likely < least:
            continue
        if belief.explained[place] >= explained - 1e-9:
            found.append(
                (
                    belief.cares,
                    Suspect(chosen, likely, float(belief.explained[place])),
                )
            )
    return max(found, key=lambda f: f[0])[1] if found else None
