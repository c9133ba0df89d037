"""The commands of `simulate`, run as a person runs them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ui.cli import app

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def simulate(tastemaker: Run, demo_home: Path) -> Run:
    """`tastemaker simulate …` over the demo catalogues."""
    return lambda *arguments: tastemaker(
        "simulate", *arguments, TASTEMAKER_HOME=str(demo_home), TASTEMAKER_EMBEDDER="minilm", TASTEMAKER_CATALOG="books"
    )


@pytest.mark.parametrize("name", ["population", "run", "report", "compare", "replay", "honesty", "export"])
def test_help_shows_examples(name: str) -> None:
    shown = CliRunner().invoke(app, ["simulate", name, "-h"])
    assert shown.exit_code == 0
    assert "Examples:" in shown.output


def test_from_a_population_to_a_report(simulate: Run, tmp_path: Path) -> None:
    people, first, second = tmp_path / "people.jsonl", tmp_path / "first", tmp_path / "second"
    made = simulate("population", "-c", "books", "--users", "3", "--out", str(people))
    assert made.returncode == 0, made.stderr
    shared = ["-c", "books", "--users", "3", "--population", str(people), "--turns", "3", "--workers", "1"]
    for folder, more in ((first, []), (second, ["--controller", "random"])):
        chosen = more or ["--controller", "popularity", "--controller", "random"]
        ran = simulate("run", *shared, *chosen, "--out", str(folder))
        assert ran.returncode == 0, ran.stderr
        assert "0 s left" in ran.stderr
    told = simulate("report", str(first), "--json", str(tmp_path / "figures.json"))
    assert told.returncode == 0, told.stderr
    assert "<html" in (first / "report.html").read_text(encoding="utf-8")
    metrics = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["metrics"]
    assert metrics["agenda/random/success"].keys() >= {"value", "low", "high", "n"}
    paired = simulate("compare", str(first), str(second), "--json", str(tmp_path / "changes.json"))
    assert paired.returncode == 0, paired.stderr
    assert json.loads((tmp_path / "changes.json").read_text(encoding="utf-8"))["paired"] == 3


def test_another_experiment_in_the_folder_is_refused(simulate: Run, tmp_path: Path) -> None:
    one = [
        "run",
        "-c",
        "books",
        "--users",
        "2",
        "--controller",
        "random",
        "--turns",
        "2",
        "--out",
        str(tmp_path / "r"),
    ]
    assert simulate(*one).returncode == 0
    again = simulate(*one, "--seed", "9")
    assert again.returncode == 2
    assert "seed was 0, is 9" in again.stderr


def test_a_system_that_there_is_not_is_named(simulate: Run, tmp_path: Path) -> None:
    shown = simulate("run", "-c", "books", "--controller", "magic", "--out", str(tmp_path / "r"))
    assert shown.returncode == 2
    assert "magic" in shown.stderr
