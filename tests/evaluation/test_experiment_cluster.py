"""The same run on a local Ray cluster; skipped where Ray is not installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import OperatorMustFix
from evaluation.experiment.cluster import RayExecutor
from evaluation.experiment.design import make_design
from evaluation.experiment.running import run_experiment

DESIGN = make_design({"catalog": "books", "systems": ["rules", "random"], "users": 12, "most_turns": 3})


def test_a_cluster_writes_the_same_bytes(demo_home: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is optional: pip install -c constraints.txt '.[ray]'")
    own = run_experiment(DESIGN, tmp_path / "own", demo_home).read_bytes()
    told: list[int] = []
    shared = run_experiment(DESIGN, tmp_path / "shared", demo_home, ray="local", workers=2, advance=told.append)
    assert shared.read_bytes() == own
    assert sum(told) == 24


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(OperatorMustFix, match="Ray is not installed"):
        RayExecutor("local", ())
