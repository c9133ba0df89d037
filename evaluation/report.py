"""The report of a run: a table for people, JSON for scripts, and a readable page for every failure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evaluation.metrics import Figure
from evaluation.results import KS, Result

if TYPE_CHECKING:
    from rich.table import Table

Figures = Mapping[str, Figure]


def as_metrics(figures: Mapping[str, Figures], main: str, **about: object) -> dict[str, Any]:
    """The shared convention: {"metrics": {NAME: {value, low, high, n}}, …}; other systems' names follow theirs."""
    named = {
        (name if system == main else f"{system}/{name}"): figure.model_dump()
        for system, held in figures.items()
        for name, figure in held.items()
    }
    return {"metrics": named, **about}


def systems_table(figures: Mapping[str, Figures], title: str) -> Table:
    """One column a system: pass^k with intervals, right ends, rules kept, turns, questions, items shown."""
    from rich.table import Table

    shares = [n for k in KS if any((n := f"pass^{k}") in held for held in figures.values())]
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for system in figures:
        table.add_column(system, justify="right")
    for name in [*shares, "right_end", "no_rule_broken"]:
        table.add_row(name.replace("_", " "), *(_share(held.get(name)) for held in figures.values()))
    for name in ("turns", "questions", "shown"):
        table.add_row(name, *(f"{held[name].value:.1f}" for held in figures.values()))
    return table


def asking_table(figures: Mapping[str, Figures], title: str) -> Table:
    """One row a way of asking: what it takes until something right is shown, each with its interval."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    columns = ("found", "questions_before_found", "wrong_before_found", "turns", "pass^1")
    for name in ("asking", *columns):
        table.add_column(name.replace("_", " "), justify="left" if name == "asking" else "right")
    for system, held in figures.items():
        table.add_row(system.replace("_", " "), *(_share(held.get(name)) for name in columns))
    return table


def parts_table(figures: Figures, results: Sequence[Result]) -> Table:
    """pass^1 by complexity and way of telling, and the rules broken by kind, of one system."""
    from rich.table import Table

    table = Table(title="By kind of task, and rules broken", title_justify="left")
    table.add_column("what")
    table.add_column("value", justify="right")
    table.add_column("tasks", justify="right")
    for name, figure in figures.items():
        if name.startswith("pass^1/"):
            table.add_row(name, _share(figure), str(figure.n))
    for name, figure in figures.items():
        if name.startswith("broken/"):
            count = sum(b.rule == name.removeprefix("broken/") for r in results for b in r.grade.breaches)
            table.add_row(f"{name} ({count} times)", _share(figure), str(figure.n))
    return table


def write_out(folder: Path, results: Sequence[Result], main: str) -> int:
    """results.jsonl with every dialogue, and a text file for each failure of the main system; returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    body = "".join(json.dumps(r.model_dump(mode="json"), ensure_ascii=False) + "\n" for r in results)
    (folder / "results.jsonl").write_text(body, encoding="utf-8")
    pages = folder / "failures"
    pages.mkdir(exist_ok=True)
    for old in pages.glob("*.txt"):
        old.unlink()
    failures = [r for r in results if r.system == main and not r.grade.reward]
    for result in failures:
        (pages / f"{result.task}-{result.trial}.txt").write_text(page(result), encoding="utf-8")
    return len(failures)


def page(result: Result) -> str:
    """A dialogue as a person would read it, with what went wrong on top."""
    grade = result.grade
    kind = ", ".join(filter(None, (result.complexity, result.reveal)))
    lines = [f"{result.task}, trial {result.trial} ({kind}), ended: {result.ending}", "", "Wanted:"]
    lines += [f"  {wish}" for wish in result.wanted] or ["  anything"]
    if result.nothing_fits:
        lines.append("  (nothing in the catalogue fits)")
    lines += ["", "Wrong:", *(f"  {line}" for line in wrongs(result)), ""]
    for line in result.lines:
        lines.append(f"{line.who + ':':<8} {line.said.replace(chr(10), chr(10) + ' ' * 9)}")
        if line.note:
            lines.append(f"{'':<9}[{line.note}]")
    return "\n".join([*lines, "", f"{grade.turns} turns, {grade.questions} questions, {grade.shown} items shown", ""])


def wrongs(result: Result) -> list[str]:
    """Why a dialogue is no success, one sentence each."""
    grade = result.grade
    found = [f"turn {b.turn}: {b.rule}: {b.said}" for b in grade.breaches]
    if grade.right:
        return found
    if result.nothing_fits:
        return [*found, "something was accepted" if grade.accepted else "the agent did not say that nothing fits"]
    if grade.final is None:
        return [*found, "nothing was shown"]
    return [*found, f"the last item shown, {grade.final}, breaks: {'; '.join(grade.failed)}"]


def _share(figure: Figure | None) -> str:
    return "" if figure is None else f"{figure.value:.3f} [{figure.low:.2f}\N{EN DASH}{figure.high:.2f}]"
