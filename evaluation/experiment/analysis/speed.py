"""How long the systems took: by turn and by stage, from the timings of a run."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from core.values import Value
from evaluation.experiment.episodes import Timing


class Speed(Value):
    """Milliseconds of one system, over all kinds of user; they hold for the machine and load of that run."""

    system: str
    turns: int
    """Turns that were timed."""
    p50: float
    """Of a turn, the agent's side."""
    p95: float
    dialogue: float
    """Median of a whole dialogue, the person's side included."""
    stages: dict[str, float] = {}
    """Mean per turn, by stage, in the order met."""


def speeds(timings: Iterable[Timing]) -> list[Speed]:
    """One entry a system that has timed turns."""
    held: dict[str, list[Timing]] = {}
    for timing in timings:
        held.setdefault(timing.system, []).append(timing)
    return [_speed(system, part) for system, part in held.items() if any(t.turns_ms for t in part)]


def _speed(system: str, timings: list[Timing]) -> Speed:
    turns = np.asarray([ms for t in timings for ms in t.turns_ms], dtype=np.float64)
    stages: dict[str, float] = {}
    for timing in timings:
        for stage, ms in timing.stages_ms.items():
            stages[stage] = stages.get(stage, 0.0) + ms
    p50, p95 = np.quantile(turns, [0.5, 0.95])
    return Speed(
        system=system,
        turns=len(turns),
        p50=round(float(p50), 2),
        p95=round(float(p95), 2),
        dialogue=round(float(np.median([t.ms for t in timings])), 2),
        stages={stage: round(ms / len(turns), 2) for stage, ms in stages.items()},
    )
