"""Dense search within what a filter leaves: recall against a full scan, and time, from 0.01 % to 100 % of the rows.

    python -m benchmarks.filtered_search --rows 100000 --json benchmarks/results/filtered-search.json

Vectors lie in clusters like those of texts. Masks are drawn in two ways: rows at random, and whole clusters, so that
what is allowed may be far from what is asked for. "chroma" is the product's index over a Chroma collection, which asks
the graph for more than is wanted and scores exactly where too little survives.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.turn_speed import machine
from tools.retrieval import chroma
from tools.retrieval.vector_index import ChromaIndex, ExactIndex, open_collection

DIM, LATENT, CLUSTERS, COUNT = 384, 32, 300, 10
SHARES = (0.0001, 0.001, 0.01, 0.05, 0.2, 0.5, 1.0)
Search = Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.int64]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    chance = np.random.default_rng(args.seed)
    vectors, cluster = clustered(args.rows, chance)
    queries, _ = clustered(args.queries, chance)
    told: dict[str, Any] = {
        "machine": machine(), "date": datetime.now(UTC).date().isoformat(), "rows": args.rows,
        "queries": args.queries, "seed": args.seed, "masks": {},
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        chroma.store_vectors(Path(home), "bench", "1", vectors, lambda _: None)
        told["insert_s"] = round(time.perf_counter() - began, 1)
        graph = ChromaIndex(open_collection(Path(home), "bench", "1", args.rows), vectors)
        exact = ExactIndex(vectors)
        graph.search(queries[0], COUNT, None)  # loads the graph
        for share in SHARES:
            for kind in ("rows", "clusters") if share < 1 else ("rows",):
                allowed = mask(kind, share, cluster, chance)
                found = {
                    "exact": measured(lambda q, m: exact.search(q, COUNT, m)[0], vectors, queries, allowed),
                    "chroma": measured(lambda q, m: graph.search(q, COUNT, m)[0], vectors, queries, allowed),
                }
                told["masks"][f"{share:.2%} of {kind}"] = {"allowed": int(allowed.sum()), **found}
                print(f"{share:>8.2%} {kind:<9}", found, flush=True)
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def clustered(rows: int, chance: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """(rows, DIM) unit vectors around centres in a space of few dimensions, with noise; and their clusters."""
    fixed = np.random.default_rng(12345)
    axes, centres = fixed.normal(size=(LATENT, DIM)), fixed.normal(size=(CLUSTERS, LATENT))
    cluster = chance.integers(0, CLUSTERS, rows)
    made = (centres[cluster] + 0.5 * chance.normal(size=(rows, LATENT))) @ axes
    made = (made + 0.5 * chance.normal(size=(rows, DIM))).astype(np.float32)
    return made / np.linalg.norm(made, axis=1, keepdims=True), cluster


def mask(kind: str, share: float, cluster: NDArray[np.int64], chance: np.random.Generator) -> NDArray[np.bool_]:
    """What is allowed: rows at random, or clusters as wholes until the share is reached."""
    rows, wanted = len(cluster), max(1, round(share * len(cluster)))
    allowed = np.zeros(rows, dtype=np.bool_)
    if kind == "rows":
        allowed[chance.choice(rows, wanted, replace=False)] = True
        return allowed
    order = chance.permutation(CLUSTERS)
    place = np.argsort(np.argsort(order))[cluster]
    allowed[np.lexsort((np.arange(rows), place))[:wanted]] = True
    return allowed


def measured(
    search: Search, vectors: NDArray[np.float32], queries: NDArray[np.float32], allowed: NDArray[np.bool_]
) -> dict[str, float]:
    """Recall@10 against a full scan of what is allowed, and milliseconds."""
    rows = np.flatnonzero(allowed)
    times, recalls = [], []
    for query in queries:
        began = time.perf_counter()
        found = search(query, allowed)
        times.append((time.perf_counter() - began) * 1000)
        scores = vectors[rows] @ query
        best = set(rows[np.lexsort((rows, -scores))[:COUNT]].tolist())
        recalls.append(len(best & set(found.tolist())) / len(best))
    return {
        "recall": round(float(np.mean(recalls)), 4),
        "p50_ms": round(float(np.median(times)), 2),
        "p95_ms": round(float(np.quantile(times, 0.95)), 2),
    }


if __name__ == "__main__":
    main()
