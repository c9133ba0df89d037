"""Our tools in other people's agents: a real `create_agent` loop over a real server, in two domains."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.messages import ToolMessage
from langchain_core.utils.function_calling import convert_to_openai_tool

from agent.build import Tastemaker
from agent.langchain_tools import langchain_tools
from core.errors import BadInput
from tests.servers.openai_server import Answer, OpenAIServer

TASKS = {"films": ("something like Alien", "Alien", "runtime", 100), "books": ("like Emma", "Emma", "pages", 400)}


def agent_at(server: OpenAIServer, app: Tastemaker, catalog: str) -> Any:
    chat = init_chat_model("openai:scripted", base_url=server.base_url, api_key="none", use_responses_api=False)
    return create_agent(chat, langchain_tools(app.toolbox(catalog)), system_prompt="You recommend with tools.")


def results(server: OpenAIServer) -> list[Any]:
    return [m["content"] for m in server.requests[-1]["messages"] if m["role"] == "tool"]


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_every_tool_is_offered_with_its_schema(demo: Tastemaker, catalog: str) -> None:
    toolbox = demo.toolbox(catalog)
    tools = langchain_tools(toolbox)
    assert [t.name for t in tools] == toolbox.names()
    for tool in tools:
        offered = convert_to_openai_tool(tool)["function"]
        assert offered["description"] == toolbox.tools[tool.name].description
        assert set(offered["parameters"]["properties"]) == set(toolbox.tools[tool.name].takes.model_fields)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_an_agent_of_langchain_finds_an_item_and_recommends_by_it(demo: Tastemaker, catalog: str) -> None:
    message, title, field, most = TASKS[catalog]
    item = demo.toolbox(catalog).run("find_title", {"title": title})["matches"][0]["id"]
    wishes = [{"field": field, "op": "lt", "value": most}]
    script = [
        Answer(json.dumps({"title": title}), tool="find_title", finish="tool_calls"),
        Answer(json.dumps({"wishes": wishes, "liked": [item]}), tool="recommend", finish="tool_calls"),
        Answer("Here are three."),
    ]
    with OpenAIServer(script) as server:
        done = agent_at(server, demo, catalog).invoke({"messages": [("user", message)]})
    found, slate = map(json.loads, results(server))
    assert found["matches"][0]["id"] == item
    assert len(slate["slate"]) == 3
    assert all(r["item"]["fields"][field] < most for r in slate["slate"])
    assert "trace" not in slate
    assert done["messages"][-1].text == "Here are three."


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_what_a_tool_cannot_do_it_says_so_that_the_model_can_mend_its_call(demo: Tastemaker, catalog: str) -> None:
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("lookup", {"ids": ["nonesuch"]}, "No item of this catalogue has the id 'nonesuch'."),
        ("lookup", {"names": ["x"]}, "lookup: ids: Field required."),
        ("recommend", {"wishes": [{"field": "engine", "op": "eq", "value": "steam"}]}, "There is no field 'engine'"),
        ("retrieve", {"route": "similar"}, "Give it liked items."),
    ]
    script = [Answer(json.dumps(given), tool=name, finish="tool_calls") for name, given, _ in wrong]
    with OpenAIServer([*script, Answer("I gave up.")]) as server:
        done = agent_at(server, demo, catalog).invoke({"messages": [("user", "hello")]})
    messages = [m for m in done["messages"] if isinstance(m, ToolMessage)]
    assert [m.status for m in messages] == ["error"] * len(wrong)
    for message, (_, _, said) in zip(messages, wrong, strict=True):
        assert said in message.text


def test_some_of_the_tools_can_be_chosen_by_name(demo: Tastemaker) -> None:
    toolbox = demo.toolbox("films")
    assert [t.name for t in langchain_tools(toolbox, ["lookup", "filter"])] == ["lookup", "filter"]
    with pytest.raises(BadInput, match="nonesuch"):
        langchain_tools(toolbox, ["nonesuch"])
