"""What is one owner's cannot be reached over MCP by another: every tool, address and session is tried."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.api.conftest import Keyed
from tests.servers.http_door import HttpDoor
from tests.servers.mcp_door import MODES, connected, said

pytestmark = pytest.mark.anyio
HANDSHAKE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}},
}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def ways_in(key: str) -> dict[str, dict[str, Any]]:
    """One call of every tool that takes a conversation."""
    return {
        "send_message": {"conversation": key, "message": "what did I say?"},
        "read_conversation": {"conversation": key},
        "edit_ledger": {"conversation": key, "clear": True},
        "undo": {"conversation": key},
        "redo": {"conversation": key},
        "give_feedback": {"conversation": key, "item": "emma-1815", "opinion": "liked"},
        "forget_conversation": {"conversation": key},
    }


async def begun(client: Client, catalog: str) -> str:
    made = await client.call_tool("start_conversation", {"catalog": catalog, "person": "ada"})
    key = str(made.structured_content["id"])
    assert not (await client.call_tool("send_message", {"conversation": key, "message": "a mystery"})).is_error
    return key


@pytest.mark.parametrize("mode", MODES)
async def test_another_owners_conversation_does_not_exist(mode: str, keyed: Keyed) -> None:
    async with connected(keyed.door.url, keyed.ada, mode) as ada, connected(keyed.door.url, keyed.bob, mode) as bob:
        tools = (await bob.list_tools()).tools
        key = await begun(ada, "books")
        ways = ways_in(key)
        assert set(ways) == {t.name for t in tools if "conversation" in t.input_schema["properties"]}
        for name, given in ways.items():
            tried = await bob.call_tool(name, given)
            unknown = await bob.call_tool(name, given | {"conversation": "nothing-like-it"})
            assert tried.is_error, name
            assert said(tried) == said(unknown).replace("nothing-like-it", key), name
        address = f"tastemaker://conversations/{key}"
        with pytest.raises(MCPError, match="There is no conversation"):
            await bob.read_resource(address)
        assert address not in [r.uri for r in (await bob.list_resources()).resources]
        assert address in [r.uri for r in (await ada.list_resources()).resources]
    held = keyed.tastemaker.load(key)
    assert (held.version, held.owner, held.profile.person) == (1, "ada", "ada:ada")


async def test_a_conversation_of_this_machines_own_people_is_nobodys_key(keyed: Keyed) -> None:
    local = keyed.tastemaker.start("books").id
    async with connected(keyed.door.url, keyed.ada) as ada:
        for name, given in ways_in(local).items():
            assert (await ada.call_tool(name, given)).is_error, name
    assert keyed.tastemaker.store.load(local).version == 0


async def test_a_catalogue_that_a_key_does_not_open_does_not_exist(keyed: Keyed) -> None:
    async with connected(keyed.door.url, keyed.bob) as bob:
        tools = {t.name: t for t in (await bob.list_tools()).tools}
        for tool in tools.values():
            assert "films" not in tool.model_dump_json(), tool.name
        assert tools["search"].input_schema["properties"]["catalog"]["default"] == "books"
        assert "catalog" not in tools["search"].input_schema["required"]
        for name, given in (("search", {"query": "x"}), ("start_conversation", {}), ("describe_catalog", {})):
            closed = await bob.call_tool(name, given | {"catalog": "films"})
            unknown = await bob.call_tool(name, given | {"catalog": "flims"})
            assert closed.is_error
            assert said(closed) == said(unknown).replace("flims", "films")
            assert not (await bob.call_tool(name, given)).is_error  # the only one there is, left out
        for address in ("tastemaker://catalogs/films/schema", "tastemaker://catalogs/films/items/heat-1995"):
            with pytest.raises(MCPError, match="There is no catalogue 'films' here"):
                await bob.read_resource(address)
        with pytest.raises(MCPError, match="There is no catalogue 'films' here"):
            await bob.get_prompt("recommend", {"wish": "x", "catalog": "films"})
        (line,) = [r.uri for r in (await bob.list_resources()).resources if r.uri.endswith("/schema")]
        assert line == "tastemaker://catalogs/books/schema"


async def test_a_key_that_opens_no_catalogue_is_offered_no_tool_about_one(keyed: Keyed) -> None:
    async with connected(keyed.door.url, keyed.eve) as eve:
        assert {t.name for t in (await eve.list_tools()).tools} == set(ways_in(""))
        told = await eve.call_tool("describe_catalog", {})
        assert said(told) == "Which catalogue? Name it as `catalog`. Ask the operator to open one for you."
        with pytest.raises(MCPError, match="There is no tool 'search'"):
            await eve.call_tool("search", {"query": "x"})


@pytest.mark.parametrize("key", ["", "tm_0123456789abcdef_" + "x" * 43, "nonsense"])
async def test_without_a_key_nothing_is_answered(key: str, keyed: Keyed) -> None:
    with keyed.door.client(key) as http:
        for asked in (HANDSHAKE, HANDSHAKE | {"method": "tools/list"}, HANDSHAKE | {"method": "server/discover"}):
            told = http.post("/mcp", json=asked, headers=ACCEPT)
            assert told.status_code == 401
            assert told.headers["WWW-Authenticate"].startswith("Bearer")


async def test_there_is_no_session_to_ride_on(keyed: Keyed) -> None:
    """Every request counts as its own key's alone, whatever session it claims to belong to; no session can be ended."""
    async with connected(keyed.door.url, keyed.ada, "legacy") as ada:
        key = await begun(ada, "books")
    with keyed.door.client(keyed.ada) as http:
        opened = http.post("/mcp", json=HANDSHAKE, headers=ACCEPT)
        assert opened.status_code == 200
        assert "mcp-session-id" not in opened.headers
    claims = {"mcp-session-id": key, "last-event-id": "1"}
    async with connected(keyed.door.url, keyed.bob, "legacy", **claims) as bob:
        assert (await bob.call_tool("read_conversation", {"conversation": key})).is_error
        mine = await begun(bob, "books")
    assert keyed.tastemaker.load(mine).owner == "bob"
    with keyed.door.client(keyed.bob) as http:
        for method in ("GET", "DELETE"):
            tried = http.request(method, "/mcp", headers=claims | ACCEPT)
            assert (tried.status_code, tried.headers["Allow"]) == (405, "POST")


async def test_a_key_that_is_revoked_is_refused_from_the_next_message_on(keyed: Keyed) -> None:
    held, text = keyed.tastemaker.store.keys.add("carol")
    async with connected(keyed.door.url, text) as carol:
        assert not (await carol.call_tool("describe_catalog", {"catalog": "books"})).is_error
        keyed.tastemaker.store.keys.revoke(held.id)
        with pytest.raises((MCPError, httpx.HTTPError)):
            await carol.call_tool("describe_catalog", {"catalog": "books"})


def test_pages_of_other_origins_may_not_call(door: HttpDoor) -> None:
    with door.client() as http:
        own = f"http://127.0.0.1:{door.port}"
        for origin, status in (("https://shop.example", 403), ("null", 403), ("http://127.0.0.1:1", 403), (own, 200)):
            told = http.post("/mcp", json=HANDSHAKE, headers=ACCEPT | {"Origin": origin})
            assert told.status_code == status, origin
        rebound = http.post("/mcp", json=HANDSHAKE, headers=ACCEPT | {"Host": "shop.example"})
        assert rebound.status_code == 421
