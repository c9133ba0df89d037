"""Numerical libraries on one thread: set where nobody else has, and before they are loaded."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tools.threads import SINGLE, one_thread_each


def test_what_the_environment_says_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    told, *others = SINGLE
    for name in others:
        monkeypatch.setenv(name, "")  # so that it is as it was afterwards
        monkeypatch.delenv(name)
    monkeypatch.setenv(told, "3")
    one_thread_each()

    assert [os.environ[name] for name in SINGLE] == ["3", *("1" for _ in others)]


@pytest.mark.parametrize("module", ["ui.cli", "ui.commands.serve", "ui.commands.mcp", "tools.threads"])
def test_a_command_that_serves_has_loaded_none_of_them_before(module: str) -> None:
    code = f"import sys, {module}, agent.settings; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
