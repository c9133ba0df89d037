"""What the agent shows people of whom it knows a few liked items, by the ranker it uses: whole turns, held-out people.

    python -m benchmarks.slates --home HOME --catalog ml --json benchmarks/results/slates-movielens-small.json

A share of the people is left out of everything that is fitted. Each tells 1, 3 and 5 items they liked and asks for ten;
NDCG@10 is of the rest of what they liked. The fitted ranker is chosen on others than these.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from agent.build import Tastemaker
from agent.settings import load_settings
from benchmarks.turn_speed import machine
from core.ledger import Ledger
from core.profile import Profile
from core.turn import Conversation
from evaluation.metrics import ratio
from ingest.fitting import WAYS, cold_items, learn_taste, liked_histories
from tools.catalog.store import StoredCatalog, open_catalog
from tools.ranking.choosing import AT, Trial, gains, leave_out, ndcg
from tools.ranking.fitted import Fitted, keep
from tools.ranking.item_knn import ItemKNN
from tools.ranking.popularity import Popularity
from tools.ranking.ranker import Interactions
from tools.ranking.taste import likers_of

MESSAGE = "what would you suggest?"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--catalog", default="films")
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    home = args.home or load_settings().home
    catalog = open_catalog(home, args.catalog)
    others, trials = leave_out(liked_histories(catalog), args.seed, args.share)
    with tempfile.TemporaryDirectory() as kept:
        way = prepared(catalog, others, Path(kept), args.seed)
        found = {
            "popularity": gains(Popularity.fit(others).score, trials),
            "no ratings": shown(catalog, home, trials, rankers=Path(kept) / "plain", without="collaborative"),
            "item-knn": shown(catalog, home, trials, rankers=Path(kept) / "plain"),
            "best ranker, fixed weights": shown(catalog, home, trials, rankers=Path(kept) / "best"),
            "fitted": shown(catalog, home, trials, rankers=Path(kept) / "fitted"),
        }
    people = [str(n // 3) for n in range(len(trials))]
    likes = np.asarray([len(t.told) for t in trials])
    ones = np.ones(len(trials))
    told: dict[str, Any] = {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "catalog": args.catalog,
        "people": len(set(people)),
        "seed": args.seed,
        "fitted": way,
        "ndcg@10": {n: ratio(g, ones, people).model_dump() for n, g in found.items()},
        "by_likes": {
            n: {int(k): round(float(g[likes == k].mean()), 4) for k in np.unique(likes)} for n, g in found.items()
        },
        "fitted_ahead": {
            n: ratio(found["fitted"] - g, ones, people).model_dump() for n, g in found.items() if n != "fitted"
        },
    }
    print(json.dumps(told, indent=1))
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def prepared(catalog: StoredCatalog, others: Interactions, folder: Path, seed: int) -> str:
    """Write what importing leaves under plain, the best ranker beside it under best, and with taste under fitted."""
    inner, asked = leave_out(others, seed)
    tried = {
        (name, way): (float(gains(fit(inner).score, asked).mean()), fit)
        for name, ways in WAYS.items()
        for way, fit in ways.items()
    }
    name, way = max(tried, key=lambda key: tried[key][0])
    fit = tried[name, way][1]
    told = Fitted(catalog_version="", ranker=name, way=way, measured={}, people=len(others), left_out=0, seed=seed)
    weights = learn_taste(catalog, others, fit, seed)
    taste = None if weights is None else (weights, likers_of(others))
    best, cold = fit(others), cold_items(catalog, others)
    for kept in ("plain", "best", "fitted"):
        (folder / kept).mkdir(parents=True)
        ItemKNN.fit(others).save(folder / kept / "item-knn")
    keep(folder / "best", best, told, cold)
    keep(folder / "fitted", best, told, cold, taste)
    return way


def shown(catalog: StoredCatalog, home: Path, trials: list[Trial], **settings: object) -> np.ndarray:
    """(trials,) NDCG@10 of the slate of ten."""
    app = Tastemaker(
        load_settings(
            home=home, catalog=catalog.name, person="guest", slate_size=AT, controller="rules", vector_index="exact",
            asking="never", **settings,
        )
    )  # fmt: skip
    found = np.zeros(len(trials))
    for place, trial in enumerate(trials):
        ledger = Ledger(liked=tuple(i.id for i in catalog.at(trial.told)))
        talk = Conversation(id=str(place), catalog=catalog.name, profile=Profile(person=""), ledger=ledger)
        rows = [catalog.row_of(r.item.id) for r in app.answer(talk, MESSAGE, "rules").slate]
        found[place] = ndcg(rows, trial.rest, len(trial.rest))
    return found


if __name__ == "__main__":
    main()
