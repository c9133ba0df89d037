"""What fitting a ranker and scoring a turn cost, ours beside lenskit's and implicit's on the same matrix.

    python -m benchmarks.ranker_cost --train PATH/interactions.txt --libraries FOLDER \
        --json benchmarks/results/ranker-cost-movielens-1m.json

Every ranker runs in processes of its own, `--repeats` times in turns with the others, on the same number of threads;
medians count, and what takes a minute or more is fitted once. Memory is the peak of the fit above what the process held
with its data loaded. A turn is one person never seen, five likes, scores over all items. The last item of each history
is left out of the fit, and HR@10 and NDCG@10 say how well it is found again, so that nothing is fast by being worse.
The libraries are installed into FOLDER at their versions in benchmarks/libraries.txt. A loop of a million steps in
plain Python tells how fast the machine was.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from agent.settings import load_settings
from benchmarks.ranker_systems import LIBRARIES, OURS
from benchmarks.turn_speed import machine
from core.errors import BadInput
from evaluation.metrics import mean
from evaluation.next_item import gains
from evaluation.next_item_data import Read, Split, read, split
from scripts.install import torch_source
from tools.catalog.store import list_catalogs, open_catalog

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "benchmarks" / "libraries.txt"
OWN = "tastemaker"
LONG = 60.0
"""Seconds of a fit from which on one run is enough."""
LIMIT = 600
"""Seconds that a process may take; the sequential ranker may take all it needs."""
MEASURES = ("fit_s", "fit_mib", "turn_ms", "loop_ms")
Run = Mapping[str, Any]


class Kind(NamedTuple):
    """A ranker of a library."""

    library: str
    name: str

    def __str__(self) -> str:
        return f"{self.library} {self.name}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", required=True, help="a file of histories, or a catalogue with dated ratings")
    parser.add_argument("--libraries", type=Path, required=True, help="environment of the libraries, made if missing")
    parser.add_argument("--people", type=int, help="people whose last item is asked for [default: all]")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ranker", action="append", help="only rankers of this name; may be repeated")
    parser.add_argument("--sequential", action="store_true", help="the sequential ranker too; it takes long")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    whole = read(file_of(args.train))
    parts = split(whole, None, args.seed)
    missing = {library: installed(args.libraries, library) for library in LIBRARIES}
    names = [name for name in OURS if name != "sequential" or args.sequential]
    kinds = [Kind(OWN, name) for name in names]
    kinds += [Kind(library, name) for library, held in LIBRARIES.items() for name in held]
    kinds = [kind for kind in kinds if not args.ranker or kind.name in args.ranker]
    runs: dict[Kind, list[Run]] = {kind: [] for kind in kinds}
    failed = {kind: missing[kind.library] for kind in kinds if missing.get(kind.library)}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        write(data, whole, parts, args.people, args.seed)
        for repeat in range(args.repeats):
            for kind in kinds:
                if kind in failed or (repeat and runs[kind][0]["fit_s"] > LONG):
                    continue
                told = run(kind, python_of(kind, args.libraries), data, args.threads, places=repeat == 0)
                if isinstance(told, str):
                    failed[kind] = told
                else:
                    runs[kind].append(told)
                print(f"{repeat + 1} of {args.repeats}: {kind}", file=sys.stderr)
    people, items = len(parts.fitting), len(parts.items)
    result = {
        "machine": machine(), "date": datetime.now(UTC).date().isoformat(), "data": Path(args.train).parent.name,
        "people": people, "items": items, "interactions": len(parts.fitting.items), "threads": args.threads,
        "repeats": args.repeats, "seed": args.seed, "versions": versions(args.libraries),
        "rankers": {str(k): {"failed": failed[k]} if k in failed else summary(runs[k], args.seed) for k in kinds},
    }  # fmt: skip
    result["loop_ms"] = spread([told["loop_ms"] for held in runs.values() for told in held])
    title = f"{people:,} people, {items:,} items, {len(parts.fitting.items):,} interactions, {args.threads} threads"
    Console(width=None if sys.stdout.isatty() else 140).print(table(result["rankers"], title))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def file_of(train: str) -> Path:
    home = load_settings().home
    if not Path(train).exists() and train in list_catalogs(home):
        return open_catalog(home, train).interactions_path
    return Path(train)


def write(file: Path, whole: Read, parts: Split, most: int | None, seed: int) -> None:
    """What is fitted on, and all or up to `most` of the cases with the number of each one's person."""
    histories = list(whole.histories.values())
    people = [n for n, h in enumerate(histories) if len(h) > 1 and h[-1] not in h[:-1]]
    if len(people) != len(parts.cases):
        raise BadInput("The histories and what is asked of them do not fit.", "Give one file without a test part.")
    drawn = np.sort(np.random.default_rng(seed).permutation(len(people))[:most]).tolist()
    asked = [parts.cases[n] for n in drawn]
    np.savez(
        file,
        indptr=parts.fitting.indptr,
        items=parts.fitting.items,
        count=parts.fitting.count,
        case_people=[people[n] for n in drawn],
        case_indptr=np.cumsum([0, *(len(c.history) for c in asked)]),
        case_items=np.concatenate([c.history for c in asked]),
        case_targets=[c.target for c in asked],
    )


