"""LastFM*: find one item in 15 turns, each of which asks about one attribute or shows ten items.

The protocol of EAR, SCPR and UNICORN (Lei et al. 2020; Deng et al., SIGIR 2021): the person opens with a random
attribute of the target, says yes to exactly its attributes, and takes exactly the target. SR@T is the share found by
turn T, AT the average turn with 15 for a miss, hDCG(15,10) discounts turn and place. Turns are the system's; the
opening is none of them, or, in the figures that say so, the first of the 15.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from evaluation.lastfm_data import Session, StarData
from evaluation.lastfm_systems import Knobs, System, settings_to_try, systems
from evaluation.lastfm_taste import Taste, left_out, open_to
from evaluation.metrics import Figure, mean
from tools.elicitation.ask_or_show import Show
from tools.elicitation.belief import Belief, Floats

if TYPE_CHECKING:
    from rich.table import Table

TURNS = 15
FITTING_SESSIONS = 2_500
TRIAL_SESSIONS = 400
Advance = Callable[[], None]


class Outcome(NamedTuple):
    """How a session ended."""

    turn: int | None
    """The turn in which the target was shown; None: never."""
    place: int = 0
    """Its place on the slate, from 1."""
    asked: int = 0


class Fitted(NamedTuple):
    """Taste and knobs, fitted on the history."""

    taste: Taste
    knobs: Knobs


def play(
    session: Session, system: System, belief: Belief, answers: frozenset[int], chance: np.random.Generator | None = None
) -> Outcome:
    """One session from the opening on; `answers` are the attributes the person says yes to.

    `chance` turns the share `system.wrong` of the answers round; without it all are right.
    """
    asked = {session.opening}
    wrong = system.wrong if chance is not None else 0.0
    belief = replace(belief, noise=wrong)
    for turn in range(1, TURNS + 1):
        action = system.policy.decide(belief, TURNS - turn + 1, asked)
        if action is None:
            break
        if isinstance(action, Show):
            at = np.flatnonzero(action.rows == session.target)
            if len(at):
                return Outcome(turn, int(at[0]) + 1, len(asked) - 1)
            likeness = belief.likeness_to(action.rows) if system.spread else None
            belief = belief.refuse(action.rows, likeness, system.spread)
            continue
        asked.add(action.attribute)
        yes = action.attribute in answers
        if chance is not None and wrong and chance.random() < wrong:
            yes = not yes
        if yes or system.hears_no:
            belief = belief.answer(action.attribute, yes=yes)
    return Outcome(None, asked=len(asked) - 1)


def hdcg(outcome: Outcome) -> float:
    """Hierarchical discounted gain of the one hit at (turn, place) (Deng et al. 2021, eq. 13)."""
    if outcome.turn is None:
        return 0.0
    here, after = 1 / math.log2(outcome.turn + 1), 1 / math.log2(outcome.turn + 2)
    return after + (here - after) / math.log2(outcome.place + 1)


def measures(outcomes: Sequence[Sequence[Outcome]], seed: int = 0) -> dict[str, Figure]:
    """Figures of one system; `outcomes` holds the openings of each session, and intervals are drawn over sessions."""
    named: dict[str, Callable[[Outcome], float]] = {
        "SR@5": lambda o: _by(o, 5),
        "SR@10": lambda o: _by(o, 10),
        "SR@15": lambda o: _by(o, 15),
        "AT": lambda o: min(o.turn or TURNS, TURNS),
        "hDCG(15,10)": hdcg,
        "SR@15, opening counted": lambda o: _by(o, 14),
        "AT, opening counted": lambda o: min((o.turn or TURNS) + 1, TURNS),
        "questions": lambda o: o.asked,
    }
    return {
        name: mean([sum(map(what, openings)) / len(openings) for openings in outcomes], seed)
        for name, what in named.items()
    }


def fitting_steps(known: Sequence[Session] | None = None) -> int:
    """How often `fit` calls `advance`, at most."""
    return len(known or range(FITTING_SESSIONS)) + TRIAL_SESSIONS * len(settings_to_try())


def fit(data: StarData, seed: int, advance: Advance, known: Sequence[Session] | None = None) -> Fitted:
    """Fit taste on left-out items of the history (or on `known` sessions), then the knobs on further left-out items."""
    made = left_out(data, FITTING_SESSIONS + TRIAL_SESSIONS, seed)
    trial = made[FITTING_SESSIONS:] or made
    taste = Taste(data).fit(known or made[:FITTING_SESSIONS], advance, leave_out=known is None)
    opened = []
    for session in trial:
        rows = open_to(data, session.user, session.opening, keep=session.target)
        opened.append(Belief.of(rows, taste.scores(session.user, rows, session.target), data.members(rows)))
    tried = {}
    grid = settings_to_try()
    for knobs in grid:
        system = systems(knobs, seed)[0]
        turns = []
        for session, belief in zip(trial, opened, strict=True):
            turns.append(play(session, system, belief, _attributes(data, session)).turn or TURNS)
            advance()
        tried[f"{knobs.bits_per_question} bits, spread {knobs.spread}"] = round(float(np.mean(turns)), 3)
    best = grid[int(np.argmin(list(tried.values())))]
    return Fitted(taste, Knobs(best.bits_per_question, best.spread, tried))


def run(
    data: StarData,
    taste: Taste,
    rows: Sequence[System],
    parts: Sequence[Sequence[Session]],
    seed: int,
    advance: Advance,
    *,
    seen: bool = False,
) -> dict[str, list[list[Outcome]]]:
    """Outcomes by system, session and opening; `parts` holds the same sessions once for each opening."""
    chance = np.random.default_rng([seed, 5])
    popularity = np.log1p(np.asarray(data.taken.sum(axis=0)).ravel())
    ended: dict[str, list[list[Outcome]]] = {system.name: [] for system in rows}
    for openings in zip(*parts, strict=True):
        per = [_begin(data, taste, popularity, session, chance, seen=seen) for session in openings]
        other = _attributes(data, parts[0][int(chance.integers(len(parts[0])))])
        for system in rows:
            ended[system.name].append(
                [
                    play(s, system, beliefs[system.prior], other if system.told_lies else _attributes(data, s), chance)
                    for s, beliefs in zip(openings, per, strict=True)
                ]
            )
        advance()
    return ended


def table(figures: Mapping[str, Mapping[str, Figure]], title: str) -> Table:
    """One row a system, with intervals for the measures that are compared."""
    from rich.table import Table

    drawn = Table(title=title, title_justify="left")
    columns = ("SR@15", "AT", "SR@5", "hDCG(15,10)", "AT, opening counted", "questions")
    for name in ("system", *columns):
        drawn.add_column(
            name, justify="left" if name == "system" else "right", no_wrap=name in {"system", "SR@15", "AT"}
        )
    for system, held in figures.items():
        wide, narrow = [held[n] for n in columns[:2]], [held[n] for n in columns[2:]]
        drawn.add_row(system, *map(_spread, wide), *(f"{figure.value:.3f}" for figure in narrow))
    return drawn


def _spread(figure: Figure) -> str:
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _by(outcome: Outcome, turn: int) -> float:
    return float(outcome.turn is not None and outcome.turn <= turn)


def _attributes(data: StarData, session: Session) -> frozenset[int]:
    return frozenset(data.attributes_of(session.target).tolist())


def _begin(
    data: StarData, taste: Taste, popularity: Floats, session: Session, chance: np.random.Generator, *, seen: bool
) -> dict[str, Belief]:
    """The belief after the opening, for each prior; ties fall at random."""
    rows = chance.permutation(open_to(data, session.user, session.opening, seen=seen))
    members = data.members(rows)
    scores = {
        "taste": taste.scores(session.user, rows),
        "uniform": np.zeros(len(rows)),
        "popularity": popularity[rows],
    }
    return {name: Belief.of(rows, scored, members) for name, scored in scores.items()}
