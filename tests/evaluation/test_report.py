"""Figures over results, and pages that say what went wrong."""

from __future__ import annotations

import json
from pathlib import Path

from evaluation.grading import Breach, Grade
from evaluation.report import as_metrics, page, write_out
from evaluation.results import Line, Result, figures


def result(task: str, trial: int, *, reward: bool, system: str = "rules", **more: object) -> Result:
    grade = Grade(reward=reward, right=reward, turns=3, questions=1, shown=1, **more)
    kind = {"complexity": "simple" if task == "a" else "complex", "reveal": "hidden"}
    return Result(system=system, task=task, trial=trial, seed=0, grade=grade, ending="accepted", **kind)


SEEN = Breach(rule="not_seen", turn=2, item="x", said="X: seen before")
RESULTS = [
    result("a", 1, reward=True),
    result("a", 2, reward=True),
    result("b", 1, reward=True),
    result("b", 2, reward=False, breaches=(SEEN, SEEN)),
]


def test_figures_are_means_over_tasks() -> None:
    held = figures(RESULTS)
    assert (held["pass^1"].value, held["pass^1"].n) == (0.75, 2)
    assert held["pass^2"].value == 0.5
    assert "pass^4" not in held
    assert held["pass^1/complexity/simple"].value == 1.0
    assert held["pass^1/complexity/complex"].value == 0.5
    assert held["turns"].value == 3


def test_a_broken_rule_counts_once_a_dialogue() -> None:
    assert figures(RESULTS)["broken/not_seen"].value == 0.25
    assert figures(RESULTS)["no_rule_broken"].value == 0.75


def test_the_order_of_results_does_not_matter() -> None:
    assert figures(RESULTS) == figures(RESULTS[::-1])


def test_metrics_carry_intervals_and_the_names_of_other_systems() -> None:
    measured = {"rules": figures(RESULTS), "random": figures([result("a", 1, reward=False, system="random")])}
    body = as_metrics(measured, "rules", seed=0, command="tastemaker evaluate")
    assert set(body["metrics"]["pass^1"]) == {"value", "low", "high", "n"}
    assert body["metrics"]["random/pass^1"]["value"] == 0.0
    assert (body["seed"], body["command"]) == (0, "tastemaker evaluate")


def test_failures_are_written_one_page_each(tmp_path: Path) -> None:
    other = result("a", 1, reward=False, system="random")
    assert write_out(tmp_path, [*RESULTS, other], "rules") == 1
    assert [p.name for p in (tmp_path / "failures").iterdir()] == ["b-2.txt"]
    lines = (tmp_path / "results.jsonl").read_text().splitlines()
    assert [Result.model_validate(json.loads(line)) for line in lines] == [*RESULTS, other]


def test_a_page_reads_as_a_dialogue_with_what_went_wrong_on_top() -> None:
    failed = RESULTS[-1].model_copy(
        update={
            "wanted": ("price at most 6 (hidden)",),
            "grade": RESULTS[-1].grade.model_copy(update={"final": "x", "failed": ("price at most 6",)}),
            "lines": (Line(who="person", said="Hi"), Line(who="agent", said="X?", note="shows X (x)")),
        }
    )
    assert page(failed).splitlines() == [
        "b, trial 2 (complex, hidden), ended: accepted",
        "",
        "Wanted:",
        "  price at most 6 (hidden)",
        "",
        "Wrong:",
        "  turn 2: not_seen: X: seen before",
        "  turn 2: not_seen: X: seen before",
        "  the last item shown, x, breaks: price at most 6",
        "",
        "person:  Hi",
        "agent:   X?",
        "         [shows X (x)]",
        "",
        "3 turns, 1 questions, 1 items shown",
    ]
