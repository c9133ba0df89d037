"""The examples of docs/langchain.md run as they stand against a scripted model server; its figures are measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.settings import Settings
from tests.servers.openai_server import Answer, OpenAIServer

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "langchain.md").read_text(encoding="utf-8"), re.DOTALL)
WISHES = [{"field": "genres", "values": ["comedy"]}, {"field": "runtime", "op": "lt", "values": ["110"]}]
TURN = [Answer(json.dumps({"wishes": WISHES, "act": "recommend"})), Answer("Start with [[1]].")]
LOOP = [
    Answer('{"title": "The Hobbit"}', tool="find_title", finish="tool_calls"),
    Answer("Try The Lord of the Rings."),
]
CASES = [(TURN, "model ['"), (TURN, "plan ['plan', 'tastemaker'] c films 1"), (LOOP, "Try The Lord of the Rings.")]


@pytest.mark.parametrize(("number", "script", "printed"), [(n, *case) for n, case in enumerate(CASES)])
def test_example(number: int, script: list[Answer], printed: str, demo_home: Path) -> None:
    with OpenAIServer(script) as server:
        named = {"TASTEMAKER_HOME": str(demo_home), "OPENAI_BASE_URL": server.base_url}
        done = subprocess.run(
            [sys.executable, "-c", BLOCKS[number]],
            env=os.environ | named,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    assert printed in done.stdout


def test_every_example_is_run() -> None:
    assert len(BLOCKS) == len(CASES)


def test_the_page_on_tracing_names_settings_that_exist() -> None:
    named = re.findall(r"TASTEMAKER_([A-Z_]+)", (ROOT / "docs" / "tracing.md").read_text(encoding="utf-8"))
    assert named
    assert {n.lower() for n in named} <= set(Settings.model_fields)


def row(name: str, of: dict[str, Any]) -> str:
    """A line of the table of what turns cost."""
    calls, tokens = of["calls_per_turn"], of["tokens_per_turn"]
    kinds = (tokens[kind]["median"] for kind in ("recommendation", "question", "chat"))
    cells = [
        f"{calls['all']['mean']:.2f}",
        f"{calls['recommendation']['mean']:.2f}",
        f"{tokens['all']['median']:,.0f}",
        f"{tokens['all']['mean']:,.0f}",
        *(f"{median:,.0f}" for median in kinds),
        f"{100 * of['stable_share']:.0f} %",
        f"{of['mean_uncached_in_per_turn']:,.0f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def test_the_table_of_costs_holds_what_was_measured() -> None:
    page = (ROOT / "docs" / "langchain.md").read_text(encoding="utf-8")
    ours, loop = (
        json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("model-cost", "react-cost")
    )
    ways = {"ours": ours, "loop, all ten tools": loop, "loop, the five it needs": loop["few_tools"]}
    for name, result in ways.items():
        for catalog in ("films", "books"):
            assert row(f"{name}: {catalog}", result[catalog]) in page
