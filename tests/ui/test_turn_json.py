"""docs/turn-json.md names exactly the keys that real turns have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.conftest import ROOT, Command

PAGE = (ROOT / "docs" / "turn-json.md").read_text(encoding="utf-8")


def documented(heading: str) -> set[str]:
    """Keys in the first column of the first table after a heading (or a line of text)."""
    rest = PAGE.split(heading, 1)[1]
    rows = re.search(r"\|---\|---\|---\|\n((?:\|.*\n)+)", rest)
    assert rows is not None, heading
    return {key for row in rows.group(1).splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])}


def turns(tastemaker: Command) -> Iterator[dict[str, Any]]:
    """Turns of every shape: a question, a slate with its receipt, nothing that fits, a fact."""
    key: list[str] = []
    for message in (
        "a tea",
        "something smoky under 4 minutes",
        "over 30 minutes from Japan",
        "how long is the first one?",
    ):
        shown = tastemaker("ask", message, "--json", *key)
        assert shown.returncode == 0, shown.stderr
        turn = json.loads(shown.stdout)
        key = ["--conversation", turn["conversation"]]
        yield turn


def test_the_page_and_the_turns_agree(tastemaker: Command) -> None:
    slates = questions = 0
    for turn in turns(tastemaker):
        assert set(turn) == documented("# The JSON of a turn")
        assert set(turn["ledger"]) == documented("## `ledger`")
        assert set(turn["usage"]) == documented("## `usage`")
        for stage in turn["trace"]:
            assert set(stage) == documented("## `trace[]`")
        for shown in turn["slate"]:
            slates += 1
            assert set(shown) == documented("## `slate[]`")
            for line in shown["receipt"]:
                assert set(line) == documented("A line of the receipt:")
        if turn["question"]:
            questions += 1
            assert set(turn["question"]) == documented("## `question`")
    assert slates
    assert questions


def test_an_error_is_as_documented(tastemaker: Command) -> None:
    shown = tastemaker("ask", "hello", "--catalog", "wines", "--json")
    assert shown.stdout == ""
    assert set(json.loads(shown.stderr)["error"]) == {"type", "message", "mend"}


@pytest.mark.parametrize("code", [0, 2, 3, 4, 130, 1])
def test_every_exit_code_is_named(code: int) -> None:
    assert re.search(rf"\b{code} [a-z]", PAGE.rsplit("Exit codes:", 1)[1])
