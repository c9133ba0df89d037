"""The LangChain adapter over real HTTP, against a scripted server that speaks the OpenAI protocol."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from agent.models.chat import LangChainModel, open_model
from agent.settings import Settings
from core.errors import BudgetSpent, ModelBrokeSchema, ModelRejected, ModelUnavailable, OperatorMustFix
from core.events import ModelRequest
from tests.servers.openai_server import Answer, OpenAIServer

SCHEMA = {
    "type": "object",
    "properties": {"act": {"type": "string"}},
    "required": ["act"],
    "additionalProperties": False,
}
PLAN = ModelRequest(call="plan", system="You plan.", user="hello", json_schema=SCHEMA)
SAY = ModelRequest(call="say", system="You write.", user="cards", stream=True)
KEY = "sk-a-very-secret-key"


def model_at(server: OpenAIServer, **choices: Any) -> LangChainModel:
    settings = Settings(
        _env_file=None,
        **{"base_url": server.base_url, "api_key": KEY, "model": "scripted", "timeout_s": 5, **choices},
    )
    model = open_model(settings)
    model._sleep = lambda _: None
    model._rng = random.Random(1)
    return model


def test_a_plan_is_asked_for_by_schema_and_comes_back_as_text_with_its_usage() -> None:
    def asks_for_the_schema(body: dict[str, Any]) -> None:
        assert body["response_format"]["json_schema"] == {"name": "plan", "strict": True, "schema": SCHEMA}
        assert [m["role"] for m in body["messages"]] == ["system", "user"]
        assert "temperature" not in body

    prices = {"scripted": {"tokens_in": 1.0, "tokens_out": 10.0, "tokens_cached": 0.1}}
    with OpenAIServer([Answer('{"act": "chat"}', check=asks_for_the_schema)], key=KEY) as server:
        reply = model_at(server, prices=prices).complete(PLAN)
    assert json.loads(reply.text) == {"act": "chat"}
    usage = reply.usage
    assert (usage.calls, usage.tokens_in, usage.tokens_out, usage.tokens_cached) == (1, 120, 30, 100)
    assert usage.cost == pytest.approx((20 * 1.0 + 100 * 0.1 + 30 * 10.0) / 1e6)


def test_prose_is_streamed_piece_by_piece_with_usage_at_the_end() -> None:
    pieces: list[str] = []
    with OpenAIServer([Answer("Two that fit: [[1]] and [[2]].")]) as server:
        reply = model_at(server).complete(SAY, pieces.append)
    assert "".join(pieces) == reply.text == "Two that fit: [[1]] and [[2]]."
    assert len(pieces) > 3
    assert reply.usage.tokens_in == 120
    assert server.requests[0]["stream_options"] == {"include_usage": True}


def test_a_server_that_counts_no_tokens_gets_an_estimate() -> None:
    with OpenAIServer([Answer("word " * 42, usage=None)]) as server:
        reply = model_at(server).complete(SAY, lambda _: None)
    assert 35 <= reply.usage.tokens_out <= 60
    assert reply.usage.cost is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 408])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with OpenAIServer([Answer("busy", status=status), Answer('{"act": "chat"}')]) as server:
        assert json.loads(model_at(server).complete(PLAN).text) == {"act": "chat"}


def test_retries_are_bounded_and_back_off() -> None:
    pauses: list[float] = []
    with OpenAIServer([Answer("busy", status=503)] * 3) as server:
        model = model_at(server, max_retries=2)
        model._sleep = pauses.append
        with pytest.raises(ModelUnavailable, match="503"):
            model.complete(PLAN)
    assert len(pauses) == 2
    assert 0.4 <= pauses[0] <= 0.8 <= pauses[1] <= 1.6


def test_the_server_may_say_how_long_to_wait_unless_the_turn_is_too_short_for_it() -> None:
    wait = {"Retry-After": "7"}
    pauses: list[float] = []
    with OpenAIServer([Answer("slow down", status=429, headers=wait), Answer('{"act": "chat"}')]) as server:
        model = model_at(server)
        model._sleep = pauses.append
        model.complete(PLAN, within=30)
    assert pauses == [7.0]
    with OpenAIServer([Answer("slow down", status=429, headers=wait)]) as server, pytest.raises(ModelUnavailable):
        model_at(server).complete(PLAN, within=3)


def test_a_wrong_key_is_not_tried_again_and_not_repeated_in_the_error() -> None:
    with OpenAIServer([], key="sk-another-key") as server, pytest.raises(ModelRejected) as caught:
        model_at(server).complete(PLAN)
    assert len(server.requests) == 1
    assert KEY not in str(caught.value)
    assert "TASTEMAKER_API_KEY" in str(caught.value)


def test_an_error_text_that_repeats_the_key_is_scrubbed() -> None:
    with (
        OpenAIServer([Answer(f"no model for {KEY} at http://me:pass@host/x", status=404)]) as server,
        pytest.raises(ModelRejected) as caught,
    ):
        model_at(server).complete(PLAN)
    assert "[secret]" in str(caught.value)
    assert KEY not in str(caught.value)
    assert "me:pass" not in str(caught.value)


def test_a_spent_quota_is_not_waited_for() -> None:
    with (
        OpenAIServer([Answer("pay first", status=429, code="insufficient_quota")]) as server,
        pytest.raises(BudgetSpent),
    ):
        model_at(server).complete(PLAN)


def test_a_server_without_json_schema_is_asked_by_tool_and_then_by_json_mode_and_it_is_remembered() -> None:
    script = [
        Answer("response_format json_schema is not supported", status=400),
        Answer('{"act": "chat"}', tool="plan"),
        Answer('{"act": "ask"}', tool="plan"),
        Answer("unknown field: tools", status=422),
        Answer('{"act": "chat"}'),
    ]
    with OpenAIServer(script) as server:
        model = model_at(server)
        assert json.loads(model.complete(PLAN).text) == {"act": "chat"}
        assert json.loads(model.complete(PLAN).text) == {"act": "ask"}
        assert json.loads(model.complete(PLAN).text) == {"act": "chat"}
    first, second, third, fourth, fifth = server.requests
    assert first["response_format"]["type"] == "json_schema"
    assert second["tools"][0]["function"]["parameters"] == SCHEMA == third["tools"][0]["function"]["parameters"]
    assert "tools" in fourth
    assert fifth["response_format"] == {"type": "json_object"}
    assert '"act"' in fifth["messages"][0]["content"]


def test_a_model_that_takes_no_temperature_is_asked_without() -> None:
    script = [Answer("Unsupported value: 'temperature'", status=400), Answer('{"act": "chat"}')]
    with OpenAIServer(script) as server:
        model_at(server, plan_temperature=0.0).complete(PLAN)
    assert server.requests[0]["temperature"] == 0.0
    assert "temperature" not in server.requests[1]


def test_a_bad_request_for_another_reason_is_final() -> None:
    with (
        OpenAIServer([Answer("messages are too naughty", status=400)]) as server,
        pytest.raises(ModelRejected, match="naughty"),
    ):
        model_at(server).complete(PLAN)


def test_a_stream_cut_before_the_first_word_is_tried_again_and_later_not() -> None:
    pieces: list[str] = []
    with OpenAIServer([Answer("Hello there", cut_after=1), Answer("Hello there")]) as server:
        assert model_at(server).complete(SAY, pieces.append).text == "Hello there"
    assert "".join(pieces) == "Hello there"
    pieces.clear()
    with (
        OpenAIServer([Answer("Hello there", cut_after=2)]) as server,
        pytest.raises(ModelUnavailable, match="broke off"),
    ):
        model_at(server).complete(SAY, pieces.append)
    assert "".join(pieces) == "Hello "


def test_silence_ends_at_the_timeout() -> None:
    with OpenAIServer([Answer("late", delay_s=5)]) as server, pytest.raises(ModelUnavailable, match="too long"):
        model_at(server, timeout_s=0.2, max_retries=0).complete(PLAN)


def test_a_trickle_ends_with_the_turns_time() -> None:
    with (
        OpenAIServer([Answer("drip " * 200, gap_s=0.05)]) as server,
        pytest.raises(ModelUnavailable, match="time for this turn"),
    ):
        model_at(server).complete(SAY, lambda _: None, within=0.4)


@pytest.mark.parametrize("raw", ["<html>gateway</html>", "{}", '{"choices": []}', '{"choices": null}', '"text"', "[]"])
def test_an_answer_of_another_shape_is_a_failure_like_any_other(raw: str) -> None:
    with OpenAIServer([Answer(raw=raw)] * 2) as server:
        model = model_at(server, max_retries=0)
        for request in (PLAN, SAY.model_copy(update={"stream": False})):
            with pytest.raises((ModelUnavailable, ModelBrokeSchema)):
                model.complete(request)


def test_an_empty_answer_breaks_the_schema_and_a_refusal_is_said() -> None:
    with OpenAIServer([Answer(""), Answer(refusal="I cannot"), Answer('{"act', finish="length")]) as server:
        model = model_at(server)
        with pytest.raises(ModelBrokeSchema):
            model.complete(PLAN)
        with pytest.raises(ModelRejected, match="refused"):
            model.complete(PLAN)
        with pytest.raises(ModelBrokeSchema, match="cut"):
            model.complete(PLAN)


def test_a_server_that_is_not_there_is_reported_with_what_to_check() -> None:
    with OpenAIServer() as server:
        pass
    with pytest.raises(ModelUnavailable, match="TASTEMAKER_BASE_URL"):
        model_at(server, max_retries=0).complete(PLAN)


def test_a_provider_that_is_not_installed_is_the_operators_to_fix(tmp_path: Path) -> None:
    with pytest.raises(OperatorMustFix, match="TASTEMAKER_MODEL"):
        open_model(Settings(_env_file=None, model="nonesuch:x", home=tmp_path))


def test_any_langchain_model_can_be_used() -> None:
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    chat = GenericFakeChatModel(messages=iter([AIMessage('{"act": "chat"}'), AIMessage("Hello there, you")]))
    model = LangChainModel(chat)
    assert json.loads(model.complete(PLAN).text) == {"act": "chat"}
    pieces: list[str] = []
    assert model.complete(SAY, pieces.append).text == "Hello there, you"
    assert len(pieces) > 1
    assert model.name == "GenericFakeChatModel"


def test_the_scripted_server_fails_on_a_call_nobody_wrote_down() -> None:
    unwritten = pytest.raises(AssertionError, match="call 1 is not in the script")
    with unwritten, OpenAIServer() as server, pytest.raises(ModelRejected):
        model_at(server).complete(PLAN)
    with pytest.raises(AssertionError, match="never asked for"), OpenAIServer([Answer("hello")]):
        pass


def test_the_likeliest_first_tokens_come_with_their_log_probabilities() -> None:
    def asks_for_them(body: dict[str, Any]) -> None:
        assert (body["logprobs"], body["top_logprobs"], body["max_completion_tokens"]) == (True, 3, 1)

    judge = ModelRequest(call="judge", system="Yes or no.", user="card", alternatives=3, longest=1)
    told = {"yes": -0.1, "no": -2.5, "Yes": -5.0, "maybe": -7.0}
    with OpenAIServer([Answer("yes", alternatives=told, check=asks_for_them), Answer("no")]) as server:
        model = model_at(server)
        assert model.complete(judge).alternatives == {"yes": -0.1, "no": -2.5, "Yes": -5.0}
        assert model.complete(judge).alternatives == {}


def test_a_server_without_log_probabilities_is_not_asked_for_them_again() -> None:
    judge = ModelRequest(call="judge", system="Yes or no.", user="card", alternatives=3)
    refusing = Answer("logprobs are not supported by this model", status=400)
    with OpenAIServer([refusing, Answer("yes"), Answer("no")]) as server:
        model = model_at(server)
        assert [model.complete(judge).text for _ in range(2)] == ["yes", "no"]
    assert ["logprobs" in body for body in server.requests] == [True, False, False]
