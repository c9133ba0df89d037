"""What the gate before a reranker saves and keeps, on people left out and with rerankers of stated quality.

    python -m benchmarks.rerank_gate --home HOME --catalog ml --json benchmarks/results/rerank-gate-movielens-small.json

Everybody with enough likes is left out once, a quarter of them at a time, of all that is fitted (item-kNN and taste, as
`benchmarks.slates` finds best). Each tells 1, 3 and 5 items they liked; the pipeline ranks twenty candidates, and NDCG
of the slate counts what else they liked. The reranker is simulated: its score of a card is 1 where the card was liked,
0 where not, plus normal noise, so wide that it puts a liked card above another one in the stated share of pairs; it
sorts by these scores the cards it is sent. The gate is calibrated on one half of the people and measured on the other,
then the other way round. Beside it: sending none, sending all twenty, and a gate that sends as many turns, as deep, by
lot (its expectation). Intervals are percentile bootstraps over people.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.recommend import CARDS, Pipeline
from agent.settings import load_settings
from agent.situation import Situation
from benchmarks.slates import agent
from benchmarks.turn_speed import machine
from core.ledger import Ledger
from core.plan import Recommend
from evaluation.metrics import ratio
from ingest.fitting import cold_items, learn_taste, liked_histories
from tools.catalog.store import StoredCatalog, open_catalog
from tools.ranking.choosing import LEAST, LIKES, Trial
from tools.ranking.directed import Directed
from tools.ranking.fitted import Fitted, keep
from tools.ranking.item_knn import ItemKNN
from tools.ranking.ranker import Interactions
from tools.ranking.taste import likers_of
from tools.reranking.calibration import Sample, calibrate
from tools.reranking.gate import Calibration, Gate, Scale
from tools.reranking.listwise import Listwise

PARTS = 4
SCALE: Scale = "taste"
SLATES = {3: (6, 10, 15, CARDS), 10: (13, 16, CARDS)}
"""By the size of a slate, how deep the reranker may look."""
QUALITIES = (0.6, 0.7, 0.8, 0.9)
TARGETS = (0.8, 0.9)
COLUMNS = (
    "slate", "pairs right", "to keep", "turns sent", "cards sent", "none", "all", "gate", "gain kept", "by lot",
    "gate ahead of lot",
)  # fmt: skip
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Turns:
    """Turns of people left out, each with twenty candidates in the conventional order."""

    people: NDArray[np.int64]
    """(turns,)"""
    scores: Floats
    """(turns, CARDS) logits of taste."""
    liked: Floats
    """(turns, CARDS) 1 where the person liked it."""
    wanted: NDArray[np.int64]
    """(turns,) items that were liked and not told, in the catalogue."""

    def ndcg(self, slate: int, liked: Floats) -> Floats:
        """(turns,) NDCG of the first so many, in the order in which `liked` stands."""
        discounts = 1 / np.log2(np.arange(2, slate + 2))
        best = np.asarray([discounts[: min(slate, n)].sum() for n in self.wanted])
        return np.asarray((liked[:, :slate] * discounts).sum(axis=1) / best)

    def reranked(self, said: Floats, depth: int) -> Floats:
        """`liked` after the first `depth` cards were sorted by what a reranker said, (turns, CARDS)."""
        order = np.argsort(-said[:, :depth], axis=1, kind="stable")
        return np.hstack([np.take_along_axis(self.liked, order, 1), self.liked[:, depth:]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--catalog", default="ml")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    home = args.home or load_settings().home
    turns = collected(open_catalog(home, args.catalog), home, args.seed)
    told: dict[str, Any] = {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python -m benchmarks.rerank_gate --catalog {args.catalog} --seed {args.seed}",
        "catalog": args.catalog,
        "seed": args.seed,
        "people": len(np.unique(turns.people)),
        "turns": len(turns.people),
        "liked_among_candidates": round(float(turns.liked.mean()), 4),
        "pairs_right_conventionally": round(pairs_right(turns.liked), 4),
        "found": [
            measured(turns, slate, quality, target, args.seed)
            for slate in SLATES
            for quality in QUALITIES
            for target in TARGETS
        ],
    }
    print(table(told["found"]))
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def collected(catalog: StoredCatalog, home: Path, seed: int) -> Turns:
    """The turns of everybody, a quarter of the people left out at a time."""
    found = []
    for others, trials in parts(liked_histories(catalog), seed):
        with tempfile.TemporaryDirectory() as kept:
            fit(catalog, others, Path(kept), seed)
            pipeline = agent(catalog, home, rankers=Path(kept)).room(catalog.name).pipeline
            found += [(person, *candidates(catalog, pipeline, trial), len(trial.rest)) for person, trial in trials]
    people, scores, liked, wanted = zip(*found, strict=True)
    return Turns(np.asarray(people), np.asarray(scores), np.asarray(liked, dtype=np.float64), np.asarray(wanted))


def parts(interactions: Interactions, seed: int) -> Iterator[tuple[Interactions, list[tuple[int, Trial]]]]:
    """(the others, (person, trial) of those left out), so that everybody with LEAST likes is left out once."""
    chance = np.random.default_rng(seed)
    likes = [list(dict.fromkeys(interactions.history(p).tolist())) for p in range(len(interactions))]
    long = [p for p, items in enumerate(likes) if len(items) >= LEAST]
    for left in np.array_split(chance.permutation(long), PARTS):
        trials = []
        for person in sorted(left.tolist()):
            drawn = [likes[person][n] for n in chance.permutation(len(likes[person]))]
            trials += [(person, Trial(tuple(drawn[:k]), frozenset(drawn[k:]))) for k in LIKES]
        gone = set(left.tolist())
        yield interactions.only([p for p in range(len(interactions)) if p not in gone]), trials


def fit(catalog: StoredCatalog, others: Interactions, folder: Path, seed: int) -> None:
    """Write under `folder` what `tastemaker fit` would for these people."""
    best, weights = ItemKNN.fit(others), learn_taste(catalog, others, ItemKNN.fit, seed)
    best.save(folder / "item-knn")
    told = Fitted(
        catalog_version="", ranker="item-knn", way="item-knn", measured={}, people=len(others), left_out=0, seed=seed
    )
    taste = None if weights is None else (weights, likers_of(others))
    keep(folder, best, told, cold_items(catalog, others), taste, Directed.fit(others))


def candidates(catalog: StoredCatalog, pipeline: Pipeline, trial: Trial) -> tuple[list[float], list[bool]]:
    """(scores, whether liked) of the twenty candidates after what was told."""
    ledger = Ledger(liked=tuple(item.id for item in catalog.at(trial.told)))
    outcome, _ = pipeline.recommend(Situation(ledger, surprise=True), Recommend(count=max(SLATES)), CARDS)
    cards = getattr(outcome, "cards", ())
    assert len(cards) == CARDS, f"{len(cards)} candidates in place of {CARDS}"
    scale, scores = pipeline.sureness(cards, ledger)
    assert scale == SCALE, f"scores of {scale}: nothing was learnt of taste"
    return scores, [catalog.row_of(card.item.id) in trial.rest for card in cards]


def pairs_right(liked: Floats) -> float:
    """Share of pairs of a liked and another card that stand in the right order."""
    first, second = np.triu_indices(liked.shape[1], 1)
    ahead = liked[:, first] - liked[:, second]
    return float((ahead > 0).sum() / (ahead != 0).sum())


def measured(turns: Turns, slate: int, quality: float, target: float, seed: int) -> dict[str, Any]:
    """One line of the table."""
    spread = 1 / (np.sqrt(2) * NormalDist().inv_cdf(quality))
    said = turns.liked + np.random.default_rng(seed).normal(0.0, spread, turns.liked.shape)
    before = turns.ndcg(slate, turns.liked)
    gains = np.stack([turns.ndcg(slate, turns.reranked(said, d)) - before for d in SLATES[slate]], axis=1)
    sent, by_gate, by_lot = np.zeros(len(before)), np.zeros(len(before)), np.zeros(len(before))
    learnt: list[Calibration] = []
    for known in halves(turns.people, seed):
        gate = learn(turns, gains, np.flatnonzero(known), slate, quality, target)
        learnt += gate.calibrations
        column = SLATES[slate].index(learnt[-1].depth)
        other = np.flatnonzero(~known)
        sends = [gate.judge(turns.scores[n].tolist(), slate, Listwise().calls, SCALE).send for n in other]
        sent[other] = sends
        by_gate[other] = gains[other, column] * (sent[other] > 0)
        by_lot[other] = gains[other, column] * (sent[other] > 0).mean()
    groups, ones, everything = [str(p) for p in turns.people], np.ones(len(before)), gains[:, -1]
    figures = {
        "none": before,
        "all": before + everything,
        "gate": before + by_gate,
        "gain_of_all": everything,
        "gain_of_gate": by_gate,
        "gate_ahead_of_lot": by_gate - by_lot,
        "gate_ahead_of_all": by_gate - everything,
    }
    found = {name: ratio(values, ones, groups).model_dump() for name, values in figures.items()}
    gains_surely = found["gain_of_all"]["low"] > 0
    return {
        "slate": slate,
        "quality": quality,
        "target": target,
        "turns_sent": round(float((sent > 0).mean()), 4),
        "cards_sent": round(float(sent.mean()) / CARDS, 4),
        "kept": ratio(by_gate, everything, groups).model_dump() if gains_surely else None,
        "kept_by_lot": round(float(by_lot.sum() / everything.sum()), 4) if gains_surely else None,
        "ndcg": found,
        "learnt": [c.model_dump(include={"depth", "threshold", "sent", "kept"}) for c in learnt],
    }


def halves(people: NDArray[np.int64], seed: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The turns of one half of the people, and of the other."""
    names = np.random.default_rng(seed).permutation(np.unique(people))
    first = np.isin(people, names[: len(names) // 2])
    return first, ~first


def learn(turns: Turns, gains: Floats, of: NDArray[np.int64], slate: int, quality: float, target: float) -> Gate:
    """The gate that these turns calibrate."""
    samples = [Sample(int(turns.people[n]), tuple(turns.scores[n].tolist()), tuple(gains[n].tolist())) for n in of]
    name = f"a simulated reranker right in {quality:.0%} of pairs"
    learnt = calibrate(samples, slate, SLATES[slate], target=target, reranker=name, scale=SCALE)
    return Gate(calibrations=(learnt,))


def table(found: Sequence[dict[str, Any]]) -> str:
    """The lines as Markdown."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    for one in found:
        figures, kept = one["ndcg"], one["kept"]
        ahead = figures["gate_ahead_of_lot"]
        cells = [
            one["slate"], f"{one['quality']:.1f}", f"{one['target']:.1f}",
            f"{one['turns_sent']:.0%}", f"{one['cards_sent']:.0%}",
            *(f"{figures[name]['value']:.3f}" for name in ("none", "all", "gate")),
            "–" if kept is None else f"{kept['value']:.2f} [{kept['low']:.2f}, {kept['high']:.2f}]",
            "–" if one["kept_by_lot"] is None else f"{one['kept_by_lot']:.2f}",
            f"{ahead['value']:+.3f} [{ahead['low']:+.3f}, {ahead['high']:+.3f}]",
        ]  # fmt: skip
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
