"""Every Python block of the pages for programmers runs, one after the other in one process, and prints what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent.build import Tastemaker
from agent.toolbox import Tool
from tests.docs.test_readme import ROOT, environment

PAGES = ("python.md", "extending.md")
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)


def text(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_print_what_the_page_says(page: str, demo_home: Path) -> None:
    blocks = BLOCK.findall(text(page))
    code = "".join(body for body, _ in blocks)
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(demo_home),
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "".join(printed for _, printed in blocks)
    assert all(printed for _, printed in blocks)


def row(tool: Tool) -> str:
    """A line of the table of tools."""
    takes = ", ".join(f"`{n}`" if f.is_required() else f"[`{n}`]" for n, f in tool.takes.model_fields.items())
    return f"| `{tool.name}` | {tool.description} | {takes} |"


def test_the_table_of_tools_is_the_toolbox(demo: Tastemaker) -> None:
    rows = [row(tool) for tool in demo.toolbox("films").tools.values()]
    shown = [line for line in text("python.md").splitlines() if line.startswith("| `")]
    assert shown == rows
