"""Items whose ratings are hidden: how well their texts tell who would like them.

    python -m benchmarks.cold_items --home HOME --catalog ml --json benchmarks/results/cold-items-movielens-small.json

A fifth of the items that five people or more liked lose all their ratings; a share of the people is left out. Each
tells five liked items whose ratings are not hidden; NDCG@10 is of the hidden items they liked, ranked among all hidden
items. "own ratings" is what the same factors reach when nothing is hidden: a bound, not a system.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.settings import load_settings
from benchmarks.turn_speed import machine
from core.errors import BadInput
from evaluation.metrics import mean
from ingest.fitting import liked_histories
from tools.catalog.store import open_catalog
from tools.ranking.choosing import ndcg
from tools.ranking.cold import ColdItems
from tools.ranking.ranker import Interactions

TOLD, LEAST = 5, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--catalog", default="ml")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    catalog = open_catalog(args.home or load_settings().home, args.catalog)
    if catalog.vectors is None:
        raise BadInput(f"{args.catalog} has no vectors.", "Import it with an embedder.")
    vectors = np.asarray(catalog.vectors, dtype=np.float32)
    every = liked_histories(catalog)
    chance = np.random.default_rng(args.seed)
    often = np.bincount(every.items, minlength=every.count)
    candidates = np.flatnonzero(often >= LEAST)
    hidden = np.zeros(every.count, dtype=np.bool_)
    hidden[chance.choice(candidates, len(candidates) // 5, replace=False)] = True
    people = chance.permutation(len(every))
    asked, others = people[: len(people) // 3], every.only(np.sort(people[len(people) // 3 :]).tolist())
    mapped, own = ColdItems.fit(without(others, hidden), vectors), ColdItems.fit(others, vectors)
    if mapped is None or own is None:
        raise BadInput(f"{args.catalog} has too few ratings.", "Give a catalogue with more.")
    rows = np.flatnonzero(hidden)
    found: dict[str, list[float]] = {name: [] for name in ("text mapped", "text alone", "random", "own ratings")}
    for person in asked.tolist():
        items = list(dict.fromkeys(every.history(person).tolist()))
        known = [i for i in items if not hidden[i]]
        wanted = {i for i in items if hidden[i]}
        if len(known) < TOLD or not wanted:
            continue
        told = chance.choice(known, TOLD, replace=False).tolist()
        found["text mapped"].append(gain(mapped.score(told)[rows], rows, wanted))
        found["text alone"].append(gain(vectors[rows] @ vectors[told].mean(axis=0), rows, wanted))
        found["random"].append(gain(chance.random(len(rows)), rows, wanted))
        found["own ratings"].append(gain(own.score(told)[rows], rows, wanted))
    told_of: dict[str, Any] = {
        "machine": machine(), "date": datetime.now(UTC).date().isoformat(), "catalog": args.catalog,
        "seed": args.seed, "hidden": int(hidden.sum()), "people": len(found["random"]),
        "ndcg@10": {name: mean(values, args.seed).model_dump() for name, values in found.items()},
        "mapped_ahead_of_text": mean(
            [a - b for a, b in zip(found["text mapped"], found["text alone"], strict=True)], args.seed
        ).model_dump(),
    }  # fmt: skip
    print(json.dumps(told_of, indent=1))
    if args.json:
        args.json.write_text(json.dumps(told_of, indent=1) + "\n", encoding="utf-8")


def without(interactions: Interactions, hidden: NDArray[np.bool_]) -> Interactions:
    """The interactions with other items."""
    kept = [[i for i in interactions.history(p).tolist() if not hidden[i]] for p in range(len(interactions))]
    return Interactions.of(kept, interactions.count)


def gain(scores: NDArray[np.floating], rows: NDArray[np.int64], wanted: set[int]) -> float:
    """NDCG@10 among the rows scored."""
    return ndcg(rows[np.lexsort((rows, -scores))].tolist(), wanted, len(wanted))


if __name__ == "__main__":
    main()
