"""The examples of docs/api.md run as they stand, in order, against a door that asks for a key."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.build import build
from agent.settings import Settings, load_settings
from tests.servers.http_door import HttpDoor, http_door

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SHELL = re.findall(r"```bash\n(.*?)```", TEXT, re.DOTALL)
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
WHERE = "http://localhost:8000"


@pytest.fixture
def open_door(demo_home: Path, tmp_path: Path) -> Iterator[tuple[HttpDoor, dict[str, str]]]:
    made = build(load_settings(home=demo_home, controller="rules", database_url=f"sqlite:///{tmp_path / 'store.db'}"))
    key = made.store.keys.add("reader")[1]
    with http_door(made, keyed=True) as door:
        yield door, os.environ | {"KEY": key}


def test_the_shell_examples(open_door: tuple[HttpDoor, dict[str, str]]) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    door, environment = open_door
    script = "set -euo pipefail\n" + "\n".join(SHELL).replace(WHERE, door.url)
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    said = done.stdout
    told = ("Tense, 2010–2019", "1 event: plan", "1 event: done", "'op': 'lt'", "409", "True", "['heat-1995']")
    for expected in told:
        assert expected in said, said
    assert re.search(r"\d+ event: text", said)
    assert "'title': 'The Hobbit'" in said or "Hobbit" in said


def test_the_python_example(open_door: tuple[HttpDoor, dict[str, str]]) -> None:
    door, environment = open_door
    (example,) = PYTHON
    done = subprocess.run(
        [sys.executable, "-c", example.replace(WHERE, door.url)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "['tastemaker-books', 'tastemaker-films']"
    assert "pages" in done.stdout


def test_the_settings_that_are_named_exist() -> None:
    named = {n.lower() for n in re.findall(r"TASTEMAKER_([A-Z_]+)", TEXT)}
    named |= {f"serve_{n.lower()}" for n in re.findall(r"`…_([A-Z_]+)`", TEXT)}
    assert named <= set(Settings.model_fields)
    assert {n for n in Settings.model_fields if n.startswith("serve_")} - {"serve_auth"} <= named
