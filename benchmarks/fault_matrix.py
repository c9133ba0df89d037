"""Every fault of a model server in every call of a turn, by both doors, over both demo catalogues.

    python -m benchmarks.fault_matrix --json benchmarks/results/fault-matrix.json

A real HTTP server answers rightly except where a fault is due. Each turn is stored and held to what
tests/agent/fault_turns.py lists: a grounded answer, stored once, in time, what was degraded named, and the key nowhere
told. Two further rounds show a long outage before a circuit breaker, and a second model in the place of the first.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.turn_speed import machine, spread
from ingest.demo import prepare_demo
from tests.agent.fault_turns import KEY, SCRIPT, Played, Rehearsal, cells, outage, second_model, threads_left
from tests.servers.faults import faults
from tools.tagging.export import ensure_graph

DOORS = ("respond", "stream")
CALLS = ("plan", "repair", "say streamed", "say whole")
LIMITS = {"deadline_s": 2.5, "timeout_s": 0.8, "retries": 1}
LEFT_S = 10.0
"""What threads of model calls get to end after the last turn."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1, help="messages of each catalogue")
    parser.add_argument("--only", nargs="*", help="names of faults; all when left out")
    parser.add_argument("--prepared", type=Path, help="a home folder with the demo catalogues, to work on a copy of")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fault-matrix-") as folder:
        home = Path(folder) / "home"
        if args.prepared:
            shutil.copytree(args.prepared, home)
        prepare_demo(home)
        ensure_graph(home / "models")
        result = measured(home, args.messages, args.only)
        result["outage"] = outage(home, turns=20)
        result["second_model"] = second_model(home)
    show(result)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(result, indent=1) + "\n")


def measured(home: Path, messages: int, only: Sequence[str] | None) -> dict[str, object]:
    names = list(only or faults(KEY))
    with multiprocessing.get_context("spawn").Pool(len(SCRIPT)) as pool:
        parts = pool.starmap(over, [(home, catalog, messages, names) for catalog in SCRIPT])
    played = [one for part, _, _ in parts for one in part]
    return {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "limits": LIMITS,
        "turns": len(played),
        "fates": dict(Counter(p.fate for p in played)),
        "seconds": spread([p.seconds for p in played]),
        "problems": [f"{p.cell}: {problem}" for p in played for problem in p.problems],
        "threads_left": [name for _, left, _ in parts for name in left],
        "key_in_logs": any(told for _, _, told in parts),
        "faults": {name: by_call(those) for name, those in grouped(played).items()},
    }


def over(home: Path, catalog: str, messages: int, names: list[str]) -> tuple[list[Played], list[str], bool]:
    """(turns, threads left at the end, whether the key was logged) over one catalogue."""
    rehearsal = Rehearsal(home, **LIMITS)  # type: ignore[arg-type]
    chosen = {catalog: list(SCRIPT[catalog])[:messages]}
    with rehearsal.open():
        played = [rehearsal.play(cell) for cell in cells(names, chosen, DOORS)]
        return played, threads_left(LEFT_S), KEY in rehearsal.log.getvalue()


def grouped(played: Sequence[Played]) -> dict[str, list[Played]]:
    found: dict[str, list[Played]] = defaultdict(list)
    for one in played:
        found[one.cell.fault].append(one)
    return found


def by_call(played: Sequence[Played]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name in CALLS:
        those = [p for p in played if name == " ".join((p.cell.call, p.cell.wire)[: 2 if p.cell.call == "say" else 1])]
        fates = Counter(p.fate for p in those)
        longest = max(p.seconds for p in those)
        found[name] = {"fates": dict(fates), "longest_s": longest, "reason": those[0].reason}
    return found


def show(result: dict[str, object]) -> None:
    faults: dict[str, dict[str, dict[str, object]]] = result["faults"]  # type: ignore[assignment]
    print(f"{'fault':34s}" + "".join(f"{name:>22s}" for name in CALLS))
    for name, calls in faults.items():
        told = (f"{'/'.join(calls[c]['fates'])} {calls[c]['longest_s']:.1f} s" for c in CALLS)  # type: ignore[call-overload]
        print(f"{name:34s}" + "".join(f"{text:>22s}" for text in told))
    print(json.dumps({k: v for k, v in result.items() if k != "faults"}, indent=1))


if __name__ == "__main__":
    main()
