"""One table of several data sets: a catalogue of teas with texts beside a file of sequences without."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks import next_item_table
from core.errors import BadInput
from evaluation.next_item_fitting import RANKERS
from tests.tools.test_rankers import wheels
from tests.ui import teas

ALL = {"random", *RANKERS}


@pytest.fixture
def call(tmp_path: Path) -> list[str]:
    teas.build(tmp_path)
    (tmp_path / "wheels.txt").write_text(
        "".join(f"{u} {' '.join(map(str, items))}\n" for u, items in enumerate(wheels(60)))
    )
    data = ["--data", "Teas=teas", "--data", f"Wheels={tmp_path / 'wheels.txt'}"]
    without = [part for name in ("Teas", "Wheels") for part in ("--without", f"{name}=sequential")]
    return [*data, *without, "--without", "Wheels=als", "--home", str(tmp_path), "--work", str(tmp_path / "work")]


def printed(call: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr(sys, "argv", ["next_item_table", *call])
    next_item_table.main()
    return capsys.readouterr().out


def test_every_ranker_has_a_row_and_what_is_left_out_is_said(call, tmp_path, monkeypatch, capsys):
    figures = tmp_path / "figures.json"
    out = printed([*call, "--json", str(figures)], monkeypatch, capsys)
    sizes, accuracy, lists = out.strip().split("\n\n")
    assert "40 people; diversity is 1 - cosine of the items' text vectors" in sizes
    assert "60 people; diversity is 1 - cosine of who had the items in the fitting part" in sizes
    for table in (accuracy, lists):
        rows = {cells[1].strip(): cells[2:-1] for line in table.splitlines()[2:] if (cells := line.split("|"))}
        assert set(rows) == ALL
        half = len(rows["als"]) // 2
        assert [c.strip() == "left out" for c in rows["als"]] == [False] * half + [True] * half
        assert {c.strip() for c in rows["sequential"]} == {"left out"}
    held = json.loads(figures.read_text())
    assert {name.split("/")[1] for name in held["metrics"] if name.startswith("Wheels/")} == ALL - {"sequential", "als"}
    assert held["metrics"]["Teas/popularity/diversity@10"]["n"] == 40
    assert held["left_out"] == {
        "Teas": {"sequential": "as asked"},
        "Wheels": {"als": "as asked", "sequential": "as asked"},
    }
    assert str(tmp_path) not in figures.read_text()


def test_the_same_seed_gives_the_same_table(call, tmp_path, monkeypatch, capsys):
    first = printed([*call, "--count", "20"], monkeypatch, capsys)
    again = printed([*call[:-1], str(tmp_path / "other"), "--count", "20"], monkeypatch, capsys)
    assert first == again
    assert "20 people" in first


def test_a_data_set_without_a_name_is_refused(monkeypatch, capsys):
    with pytest.raises(BadInput, match="lacks a name"):
        printed(["--data", "histories.csv"], monkeypatch, capsys)
