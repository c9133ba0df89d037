"""One ranker measured in a process of its own: time and memory of its fit, time of a turn, and where targets stand.

    python -m benchmarks.ranker_process LIBRARY RANKER DATA.npz THREADS RESULT.json [--places]

benchmarks/ranker_cost.py starts it, under our Python or under that of the libraries; only numpy and scipy are needed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.ranker_systems import Loaded, Model, System, system

FEW = 60
"""People of a first fit, which brings in what a library loads or compiles at its first use."""
TURNS, LIKES = 200, 5
Held = Mapping[str, NDArray[Any]]
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def main() -> None:
    library, name, data, threads, result = sys.argv[1:6]
    with np.load(data) as held:
        told = measured(library, name, held, int(threads), places="--places" in sys.argv)
    Path(result).write_text(json.dumps(told), encoding="utf-8")


def measured(library: str, name: str, held: Held, threads: int, *, places: bool) -> dict[str, Any]:
    """Seconds, MiB, milliseconds, and on demand the places (from 1) of the targets among the items not had."""
    loop = timed(plain_loop)
    indptr, items = held["indptr"], held["items"]
    ones = np.ones(len(items), dtype=np.float32)
    matrix = sparse.csr_matrix((ones, items.astype(np.int32), indptr), shape=(len(indptr) - 1, int(held["count"])))
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    data = Loaded(matrix, indptr, items, threads)
    asked = system(library, name, threads)
    if name != "sequential":
        asked.fit(asked.prepare(data.first(min(FEW, len(indptr) - 1))))
    prepared = asked.prepare(data)
    CLEAR.write_text("5", encoding="ascii")  # the peak starts anew from what is held now
    before = memory("VmRSS")
    began = time.perf_counter()
    fitted = asked.fit(prepared)
    told: dict[str, Any] = {"fit_s": time.perf_counter() - began, "fit_mib": memory("VmHWM") - before, "loop_ms": loop}
    told["turn_ms"] = turn_ms(asked, fitted, int(held["count"]))
    if places:
        told["places"] = [place(asked, fitted, *case) for case in cases(held)]
    return told


def turn_ms(asked: System, fitted: Model, count: int) -> float | None:
    """Median milliseconds to score all items for a person never seen, from five likes; None where that cannot be."""
    if asked.score is None:
        return None
    rng = np.random.default_rng(0)
    liked = [rng.choice(count, LIKES, replace=False).tolist() for _ in range(TURNS + 5)]
    score = asked.score
    return float(np.median([timed(lambda one=one: score(fitted, one)) for one in liked][5:]))


def cases(held: Held) -> list[tuple[int, list[int], int]]:
    """(person, history, target)."""
    ends, had = held["case_indptr"], held["case_items"].tolist()
    histories = [had[start:end] for start, end in pairwise(ends)]
    return list(zip(held["case_people"].tolist(), histories, held["case_targets"].tolist(), strict=True))


def place(asked: System, fitted: Model, person: int, history: list[int], target: int) -> int:
    """From 1, ties counting against the ranker."""
    told = asked.score(fitted, history) if asked.score is not None else asked.known(fitted, person)  # type: ignore[misc]
    scores = np.array(told, dtype=np.float64)
    own = scores[target]
    scores[history] = -np.inf
    return int(np.count_nonzero(scores >= own))


def memory(what: str) -> float:
    """MiB of this process."""
    line = next(text for text in STATUS.read_text(encoding="ascii").splitlines() if text.startswith(what))
    return int(line.split()[1]) / 1024


def plain_loop() -> None:
    sum(i * i for i in range(1_000_000))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
