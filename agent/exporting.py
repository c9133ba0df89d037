"""Where spans go: to an OTLP collector or to stderr, so that no turn waits for them and a failure is told once."""

from __future__ import annotations

import importlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    ConsoleSpanExporter,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)

from core.errors import OperatorMustFix

PATIENCE_S = 3.0
"""Longest an export may take, and the end of the program be held up, where OTEL_EXPORTER_OTLP_TIMEOUT is not set."""
REST_S = 30.0
"""So long an exporter that has failed is left alone; spans that come meanwhile are dropped."""
_LOGGERS = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.grpc.exporter",
    "opentelemetry.sdk._shared_internal",
)


class _SaidOnce(logging.Filter):
    """Lets one message through, in words that name no address and no header."""

    def __init__(self) -> None:
        super().__init__()
        self._said = False

    def filter(self, record: logging.LogRecord) -> bool:
        if self._said or record.levelno < logging.WARNING:
            return False
        self._said = True
        record.msg, record.args, record.exc_info = (
            "Spans could not be sent; turns go on without. Check OTEL_EXPORTER_OTLP_ENDPOINT. Said once.",
            None,
            None,
        )
        return True


class Resting(SpanExporter):
    """An exporter that is not tried again for a while once it has failed, so that a backlog never holds anybody up."""

    def __init__(self, exporter: SpanExporter, clock: Callable[[], float] = time.monotonic) -> None:
        self._exporter, self._clock = exporter, clock
        self._until = float("-inf")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """What the exporter says, or FAILURE at once while it rests."""
        if self._clock() < self._until:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._until = self._clock() + REST_S
        return result

    def shutdown(self) -> None:
        """Nothing more will come."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Whatever the exporter itself holds is sent."""
        return self._exporter.force_flush(timeout_millis)


def open_provider(where: Literal["otlp", "console"]) -> TracerProvider:
    """A provider of our own, the process-wide one stays as it is; raises OperatorMustFix when an exporter is missing.

    Endpoint, headers, protocol, sampling and resource come from the standard OTEL_* variables.
    """
    named = Resource({"service.name": "tastemaker"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create().merge(named))
    provider.add_span_processor(_processor(where))
    return provider


def _processor(where: Literal["otlp", "console"]) -> SpanProcessor:
    if where == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr))
    _quieten(_LOGGERS)
    return BatchSpanProcessor(Resting(_otlp_exporter()))


def _otlp_exporter() -> SpanExporter:
    protocol = _first_of("PROTOCOL") or "http/protobuf"
    modules = {"http/protobuf": "http", "grpc": "grpc"}
    if protocol not in modules:
        raise OperatorMustFix(
            f"OTEL_EXPORTER_OTLP_PROTOCOL is {protocol!r}.", f"It may be {' or '.join(sorted(modules))}."
        )
    try:
        found = importlib.import_module(f"opentelemetry.exporter.otlp.proto.{modules[protocol]}.trace_exporter")
    except ImportError:
        raise OperatorMustFix(
            f"Tracing by {protocol} needs a package that is not installed.",
            f'Run `pip install "opentelemetry-exporter-otlp-proto-{modules[protocol]}>=1.40,<2"`, '
            "or set TASTEMAKER_TRACING=off.",
        ) from None
    exporter: SpanExporter = found.OTLPSpanExporter(timeout=None if _first_of("TIMEOUT") else PATIENCE_S)
    return exporter


def _first_of(name: str) -> str:
    """A variable of the exporter, that for traces before that for everything."""
    return os.environ.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}") or os.environ.get(f"OTEL_EXPORTER_OTLP_{name}", "")


def _quieten(names: Iterable[str]) -> None:
    """One warning in all from these loggers; an exporter that is down would else say so for every batch."""
    once = _SaidOnce()
    for name in names:
        logger = logging.getLogger(name)
        for old in [f for f in logger.filters if isinstance(f, _SaidOnce)]:
            logger.removeFilter(old)
        logger.addFilter(once)
