"""How many simulated dialogues a second, with one and two processes, and where the time goes.

    python -m benchmarks.simulation_speed --catalog films --users 100 --json benchmarks/results/simulation-speed.json

Rates are of the whole command's second part: the run is made ready first, and what processes need to start is told
apart. The runs must end with the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.settings import load_settings
from benchmarks.turn_speed import machine, plain_loop, spread, timed
from evaluation.experiment.design import Design, make_design
from evaluation.experiment.preparing import prepare
from evaluation.experiment.reading import open_run
from evaluation.experiment.running import run_experiment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", default="films")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    home = load_settings().home
    told: dict[str, Any] = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(), "catalog": args.catalog}
    for name in ("rules", "rules:tagger=false", "popularity"):
        design = make_design({"catalog": args.catalog, "systems": [name], "users": args.users})
        told[name] = measured(design, home)
    told["plain_loop_ms"] = spread([timed(plain_loop) for _ in range(30)])
    print(json.dumps(told, indent=1))
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if all(told[name]["same"] for name in ("rules", "rules:tagger=false", "popularity")) else 1)


def measured(design: Design, home: Path) -> dict[str, Any]:
    found: dict[str, Any] = {"dialogues": design.users}
    written = []
    with tempfile.TemporaryDirectory() as kept:
        for workers in (1, 2):
            folder = Path(kept) / str(workers)
            prepare(folder, design, home)
            done: list[tuple[float, int]] = []

            def advance(count: int, done: list[tuple[float, int]] = done) -> None:
                done.append((time.perf_counter(), count))

            file = run_experiment(design, folder, home, workers=workers, advance=advance)
            written.append(file.read_bytes())
            begun, first = done[0][0], done[1][0]
            rest = sum(count for _, count in done[2:])
            found[f"{workers} processes"] = {
                "dialogues_a_second": round(rest / max(done[-1][0] - first, 1e-9), 2),
                "with_their_start": round(design.users / max(done[-1][0] - begun, 1e-9), 2),
            }
            if workers == 1:
                found |= shares(folder)
    return found | {"same": written[0] == written[1]}


def shares(folder: Path) -> dict[str, Any]:
    """Where the time of a dialogue goes: the person's side, and the agent's by stage."""
    run = open_run(folder)
    whole = sum(t.ms for t in run.timings)
    stages: dict[str, float] = {}
    for timing in run.timings:
        for stage, ms in timing.stages_ms.items():
            stages[stage] = stages.get(stage, 0.0) + ms
    person = whole - sum(sum(t.turns_ms) for t in run.timings)
    parts = {"person": person, **stages}
    return {
        "ms_a_dialogue": round(whole / len(run.timings), 1),
        "turns_a_dialogue": round(sum(len(e.exchanges) for e in run.episodes) / len(run.episodes), 2),
        "share": {name: round(ms / whole, 3) for name, ms in sorted(parts.items(), key=lambda part: -part[1])},
    }


if __name__ == "__main__":
    main()
