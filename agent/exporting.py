"""Where spans go: to an OTLP collector or to stderr, so that no turn waits for them and a failure is told once."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from core.errors import OperatorMustFix

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

PATIENCE_S = 3.0
"""Longest an export may take, and the end of the program be held up, where OTEL_EXPORTER_OTLP_TIMEOUT is not set."""
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


def open_provider(where: Literal["otlp", "console"]) -> TracerProvider:
    """A provider of our own, the process-wide one stays as it is; raises OperatorMustFix when an exporter is missing.

    Endpoint, headers, protocol, sampling and resource come from the standard OTEL_* variables.
    """
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider

    named = Resource({"service.name": "tastemaker"}).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=Resource.create().merge(named))
    provider.add_span_processor(_processor(where))
    return provider


def _processor(where: Literal["otlp", "console"]) -> SpanProcessor:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

    if where == "console":
        return SimpleSpanProcessor(ConsoleSpanExporter(out=sys.stderr))
    _quieten(_LOGGERS)
    return BatchSpanProcessor(_otlp_exporter())


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
