"""A conversation over MCP: edited, undone, marked, read and forgotten, with whom and under which version."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client

from agent.build import Tastemaker
from tests.servers.http_door import HttpDoor
from tests.servers.mcp_door import connected, process, said

pytestmark = pytest.mark.anyio
WISHES: dict[str, dict[str, Any]] = {
    "books": {"field": "pages", "op": "lt", "value": 300},
    "films": {"field": "runtime", "op": "lt", "value": 100},
}


async def begun(client: Client, catalog: str, **more: str) -> str:
    made = await client.call_tool("start_conversation", {"catalog": catalog} | more)
    assert not made.is_error, said(made)
    return str(made.structured_content["id"])


@pytest.mark.parametrize("catalog", WISHES)
async def test_the_ledger_is_edited_undone_and_redone(catalog: str, door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        await client.list_tools()
        key = await begun(client, catalog)
        edited = await client.call_tool("edit_ledger", {"conversation": key, "wishes": [WISHES[catalog]]})
        (held,) = edited.structured_content["wishes"]
        assert (held["field"], held["op"]) == (WISHES[catalog]["field"], "lt")
        label = demo.load(key).ledger.preferences[0].label(demo.catalog(catalog).schema)
        assert held["label"] == label
        assert f"- {held['id']}, must: {label}" in said(edited)
        softer = {"conversation": key, "revise": [{"id": held["id"], "strength": "soft"}]}
        assert f"- {held['id']}, rather: {label}" in said(await client.call_tool("edit_ledger", softer))
        undone = await client.call_tool("undo", {"conversation": key})
        assert undone.structured_content["wishes"] == [held]
        redone = await client.call_tool("redo", {"conversation": key})
        assert redone.structured_content["wishes"] == [held | {"strength": "soft"}]
        assert redone.structured_content["version"] == 4
    assert demo.load(key).ledger.preferences[0].strength == "soft"


async def test_an_edit_counts_in_the_next_turn(door: HttpDoor) -> None:
    async with connected(door.url) as client:
        key = await begun(client, "books")
        await client.call_tool("edit_ledger", {"conversation": key, "wishes": [WISHES["books"]]})
        told = await client.call_tool("send_message", {"conversation": key, "message": "a mystery"})
        ids = [one["id"] for one in told.structured_content["items"]]
        facts = await client.call_tool("lookup", {"catalog": "books", "ids": ids, "fields": ["pages"]})
    pages = [item["fields"]["pages"] for item in facts.structured_content["items"]]
    assert pages
    assert all(count < 300 for count in pages)


async def test_a_change_thought_for_another_version_is_refused(door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        key = await begun(client, "books")
        first = {"conversation": key, "wishes": [WISHES["books"]], "version": 0}
        assert not (await client.call_tool("edit_ledger", first)).is_error
        for name, given in (("edit_ledger", first), ("undo", {"conversation": key, "version": 0})):
            late = await client.call_tool(name, given)
            assert late.is_error
            assert "at version 1, not 0. Load it again" in said(late)
    assert demo.load(key).version == 1


async def test_there_is_nothing_to_undo_at_first(door: HttpDoor) -> None:
    async with connected(door.url) as client:
        key = await begun(client, "films")
        for way in ("undo", "redo"):
            told = await client.call_tool(way, {"conversation": key})
            assert (told.is_error, said(told)) == (True, f"There is nothing to {way}.")
        nothing = await client.call_tool("edit_ledger", {"conversation": key})
        assert said(nothing) == "The edit would change nothing. Name at least one change."


async def test_feedback_holds_and_is_taken_back(door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        key = await begun(client, "films")
        turn = await client.call_tool("send_message", {"conversation": key, "message": "a light comedy"})
        item = turn.structured_content["items"][0]
        marked = await client.call_tool("give_feedback", {"conversation": key, "item": item["id"], "opinion": "liked"})
        assert marked.structured_content["liked"] == [item["id"]]
        assert f"- liked: {item['title']} (id {item['id']})" in said(marked)
        undone = await client.call_tool("undo", {"conversation": key})
        assert undone.structured_content["liked"] == []
        wrong = await client.call_tool("give_feedback", {"conversation": key, "item": "nothing-like-it", "seen": True})
        assert wrong.is_error
        assert "find_title gives ids" in said(wrong)
    assert demo.load(key).ledger.liked == ()


@pytest.mark.parametrize("turns", [0, 1, 2, 50])
async def test_reading_gives_as_many_turns_as_wanted(turns: int, door: HttpDoor) -> None:
    messages = ["something funny", "shorter"]
    async with connected(door.url) as client:
        key = await begun(client, "films")
        replies = [said(await client.call_tool("send_message", {"conversation": key, "message": m})) for m in messages]
        read = await client.call_tool("read_conversation", {"conversation": key, "turns": turns})
    told = read.structured_content["last_turns"]
    assert read.structured_content["turns"] == 2
    assert [t["message"] for t in told] == messages[len(messages) - min(turns, 2) :]
    for message, reply in zip(messages, replies, strict=True):
        assert (f"Person: {message}\nReply: {reply}" in said(read)) is (message in [t["message"] for t in told])


async def test_a_forgotten_conversation_is_gone(door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        await client.list_tools()
        key = await begun(client, "books")
        gone = await client.call_tool("forget_conversation", {"conversation": key})
        assert gone.structured_content == {"conversation": key}
        for name in ("read_conversation", "forget_conversation", "undo"):
            told = await client.call_tool(name, {"conversation": key})
            assert told.is_error
            assert f"There is no conversation '{key}'." in said(told)
    assert key not in [c.id for c in demo.store.recent()]


async def test_over_http_one_is_a_guest_unless_one_says_who(door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        for given, person in (({}, ""), ({"person": "guest"}, ""), ({"person": "ada"}, "ada")):
            key = await begun(client, "books", **given)
            assert demo.load(key).profile.person == person


async def test_over_stdio_one_is_the_person_of_the_settings(demo: Tastemaker, demo_home: Path) -> None:
    async with Client(process(demo_home, TASTEMAKER_PERSON="grace")) as client:
        for given, person in (({}, "grace"), ({"person": "guest"}, ""), ({"person": "ada"}, "ada")):
            key = await begun(client, "books", **given)
            assert demo.load(key).profile.person == person


async def test_over_stdio_the_conversations_are_those_of_this_installation(demo: Tastemaker, demo_home: Path) -> None:
    started = demo.start("films", person="").id
    demo.respond(started, "something funny")
    async with Client(process(demo_home)) as client:
        read = await client.call_tool("read_conversation", {"conversation": started})
    assert read.structured_content["last_turns"][0]["message"] == "something funny"


async def test_the_controller_must_be_set_up(door: HttpDoor) -> None:
    async with connected(door.url) as client:
        key = await begun(client, "books")
        say = {"conversation": key, "message": "a mystery"}
        refused = await client.call_tool("send_message", say | {"controller": "model"})
        assert refused.is_error
        assert "There are: rules." in said(refused)
        told = await client.call_tool("send_message", say | {"controller": "rules"})
    assert told.structured_content["controller"] == "rules"
    assert told.structured_content["number"] == 1


async def test_a_message_sent_again_under_its_key_is_answered_once(door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        key = await begun(client, "books")
        say = {"conversation": key, "message": "a mystery", "key": f"of {key}"}
        first, again = [await client.call_tool("send_message", say) for _ in range(2)]
        assert not first.is_error, said(first)
        assert first.structured_content == again.structured_content
        assert first.content == again.content
        for other in (say | {"message": "a thriller"}, say | {"controller": "rules"}):
            told = await client.call_tool("send_message", other)
            assert told.is_error
            assert "Make a new key for each new message." in said(told)
        for wrong in ("", "k" * 129, "schl\u00fcssel"):
            assert (await client.call_tool("send_message", say | {"key": wrong})).is_error
        path = f"{door.url}/v1/conversations/{key}/messages"
        async with httpx.AsyncClient() as http:
            over_http = await http.post(path, json={"message": "a mystery"}, headers={"Idempotency-Key": say["key"]})
        assert over_http.json()["number"] == 1
    assert [turn.message for turn in demo.load(key).turns] == ["a mystery"]
