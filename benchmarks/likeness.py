"""What "something like X" should rest on: parts of the ranking held against what real people liked.

python -m benchmarks.likeness --catalog ml --json benchmarks/results/likeness-movielens-small.json

For a catalogue with real ratings. People are split 70 / 30 by seed; the co-rating ranker is fitted on the first part
alone. Each person of the second part with at least eight liked items (rated in the top fifth of the scale) names 1, 2,
3 or 5 of them; the figure is NDCG@10 of the others in a full ranking of the catalogue. The weights in
`agent/ranking.py` are chosen here.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from agent.settings import load_settings
from ingest.ratings import Ratings
from tools.catalog.store import StoredCatalog, open_catalog
from tools.ranking.item_knn import ItemKNN
from tools.ranking.scales import fame
from tools.retrieval.similar import value_closeness, vector_closeness

Scores = NDArray[np.float32]
NAMED = (1, 2, 3, 5)
DRAWS = 1000


@dataclass(frozen=True)
class Case:
    """One person: what they name, what they also like, and what each part says of every row."""

    named: list[int]
    wanted: frozenset[int]
    values: Scores
    text: Scores
    together: Scores


System = Callable[[Case], Scores]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", default="ml")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    catalog = open_catalog(load_settings().home, args.catalog)
    ratings = read_ratings(catalog)
    rng = np.random.default_rng(args.seed)
    order = rng.permutation(ratings.shape[0])
    fitting, held = np.split(order, [int(0.7 * len(order))])
    counts = np.asarray((ratings[fitting] > 0).sum(axis=0)).ravel().astype(np.float64)
    knn = ItemKNN.fit(ratings[fitting])
    cases = [c for person in held for c in cases_of(catalog, ratings[person], counts, knn, rng)]
    metrics = {}
    for name, system in systems(fame(counts)).items():
        for named in NAMED:
            found = [ndcg(system(c), c) for c in cases if len(c.named) == named]
            metrics[f"{name}/{named} named"] = interval(found, rng)
        shown = "  ".join(f"{metrics[f'{name}/{k} named']['value']:.3f}" for k in NAMED)
        print(f"{name:58} {shown}")
    if args.json:
        command = f"python -m benchmarks.likeness --catalog {args.catalog} --seed {args.seed}"
        args.json.write_text(json.dumps({"metrics": metrics, "command": command}, indent=1))


def systems(known: Scores) -> dict[str, System]:
    """The parts alone, and together as the pipeline weighs them."""

    def blend(similar: float, by_text: float, trust: float, popular: float) -> System:
        def score(c: Case) -> Scores:
            close = (1 - by_text) * unit(c.values) + by_text * unit(c.text)
            weight = 1.6 * len(c.named) / (len(c.named) + trust)
            return weight * unit(c.together) + similar * unit(close) + popular * known

        return score

    return {
        "popularity": lambda _: known,
        "shared values": lambda c: c.values,
        "text": lambda c: c.text,
        "co-rating": lambda c: c.together,
        "as before: half text, similar .4, trust 2, popularity .2": blend(0.4, 0.5, 2, 0.2),
        "similar .8, text .2, trust 4, popularity .4": blend(0.8, 0.2, 4, 0.4),
        "similar 1, text .2, trust 4, popularity .4 (the setting)": blend(1.0, 0.2, 4, 0.4),
        "similar 1.6, text .2, trust 4, popularity .4": blend(1.6, 0.2, 4, 0.4),
        "similar 1, text .5, trust 4, popularity .4": blend(1.0, 0.5, 4, 0.4),
        "similar 1, text 0, trust 4, popularity .4": blend(1.0, 0.0, 4, 0.4),
    }


def read_ratings(catalog: StoredCatalog) -> sparse.csr_matrix:
    """(people, items) ratings of an installed catalogue."""
    return Ratings.load(catalog.interactions_path).matrix


def cases_of(
    catalog: StoredCatalog, row: sparse.csr_matrix, counts: NDArray[np.float64], knn: ItemKNN, rng: np.random.Generator
) -> list[Case]:
    """A person's cases: 1, 2, 3 and 5 liked items named; none for somebody who liked fewer than eight."""
    liked = [int(i) for i in row.indices[row.data >= 0.8 * row.data.max()] if counts[i] >= 1]
    if len(liked) < 8 or catalog.vectors is None:
        return []
    found = []
    for number in NAMED:
        named = [int(i) for i in rng.choice(liked, number, replace=False)]
        values = value_closeness(catalog.columns, named, len(catalog))
        text = np.maximum(vector_closeness(catalog.vectors, named), 0)
        found.append(Case(named, frozenset(liked) - set(named), values, text, np.maximum(knn.score(named), 0)))
    return found


def ndcg(scores: Scores, case: Case, depth: int = 10) -> float:
    """NDCG at `depth`; what was named cannot be found."""
    ranked = scores.copy()
    ranked[case.named] = -np.inf
    top = np.argsort(-ranked, kind="stable")[:depth]
    gained = sum(1 / np.log2(n + 2) for n, row in enumerate(top) if int(row) in case.wanted)
    return float(gained / sum(1 / np.log2(n + 2) for n in range(min(depth, len(case.wanted)))))


def unit(values: Scores) -> Scores:
    most = float(values.max())
    return values / most if most > 0 else values


def interval(found: Sequence[float], rng: np.random.Generator) -> dict[str, float]:
    """Mean with a 95 % bootstrap interval over people."""
    means = [float(np.mean(rng.choice(found, len(found)))) for _ in range(DRAWS)]
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "value": round(float(np.mean(found)), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "n": len(found),
    }


if __name__ == "__main__":
    main()
