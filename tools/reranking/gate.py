"""The gate: which turns go to the model, and how many of their candidates, by what the conventional scores leave open.

Where the scores are sure, reranking changes little and a call is saved; where a model judges worse than the scores,
it does harm. Both are a matter of measurement: `calibration.calibrate` learns from people left out, and a gate that
was not calibrated lets everything through and says so.
"""

from __future__ import annotations

import bisect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from core.errors import BadInput
from core.values import Value

GATE = "rerank-gate.json"
"""The file of a gate, in the folder of a catalogue's rankers."""
Scale = Literal["taste", "fused"]
"""What conventional scores are: logits of taste, or weighed parts, most of them stretched to the turn's own range."""


class Calibration(Value):
    """What was learnt for slates of one size, ranked by scores of one scale."""

    slate: int = Field(ge=1)
    """Items shown."""
    scale: Scale
    threshold: float | None
    """Doubt from which on a turn is sent; None: no turn is."""
    depth: int = Field(ge=2)
    """Candidates of a turn that are sent."""
    doubts: tuple[float, ...]
    """Rising; knots of the curve of chances."""
    chances: tuple[float, ...]
    """At each knot the chance that reranking makes the slate better; in between straight lines."""
    target: float
    """Share of the gain that was to be kept."""
    kept: float | None
    """Share of the gain kept on the people it was learnt on; None where reranking all of them brought none."""
    sent: float
    """Share of their turns that was sent."""
    turns: int
    """Turns it was learnt on."""
    reranker: str
    """What reranked them."""


class Verdict(Value):
    """What the gate says of one turn."""

    send: int
    """Candidates that go to the model, the first ones; 0: none."""
    candidates: int
    """That there were."""
    calls: int
    """Model calls that this costs."""
    saved: int
    """Model calls spared, beside sending all candidates."""
    calibrated: bool
    """Whether it was learnt for slates of this size; where it was not, everything is sent."""
    chance: float | None = None
    """That reranking makes the slate better; None where the gate was not calibrated."""
    why: str
    """What it was decided by, in words."""


class Gate(Value):
    """Calibrations by size of slate and scale of scores; where there is none, everything is let through."""

    calibrations: tuple[Calibration, ...] = ()

    def judge(
        self, scores: Sequence[float], slate: int, calls: Callable[[int], int], scale: Scale = "fused"
    ) -> Verdict:
        """How many of the candidates with these scores, in the conventional order, are sent for a slate of this size.

        `calls`: what the strategy needs for so many candidates.
        """
        count = len(scores)
        learnt = next((c for c in self.calibrations if (c.slate, c.scale) == (slate, scale)), None)
        if learnt is None:
            why = f"not calibrated for slates of {slate} by scores of {scale}: everything is sent"
            return Verdict(send=count, candidates=count, calls=calls(count), saved=0, calibrated=False, why=why)
        unsure = doubt(scores, slate)
        sent = learnt.threshold is not None and unsure >= learnt.threshold
        send = min(count, learnt.depth) if sent else 0
        return Verdict(
            send=send,
            candidates=count,
            calls=calls(send),
            saved=calls(count) - calls(send),
            calibrated=True,
            chance=round(between(unsure, learnt.doubts, learnt.chances), 4),
            why=_why(learnt, unsure, count),
        )

    def save(self, file: Path) -> None:
        """Write as JSON."""
        file.write_text(self.model_dump_json(indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> Gate:
        """As `save` wrote it; raises BadInput for anything else."""
        try:
            return cls.model_validate_json(file.read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise BadInput(
                f"The gate in {file} cannot be read: {type(error).__name__}.",
                "Calibrate it again, or remove the file: without it everything is sent.",
            ) from None


def doubt(scores: Sequence[float], slate: int) -> float:
    """The mean score behind the slate less that of the slate: how little tells one from the other, higher is less sure.

    -inf where nothing stands behind it.
    """
    held = np.asarray(scores, dtype=np.float64)
    return float(held[slate:].mean() - held[:slate].mean()) if len(held) > slate else float("-inf")


def between(place: float, places: Sequence[float], values: Sequence[float]) -> float:
    """The value at a place by straight lines between knots, the last one's beyond them; 0 without knots."""
    if not places:
        return 0.0
    right = bisect.bisect_left(places, place)
    if right == 0 or right == len(places):
        return values[0] if right == 0 else values[-1]
    share = (place - places[right - 1]) / (places[right] - places[right - 1])
    return values[right - 1] + share * (values[right] - values[right - 1])


def _why(learnt: Calibration, unsure: float, count: int) -> str:
    if count <= learnt.slate:
        return "nothing stands behind the slate"
    if learnt.threshold is None:
        return f"reranking by {learnt.reranker} brought no gain when this was calibrated"
    side = "at or above" if unsure >= learnt.threshold else "below"
    return f"doubt {unsure:.3g}, {side} {learnt.threshold:.3g}"
