"""docs/mcp.md: its configurations work, its examples run as they stand, its tables hold what the server offers."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import Client, StdioServerParameters

from agent.access import Access
from agent.build import Tastemaker, build
from agent.settings import Settings, load_settings
from api.mcp_agent import agent_offers
from api.mcp_calls import Offer
from api.mcp_prompts import listed
from api.mcp_resources import KINDS
from api.mcp_tools import catalog_offer, registry_offers
from tests.docs.test_readme import ROOT, environment
from tests.servers.http_door import http_door
from tests.servers.mcp_door import connected, home_beside

TEXT = (ROOT / "docs" / "mcp.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
LOCAL, REMOTE = (json.loads(body)["mcpServers"]["tastemaker"] for kind, body in BLOCKS if kind == "json")
(PYTHON,) = (body for kind, body in BLOCKS if kind == "python")
(PRINTED,) = (body for kind, body in BLOCKS if kind == "text")
(COMMAND,) = (body for kind, body in BLOCKS if kind == "bash")
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def rows(heading: str) -> list[str]:
    """The lines of the table below a heading, without its head."""
    section = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [line for line in section.splitlines() if line.startswith("| `")]


def hints(offer: Offer, *, asks_model: bool) -> str:
    given = offer.hints
    if given.read_only_hint:
        return "reads only, asks a language model" if asks_model else "reads only"
    return "deletes" if given.destructive_hint else "adds"


def test_the_table_of_tools_is_what_the_server_offers(demo: Tastemaker) -> None:
    asking = {tool.name for tool in demo.toolbox("books").tools.values() if tool.calls_model}
    offers = (*registry_offers(Access(demo)).values(), catalog_offer(), *agent_offers())
    assert rows("Tools") == [
        f"| `{o.name}` | {o.description} | {hints(o, asks_model=o.name in asking)} |" for o in offers
    ]


def test_the_table_of_resources_is_what_the_server_offers() -> None:
    assert rows("Resources") == [f"| `{kind.template}` | {kind.description} |" for kind in KINDS]


def test_the_table_of_prompts_is_what_the_server_offers(demo: Tastemaker) -> None:
    assert rows("Prompts") == [_prompt(prompt) for prompt in listed(Access(demo))]


def test_the_settings_named_exist() -> None:
    named = re.findall(r"TASTEMAKER_([A-Z_]+)", TEXT)
    assert {name.lower() for name in named} <= set(Settings.model_fields)


async def test_a_program_so_configured_can_use_the_tools(demo_home: Path) -> None:
    here = environment(demo_home)
    server = StdioServerParameters(command=LOCAL["command"], args=LOCAL["args"], env=here | LOCAL["env"])
    async with Client(server) as client:
        assert not (await client.call_tool("describe_catalog", {"catalog": "films"})).is_error


async def test_the_command_makes_the_key_that_the_other_configuration_needs(demo_home: Path, tmp_path: Path) -> None:
    home = home_beside(demo_home, tmp_path)
    made = await anyio.to_thread.run_sync(_run, shlex.split(COMMAND), home)
    assert made.returncode == 0, made.stderr
    headers = {name: value.replace("tm_…", made.stdout.strip()) for name, value in REMOTE["headers"].items()}
    assert (REMOTE["type"], REMOTE["url"]) == ("http", "http://localhost:8000/mcp")
    with http_door(build(load_settings(home=home, controller="rules")), keyed=True) as door:
        async with connected(door.url, **headers) as client:
            told = await client.call_tool("describe_catalog", {})
    assert told.structured_content["name"] == "books"


def test_the_example_prints_what_the_page_says(demo_home: Path) -> None:
    done = _run([sys.executable, "-c", PYTHON], demo_home)
    assert done.returncode == 0, done.stderr
    assert done.stdout == PRINTED


def _prompt(prompt: types.Prompt) -> str:
    arguments: list[Any] = prompt.arguments or []
    takes = ", ".join(f"`{a.name}`" if a.required else f"`{a.name}` (may be left out)" for a in arguments)
    return f"| `{prompt.name}` | {takes} | {prompt.description} |"


def _run(command: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment(home), capture_output=True, text=True, cwd=ROOT, timeout=300)
