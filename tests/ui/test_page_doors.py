"""The same five-turn conversation leaves the same turns in the store through every door there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import mcp
import openai
import pytest
from streamlit.testing.v1 import AppTest

from agent.build import build
from core.turn import Conversation, Turn
from tests.scripts import SCRIPTS
from tests.servers.http_door import http_door
from tests.ui.conftest import ROOT
from ui.page import state

Door = Callable[[str], None]
"""Holds the conversation about a catalogue, each message said after the one before was answered."""
ALONE = "TASTEMAKER_TEST_DOORS_ALONE"
PARTS = ("message", "plan", "reply", "question", "slate", "focus", "ledger", "controller", "catalog", "number")


@pytest.fixture
def held(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Door, str], Conversation]:
    """Goes in by a door as somebody new, with a store of their own, and reads back what is stored afterwards."""
    monkeypatch.setenv("TASTEMAKER_HOME", str(demo_home))
    monkeypatch.setenv("TASTEMAKER_CONTROLLER", "rules")

    def hold(door: Door, catalog: str) -> Conversation:
        monkeypatch.setenv("TASTEMAKER_DATABASE_URL", f"sqlite:///{tmp_path / door.__name__}.db")
        door(catalog)
        reader = build()
        (only,) = reader.store.recent()
        found = reader.store.load(only.id)
        reader.close()
        return found

    return hold


@pytest.fixture(autouse=True)
def fresh_server() -> Iterator[None]:
    """The page's server has nothing in memory before and after."""
    for kept in (state.tastemaker, state.answers):
        kept.clear()
    yield
    for kept in (state.tastemaker, state.answers):
        kept.clear()


def python(catalog: str) -> None:
    app = build()
    conversation = app.start(catalog).id
    for message in SCRIPTS[catalog]:
        app.respond(conversation, message)
    app.close()


def terminal(catalog: str) -> None:
    command = [sys.executable, "-m", "ui.cli", "chat", "--catalog", catalog]
    said = "\n".join(SCRIPTS[catalog]) + "\n"
    done = subprocess.run(command, input=said, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def page(catalog: str) -> None:
    page = AppTest.from_file(str(ROOT / "ui" / "page" / "app.py"), default_timeout=60)
    page.query_params["catalog"] = catalog
    page.run()
    for message in SCRIPTS[catalog]:
        page.chat_input(key="prompt").set_value(message).run()
        assert not page.exception, [e.value for e in page.exception]
        assert not page.warning, [w.value for w in page.warning]


def command(catalog: str) -> None:
    named: list[str] = ["--catalog", catalog]
    for message in SCRIPTS[catalog]:
        asked = [sys.executable, "-m", "ui.cli", "ask", message, "--json", *named]
        done = subprocess.run(asked, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        named = ["--conversation", json.loads(done.stdout)["conversation"]]


def http(catalog: str) -> None:
    with http_door(build()) as door, door.client() as client:
        at = f"/v1/conversations/{client.post('/v1/conversations', json={'catalog': catalog}).json()['id']}"
        for number, message in enumerate(SCRIPTS[catalog]):
            said = client.post(f"{at}/messages", json={"message": message, "stream": bool(number % 2)})
            assert said.status_code == 200, said.text


def openai_client(catalog: str) -> None:
    messages: list[dict[str, str]] = []
    with http_door(build()) as door, openai.OpenAI(base_url=f"{door.url}/v1", api_key="none") as client:
        for message in SCRIPTS[catalog]:
            messages.append({"role": "user", "content": message})
            answer = client.chat.completions.create(model=f"tastemaker-{catalog}", messages=messages)
            messages.append({"role": "assistant", "content": answer.choices[0].message.content})


def mcp_client(catalog: str) -> None:
    async def talk(url: str) -> None:
        async with mcp.Client(f"{url}/mcp") as client:
            started = await client.call_tool("start_conversation", {"catalog": catalog})
            at = {"conversation": started.structured_content["id"]}
            for message in SCRIPTS[catalog]:
                assert not (await client.call_tool("send_message", at | {"message": message})).is_error

    with http_door(build()) as door:
        anyio.run(talk, door.url)


def differing(one: Turn, other: Turn) -> list[str]:
    return [part for part in PARTS if getattr(one, part) != getattr(other, part)]


@pytest.mark.parametrize("catalog", SCRIPTS)
def test_every_door_stores_the_same_turns(
    catalog: str, held: Callable[[Door, str], Conversation], demo_home: Path
) -> None:
    if ALONE not in os.environ:  # in a process of its own: nothing is in memory that other tests have left there
        one = f"{Path(__file__)}::test_every_door_stores_the_same_turns[{catalog}]"
        alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        alone |= {ALONE: "1", "TASTEMAKER_TEST_HOME": str(demo_home)}
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", one]
        done = subprocess.run(run, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:]
        return
    expected = held(python, catalog)
    assert tuple(t.message for t in expected.turns) == SCRIPTS[catalog]
    assert any(r.receipt for t in expected.turns for r in t.slate)
    for door in (command, terminal, page, http, openai_client, mcp_client):
        found = held(door, catalog)
        assert len(found.turns) == len(expected.turns)
        for one, other in zip(expected.turns, found.turns, strict=True):
            assert one.same_as(other), f"{door.__name__}, turn {one.number}: {differing(one, other)}"
        assert (found.ledger, found.profile, found.title) == (expected.ledger, expected.profile, expected.title)
