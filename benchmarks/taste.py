"""How well the taste model that target-free people judge by knows what real people liked.

python -m benchmarks.taste --home HOME --catalog ml --json benchmarks/results/taste-movielens-small.json

Of every person the latest fifth of their ratings is held out (`simulation.histories`); the model is fitted on all the
rest and says of each held-out rating how likely it was liked. Beside it: the share of all known ratings that are
likes (constant), and the item's own share, damped by five imagined average ratings (item mean). AUC over all held-out
ratings together, log loss in nats, and the expected calibration error over ten bins of equal size; intervals are
percentile bootstraps over people.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.settings import load_settings
from evaluation.metrics import LEVEL, Figure
from simulation.histories import LIKED, NEITHER, Histories, Split, graded, read_ratings
from simulation.outlook import Catalogue
from simulation.taste import TasteModel
from tools.catalog.store import open_catalog

Floats = NDArray[np.float64]
Measure = Callable[[Floats, Floats], float]

DRAWS = 200
DAMPING = 5.0
BINS = 10


@dataclass(frozen=True)
class Case:
    """One person's held-out ratings: what was said of each, and whether it was liked."""

    said: dict[str, Floats]
    liked: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--catalog", default="ml")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    catalog = open_catalog(args.home or load_settings().home, args.catalog)
    found = measured(catalog, args.seed)
    for name, figure in found.items():
        print(f"{name:32} {figure.value:.4f}  [{figure.low:.4f}, {figure.high:.4f}]  n={figure.n}")
    print(f"one person, {len(catalog)} items: {speed(catalog, args.seed) * 1e6:.2f} microseconds an item")
    if args.json:
        command = f"python -m benchmarks.taste --catalog {args.catalog} --seed {args.seed}"
        metrics = {name: figure.model_dump() for name, figure in found.items()}
        args.json.write_text(json.dumps({"metrics": metrics, "command": command}, indent=1) + "\n", encoding="utf-8")


def measured(catalog: Catalogue, seed: int) -> dict[str, Figure]:
    """Each measure of each system, by "system/measure"."""
    cases = cases_of(catalog, seed)
    measures: dict[str, Measure] = {"auc": area, "log loss": log_loss, "calibration error": calibration_error}
    return {
        f"{system}/{name}": _figure(cases, system, measure, seed)
        for system in cases[0].said
        for name, measure in measures.items()
    }


def cases_of(catalog: Catalogue, seed: int) -> list[Case]:
    """Everybody who has held-out ratings."""
    histories = Histories(read_ratings(catalog), Split(seed=seed))
    known = histories.without_held(range(len(histories)))
    model = TasteModel.fit(catalog, known, seed)
    grades = graded(known)
    likes = (grades.data == LIKED).astype(np.float64)
    usual = float(likes.mean())
    count = np.bincount(grades.indices, minlength=len(catalog))
    of_item = (np.bincount(grades.indices, likes, minlength=len(catalog)) + DAMPING * usual) / (count + DAMPING)
    found = []
    for person in range(len(histories)):
        history = histories.of(person)
        held = history.held
        if not len(held):
            continue
        neither = history.known[history.known_grades == NEITHER]
        taste = model.chances(history.liked.tolist(), history.disliked.tolist(), neither.tolist())
        said = {"constant": np.full(len(held), usual), "item mean": of_item[held], "taste": taste[held]}
        found.append(Case(said, (history.held_grades == LIKED).astype(np.float64)))
    return found


def area(said: Floats, liked: Floats) -> float:
    """Area under the ROC curve: the chance that a liked one is put above another; ties count half."""
    from scipy.stats import rankdata

    ranks, likes = rankdata(said), float(liked.sum())
    others = len(liked) - likes
    return float((ranks[liked > 0].sum() - likes * (likes + 1) / 2) / (likes * others))


def log_loss(said: Floats, liked: Floats) -> float:
    """Mean negative log-likelihood, in nats."""
    sure = np.clip(said, 1e-6, 1 - 1e-6)
    return float(-np.mean(liked * np.log(sure) + (1 - liked) * np.log(1 - sure)))


def calibration_error(said: Floats, liked: Floats) -> float:
    """Mean gap between what was said and what came true, over ten bins of equal size (Naeini et al., AAAI 2015).

    Equal values stay in one bin.
    """
    edges = np.quantile(said, np.linspace(0, 1, BINS + 1)[1:-1])
    place = np.searchsorted(edges, said)
    bins = [place == n for n in np.unique(place)]
    return float(sum(abs(said[b].mean() - liked[b].mean()) * b.sum() for b in bins) / len(said))


def speed(catalog: Catalogue, seed: int) -> float:
    """Seconds an item that asking for all items takes, once the model is fitted."""
    histories = Histories(read_ratings(catalog), Split(seed=seed))
    model = TasteModel.fit(catalog, histories.without_held(range(len(histories))), seed)
    people = [histories.of(p) for p in range(min(50, len(histories)))]
    start = time.perf_counter()
    for history in people:
        model.chances(history.liked.tolist(), history.disliked.tolist())
    return (time.perf_counter() - start) / len(people) / len(catalog)


def _figure(cases: list[Case], system: str, measure: Measure, seed: int) -> Figure:
    chance = np.random.default_rng(seed)
    drawn = [_of([cases[n] for n in chance.integers(0, len(cases), len(cases))], system, measure) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = round(_of(cases, system, measure), 4)
    return Figure(value=value, low=round(float(low), 4), high=round(float(high), 4), n=len(cases))


def _of(cases: list[Case], system: str, measure: Measure) -> float:
    return measure(np.concatenate([c.said[system] for c in cases]), np.concatenate([c.liked for c in cases]))


if __name__ == "__main__":
    main()
