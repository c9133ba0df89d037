"""Every bash and python block of the README runs, and every file it links to exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
COMMANDS = [line for kind, body in BLOCKS if kind == "bash" for line in body.strip().splitlines()]
PYTHON = [body for kind, body in BLOCKS if kind == "python"]


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"TASTEMAKER_HOME": str(home), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, demo_home: Path) -> None:
    done = subprocess.run(
        shlex.split(command), env=environment(demo_home), capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("block", PYTHON)
def test_python(block: str, demo_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block], env=environment(demo_home), capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("page", ["README.md", *(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))])
def test_links(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"
