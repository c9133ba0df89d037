"""The probe: what it finds out of servers that can more or less, and how what it found is used."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.models.chat import open_model
from agent.models.compose import compose_model, second_of
from agent.models.probe import keep, kept, probe
from agent.settings import Settings
from core.errors import ModelSetupRefused, ModelUnavailable
from core.events import ModelRequest
from tests.servers.openai_server import Answer, Body, OpenAIServer

FITTING = json.dumps({"colour": "yellow", "sure": True})
PLAN = ModelRequest(call="plan", system="s", user="u", json_schema={"type": "object"})


def settings_at(server: OpenAIServer, home: Path, **more: Any) -> Settings:
    choices = {"base_url": server.base_url, "api_key": "sk-x", "model": "m", "home": home, "max_retries": 0, **more}
    return Settings(_env_file=None, **choices)


def able(*modes: str, logprobs: bool = True, temperature: bool = True, refusing: int = 0) -> Callable[[Body], Answer]:
    """A server that holds to schemas in these ways alone; others it ignores, or refuses with a status."""

    def answer(body: Body) -> Answer:
        if "temperature" in body and not temperature:
            return Answer("Unsupported value: 'temperature'", status=400)
        kind = body.get("response_format", {}).get("type") or ("tools" if "tools" in body else None)
        described = '"colour"' in body["messages"][0]["content"]
        if kind in modes or (kind is None and described and "text" in modes):
            return Answer(FITTING, tool="" if kind == "tools" else None)
        if kind is not None and refusing:
            return Answer(f"{kind} is beyond me", status=refusing)
        return Answer("Yellow.", alternatives={"Yellow": -0.1, "Blue": -3.0} if logprobs else {})

    return answer


def test_an_able_server(tmp_path: Path) -> None:
    with OpenAIServer(able("json_schema", "tools", "json_object")) as server:
        found = probe(settings_at(server, tmp_path))
    assert found.modes == {"json_schema": "yes", "tools": "yes", "json_object": "yes"}
    assert found.mode == "json_schema"
    assert (found.streams, found.counts_streamed, found.logprobs, found.temperature) == ("yes", True, True, True)
    assert found.usage.calls == len(server.requests) == 5
    assert found.usage.tokens_in == 5 * 120


@pytest.mark.parametrize("refusing", [0, 400])
def test_a_server_that_ignores_or_refuses_schemas_is_asked_by_tool(tmp_path: Path, refusing: int) -> None:
    with OpenAIServer(able("tools", logprobs=False, temperature=False, refusing=refusing)) as server:
        found = probe(settings_at(server, tmp_path))
    assert found.modes == {"json_schema": "no", "tools": "yes", "json_object": "no"}
    assert found.mode == "tools"
    assert (found.logprobs, found.temperature) == (False, False)


def test_a_server_that_can_only_talk_is_asked_in_words(tmp_path: Path) -> None:
    with OpenAIServer(able("text")) as server:
        found = probe(settings_at(server, tmp_path))
    assert found.modes == {"json_schema": "no", "tools": "no", "json_object": "no", "text": "yes"}
    assert found.mode == "text"


def test_a_mode_that_brings_the_server_down_is_told_from_one_it_lacks(tmp_path: Path) -> None:
    with OpenAIServer(able("tools", refusing=500)) as server:
        found = probe(settings_at(server, tmp_path))
    assert found.modes == {"json_schema": "failed", "tools": "yes", "json_object": "failed"}
    assert found.mode == "tools"


def test_a_server_that_does_not_stream(tmp_path: Path) -> None:
    def whole(body: Body) -> Answer:
        return Answer(FITTING, unstreamed=True)

    with OpenAIServer(whole) as server:
        settings = settings_at(server, tmp_path)
        found = probe(settings)
        assert found.streams == "failed"
        pieces: list[str] = []
        said = ModelRequest(call="say", system="s", user="u", stream=True)
        assert open_model(settings, found.known).complete(said, pieces.append).text == FITTING == "".join(pieces)


def test_a_server_that_refuses_the_key_or_is_not_there_is_an_error(tmp_path: Path) -> None:
    with OpenAIServer([], key="sk-other") as server, pytest.raises(ModelSetupRefused, match="TASTEMAKER_API_KEY"):
        probe(settings_at(server, tmp_path))
    with pytest.raises(ModelUnavailable, match="TASTEMAKER_BASE_URL"):
        probe(settings_at(server, tmp_path))


def test_the_model_starts_the_way_that_was_found_to_work(tmp_path: Path) -> None:
    with OpenAIServer(able("json_object")) as server:
        settings = settings_at(server, tmp_path)
        compose_model(settings).complete(PLAN)
        keep(probe(settings), settings)
        asked = len(server.requests)
        compose_model(settings).complete(PLAN)
        assert server.requests[0]["response_format"]["type"] == "json_schema"
        assert server.requests[asked]["response_format"]["type"] == "json_object"
        compose_model(settings.model_copy(update={"structured": "tools"})).complete(PLAN)
        assert "tools" in server.requests[-1]


def test_a_probe_is_kept_for_its_server_and_model_without_the_passwords_of_the_address(tmp_path: Path) -> None:
    with OpenAIServer(able("tools")) as server:
        address = server.base_url.replace("://", "://me:hunter2@")
        settings = settings_at(server, tmp_path, base_url=address)
        found = probe(settings)
        keep(found, settings)
    assert kept(settings) == found
    assert kept(settings.model_copy(update={"model": "n"})) is None
    assert kept(settings.model_copy(update={"base_url": "http://elsewhere/v1"})) is None
    files = list((tmp_path / "model-probes").iterdir())
    assert len(files) == 1
    assert "hunter2" not in files[0].read_text()
    files[0].write_text('{"of": "another version"}')
    assert kept(settings) is None


def test_a_second_model_steps_in_over_http_and_the_first_is_then_left_alone(tmp_path: Path) -> None:
    with OpenAIServer([Answer("busy", status=503)]) as first, OpenAIServer([Answer('{"a": 1}')] * 2) as second:
        settings = settings_at(
            first, tmp_path, fallback_model="n", fallback_base_url=second.base_url, breaker_failures=1
        )
        model = compose_model(settings)
        replies = [model.complete(PLAN, within=20) for _ in range(2)]
    assert [r.model for r in replies] == ["n", "n"]
    assert "503" in replies[0].note
    assert "left alone" in replies[1].note
    assert [r.usage.calls for r in replies] == [2, 1]
    assert all("sk-x" not in headers.get("authorization", "") for headers in second.headers)


def test_the_first_models_key_is_used_for_the_second_at_the_same_server_only(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, base_url="http://a/v1", api_key="sk-a", fallback_model="n", home=tmp_path)
    assert second_of(settings).api_key == settings.api_key
    elsewhere = second_of(settings.model_copy(update={"fallback_base_url": "http://b/v1"}))
    assert (elsewhere.base_url, elsewhere.api_key) == ("http://b/v1", None)


def test_answers_are_kept_where_the_settings_say_so(tmp_path: Path) -> None:
    with OpenAIServer([Answer('{"a": 1}')]) as server:
        settings = settings_at(server, tmp_path, response_cache=5)
        assert [compose_model(settings).complete(PLAN).usage.calls for _ in range(2)] == [1, 0]
