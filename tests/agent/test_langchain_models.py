"""LangChain around our model calls: any chat model can be passed in, and callbacks hear of every call."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import UsageMetadataCallbackHandler, get_usage_metadata_callback
from langchain_core.runnables import RunnableLambda

from agent.build import Tastemaker, build
from agent.drivers import Limits, arun
from agent.models.chat import model_over
from agent.settings import load_settings
from core.errors import OperatorMustFix
from core.turn import Conversation
from tests.agent.langchain_models import CannedModel, NamedRecorder, Recorder
from tests.servers.langsmith_receiver import LangSmithReceiver
from tests.servers.openai_server import Answer, OpenAIServer

WISHES = {"films": ("a comedy", "comedy"), "books": ("a mystery", "mystery")}


def script(catalog: str) -> list[str]:
    wish = {"field": "genres", "values": [WISHES[catalog][1]], "quote": WISHES[catalog][0]}
    return [json.dumps({"wishes": [wish], "act": "recommend", "count": 2}), "Start with [[2]], then [[1]]."]


def served(server: OpenAIServer, home: Path, **more: Any) -> Tastemaker:
    settings = load_settings(home=home, base_url=server.base_url, model="scripted", max_retries=0)
    return build(settings, **more)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_a_chat_model_of_any_making_can_be_passed_in(demo_home: Path, catalog: str) -> None:
    app = build(load_settings(home=demo_home), chat=CannedModel(answers=script(catalog)))
    turn = app.answer(Conversation(id="c", catalog=catalog), WISHES[catalog][0])
    assert (turn.controller, turn.usage.calls, len(turn.slate)) == ("model", 2, 2)
    assert not any(stage.fallback for stage in turn.trace)
    assert turn.reply.index(turn.slate[0].item.title) < turn.reply.index(turn.slate[1].item.title)
    assert {c.name: c.why for c in app.controllers()}["model"] == "CannedModel is configured"


def test_a_model_passed_in_streams_and_keeps_to_the_settings_that_name_the_rules(demo_home: Path) -> None:
    app = build(load_settings(home=demo_home), chat=CannedModel(answers=script("films")))
    pieces = [e.text for e in app.stream(app.start("films").id, "a comedy") if e.kind == "text"]
    assert len(pieces) > 1
    rules = build(load_settings(home=demo_home, controller="rules"), chat=CannedModel(answers=[]))
    assert rules.answer(Conversation(id="c", catalog="films"), "a comedy").controller == "rules"


def test_a_model_passed_in_has_its_own_name_and_its_price_by_it() -> None:
    settings = load_settings(prices={"canned-1": {"tokens_in": 1, "tokens_out": 2}})
    model = model_over(CannedModel(answers=[]), settings)
    assert (model.name, model.provider) == ("canned-1", "tests")
    assert model._price is not None


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_callbacks_are_told_what_a_call_is_for_and_where_it_belongs(demo_home: Path, catalog: str) -> None:
    recorder = Recorder()
    with OpenAIServer([Answer(text) for text in script(catalog)]) as server:
        app = served(server, demo_home, callbacks=[recorder])
        app.answer(Conversation(id="c-7", catalog=catalog), WISHES[catalog][0])
    assert [call["name"] for call in recorder.started] == ["plan", "say"]
    assert recorder.ended == ["end", "end"]
    for call in recorder.started:
        assert {"tastemaker", call["name"]} <= set(call["tags"])
        assert {k: call["metadata"][k] for k in ("conversation", "catalog", "turn")} == {
            "conversation": "c-7",
            "catalog": catalog,
            "turn": 1,
        }
        assert WISHES[catalog][0] not in json.dumps(call["metadata"])


def test_a_call_that_fails_is_told_too(demo_home: Path) -> None:
    recorder = Recorder()
    with OpenAIServer([Answer("busy", status=500)]) as server:
        served(server, demo_home, callbacks=[recorder]).answer(Conversation(id="c", catalog="films"), "a comedy")
    assert recorder.ended == ["error"]


def test_what_a_caller_has_set_around_a_turn_reaches_its_calls(demo_home: Path) -> None:
    outer = Recorder()
    with OpenAIServer([Answer(text) for text in script("films")] * 2) as server:
        app = served(server, demo_home)
        start = Conversation(id="c", catalog="films")
        with get_usage_metadata_callback() as counted:
            app.answer(start, "a comedy")
        chain = RunnableLambda(lambda message: app.answer(start, message).reply)
        chain.invoke("a comedy", {"callbacks": [outer], "tags": ["outside"]})
    assert isinstance(counted, UsageMetadataCallbackHandler)
    assert counted.usage_metadata["scripted"]["input_tokens"] == 240
    assert [call["name"] for call in outer.started] == ["plan", "say"]
    assert all("outside" in call["tags"] for call in outer.started)


def test_it_reaches_them_from_an_event_loop_as_well(demo_home: Path) -> None:
    with OpenAIServer([Answer(text) for text in script("films")]) as server:
        app = served(server, demo_home)
        agent = app.room("films").agent(with_model=True)

        async def counted() -> int:
            with get_usage_metadata_callback() as usage:
                await arun(agent.turn(Conversation(id="c", catalog="films"), "a comedy"), app.model, Limits())
            return usage.usage_metadata["scripted"]["input_tokens"]

        assert asyncio.run(counted()) == 240


def test_the_environment_alone_can_name_a_handler(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_CALLBACKS", "tests.agent.langchain_models.NamedRecorder")
    NamedRecorder.seen.clear()
    with OpenAIServer([Answer(text) for text in script("films")]) as server:
        served(server, demo_home).answer(Conversation(id="c", catalog="films"), "a comedy")
    assert NamedRecorder.seen == ["plan", "say"]


@pytest.mark.parametrize(
    "name", ["nonesuch.Handler", "tests.agent.langchain_models.Nobody", "tests.agent.langchain_models.NotAHandler", "x"]
)
def test_a_handler_that_cannot_be_made_is_the_operators_to_fix(name: str) -> None:
    with pytest.raises(OperatorMustFix, match="TASTEMAKER_CALLBACKS"):
        model_over(CannedModel(answers=[]), load_settings(callbacks=name))


@pytest.mark.parametrize("tracing", ["", "true"])
def test_langsmith_is_told_by_its_own_variables_and_by_nothing_else(demo_home: Path, tracing: str) -> None:
    """Its client is pointed at a server of ours; without LANGSMITH_TRACING nothing arrives there."""
    code = (
        "from agent.build import build; from core.turn import Conversation;"
        "from langchain_core.tracers.langchain import wait_for_all_tracers;"
        "build().answer(Conversation(id='c-9', catalog='films'), 'a comedy'); wait_for_all_tracers()"
    )
    with LangSmithReceiver() as receiver, OpenAIServer([Answer(text) for text in script("films")]) as server:
        named = {
            "LANGSMITH_ENDPOINT": receiver.endpoint,
            "LANGSMITH_API_KEY": "ls-test",
            "LANGSMITH_TRACING": tracing,
            "TASTEMAKER_HOME": str(demo_home),
            "TASTEMAKER_BASE_URL": server.base_url,
        }
        done = subprocess.run(
            [sys.executable, "-c", code], env=os.environ | named, capture_output=True, text=True, timeout=120
        )
    assert done.returncode == 0, done.stderr
    sent = b" ".join(receiver.bodies).replace(b" ", b"")
    if not tracing:
        assert receiver.bodies == []
    else:
        assert b'"name":"plan"' in sent
        assert b'"name":"say"' in sent
        assert b'"conversation":"c-9"' in sent