def python_of(kind: Kind, libraries: Path) -> Path:
    return Path(sys.executable) if kind.library == OWN else libraries.resolve() / "bin" / "python"


def installed(folder: Path, library: str) -> str:
    """Install what is missing; what went wrong, or nothing."""
    python = folder.resolve() / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    if has(python, library):
        return ""
    command = [str(python), "-m", "pip", "install", "-q", "-c", str(PINS), *torch_source(), library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and has(python, library):
        return ""
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    return f"not installed: {(errors or [last_line(done.stderr)])[0]}"


def has(python: Path, library: str) -> bool:
    """Whether this Python has the library at its pinned version."""
    return version(python, library) == pins()[library]


def pins() -> dict[str, str]:
    """Versions by package."""
    lines = PINS.read_text(encoding="utf-8").splitlines()
    return {name: pinned for name, _, pinned in (line.partition("==") for line in lines) if pinned}


def version(python: Path, package: str) -> str:
    """As installed for this Python; empty where it is not."""
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=False).stdout.strip()


def versions(libraries: Path) -> dict[str, str]:
    """What is really installed beside the libraries, by package."""
    python = libraries.resolve() / "bin" / "python"
    return {package: version(python, package) for package in pins()}


def run(kind: Kind, python: Path, data: Path, threads: int, *, places: bool) -> Run | str:
    """What one process measured, or the last line of its error."""
    result = data.with_name("result.json")
    result.unlink(missing_ok=True)
    command = [str(python), "-m", "benchmarks.ranker_process", *kind, str(data), str(threads), str(result)]
    environment = os.environ | variables(kind, threads) | {"PYTHONPATH": str(ROOT)}
    command += ["--places"] * places
    limit = None if kind.name == "sequential" else LIMIT
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=limit
        )
    except subprocess.TimeoutExpired:
        return f"failed: not done in {LIMIT} s"
    if done.returncode:
        return f"failed: {last_line(done.stderr)}"
    told: Run = json.loads(result.read_text(encoding="utf-8"))
    return told


def variables(kind: Kind, threads: int) -> dict[str, str]:
    """Threads by every name; implicit has threads of its own and asks for a BLAS without.

    lenskit's BPR is not compiled first, which on processors took longer than the fit.
    """
    blas = "1" if kind.library == "implicit" else str(threads)
    held = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), blas)
    own = ("OMP_NUM_THREADS", "RAYON_NUM_THREADS", "LK_NUM_THREADS", "LK_NUM_BACKEND_THREADS")
    return held | dict.fromkeys(own, str(threads)) | {"LK_NUM_PROCS": "1", "LK_TORCH_COMPILE": "0"}


def summary(runs: Sequence[Run], seed: int) -> dict[str, Any]:
    """Each measure's median with its least and most, and how well targets were found."""
    told: dict[str, Any] = {m: spread([r[m] for r in runs]) if runs[0][m] is not None else None for m in MEASURES}
    earned = gains(np.asarray(runs[0]["places"]))
    told["runs"] = len(runs)
    return told | {name: mean(earned[name], seed).model_dump() for name in ("HR@10", "NDCG@10")}


def spread(values: Sequence[float]) -> dict[str, float]:
    return {name: round(of(values), 4) for name, of in (("p50", statistics.median), ("min", min), ("max", max))}


def last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def table(rankers: Mapping[str, Any], title: str) -> Table:
    drawn = Table(title=title, title_justify="left")
    drawn.add_column("ranker", no_wrap=True)
    for name in ("fit, s", "fit, MiB", "turn, ms", "HR@10", "NDCG@10"):
        drawn.add_column(name, justify="right")
    for name, told in sorted(rankers.items(), key=lambda item: item[0].split()[::-1]):
        if "failed" in told:
            drawn.add_row(name, told["failed"])
            continue
        turn = f"{told['turn_ms']['p50']:.2f}" if told["turn_ms"] else "knows nobody new"
        found = (f"{told[m]['value']:.4f} [{told[m]['low']:.3f}, {told[m]['high']:.3f}]" for m in ("HR@10", "NDCG@10"))
        drawn.add_row(name, f"{told['fit_s']['p50']:.2f}", f"{told['fit_mib']['p50']:,.0f}", turn, *found)
    return drawn


if __name__ == "__main__":
    main()
