"""The tools over MCP: their schemas and hints, their answers on films and books, and calls that are wrong."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp.shared.exceptions import MCPError

from agent.build import Tastemaker, build
from agent.extensions import Extension
from agent.room import Room
from agent.settings import load_settings
from agent.toolbox import Tool
from api.mcp_agent import agent_offers
from api.mcp_calls import schema_of
from api.mcp_tools import offer_of
from core.values import Value
from tests.agent.tool_calls import ANSWERS, CALLS, filled, timeless
from tests.scripts import SCRIPTS
from tests.servers.http_door import HttpDoor, http_door
from tests.servers.mcp_door import MODES, connected, said, served
from tests.servers.openai_server import Answer, OpenAIServer

pytestmark = pytest.mark.anyio
NO_MODEL = "rerank"


@pytest.mark.parametrize("mode", MODES)
async def test_every_tool_is_listed_with_schemas_that_are_json_schema(
    mode: str, door: HttpDoor, demo: Tastemaker
) -> None:
    async with connected(door.url, mode=mode) as client:
        tools = (await client.list_tools()).tools
    names = [tool.name for tool in tools]
    assert names == [*demo.toolbox("films").names(), "describe_catalog", *(o.name for o in agent_offers())]
    for tool in tools:
        assert tool.title
        assert tool.description
        for schema in (tool.input_schema, tool.output_schema):
            assert schema["type"] == "object"
            Draft202012Validator.check_schema(schema)
        for name, field in tool.input_schema["properties"].items():
            assert field.get("description"), f"{tool.name}: {name}"


async def test_the_catalogue_is_an_enumeration_of_those_there_are(door: HttpDoor, demo: Tastemaker) -> None:
    async with connected(door.url) as client:
        tools = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
    about = {name for name, schema in tools.items() if "catalog" in schema["properties"]}
    assert about == {*demo.toolbox("films").names(), "describe_catalog", "start_conversation"}
    for name in about:
        assert tools[name]["properties"]["catalog"]["enum"] == ["books", "films"]
        assert "catalog" in tools[name]["required"]


@pytest.mark.parametrize("catalog", CALLS)
async def test_every_tool_of_the_registry_answers_as_it_does_from_python(
    catalog: str, door: HttpDoor, demo: Tastemaker
) -> None:
    box, called = demo.toolbox(catalog), set()
    item = box.run("find_title", {"title": CALLS[catalog][1][1]["title"]})["matches"][0]["id"]
    names = {"$item": item, "$other": box.run("similar", {"ids": [item], "count": 1})["items"][0]["id"]}
    async with connected(door.url) as client:
        schemas = {tool.name: tool for tool in (await client.list_tools()).tools}
        for name, given in CALLS[catalog]:
            asked = filled(given, names) | {"catalog": catalog}
            Draft202012Validator(schemas[name].input_schema).validate(asked)
            told = await client.call_tool(name, asked)
            called.add(name)
            if name == NO_MODEL:
                assert told.is_error
                assert "OPENAI_API_KEY" in said(told)
                continue
            assert not told.is_error, said(told)
            Draft202012Validator(schemas[name].output_schema).validate(told.structured_content)
            assert timeless(told.structured_content) == timeless(
                json.loads(json.dumps(box.run(name, filled(given, names))))
            )
            text = json.loads(said(told))
            assert text == {k: v for k, v in told.structured_content.items() if k != "trace"}
    assert called == set(box.names())


async def test_a_tool_that_asks_a_model_answers_where_there_is_one(demo_home: Path, tmp_path: Path) -> None:
    with OpenAIServer([Answer(ANSWERS[0])]) as model:
        settings = load_settings(
            home=demo_home, base_url=model.base_url, api_key="k", database_url=f"sqlite:///{tmp_path / 's.db'}"
        )
        app = build(settings)
        ids = [app.toolbox("books").run("search", {"query": q, "count": 1})["items"][0]["id"] for q in ("war", "love")]
        async with served(app) as client:
            schema = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}["rerank"]
            told = await client.call_tool("rerank", {"catalog": "books", "ids": ids, "gate": False})
        assert not told.is_error, said(told)
        Draft202012Validator(schema).validate(told.structured_content)
        assert [i["id"] for i in told.structured_content["items"]] == ids[::-1]
        assert told.structured_content["calls"] == 1


@pytest.mark.parametrize("catalog", SCRIPTS)
async def test_a_catalogue_is_described_with_every_field(catalog: str, door: HttpDoor, demo: Tastemaker) -> None:
    schema = demo.catalog(catalog).schema
    async with connected(door.url) as client:
        told = await client.call_tool("describe_catalog", {"catalog": catalog})
    assert told.structured_content["items"] == len(demo.catalog(catalog))
    lines = told.structured_content["fields"]
    assert [line["name"] for line in lines] == [field.name for field in schema.fields]
    assert [line.split()[1] for line in said(told).splitlines()[1:]] == [field.name for field in schema.fields]
    for line, field in zip(lines, schema.fields, strict=True):
        assert (line["type"], line["several"]) == (field.type, field.many)
        held = Counter(v for item in demo.catalog(catalog).items() for v in item.values(field.name))
        if field.type not in {"category", "people"}:
            assert (line["values"], line["distinct"]) == ([], None)
        elif field.order:
            assert line["values"] == list(field.order)
        else:
            assert line["distinct"] == len(held)
            counts = [held[value] for value in line["values"]]
            assert counts == sorted(held.values(), reverse=True)[: len(counts)]
            assert len(counts) == len(held) or len(counts) >= 12


async def test_the_list_of_tools_leaves_a_model_room(door: HttpDoor) -> None:
    """What a client puts in front of its model before anything is said: without words that say nothing."""
    async with connected(door.url) as client:
        tools = (await client.list_tools()).tools
    assert sum(len(json.dumps(tool.input_schema)) for tool in tools) < 40_000
    assert sum(len(tool.model_dump_json(by_alias=True, exclude_none=True)) for tool in tools) < 90_000


def test_schemas_keep_properties_and_values_called_title() -> None:
    schema = schema_of(Headed, gives=False)
    assert "title" not in schema
    assert schema["properties"] == {
        "title": {"type": "string", "default": "x"},
        "line": {"type": "object", "additionalProperties": {"type": "string"}, "default": {"title": "y"}},
    }


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("search", {"query": "x"}, "There are: books, films."),
    ("search", {"query": "x", "catalog": "teas"}, "There are: books, films."),
    ("search", {"query": "x", "catalog": 7}, "There are: books, films."),
    ("search", {"query": "x", "catalog": "../books"}, "There are: books, films."),
    ("search", {"catalog": "books"}, "query: Field required."),
    ("search", {"catalog": "books", "query": ["x"]}, "query: Input should be a valid string."),
    ("search", {"catalog": "books", "query": "x", "count": 10**30}, "count: "),
    ("search", {"catalog": "books", "query": "x", "page": 2}, "page: Extra inputs are not permitted."),
    ("lookup", {"catalog": "books", "ids": ["nothing-like-it"]}, "Use find_title to get ids."),
    ("lookup", {"catalog": "books", "ids": [], "fields": ["shoe_size"]}, "There are: title, "),
    ("filter", {"catalog": "films", "wishes": [{"field": "genres"}]}, "wishes.0.op: Field required."),
    ("retrieve", {"catalog": "films", "route": "similar"}, "Give it liked items."),
    ("send_message", {"conversation": "nothing-like-it", "message": "hello"}, "Start a new one"),
    ("send_message", {"conversation": "x" * 65, "message": "hello"}, "conversation: "),
    ("send_message", {"conversation": "x", "message": "  "}, "say something"),
    ("send_message", {"conversation": "x", "message": "a" * 4001}, "message: "),
    ("start_conversation", {"catalog": "books", "person": "x" * 65}, "person: "),
    ("read_conversation", {}, "conversation: Field required."),
]


@pytest.mark.parametrize("mode", MODES)
async def test_what_is_wrong_with_a_call_is_the_tools_own_error_that_says_what_to_do(mode: str, door: HttpDoor) -> None:
    async with connected(door.url, mode=mode) as client:
        for name, given, part in WRONG:
            told = await client.call_tool(name, given)
            assert told.is_error, (name, given)
            assert part in said(told), (name, given, said(told))
            assert told.structured_content is None
            assert "Traceback" not in said(told)


@pytest.mark.parametrize("mode", MODES)
async def test_a_tool_that_does_not_exist_is_an_error_of_the_protocol(mode: str, door: HttpDoor) -> None:
    async with connected(door.url, mode=mode) as client:
        with pytest.raises(MCPError) as refused:
            await client.call_tool("delete_everything", {"catalog": "books"})
    assert refused.value.code == -32602
    assert "There is no tool 'delete_everything'" in refused.value.message


async def test_the_hints_are_true(demo_home: Path, tmp_path: Path) -> None:
    """Tools that say they only read leave the store as it is; forgetting twice is forgetting once."""
    file = tmp_path / "store.db"
    app = build(load_settings(home=demo_home, controller="rules", database_url=f"sqlite:///{file}"))
    async with served(app) as client:
        hints = {tool.name: tool.annotations for tool in (await client.list_tools()).tools}
        assert all(h.open_world_hint is False for h in hints.values())
        assert [n for n, h in hints.items() if h.destructive_hint] == ["forget_conversation"]
        made = await client.call_tool("start_conversation", {"catalog": "books", "person": "ada"})
        key = made.structured_content["id"]
        turn = await client.call_tool("send_message", {"conversation": key, "message": SCRIPTS["books"][0]})
        shown = turn.structured_content["items"][0]["id"]
        given: dict[str, dict[str, Any]] = {
            **{n: filled(g, {"$item": shown, "$other": shown}) | {"catalog": "books"} for n, g in CALLS["books"]},
            "describe_catalog": {"catalog": "books"},
            "start_conversation": {"catalog": "books"},
            "send_message": {"conversation": key, "message": "something shorter"},
            "read_conversation": {"conversation": key},
            "edit_ledger": {"conversation": key, "adventurous": True},
            "undo": {"conversation": key},
            "redo": {"conversation": key},
            "give_feedback": {"conversation": key, "item": shown, "opinion": "liked"},
            "forget_conversation": {"conversation": key},
        }
        assert set(given) == set(hints)
        for name, arguments in given.items():
            before = _everything(file)
            told = await client.call_tool(name, arguments)
            assert not told.is_error or name == NO_MODEL, said(told)
            assert (before == _everything(file)) is bool(hints[name].read_only_hint), name
            if hints[name].idempotent_hint:
                before = _everything(file)
                await client.call_tool(name, arguments)
                assert before == _everything(file), name


class Headed(Value):
    """Something whose schema names a title in every way a schema can."""

    title: str = "x"
    line: dict[str, str] = {"title": "y"}


class Letter(Value):
    """A letter."""

    letter: str
    """What a title begins with."""


class Titles(Value):
    """Titles."""

    titles: tuple[str, ...]
    """In the catalogue's own order."""


