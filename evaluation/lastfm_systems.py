"""The systems that are compared on LastFM*: the product's policy and the plain ones of the literature."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np

from tools.elicitation.ask_or_show import Ask, Policy, Show
from tools.elicitation.belief import Belief

SLATE = 10
Prior = Literal["taste", "uniform", "popularity"]


class Decides(Protocol):
    """Whatever can choose between asking and showing."""

    def decide(self, belief: Belief, turns_left: int, asked: Collection[int] = ()) -> Ask | Show | None:
        """The next action; None gives up."""
        ...


@dataclass(frozen=True)
class System:
    """One row of the table."""

    name: str
    policy: Decides
    prior: Prior = "taste"
    hears_no: bool = True
    """Whether a no to a question tells anything; in the published environments it does not."""
    spread: float = 0.0
    """How much weight those like a refused slate lose."""
    wrong: float = 0.0
    """Share of answers that are the wrong way round; the belief knows it."""
    told_lies: bool = False
    """Control: the answers are those for the target of another session."""


@dataclass(frozen=True)
class ShowAlways:
    """Shows the likeliest, never asks."""

    def decide(self, belief: Belief, turns_left: int, asked: Collection[int] = ()) -> Show | None:  # noqa: ARG002
        """The next slate."""
        return Show(belief.rows[:SLATE], 0.0) if len(belief) and turns_left else None


@dataclass(frozen=True)
class AskThenShow:
    """Asks until few candidates are left: the question with the highest gain, or any that splits them."""

    chance: np.random.Generator
    question: Literal["best", "any"] = "best"
    lottery: bool = False
    """Shows with probability slate / candidates, as in Lei et al. 2020, instead of at slate size."""

    def decide(self, belief: Belief, turns_left: int, asked: Collection[int] = ()) -> Ask | Show | None:
        """A question while there is one and there are many; then a slate."""
        if not len(belief):
            return None
        gains = belief.gains.copy()
        gains[list(asked)] = 0.0
        few = len(belief) <= SLATE or (self.lottery and self.chance.random() < SLATE / len(belief))
        if few or turns_left <= 1 or not gains.any():
            return Show(belief.rows[:SLATE], 0.0)
        best = np.argmax(gains) if self.question == "best" else self.chance.choice(np.flatnonzero(gains))
        return Ask(int(best), 0.0)


@dataclass(frozen=True)
class Knobs:
    """What is fitted on sessions made of the history."""

    bits_per_question: float = 0.8
    spread: float = 0.0
    tried: dict[str, float] = field(default_factory=dict)
    """Average turn of each setting that was tried."""


def systems(knobs: Knobs, seed: int) -> list[System]:
    """The rows of the table, the product's own first."""
    look_ahead = Policy(slate=SLATE, bits_per_question=knobs.bits_per_question)
    main = System("look-ahead", look_ahead, spread=knobs.spread)
    chance = np.random.default_rng([seed, 4])
    return [
        main,
        System("look-ahead, no taste", look_ahead, "uniform"),
        replace(main, name="look-ahead, 5 % wrong answers", wrong=0.05),
        System("max entropy", AskThenShow(chance), "uniform"),
        System("max entropy, taste", AskThenShow(chance)),
        System("max entropy, deaf to no", AskThenShow(chance, lottery=True), "uniform", hears_no=False),
        System("show always, taste", ShowAlways()),
        System("show always, popular", ShowAlways(), "popularity"),
        System("show always, random", ShowAlways(), "uniform"),
        System("random question", AskThenShow(chance, "any"), "uniform"),
        replace(main, name="control: another's answers", told_lies=True),
    ]


def settings_to_try() -> Sequence[Knobs]:
    """The grid over which knobs are fitted."""
    return [Knobs(bits, spread) for spread in (0.0, 1.0) for bits in (0.6, 0.7, 0.8, 0.9, 1.0)]
