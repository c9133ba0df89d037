"""Kill -9 in the middle of an experiment, again and again: resumed, it must end with the bytes of one never killed.

python -m benchmarks.kill_run --kills 20 --users 60 --json benchmarks/results/kill-run.json
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.settings import load_settings
from evaluation.experiment.running import DIALOGUES

RUN = (
    "simulate", "run", "--user", "agenda", "--user", "taste", "--controller", "rules", "--controller", "popularity",
    "--turns", "6", "--workers", "2",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--users", type=int, default=60)
    parser.add_argument("--catalog", default="books")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    load_settings()
    told = measured(args.catalog, args.users, args.kills, random.Random(args.seed))
    told |= {"date": datetime.now(UTC).date().isoformat(), "seed": args.seed}
    print(json.dumps(told))
    if args.json:
        args.json.write_text(json.dumps(told) + "\n", encoding="utf-8")
    sys.exit(0 if told["same"] else 1)


def measured(catalog: str, users: int, kills: int, chance: random.Random) -> dict[str, Any]:
    command = [sys.executable, "-m", "ui.cli", *RUN, "-c", catalog, "--users", str(users)]
    with tempfile.TemporaryDirectory() as kept:
        whole = Path(kept) / "whole"
        started = time.monotonic()
        subprocess.run([*command, "--out", str(whole)], check=True, capture_output=True)
        takes = time.monotonic() - started
        killed = starts = 0
        ends: list[bool] = []
        while killed < kills:
            cut = Path(kept) / f"cut-{len(ends)}"
            while killed < kills and not (cut / DIALOGUES).exists():
                starts += 1
                killed += cut_off([*command, "--out", str(cut)], chance.uniform(0.05, 1.3) * min(takes, 12.0))
            subprocess.run([*command, "--out", str(cut)], check=True, capture_output=True)
            ends.append(alike(whole, cut))
        return {
            "command": f"python -m benchmarks.kill_run --kills {kills} --users {users} --catalog {catalog}",
            "kills": killed,
            "starts": starts,
            "runs": len(ends),
            "seconds_uncut": round(takes, 1),
            "same": all(ends),
        }


def cut_off(command: list[str], after: float) -> bool:
    """Start a run and kill it and its processes after so many seconds; False when it was done before."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    # Most of a start goes into loading; the moments are spread over that and over some dialogues.
    time.sleep(after)
    alive = running.poll() is None
    if alive:
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    return alive


def alike(whole: Path, cut: Path) -> bool:
    """Whether two runs hold the same bytes, and nothing unfinished is left of the second."""
    same = all((whole / name).read_bytes() == (cut / name).read_bytes() for name in (DIALOGUES, "manifest.json"))
    return same and not list(cut.rglob("*.partial"))


if __name__ == "__main__":
    main()
