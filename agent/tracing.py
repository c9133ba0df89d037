"""OpenTelemetry spans for turns, their stages and their model calls; the one module that makes spans.

Names follow the GenAI semantic conventions (`gen_ai.*`) where these have one, and start with `tastemaker.` elsewhere.
What people and models wrote is left out unless asked for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from agent.exporting import open_provider
from agent.models.protocol import ChatModel
from agent.settings import Settings
from core.events import Event, ModelReply, ModelRequest, Origin, StageDone, TurnDone
from core.turn import StageTrace, Turn

AGENT = "tastemaker"
Told = str | int | float | bool | list[str]
"""The value of an attribute."""


def open_tracing(settings: Settings) -> Tracing:
    """Tracing as the settings say, which must not say off; raises OperatorMustFix when it cannot start."""
    assert settings.tracing != "off"
    return Tracing(open_provider(settings.tracing), content=settings.trace_content)


class Tracing:
    """An observer that makes spans with a provider of its own."""

    def __init__(self, provider: TracerProvider, *, content: bool = False) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("tastemaker")
        self._content = content

    @contextmanager
    def turn(self, origin: Origin) -> Iterator[_TurnSpan]:
        """One `invoke_agent` span, with the spans of its stages and calls below it."""
        attributes: dict[str, Told | None] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": AGENT,
            "gen_ai.conversation.id": origin.conversation,
            "tastemaker.catalog": origin.catalog,
            "tastemaker.turn": origin.turn,
        }
        with _span(self._tracer, f"invoke_agent {AGENT}", attributes) as span:
            yield _TurnSpan(self._tracer, span, content=self._content)

    def close(self) -> None:
        """Send what is held, as long as the exporter's patience lasts."""
        self._provider.shutdown()


class _TurnSpan:
    """The span of one turn."""

    def __init__(self, tracer: Tracer, span: Span, *, content: bool) -> None:
        self._tracer, self._span, self._content = tracer, span, content
        self._below = trace.set_span_in_context(span)
        self._stage_ended = time.time_ns()

    def happened(self, event: Event) -> None:
        """Stages become spans, the finished turn fills in its own."""
        if isinstance(event, StageDone):
            self._stage(event.trace)
        elif isinstance(event, TurnDone):
            self._span.set_attributes(_of_turn(event.turn, content=self._content))

    def _stage(self, stage: StageTrace) -> None:
        # Stages follow one another and are told of when they are over, some of them together.
        start, self._stage_ended = self._stage_ended, self._stage_ended + round(stage.ms * 1e6)
        span = self._tracer.start_span(f"stage {stage.stage}", context=self._below, start_time=start)
        told: dict[str, Told | None] = {
            "tastemaker.stage": stage.stage,
            "tastemaker.in": stage.into,
            "tastemaker.out": stage.out,
            "tastemaker.fallback": stage.fallback,
            "tastemaker.note": stage.note if self._content else None,
        }
        span.set_attributes(_told(told))
        if stage.fallback:
            span.set_status(Status(StatusCode.ERROR, "the rules took the model's place"))
        span.end(self._stage_ended)

    @contextmanager
    def call(self, request: ModelRequest, model: ChatModel) -> Iterator[_CallSpan]:
        """One `chat` span."""
        provider = getattr(model, "provider", "")  # models of other makings may not say
        attributes: dict[str, Told | None] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider or "unknown",
            "gen_ai.request.model": model.name,
            "gen_ai.request.stream": request.stream,
            "gen_ai.output.type": "text" if request.json_schema is None else "json",
            "gen_ai.conversation.id": request.origin.conversation,
            "gen_ai.prompt.name": request.call,
            "tastemaker.prompt.hash": request.prompt_hash,
        }
        if self._content:
            attributes |= {
                "gen_ai.system_instructions": json.dumps([_part(request.system)], ensure_ascii=False),
                "gen_ai.input.messages": _message("user", request.user),
            }
        with _span(self._tracer, f"chat {model.name}", attributes, self._below, SpanKind.CLIENT) as span:
            yield _CallSpan(span, content=self._content)


class _CallSpan:
    """The span of one model call."""

    def __init__(self, span: Span, *, content: bool) -> None:
        self._span, self._content = span, content
        self._began: float | None = time.monotonic()

    def running(self) -> AbstractContextManager[object]:
        """Makes this the current span, for instrumented clients."""
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def piece(self) -> None:
        """The first one's time is kept."""
        if self._began is not None:
            self._span.set_attribute("gen_ai.response.time_to_first_chunk", time.monotonic() - self._began)
            self._began = None

    def replied(self, reply: ModelReply) -> None:
        """What the answer cost."""
        usage = reply.usage
        told: dict[str, Told | None] = {
            "gen_ai.response.model": reply.model,
            "gen_ai.response.id": reply.id,
            "gen_ai.response.finish_reasons": [reply.finish] if reply.finish else None,
            "gen_ai.usage.input_tokens": usage.tokens_in,
            "gen_ai.usage.output_tokens": usage.tokens_out,
            "gen_ai.usage.cache_read.input_tokens": usage.tokens_cached,
            "tastemaker.cost": usage.cost,
        }
        self._span.set_attributes(_told(told))
        if self._content:
            self._span.set_attribute("gen_ai.output.messages", _message("assistant", reply.text, reply.finish))

    def failed(self, kind: str, reason: str) -> None:
        """Why there is no answer."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR, reason if self._content else None))


@contextmanager
def _span(
    tracer: Tracer,
    name: str,
    attributes: Mapping[str, Told | None],
    below: Context | None = None,
    kind: SpanKind = SpanKind.INTERNAL,
) -> Iterator[Span]:
    """A span that ends with the block; it is nobody's current span, since a turn may go from thread to thread."""
    span = tracer.start_span(name, context=below, kind=kind, attributes=_told(attributes))
    try:
        yield span
    except GeneratorExit:
        span.set_attribute("error.type", "cancelled")
        raise
    except BaseException as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()


def _of_turn(turn: Turn, *, content: bool) -> dict[str, Told]:
    told: dict[str, Told | None] = {
        "tastemaker.controller": turn.controller,
        "tastemaker.act": turn.plan.act.kind,
        "tastemaker.shown": len(turn.slate),
        "tastemaker.calls": turn.usage.calls,
        "tastemaker.fallback": any(stage.fallback for stage in turn.trace),
    }
    if content:
        told |= {
            "gen_ai.input.messages": _message("user", turn.message),
            "gen_ai.output.messages": _message("assistant", turn.reply),
        }
    return _told(told)


def _told(attributes: Mapping[str, Told | None]) -> dict[str, Told]:
    """The attributes that have a value."""
    return {name: value for name, value in attributes.items() if value is not None and value != ""}


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "content": text}


def _message(role: str, text: str, finish: str = "") -> str:
    """One message, as the conventions write messages into an attribute."""
    said = {"role": role, "parts": [_part(text)]} | ({"finish_reason": finish} if finish else {})
    return json.dumps([said], ensure_ascii=False)
