"""Results: one record a dialogue, and the figures over many of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from core.turn import Usage
from core.values import Value
from evaluation.grading import Grade
from evaluation.metrics import Figure, mean, pass_hat

KS = (1, 2, 4, 8)
"""The k of pass^k that are reported, where there are trials enough."""


class Line(Value):
    """Something said in a dialogue."""

    who: str
    """person or agent."""
    said: str
    note: str = ""
    """What else happened in the turn: what was shown, what was asked."""


class Search(Value):
    """What it took until something right was shown for the first time."""

    turn: int | None = None
    """The turn, from 1; None: nothing right was shown."""
    questions: int = 0
    """Questions asked before it; all of them when nothing right was shown."""
    wrong: int = 0
    """Items shown before it."""


class Result(Value):
    """One dialogue: a task played once."""

    system: str
    """Who answered: a controller or a baseline."""
    task: str
    trial: int
    seed: int
    complexity: str = ""
    reveal: str = ""
    nothing_fits: bool = False
    wanted: tuple[str, ...] = ()
    """The task's constraints, in words, each with when it is told."""
    ending: str = ""
    grade: Grade
    search: Search = Search()
    usage: Usage = Usage()
    lines: tuple[Line, ...] = ()


def figures(results: Sequence[Result], seed: int = 0) -> dict[str, Figure]:
    """The figures of one system by name; intervals are drawn over tasks, each task its mean over trials."""
    groups = by_task(results)
    named: dict[str, Figure] = {}
    for k in KS:
        figure = pass_hat([[r.grade.reward for r in trials] for trials in groups], k, seed)
        if figure is not None:
            named[f"pass^{k}"] = figure
    averaged: dict[str, Callable[[Result], float]] = {
        "right_end": lambda r: r.grade.right,
        "no_rule_broken": lambda r: not r.grade.breaches,
        "turns": lambda r: r.grade.turns,
        "questions": lambda r: r.grade.questions,
        "shown": lambda r: r.grade.shown,
        "found": lambda r: r.search.turn is not None,
        "questions_before_found": lambda r: r.search.questions,
        "wrong_before_found": lambda r: r.search.wrong,
        "model_calls": lambda r: r.usage.calls,
        "tokens": lambda r: r.usage.tokens_in + r.usage.tokens_out,
    }
    named |= {name: _over_tasks(groups, what, seed) for name, what in averaged.items()}
    for rule in sorted({b.rule for r in results for b in r.grade.breaches}):
        named[f"broken/{rule}"] = _over_tasks(groups, _breaks(rule), seed)
    return named | _parts(results, seed)


def _parts(results: Sequence[Result], seed: int) -> dict[str, Figure]:
    """pass^1 for each complexity and each way of telling."""
    named = {}
    kinds: dict[str, Callable[[Result], str]] = {"complexity": lambda r: r.complexity, "reveal": lambda r: r.reveal}
    for name, key in kinds.items():
        for value in sorted({key(r) for r in results} - {""}):
            part = by_task([r for r in results if key(r) == value])
            named[f"pass^1/{name}/{value}"] = _over_tasks(part, lambda r: r.grade.reward, seed)
    return named


def by_task(results: Iterable[Result]) -> list[list[Result]]:
    """The trials of each task, tasks and trials in order."""
    groups: dict[str, list[Result]] = {}
    for result in sorted(results, key=lambda r: (r.task, r.trial)):
        groups.setdefault(result.task, []).append(result)
    return list(groups.values())


def _over_tasks(groups: Sequence[Sequence[Result]], what: Callable[[Result], float], seed: int) -> Figure:
    return mean([sum(what(r) for r in trials) / len(trials) for trials in groups], seed)


def _breaks(rule: str) -> Callable[[Result], float]:
    return lambda result: any(b.rule == rule for b in result.grade.breaches)
