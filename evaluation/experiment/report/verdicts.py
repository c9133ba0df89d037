"""What an experiment says, in plain sentences: what was compared, what leads, by how much, and what stays open."""

from __future__ import annotations

from collections.abc import Iterable

from core.values import Value
from evaluation.experiment.analysis import Analysis, Cell
from evaluation.experiment.analysis.glossary import COSTS, HONESTY, measure, said, said_change
from evaluation.experiment.analysis.pairs import Paired
from evaluation.experiment.episodes import UserKind
from evaluation.experiment.reading import Run
from evaluation.experiment.report.words import (
    ENDINGS,
    LEAST_SAID,
    SUCCEEDED,
    USERS,
    chance,
    change_span,
    counted,
    listed,
    span,
)
from simulation.protocol import EndReason

MOST_REASONS = 5


class Verdict(Value):
    """What one kind of user says."""

    user: UserKind
    measure: str
    leaders: tuple[str, ...]
    """The system with the best mean, then those that cannot be told apart from it."""
    undecided: bool
    """Whether no system can be told apart from the best."""
    standing: str
    """Every system with its value, the best first."""
    sentences: tuple[str, ...]
    why: tuple[str, ...]


def compared(run: Run) -> list[str]:
    """What was compared, on whom and on what."""
    about = run.manifest
    size = f" ({about.items:,} items)" if about.items else ""
    people = len({e.member for e in run.episodes})
    kinds = listed([f"{user} users ({USERS[user]})" for user in run.users])
    served = (
        f"{counted(len(run.systems), 'system')} served the same {counted(people, 'person', 'people')} over the "
        f"catalogue {about.catalog or '(not named)'}{size}, played as {kinds or 'nobody yet'}."
    )
    much = (
        f"{counted(len(run.episodes), 'dialogue')}, {counted(about.trials, 'trial')} each, at most "
        f"{counted(about.turns, 'turn')}, seed {about.seed}."
    )
    told = [served, much]
    if not run.complete:
        told.append(
            f"The run is not finished: {len(run.episodes):,} of {about.jobs:,} dialogues are here. The figures "
            "are of these alone and may change."
        )
    return told


def headline(verdicts: Iterable[Verdict]) -> list[str]:
    """One short sentence a group of kinds of user that agree on who leads."""
    groups: dict[frozenset[str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault(frozenset(verdict.leaders), []).append(verdict)
    return [_leads(group) for group in groups.values()]


def verdicts(analysis: Analysis) -> list[Verdict]:
    """One verdict for each kind of user that scores something."""
    return [_verdict(analysis, user, name) for user, name in analysis.leading.items()]


def ranked(analysis: Analysis, user: UserKind, name: str) -> list[Cell]:
    """The systems that score the measure, the best mean first."""
    way = -1 if measure(name).better == "less" else 1
    held = [c for c in analysis.of(user) if name in c.figures]
    return sorted(held, key=lambda c: way * c.figures[name].value, reverse=True)


def against(analysis: Analysis, user: UserKind, name: str, best: str) -> dict[str, Paired]:
    """The differences of one system to every other, by the other's name."""
    seen = [p if p.first == best else p.turned() for p in analysis.between(user, name) if best in {p.first, p.second}]
    return {p.second: p for p in seen}


def leaders(analysis: Analysis, user: UserKind, name: str) -> tuple[str, ...]:
    """The system with the best mean and those that cannot be told apart from it."""
    order = ranked(analysis, user, name)
    if not order:
        return ()
    found = against(analysis, user, name, order[0].system)
    level = [c.system for c in order[1:] if c.system in found and not found[c.system].real]
    return (order[0].system, *level)


def _leads(group: list[Verdict]) -> str:
    systems, with_whom = group[0].leaders, f"With {listed([v.user for v in group])} users"
    if group[0].undecided:
        return f"{with_whom}, no system can be told apart from the best."
    if len(systems) == 1:
        return f"{with_whom}, {systems[0]} leads."
    return f"{with_whom}, {listed(systems)} lead; none of them can be told apart from the best."


def _verdict(analysis: Analysis, user: UserKind, name: str) -> Verdict:
    order = ranked(analysis, user, name)
    best = order[0]
    found = against(analysis, user, name, best.system)
    others = [found[c.system] for c in order[1:] if c.system in found]
    told = [_best(best, name)]
    if real := [p for p in others if p.real]:
        told.append(_ahead(real, name))
    level = [p for p in others if not p.real]
    if level:
        told.append(_level(best.system, level, name))
    if len(order) == 1:
        told.append("No other system was played, so there is nothing to compare it with.")
    return Verdict(
        user=user,
        measure=name,
        leaders=(best.system, *(p.second for p in level)),
        undecided=len(order) > 1 and len(level) == len(order) - 1,
        standing=" · ".join(f"{c.system} {said(c.figures[name].value, name)}" for c in order),
        sentences=tuple(told),
        why=(*_reasons(analysis, user, name, best.system, others), *_lost(best)),
    )


def _best(best: Cell, name: str) -> str:
    figure = best.figures[name]
    value, within = said(figure.value, name), span(figure, name)
    if name == "success":
        return (
            f"{best.system} has the highest share of people who {SUCCEEDED[best.user]}: {value} of {figure.n:,} "
            f"(95 % interval {within})."
        )
    return (
        f"{best.system} has the best {measure(name).label}: {value} over {figure.n:,} people (95 % interval {within})."
    )


def _ahead(real: list[Paired], name: str) -> str:
    each = [f"{said_change(p.difference.value, name)} on {p.second} ({change_span(p.difference, name)})" for p in real]
    least = max(p.holm for p in real)
    return (
        f"On the same people it is ahead: {'; '.join(each)}. "
        f"{'This difference is' if len(real) == 1 else 'These differences are'} real ({chance(least)}"
        f"{' or less' if len(real) > 1 and least > LEAST_SAID else ''}, corrected for the number of pairs)."
    )


def _level(best: str, level: list[Paired], name: str) -> str:
    each = [
        f"{p.second} ({said_change(p.difference.value, name)}, {change_span(p.difference, name)}, {chance(p.holm)})"
        for p in level
    ]
    return f"{best} cannot be told apart from {listed(each)}."


def _reasons(analysis: Analysis, user: UserKind, name: str, best: str, others: list[Paired]) -> list[str]:
    """For each other system: what else differs for real."""
    means = {c.system: c.figures for c in analysis.of(user)}
    skipped = {name, *HONESTY, *COSTS}
    found = []
    for other in others:
        real = [
            p
            for p in analysis.pairs
            if p.user == user
            and p.real
            and {p.first, p.second} == {best, other.second}
            and _telling(p.measure, skipped)
        ]
        parts = [
            f"{measure(p.measure).label} {said(means[best][p.measure].value, p.measure)} against "
            f"{said(means[other.second][p.measure].value, p.measure)}"
            for p in real[:MOST_REASONS]
        ]
        if parts:
            found.append(f"{best} against {other.second}: {'; '.join(parts)}.")
        elif not other.real:
            found.append(f"{best} against {other.second}: no other measure differs for real either.")
    return found


def _telling(name: str, skipped: set[str]) -> bool:
    return name not in skipped and "_at/" not in name


def _lost(best: Cell) -> list[str]:
    """How the dialogues of the leading system ended that did not end well, choice and fault apart."""
    rest = [(r, n) for r, n in best.endings.items() if r is not EndReason.accepted]
    if not rest:
        return []
    each = [f"{100 * n / best.episodes:.1f} % {ENDINGS[r]}" for r, n in rest]
    return [f"Where people did not take an item from {best.system}: {listed(each)}."]
