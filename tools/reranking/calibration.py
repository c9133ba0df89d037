"""Calibrates the gate on people left out: the least that may be sent so that a stated share of the gain is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput
from tools.reranking.gate import Calibration, Scale, doubt

LEAST = 100
"""Turns below which nothing is learnt."""
RESAMPLES = 200
"""Times the people are drawn anew, with putting back."""
CONFIDENT = 0.8
"""Share of the resamples in which the target has to be kept: what one sample of people keeps is a matter of luck."""
SURELY = 0.95
"""Share of the resamples in which reranking has to gain anything."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """One turn of a person left out, with what reranking it would have brought."""

    person: int
    scores: tuple[float, ...]
    """Of the candidates, in the conventional order."""
    gains: tuple[float, ...]
    """By depth: the measure of the slate after reranking so many candidates, less that before; may be below 0."""


class _Way(NamedTuple):
    """One depth, and the turns that are sent so deep."""

    depth: int
    gains: Floats
    """(turns,) of the most doubtful turn first."""
    sent: int
    """Turns."""


def calibrate(
    samples: Sequence[Sample],
    slate: int,
    depths: Sequence[int],
    *,
    target: float = 0.9,
    reranker: str,
    scale: Scale = "fused",
    seed: int = 0,
) -> Calibration:
    """The depth and the threshold that send the fewest candidates and keep `target` of the gain of sending all.

    All are the turns at the largest depth. The target has to be kept in most resamples of the people, by this threshold
    and by every lower one. Where reranking all brings no gain that is surely one, turns are sent only if the most
    doubtful ones surely gain; else none is. The chance of a better slate is isotonic in the doubt (Zadrozny and Elkan,
    KDD 2002). Turns without a candidate behind the slate teach nothing and are left out. Raises BadInput for fewer than
    LEAST others, or gains that do not fit `depths`.
    """
    samples = [s for s in samples if len(s.scores) > slate]
    if len(samples) < LEAST or not depths or any(len(s.gains) != len(depths) for s in samples):
        raise BadInput(
            f"{len(samples)} turns with gains at {len(depths)} depths cannot calibrate a gate.",
            f"It takes {LEAST} turns or more, each with a gain for every depth.",
        )
    doubts = np.asarray([doubt(s.scores, slate) for s in samples])
    order = np.argsort(-doubts, kind="stable")
    gains = np.asarray([s.gains for s in samples], dtype=np.float64)[order]
    drawn = _resamples([samples[n].person for n in order], seed)
    everything = gains[:, int(np.argmax(depths))]
    worth = bool(np.mean(drawn @ everything > 0) >= SURELY)
    ways = []
    for depth, of_depth in zip(depths, gains.T, strict=True):
        kept = np.cumsum(drawn * of_depth, axis=1)
        wanted = target * (drawn @ everything)[:, None]
        sent = _least((kept >= wanted - 1e-12).mean(axis=0) >= CONFIDENT) if worth else _gaining(of_depth, kept)
        if sent is not None:
            ways.append(_Way(depth, of_depth, sent))
    best = min(ways, key=lambda way: (way.sent * way.depth, -way.gains[: way.sent].sum()))
    knots, chances = _chances(doubts[order], best.gains)
    return Calibration(
        slate=slate,
        scale=scale,
        threshold=float(doubts[order[best.sent - 1]]) if best.sent else None,
        depth=best.depth,
        doubts=knots,
        chances=chances,
        target=target,
        kept=round(float(best.gains[: best.sent].sum() / everything.sum()), 4) if worth else None,
        sent=round(best.sent / len(samples), 4),
        turns=len(samples),
        reranker=reranker,
    )


def _resamples(people: Sequence[int], seed: int) -> Floats:
    """(RESAMPLES, turns) how often each turn's person was drawn."""
    _, places = np.unique(np.asarray(people), return_inverse=True)
    count = int(places.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=RESAMPLES)
    return np.asarray(drawn[:, places], dtype=np.float64)


def _least(enough: NDArray[np.bool_]) -> int | None:
    """The fewest turns from which on it is always enough; None where all are not."""
    short = np.flatnonzero(~enough)
    if not len(short):
        return 1
    return int(short[-1]) + 2 if short[-1] + 1 < len(enough) else None


def _gaining(gains: Floats, kept: Floats) -> int:
    """The turns, most doubtful first, that gain the most together, where that is surely a gain; else 0."""
    most = int(np.argmax(np.cumsum(gains))) + 1
    return most if most >= LEAST and np.mean(kept[:, most - 1] > 0) >= SURELY else 0


def _chances(doubts: Floats, gains: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(doubts, chances that the slate gets better) at the knots of an isotonic curve."""
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(doubts, (gains > 0).astype(np.float64))
    places = np.asarray(curve.X_thresholds_, dtype=np.float64).tolist()
    return tuple(places), tuple(np.round(np.asarray(curve.y_thresholds_, dtype=np.float64), 4).tolist())
