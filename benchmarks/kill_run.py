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
        whole, cut = Path(kept) / "whole", Path(kept) / "cut"
        started = time.monotonic()
        subprocess.run([*command, "--out", str(whole)], check=True, capture_output=True)
        takes = time.monotonic() - started
        killed = began = 0
        while killed < kills and not (cut / DIALOGUES).exists():
            running = subprocess.Popen(
                [*command, "--out", str(cut)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            began += 1
            # Most of a start goes into loading; the moments are spread over that and over some dialogues.
            time.sleep(chance.uniform(0.05, 1.3) * min(takes, 12.0))
            if running.poll() is None:
                os.killpg(running.pid, signal.SIGKILL)
                killed += 1
            running.wait()
        subprocess.run([*command, "--out", str(cut)], check=True, capture_output=True)
        same = (whole / DIALOGUES).read_bytes() == (cut / DIALOGUES).read_bytes()
        leftovers = [p.name for p in cut.rglob("*.partial")]
        return {
            "command": f"python -m benchmarks.kill_run --kills {kills} --users {users} --catalog {catalog}",
            "kills": killed,
            "starts": began + 1,
            "seconds_uncut": round(takes, 1),
            "same": same and (whole / "manifest.json").read_bytes() == (cut / "manifest.json").read_bytes(),
            "leftovers": leftovers,
        }


if __name__ == "__main__":
    main()
