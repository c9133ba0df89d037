"""The stages of a pipeline run: what went in and came out of each, and how long it took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core.turn import StageTrace


@dataclass
class Run:
    """The trace of one pipeline run."""

    clock: Callable[[], float]
    stages: list[StageTrace] = field(default_factory=list)
    since: float = 0.0

    def done(self, stage: str, into: int | None, out: int, note: str = "") -> None:
        """A stage has ended: `into` items went in, `out` came out."""
        now = self.clock()
        self.stages.append(
            StageTrace(stage=stage, into=into, out=out, ms=round((now - self.since) * 1000, 3), note=note)
        )
        self.since = now
