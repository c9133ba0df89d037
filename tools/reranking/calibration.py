"""Calibrates the gate on people left out: the least that may be sent so that a stated share of the gain is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from tools.reranking.doubt import SIGNALS, Signal, doubt
from tools.reranking.gate import Calibration

LEAST = 100
"""Turns below which nothing is learnt."""
SURE = 1.645
"""Standard errors by which the mean gain must lie above nothing for turns to be sent: one-sided 95 %."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One turn of a person left out, with what reranking it would have brought."""

    scores: tuple[float, ...]
    """Of the candidates, in the conventional order."""
    gains: tuple[float, ...]
    """By depth: the measure of the slate after reranking so many candidates, less that before; may be below 0."""


class _Way(NamedTuple):
    """One way of gating the samples."""

    signal: Signal
    depth: int
    gains: Floats
    """(turns,) of the most doubtful turn first."""
    doubts: Floats
    sent: int
    """Turns."""


def calibrate(
    samples: Sequence[Sample], slate: int, depths: Sequence[int], *, target: float = 0.9, reranker: str
) -> Calibration:
    """The cheapest signal, depth and threshold that keep `target` of the gain of sending all at the largest depth.

    Cheapest: fewest candidates sent. A threshold counts only if the target is also kept at every lower one, which
    guards against a lucky run of turns. Where reranking everything brings no gain that is surely one, turns are sent
    only if the most doubtful ones surely gain; else none is. The chance of a better slate is isotonic in the doubt
    (Zadrozny and Elkan, KDD 2002). Turns without a candidate behind the slate teach nothing and are left out. Raises
    BadInput for fewer than LEAST others, or gains that do not fit `depths`.
    """
    samples = [s for s in samples if len(s.scores) > slate]
    if len(samples) < LEAST or not depths or any(len(s.gains) != len(depths) for s in samples):
        raise BadInput(
            f"{len(samples)} turns with gains at {len(depths)} depths cannot calibrate a gate.",
            f"It takes {LEAST} turns or more, each with a gain for every depth.",
        )
    gains = np.asarray([s.gains for s in samples], dtype=np.float64)
    everything = float(gains[:, int(np.argmax(depths))].sum())
    worth = _surely_positive(gains[:, int(np.argmax(depths))])
    ways = []
    for signal in SIGNALS:
        doubts = np.asarray([doubt(signal, s.scores, slate) for s in samples])
        order = np.argsort(-doubts, kind="stable")
        for column, depth in enumerate(depths):
            ranked = gains[order, column]
            sent = _least(ranked, target * everything) if worth else _gaining(ranked)
            if sent is not None:
                ways.append(_Way(signal, depth, ranked, doubts[order], sent))
    best = min(ways, key=lambda way: (way.sent * way.depth, -way.gains[: way.sent].sum()))
    knots, chances = _chances(best)
    return Calibration(
        slate=slate,
        signal=best.signal,
        threshold=float(best.doubts[best.sent - 1]) if best.sent else None,
        depth=best.depth,
        doubts=knots,
        chances=chances,
        target=target,
        kept=round(float(best.gains[: best.sent].sum()) / everything, 4) if worth else None,
        sent=round(best.sent / len(samples), 4),
        turns=len(samples),
        reranker=reranker,
    )


def _surely_positive(gains: Floats) -> bool:
    """Whether the mean lies above 0 by more than SURE standard errors."""
    if len(gains) < 2:
        return False
    return float(gains.mean()) > SURE * float(gains.std(ddof=1)) / float(np.sqrt(len(gains)))


def _least(gains: Floats, wanted: float) -> int | None:
    """The fewest turns, most doubtful first, from which on the gain never falls below what is wanted again."""
    enough = np.cumsum(gains) >= wanted - 1e-12
    if not enough[-1]:
        return None
    short = np.flatnonzero(~enough)
    return int(short[-1]) + 2 if len(short) else 1


def _gaining(gains: Floats) -> int:
    """The turns, most doubtful first, that gain the most together, where that is surely a gain; else 0."""
    most = int(np.argmax(np.cumsum(gains))) + 1
    return most if most >= LEAST and _surely_positive(gains[:most]) else 0


def _chances(way: _Way) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(doubts, chances that the slate gets better) at the knots of an isotonic curve."""
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(way.doubts, (way.gains > 0).astype(np.float64))
    places = np.asarray(curve.X_thresholds_, dtype=np.float64).tolist()
    return tuple(places), tuple(np.round(np.asarray(curve.y_thresholds_, dtype=np.float64), 4).tolist())
