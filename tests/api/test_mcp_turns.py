"""The same five-turn conversation over MCP, by the SDK's client, gives the turns that Python gives."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from agent.build import Tastemaker
from core.schema import CatalogSchema
from core.turn import Turn
from tests.scripts import SCRIPTS
from tests.servers.http_door import HttpDoor
from tests.servers.mcp_door import MODES, connected, process, said

pytestmark = pytest.mark.anyio
WAYS = [(way, mode) for way in ("stdio", "http") for mode in MODES]


@asynccontextmanager
async def opened(way: str, mode: str, home: Path, door: HttpDoor) -> AsyncIterator[Client]:
    if way == "http":
        async with connected(door.url, mode=mode) as client:
            yield client
    else:
        async with Client(process(home), mode=mode) as client:
            yield client


def timeless(turn: Any) -> Any:
    """A turn without its conversation's id and without clock readings: what Turn.same_as compares."""
    if isinstance(turn, dict):
        return {k: timeless(v) for k, v in turn.items() if k not in {"conversation", "ms"}}
    return [timeless(v) for v in turn] if isinstance(turn, list) else turn


def as_told(turn: Turn, conversation: str, schema: CatalogSchema) -> dict[str, Any]:
    """What this door tells of a turn, from the whole of it."""
    question = turn.question and {"text": turn.question.text, "choices": [c.label for c in turn.question.choices]}
    wishes = [
        {k: v for k, v in wish.model_dump(mode="json").items() if k not in {"quote", "turn", "confidence", "times"}}
        | {"label": wish.label(schema)}
        for wish in turn.ledger.preferences
    ]
    items = [
        {"id": o.item.id, "title": o.item.title, "reason": o.reason}
        | {"receipt": [line.model_dump(mode="json") for line in o.receipt]}
        for o in turn.slate
    ]
    kept = turn.model_dump(mode="json", include={"number", "controller", "reply", "focus"})
    said_back = {"conversation": conversation, "act": turn.plan.act.kind, "question": question}
    return kept | said_back | {"items": items, "wishes": wishes}


@pytest.mark.parametrize("catalog", SCRIPTS)
@pytest.mark.parametrize(("way", "mode"), WAYS)
async def test_a_conversation_is_the_same_as_from_python(
    way: str, mode: str, catalog: str, demo: Tastemaker, demo_home: Path, door: HttpDoor
) -> None:
    direct = demo.start(catalog).id
    async with opened(way, mode, demo_home, door) as client:
        await client.list_tools()  # the client then holds every answer against its output schema
        made = await client.call_tool("start_conversation", {"catalog": catalog})
        key = made.structured_content["id"]
        for message in SCRIPTS[catalog]:
            turn = demo.respond(direct, message)
            told = await client.call_tool("send_message", {"conversation": key, "message": message})
            assert not told.is_error
            assert said(told) == turn.reply
            assert told.structured_content == as_told(turn, key, demo.catalog(catalog).schema)
        read = await client.call_tool("read_conversation", {"conversation": key, "turns": 50})
        (whole,) = (await client.read_resource(f"tastemaker://conversations/{key}")).contents
    stored = demo.load(key)
    there = demo.load(direct).turns
    assert [(t["message"], t["reply"]) for t in read.structured_content["last_turns"]] == [
        (t.message, t.reply) for t in there
    ]
    assert timeless(json.loads(whole.text)["turns"]) == timeless(json.loads(json.dumps([t.public() for t in there])))
    assert all(a.same_as(b) for a, b in zip(stored.turns, there, strict=True))


@pytest.mark.parametrize(("way", "mode"), WAYS)
async def test_the_stages_of_a_turn_are_told_as_progress(way: str, mode: str, demo_home: Path, door: HttpDoor) -> None:
    heard: list[tuple[float, str | None]] = []

    async def hear(progress: float, _total: float | None, message: str | None) -> None:
        heard.append((progress, message))

    async with opened(way, mode, demo_home, door) as client:
        made = await client.call_tool("start_conversation", {"catalog": "books"})
        key = made.structured_content["id"]
        say = {"conversation": key, "message": SCRIPTS["books"][0]}
        told = await client.call_tool("send_message", say, progress_callback=hear)
        assert not told.is_error
        (whole,) = (await client.read_resource(f"tastemaker://conversations/{key}")).contents
    (turn,) = json.loads(whole.text)["turns"]
    assert heard == [(float(n), stage["stage"]) for n, stage in enumerate(turn["trace"], start=1)]
    assert len(heard) > 3


async def test_the_items_and_answers_of_a_turn_are_named_for_the_model(door: HttpDoor) -> None:
    async with connected(door.url) as client:
        made = await client.call_tool("start_conversation", {"catalog": "books"})
        key = made.structured_content["id"]
        asked = await client.call_tool("send_message", {"conversation": key, "message": "recommend me something"})
        told = await client.call_tool("send_message", {"conversation": key, "message": SCRIPTS["books"][0]})
    reply, aside = told.content
    assert aside.annotations.audience == ["assistant"]
    assert told.structured_content["items"]
    for one in told.structured_content["items"]:
        assert f"{one['title']} (id {one['id']})" in aside.text
        assert one["title"] in reply.text
    labels = asked.structured_content["question"]["choices"]
    assert len(labels) > 1
    assert asked.content[1].text == f"Answers offered: {', '.join(labels)}"
