"""Metrics in Prometheus' text format: requests, turns, stages, tokens and money, fallbacks and empty results.

With several worker processes PROMETHEUS_MULTIPROC_DIR names a folder where they keep their counts together; whichever
worker is asked tells the sums.
"""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from api.logs import route_of
from core.turn import Turn

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counts of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        counted: Any = {"registry": self._registry, "namespace": "tastemaker"}
        timed: Any = {**counted, "buckets": SECONDS}
        self._requests = Counter("requests", "Requests answered.", ("method", "route", "status"), **counted)
        self._took = Histogram("request_seconds", "Time to the end of an answer.", ("route",), **timed)
        self._turns = Counter("turns", "Turns answered.", ("catalog", "controller", "act"), **counted)
        self._turn_took = Histogram("turn_seconds", "Time of a turn.", ("catalog",), **timed)
        self._stages = Histogram("stage_seconds", "Time of a stage of a turn.", ("stage",), **timed)
        self._calls = Counter("model_calls", "Calls of a language model.", ("catalog",), **counted)
        self._tokens = Counter("model_tokens", "Tokens in and out.", ("catalog", "way"), **counted)
        self._cost = Counter("model_cost", "Money, in the currency of the prices.", ("catalog",), **counted)
        self._fell = Counter("fallbacks", "Turns in which rules stepped in for a model.", ("catalog",), **counted)
        self._empty = Counter("empty_results", "Turns in which nothing fitted.", ("catalog",), **counted)
        self._running = Gauge(
            "turns_running", "Turns under way.", multiprocess_mode="livesum", **counted
        )  # fmt: skip

    def request(self, scope: Any, status: int, seconds: float) -> None:  # noqa: ANN401 - an ASGI scope
        """Count one request."""
        route = route_of(scope)
        method = scope["method"] if route != "other" else "any"
        self._requests.labels(method, route, str(status)).inc()
        self._took.labels(route).observe(seconds)

    def began(self) -> None:
        """A turn is under way."""
        self._running.inc()

    def ended(self) -> None:
        """It has ended, one way or the other."""
        self._running.dec()

    def turn(self, turn: Turn) -> None:
        """Count one turn that was answered."""
        at = turn.catalog
        self._turns.labels(at, turn.controller, turn.plan.act.kind).inc()
        self._turn_took.labels(at).observe(turn.usage.ms / 1000)
        for stage in turn.trace:
            self._stages.labels(stage.stage).observe(stage.ms / 1000)
        self._calls.labels(at).inc(turn.usage.calls)
        self._tokens.labels(at, "in").inc(turn.usage.tokens_in)
        self._tokens.labels(at, "out").inc(turn.usage.tokens_out)
        self._cost.labels(at).inc(turn.usage.cost or 0.0)
        if any(s.fallback for s in turn.trace):
            self._fell.labels(at).inc()
        if any(s.stage == "relax" for s in turn.trace):
            self._empty.labels(at).inc()

    def text(self) -> bytes:
        """Everything counted, in Prometheus' text format."""
        if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)
