"""How far the adapter follows a server: for how long, for how much, and not to another address."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from agent.models.chat import Known, LangChainModel, open_model
from agent.models.failures import scrub
from agent.models.strict import fits
from agent.settings import Settings
from core.errors import ModelBrokeSchema, ModelSetupRefused, ModelUnavailable
from core.events import ModelRequest
from tests.servers.openai_server import Answer, OpenAIServer

WHOLE = ModelRequest(call="plan", system="You plan.", user="hello")
STREAMED = ModelRequest(call="say", system="You write.", user="cards", stream=True)


def model_at(server: OpenAIServer, known: Known | None = None, **more: Any) -> LangChainModel:
    choices = {"base_url": server.base_url, "api_key": "k", "model": "m", "timeout_s": 5, "max_retries": 0, **more}
    return open_model(Settings(_env_file=None, **choices), known)


def test_a_body_that_drips_ends_with_the_calls_time_and_not_with_the_silence() -> None:
    with OpenAIServer([Answer("drip " * 2000, gap_s=0.02, chunk=1)]) as server:
        began = time.monotonic()
        with pytest.raises(ModelUnavailable, match="time for this turn"):
            model_at(server).complete(WHOLE, within=0.5)
        assert time.monotonic() - began < 30  # all of it would take two minutes


@pytest.mark.parametrize("request_", [WHOLE, STREAMED], ids=["whole", "streamed"])
def test_an_endless_answer_is_given_up(request_: ModelRequest) -> None:
    with (
        OpenAIServer([Answer("on and " * 1000, chunk=7000, endless=True)]) as server,
        pytest.raises(ModelBrokeSchema, match="longer than any"),
    ):
        model_at(server).complete(request_, lambda _: None)


def test_a_redirect_is_not_followed() -> None:
    with OpenAIServer([]) as elsewhere:
        away = Answer(raw="", status=307, headers={"Location": f"{elsewhere.base_url}/chat/completions"})
        with OpenAIServer([away]) as server, pytest.raises(ModelSetupRefused, match="points to another address"):
            model_at(server).complete(WHOLE)
        assert elsewhere.requests == []


def test_a_body_nested_too_deep_is_an_answer_of_another_shape() -> None:
    deep = '{"choices": ' + "[" * 20_000 + "]" * 20_000 + "}"
    with OpenAIServer([Answer(raw=deep)]) as server, pytest.raises(ModelUnavailable, match="another shape"):
        model_at(server).complete(WHOLE)


@pytest.mark.parametrize("request_", [WHOLE, STREAMED], ids=["whole", "streamed"])
def test_characters_that_cannot_be_stored_are_replaced(request_: ModelRequest) -> None:
    pieces: list[str] = []
    with OpenAIServer([Answer("half \ud83d and \0nothing", chunk=4)]) as server:
        assert model_at(server).complete(request_, pieces.append).text == "half ? and nothing"
    assert "".join(pieces) in {"", "half ? and nothing"}


def test_a_server_known_not_to_stream_is_asked_for_the_whole_and_it_is_told_in_one_piece() -> None:
    pieces: list[str] = []
    with OpenAIServer([Answer("Hello there")]) as server:
        reply = model_at(server, Known(streams=False)).complete(STREAMED, pieces.append)
    assert pieces == ["Hello there"] == [reply.text]
    assert not server.requests[0].get("stream")


def test_a_reply_tells_its_model_its_tries_and_whether_its_tokens_are_estimated() -> None:
    with OpenAIServer([Answer("busy", status=503), Answer("Hello", usage=None)]) as server:
        model = model_at(server, max_retries=1)
        model._sleep = lambda _: None
        reply = model.complete(WHOLE)
    assert (reply.model, reply.note, reply.estimated) == ("m", "after 1 further try", True)


def test_a_servers_stack_is_not_told() -> None:
    assert scrub("boom Traceback (most recent call last): File x.py") == "boom"


SCHEMA = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["a", "b"]},
        "count": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
    },
    "required": ["kind", "count", "parts"],
    "additionalProperties": False,
    "$defs": {"part": {"type": "object", "properties": {"on": {"type": "boolean"}}, "required": ["on"]}},
}


@pytest.mark.parametrize(
    ("answer", "fitting"),
    [
        ('{"kind": "a", "count": 1, "parts": [{"on": true}]}', True),
        ('{"kind": "b", "count": null, "parts": []}', True),
        ('{"kind": "c", "count": 1, "parts": []}', False),
        ('{"kind": "a", "count": 1.5, "parts": []}', False),
        ('{"kind": "a", "count": true, "parts": []}', False),
        ('{"kind": "a", "parts": []}', False),
        ('{"kind": "a", "count": 1, "parts": [], "more": 1}', False),
        ('{"kind": "a", "count": 1, "parts": [{"on": "yes"}]}', False),
        ('{"kind": "a", "count": 1, "parts": {}}', False),
        ('"a"', False),
    ],
)
def test_what_fits_a_schema(answer: str, fitting: bool) -> None:
    assert fits(json.loads(answer), SCHEMA) is fitting