class Twice(Letter):
    """A letter, and a catalogue of its own."""

    catalog: str
    """Not the one the tool works on."""


def beginning(room: Room, asked: Letter) -> Titles:
    if asked.letter == "?":
        raise ZeroDivisionError("what a person wrote")
    return Titles(titles=tuple(t for t in room.catalog.titles() if t.startswith(asked.letter)))


def extended(home: Path, file: Path, name: str, takes: type[Value] = Letter) -> Tastemaker:
    def tools(room: Room) -> list[Tool]:
        return [Tool(name, "Titles that begin so.", takes, Titles, lambda asked: beginning(room, asked))]

    settings = load_settings(home=home, controller="rules", database_url=f"sqlite:///{file}")
    return build(settings, extensions=[Extension(tools=tools)])


async def test_a_tool_of_an_extension_is_offered_too(demo_home: Path, tmp_path: Path) -> None:
    app = extended(demo_home, tmp_path / "s.db", "titles_beginning")
    async with served(app) as client:
        assert "titles_beginning" in [tool.name for tool in (await client.list_tools()).tools]
        for catalog in ("films", "books"):
            told = await client.call_tool("titles_beginning", {"catalog": catalog, "letter": "Q"})
            expected = [t for t in app.catalog(catalog).titles() if t.startswith("Q")]
            assert told.structured_content == {"titles": expected}


