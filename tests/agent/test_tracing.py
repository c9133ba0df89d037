"""Spans of turns: what they hold, what they leave out, and that no collector can get in a turn's way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from agent.build import Tastemaker, build
from agent.drivers import Limits, Watch, stream
from agent.exporting import Resting
from agent.models.scripted import ScriptedModel
from agent.settings import load_settings
from agent.tracing import Tracing
from core.errors import ModelUnavailable, OperatorMustFix
from core.events import ModelRequest, Origin, StageDone, TextDelta, TurnDone
from core.turn import Conversation, StageTrace
from tests.agent.samples import turn_after
from tests.servers.openai_server import Answer, OpenAIServer
from tests.servers.otlp_receiver import OtlpReceiver

KEY = "sk-a-very-secret-key"
WISHES = {
    "films": ("a comedy under 110 minutes", "genres", "comedy"),
    "books": ("a mystery for the train", "genres", "mystery"),
}


def plan_of(catalog: str) -> str:
    message, field, value = WISHES[catalog]
    return json.dumps({"wishes": [{"field": field, "values": [value], "quote": message}], "act": "recommend"})


class Traced:
    """An app whose spans are kept in memory."""

    def __init__(self, server: OpenAIServer, home: Path, *, content: bool = False) -> None:
        settings = load_settings(
            home=home, controller="model", base_url=server.base_url, api_key=KEY, model="scripted", max_retries=0
        )
        self.app = build(settings)
        self._kept = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.app.observer = Tracing(provider, content=content)

    def answer(self, catalog: str) -> list[ReadableSpan]:
        self.app.answer(Conversation(id="c-1", catalog=catalog), WISHES[catalog][0])
        return list(self._kept.get_finished_spans())


def named(spans: list[ReadableSpan], start: str) -> list[ReadableSpan]:
    return [s for s in spans if s.name.startswith(start)]


def all_values(spans: list[ReadableSpan]) -> str:
    return repr([(s.name, dict(s.attributes or {}), s.status.description, s.events) for s in spans])


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_a_turn_is_a_span_with_its_stages_and_its_model_calls_below(demo_home: Path, catalog: str) -> None:
    with OpenAIServer([Answer(plan_of(catalog)), Answer("Start with [[2]], then [[1]].")]) as server:
        spans = Traced(server, demo_home).answer(catalog)
    (turn,) = named(spans, "invoke_agent")
    assert turn.name == "invoke_agent tastemaker"
    assert turn.attributes is not None
    assert turn.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert turn.attributes["gen_ai.agent.name"] == "tastemaker"
    assert turn.attributes["gen_ai.conversation.id"] == "c-1"
    assert turn.attributes["tastemaker.catalog"] == catalog
    assert (turn.attributes["tastemaker.act"], turn.attributes["tastemaker.calls"]) == ("recommend", 2)
    stages = named(spans, "stage ")
    assert [s.name for s in stages][:2] == ["stage plan", "stage listen"]
    assert stages[-1].name == "stage say"
    calls = named(spans, "chat ")
    assert [c.attributes["gen_ai.prompt.name"] for c in calls] == ["plan", "say"]
    assert all(s.parent is not None and s.parent.span_id == turn.context.span_id for s in (*stages, *calls))
    assert all(turn.start_time <= s.start_time <= s.end_time for s in (*stages, *calls))


def test_a_call_tells_model_tokens_and_cache_by_the_conventions(demo_home: Path) -> None:
    with OpenAIServer([Answer(plan_of("films")), Answer("Start with [[1]].")]) as server:
        plan, say = named(Traced(server, demo_home).answer("films"), "chat ")
    for call in (plan, say):
        told = dict(call.attributes)
        assert call.name == "chat scripted"
        assert told["gen_ai.operation.name"] == "chat"
        assert told["gen_ai.provider.name"] == "openai"
        assert (told["gen_ai.request.model"], told["gen_ai.response.model"]) == ("scripted", "scripted")
        assert told["gen_ai.response.finish_reasons"] == ("stop",)
        assert (told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]) == (120, 30)
        assert told["gen_ai.usage.cache_read.input_tokens"] == 100
        assert told["gen_ai.response.id"]
        assert "error.type" not in told
    assert (plan.attributes["gen_ai.output.type"], say.attributes["gen_ai.output.type"]) == ("json", "text")
    assert say.attributes["gen_ai.response.time_to_first_chunk"] >= 0
    assert "gen_ai.response.time_to_first_chunk" not in plan.attributes


def test_what_is_said_stays_out_unless_it_is_asked_for_and_keys_always_do(demo_home: Path) -> None:
    script = [Answer(plan_of("films")), Answer("Start with [[1]], a gentle one.")]
    with OpenAIServer(script) as server:
        silent = all_values(Traced(server, demo_home).answer("films"))
    with OpenAIServer(script) as server:
        telling = Traced(server, demo_home, content=True).answer("films")
    assert "comedy under" not in silent
    assert "gentle" not in silent
    assert KEY not in silent + all_values(telling)
    (turn,) = named(telling, "invoke_agent")
    plan, say = named(telling, "chat ")
    (heard,) = json.loads(turn.attributes["gen_ai.input.messages"])
    assert heard == {"role": "user", "parts": [{"type": "text", "content": WISHES["films"][0]}]}
    assert "You plan one turn" in json.loads(plan.attributes["gen_ai.system_instructions"])[0]["content"]
    (said,) = json.loads(say.attributes["gen_ai.output.messages"])
    assert (said["role"], said["finish_reason"]) == ("assistant", "stop")
    assert "gentle" in said["parts"][0]["content"]


def test_a_failed_call_and_the_rules_that_took_over_can_be_seen(demo_home: Path) -> None:
    with OpenAIServer([Answer(f"overloaded, {KEY}", status=500)]) as server:
        spans = Traced(server, demo_home, content=True).answer("films")
    (call,) = named(spans, "chat ")
    assert call.attributes["error.type"] == "ModelUnavailable"
    assert call.status.status_code is StatusCode.ERROR
    assert "gen_ai.usage.input_tokens" not in call.attributes
    (plan,) = named(spans, "stage plan")
    assert plan.attributes["tastemaker.fallback"] is True
    assert plan.status.status_code is StatusCode.ERROR
    (turn,) = named(spans, "invoke_agent")
    assert (turn.attributes["tastemaker.fallback"], turn.attributes["tastemaker.controller"]) == (True, "rules")
    assert turn.status.status_code is StatusCode.UNSET
    assert KEY not in all_values(spans)


def kept_tracing() -> tuple[Tracing, InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    return Tracing(provider), kept


def short_turn(*, breaks: bool = False) -> Iterator[Any]:
    yield StageDone(trace=StageTrace(stage="plan", ms=1.0))
    yield ModelRequest(call="say", system="s", user="u", stream=True)
    if breaks:
        raise RuntimeError("a defect")
    yield TextDelta(text="hello")
    yield TurnDone(turn=turn_after(Conversation(id="c", catalog="teas"), "hello"))


def test_a_defect_a_late_model_and_a_reader_who_leaves_end_their_spans() -> None:
    tracing, kept = kept_tracing()
    watch = Watch(Origin(conversation="c"), tracing)
    with pytest.raises(RuntimeError, match="a defect"):
        list(stream(short_turn(breaks=True), ScriptedModel(["x"]), watch=watch))
    (turn,) = [s for s in kept.get_finished_spans() if s.name.startswith("invoke")]
    assert (turn.attributes["error.type"], turn.status.status_code) == ("RuntimeError", StatusCode.ERROR)

    kept.clear()
    events = stream(short_turn(), ScriptedModel(["many words for one reply"]), watch=watch)
    while next(events).kind != "text":
        pass
    events.close()
    call, turn = [s for s in kept.get_finished_spans() if not s.name.startswith("stage")]
    assert [s.attributes["error.type"] for s in (call, turn)] == ["cancelled", "cancelled"]

    class Late(ScriptedModel):
        def complete(self, request, on_delta=None, *, within=None):
            time.sleep(0.3)
            raise ModelUnavailable("too late")

    kept.clear()
    list(stream(short_turn(), Late(), Limits(deadline_s=0.05), watch=watch))
    (call,) = [s for s in kept.get_finished_spans() if s.name.startswith("chat")]
    assert call.attributes["error.type"] == "timeout"


def test_the_call_is_the_current_span_in_the_thread_that_makes_it() -> None:
    seen = []

    class Looking(ScriptedModel):
        def complete(self, request, on_delta=None, *, within=None):
            seen.append(trace.get_current_span().get_span_context().span_id)
            return super().complete(request, on_delta, within=within)

    tracing, kept = kept_tracing()
    list(stream(short_turn(), Looking(["x"]), watch=Watch(Origin(), tracing)))
    (call,) = [s for s in kept.get_finished_spans() if s.name.startswith("chat")]
    assert seen == [call.context.span_id]
    assert not trace.get_current_span().get_span_context().is_valid


def ask(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; from agent.build import build; from core.turn import Conversation; app = build();"
        "turn = app.answer(Conversation(id='c-2', catalog='films'), 'a comedy'); app.close();"
        "print(len(turn.slate), any(m.startswith('opentelemetry') for m in sys.modules))"
    )
    settings = {"TASTEMAKER_HOME": str(home), "TASTEMAKER_CONTROLLER": "rules", "TASTEMAKER_VECTOR_INDEX": "exact"}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", code], env=clean | settings | environment, capture_output=True, text=True, timeout=120
    )


def test_off_is_the_default_and_imports_nothing(demo_home: Path) -> None:
    assert ask(demo_home).stdout == "3 False\n"


def test_on_the_console_spans_go_to_stderr(demo_home: Path) -> None:
    done = ask(demo_home, TASTEMAKER_TRACING="console")
    assert done.stdout == "3 True\n"
    assert '"name": "invoke_agent tastemaker"' in done.stderr


def test_a_collector_gets_the_spans_by_the_standard_variables(demo_home: Path) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="the OTLP exporter over HTTP is an extra")
    with OtlpReceiver() as receiver:
        done = ask(
            demo_home,
            TASTEMAKER_TRACING="otlp",
            OTEL_EXPORTER_OTLP_ENDPOINT=receiver.endpoint,
            OTEL_EXPORTER_OTLP_HEADERS="authorization=Basic%20abc",
            OTEL_SERVICE_NAME="our-films",
        )
    assert done.returncode == 0, done.stderr
    names = [s.name for s in receiver.spans]
    assert names.count("invoke_agent tastemaker") == 1
    assert {"stage plan", "stage listen", "stage say"} <= set(names)
    assert set(receiver.services) == {"our-films"}
    assert receiver.headers[0]["authorization"] == "Basic abc"
    assert done.stderr == ""


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_collector_that_is_not_there_is_told_of_once_and_the_turn_stands(demo_home: Path, protocol: str) -> None:
    package = "http" if protocol.startswith("http") else "grpc"
    pytest.importorskip(f"opentelemetry.exporter.otlp.proto.{package}", reason="an exporter that is not installed")
    with OtlpReceiver() as gone:
        pass
    done = ask(
        demo_home,
        TASTEMAKER_TRACING="otlp",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_EXPORTER_OTLP_ENDPOINT=gone.endpoint,
        OTEL_BSP_SCHEDULE_DELAY="20",
    )
    assert (done.returncode, done.stdout) == (0, "3 True\n"), done.stderr
    assert done.stderr.count("Spans could not be sent") == 1
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_turn_does_not_wait_for_a_collector(demo: Tastemaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exporter is held up until the turn is over: a turn that waited for it would never end."""
    over, sent = threading.Event(), []

    class HeldUp(InMemorySpanExporter):
        def export(self, spans):
            assert over.wait(60)
            sent.extend(spans)
            return SpanExportResult.SUCCESS

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(HeldUp(), schedule_delay_millis=1))
    tracing = Tracing(provider)
    monkeypatch.setitem(demo.__dict__, "observer", tracing)
    for _ in range(3):
        demo.answer(Conversation(id="c", catalog="films"), "a comedy")
    over.set()
    tracing.close()
    assert len([s for s in sent if s.name.startswith("invoke_agent")]) == 3


def test_an_exporter_that_has_failed_is_left_alone_for_a_while() -> None:
    now, tried = [0.0], []

    class Down(InMemorySpanExporter):
        def export(self, spans):
            tried.append(now[0])
            return SpanExportResult.FAILURE if now[0] < 40 else SpanExportResult.SUCCESS

    resting = Resting(Down(), clock=lambda: now[0])
    results = []
    for now[0] in (0.0, 1.0, 29.0, 31.0, 60.0, 62.0, 63.0):
        results.append(resting.export(()))
    assert tried == [0.0, 31.0, 62.0, 63.0]
    assert results[-2:] == [SpanExportResult.SUCCESS] * 2


def test_a_protocol_nobody_speaks_is_the_operators_to_fix(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "telegraph")
    app = build(load_settings(home=demo_home, controller="rules", tracing="otlp"))
    with pytest.raises(OperatorMustFix, match="telegraph"):
        app.answer(Conversation(id="c", catalog="films"), "a comedy")
