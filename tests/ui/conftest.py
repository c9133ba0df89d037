"""A home folder with one small catalogue, and the command `tastemaker` over it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui import teas
from tools.tagging.export import ensure_graph

ROOT = Path(__file__).resolve().parent.parent.parent
Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def tea_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    teas.build(home)
    ensure_graph(home / "models")
    return home


@pytest.fixture
def home(tea_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the home folder of the test's own, with settings that point there."""
    mine = tmp_path / "home"
    shutil.copytree(tea_home, mine, ignore=shutil.ignore_patterns("models"))
    (mine / "models").symlink_to(tea_home / "models")
    for key, value in settings(mine).items():
        monkeypatch.setenv(key, value)
    for key in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "TASTEMAKER_API_KEY", "TASTEMAKER_BASE_URL"):
        monkeypatch.delenv(key, raising=False)
    return mine


def settings(home: Path) -> dict[str, str]:
    """The environment of a person who has only the teas."""
    return {
        "TASTEMAKER_HOME": str(home),
        "TASTEMAKER_CATALOG": teas.NAME,
        "TASTEMAKER_EMBEDDER": "hashing:64",
        "TASTEMAKER_CONTROLLER": "rules",
        "TASTEMAKER_VECTOR_INDEX": "exact",
    }


@pytest.fixture
def tastemaker(home: Path) -> Command:
    """Runs the command as a real process: tastemaker("ask", "hello", stdin="…")."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ui.cli", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env=os.environ | environment,
            timeout=120,
            check=False,
        )

    return run


def wait_until_idle(process: subprocess.Popen[str], quiet: float = 1.0) -> None:
    """Return once a process has started and waits: its processor time stands still, however slow the machine."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        time.sleep(5)
        return
    spent, since = -1, time.monotonic()
    while time.monotonic() - since < quiet:
        fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        now = int(fields[11]) + int(fields[12])
        if now != spent or now == 0:
            spent, since = now, time.monotonic()
        time.sleep(0.05)