@pytest.mark.parametrize("mode", MODES)
async def test_a_fault_of_a_tool_is_told_without_what_it_says_and_logged_with_where_it_was(
    mode: str, demo_home: Path, tmp_path: Path
) -> None:
    with http_door(extended(demo_home, tmp_path / "s.db", "titles_beginning")) as door:
        async with connected(door.url, mode=mode) as client:
            with pytest.raises(MCPError) as fault:
                await client.call_tool("titles_beginning", {"catalog": "books", "letter": "?"})
        log = door.log.getvalue()
    assert fault.value.code == -32603
    assert fault.value.message == (
        "Something went wrong that should not have. The server's log says where; please report it."
    )
    (told,) = [json.loads(line) for line in log.splitlines() if json.loads(line)["event"] == "fault"]
    assert (told["method"], told["error"]) == ("tools/call", "ZeroDivisionError")
    assert any("test_mcp_tools.py" in place for place in told["at"])
    assert "what a person wrote" not in log


@pytest.mark.parametrize(
    ("name", "takes", "part"),
    [
        ("undo", Letter, "There are two tools called 'undo'."),
        ("titles", Twice, "The tool 'titles' takes something called 'catalog' of its own."),
    ],
)
async def test_a_tool_of_an_extension_may_hide_neither_another_nor_the_catalogue(
    name: str, takes: type[Value], part: str, demo_home: Path, tmp_path: Path
) -> None:
    async with served(extended(demo_home, tmp_path / "s.db", name, takes)) as client:
        with pytest.raises(MCPError, match=part):
            await client.list_tools()


def test_a_tool_that_changes_something_says_so() -> None:
    own = Tool("mine", "Mine.", Letter, Titles, lambda _asked: Titles(titles=()), read_only=False)
    assert offer_of(own).hints.read_only_hint is False


def _everything(file: Path) -> list[str]:
    with sqlite3.connect(file) as connection:
        return list(connection.iterdump())
