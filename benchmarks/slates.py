"""What the agent shows people of whom it knows a few liked items, by the ranker it uses: whole turns, held-out people.

    python -m benchmarks.slates --home HOME --catalog ml --json benchmarks/results/slates-movielens-small.json

A share of the people is left out of everything that is fitted. Each tells 1, 3 and 5 items they liked and asks for ten;
NDCG@10 is of the rest of what they liked; coverage, novelty and diversity stand beside it, and what each route brings
of the rest. The fitted ranker is chosen on others than these.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.build import Tastemaker
from agent.settings import load_settings
from benchmarks.turn_speed import machine
from core.ledger import Ledger
from core.plan import Route
from core.profile import Profile
from core.turn import Conversation
from evaluation.metrics import ratio
from evaluation.next_item_lists import Backdrop, Listed, listed
from ingest.fitting import TRIED, WAYS, cold_items, learn_taste, liked_histories
from tools.catalog.store import StoredCatalog, open_catalog
from tools.ranking.choosing import AT, LIKES, Trial, gains, leave_out, ndcg
from tools.ranking.directed import Directed
from tools.ranking.fitted import Fitted, keep
from tools.ranking.item_knn import ItemKNN
from tools.ranking.popularity import Popularity
from tools.ranking.ranker import Interactions
from tools.ranking.taste import likers_of

MESSAGE = "what would you suggest?"
ADVENTUROUS = "surprise me"
ROUTES: tuple[Route, ...] = ("similar", "collaborative", "sequential", "kin", "segment", "popular", "recent")
"""Those that need no words."""


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
        slates = {
            "popularity": most_liked(others, trials),
            "no ratings": shown(catalog, home, trials, rankers=Path(kept) / "plain", without="collaborative"),
            "item-knn": shown(catalog, home, trials, rankers=Path(kept) / "plain"),
            "best ranker, fixed weights": shown(catalog, home, trials, rankers=Path(kept) / "best"),
            "fitted": shown(catalog, home, trials, rankers=Path(kept) / "fitted"),
            "fitted, the less expected": shown(
                catalog, home, trials, rankers=Path(kept) / "fitted", message=ADVENTUROUS
            ),
        }
        found = {name: ndcgs(rows, trials) for name, rows in slates.items()}
        brought = recalls(catalog, home, trials, Path(kept) / "fitted")
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
        "lists": {n: as_told(listed(rows, Backdrop.of(others, catalog.vectors))) for n, rows in slates.items()},
        "recall@200_of_routes": brought,
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


def as_told(beside: Listed) -> dict[str, Any]:
    """Coverage, Gini, novelty (bits) and diversity of the slates."""
    whole = {"coverage": beside.coverage, "gini": beside.gini}
    return whole | {"novelty": beside.novelty.model_dump(), "diversity": beside.diversity.model_dump()}


def prepared(catalog: StoredCatalog, others: Interactions, folder: Path, seed: int) -> str:
    """Write what importing leaves under plain, the best ranker beside it under best, and with taste under fitted."""
    inner, asked = leave_out(others, seed)
    tried = {
        (name, way): (float(gains(fit(inner).score, asked).mean()), fit)
        for name in TRIED
        for way, fit in WAYS[name].items()
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
    keep(folder / "fitted", best, told, cold, taste, Directed.fit(others))
    return way


def recalls(catalog: StoredCatalog, home: Path, trials: list[Trial], rankers: Path) -> dict[str, float]:
    """What share of what is to be found each route brings among its 200, alone and all together."""
    routes = agent(catalog, home, rankers=rankers).room(catalog.name).pipeline.routes
    found: dict[str, list[float]] = {}
    for trial in trials:
        mask = np.ones(len(catalog), dtype=np.bool_)
        mask[list(trial.told)] = False
        union: set[int] = set()
        for name in ROUTES:
            brought = routes.bring(name, mask, liked=trial.told)
            rows = set() if brought is None else set(brought.rows.tolist())
            found.setdefault(name, []).append(len(rows & trial.rest) / len(trial.rest))
            union |= rows
        found.setdefault("together", []).append(len(union & trial.rest) / len(trial.rest))
    return {name: round(float(np.mean(shares)), 4) for name, shares in found.items()}


def agent(catalog: StoredCatalog, home: Path, **settings: object) -> Tastemaker:
    """The agent that shows ten items and asks nothing."""
    return Tastemaker(
        load_settings(
            home=home, catalog=catalog.name, person="guest", slate_size=AT, controller="rules", vector_index="exact",
            asking="never", **settings,
        )
    )  # fmt: skip


def shown(
    catalog: StoredCatalog, home: Path, trials: list[Trial], message: str = MESSAGE, **settings: object
) -> NDArray[np.int32]:
    """(trials, AT) the rows of each slate of ten, -1 where it is shorter."""
    app = agent(catalog, home, **settings)
    rows = np.full((len(trials), AT), -1, dtype=np.int32)
    for place, trial in enumerate(trials):
        ledger = Ledger(liked=tuple(i.id for i in catalog.at(trial.told)))
        talk = Conversation(id=str(place), catalog=catalog.name, profile=Profile(person=""), ledger=ledger)
        slate = [catalog.row_of(r.item.id) for r in app.answer(talk, message, "rules").slate]
        rows[place, : len(slate)] = slate
    return rows


def most_liked(interactions: Interactions, trials: list[Trial]) -> NDArray[np.int32]:
    """(trials, AT) the rows most people liked, those told of left out."""
    scores = Popularity.fit(interactions).score([])
    order = np.lexsort((np.arange(len(scores)), -scores))[: AT + max(LIKES)].tolist()
    return np.asarray([[row for row in order if row not in trial.told][:AT] for trial in trials], dtype=np.int32)


def ndcgs(rows: NDArray[np.int32], trials: list[Trial]) -> NDArray[np.float64]:
    """(trials,) NDCG@10 of what was not told."""
    both = zip(rows.tolist(), trials, strict=True)
    return np.asarray([ndcg([r for r in line if r >= 0], t.rest, len(t.rest)) for line, t in both])


if __name__ == "__main__":
    main()
