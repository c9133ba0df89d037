"""Memory of `tastemaker serve` over many turns: resident set of the process, sampled while clients talk.

    python -m benchmarks.serve_memory --turns 20000 --json benchmarks/results/serve-memory.json

The real command with the built-in controller on SQLite; eight clients say what conversations.yaml holds, one new
conversation after another, with JSON answers and events in turn. The slope is a least-squares line over the second half
of the samples, in MiB for 10,000 turns: about zero where nothing piles up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from agent.settings import load_settings
from benchmarks.talking import Client, Talk, own_home, talks
from benchmarks.turn_speed import machine
from tests.servers.serving import Serve, serving

CLIENTS = 8
EVERY = 500


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "date": datetime.now(UTC).date().isoformat()}
    result |= {"load_before": os.getloadavg()[0], "clients": CLIENTS}
    with (
        own_home(load_settings().home) as home,
        serving(home, TASTEMAKER_SERVE_RATE="0", TASTEMAKER_CONTROLLER="rules") as server,
    ):
        samples, errors = talked(server, args.turns)
        result["conversations_mib"] = round((home / "conversations.db").stat().st_size / 2**20, 1)
    result |= {"turns": samples[-1][0], "errors": errors, "samples": samples, "second_half": slope(samples)}
    print(json.dumps({k: v for k, v in result.items() if k != "samples"}, indent=1))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if errors else 0


def talked(server: Serve, turns: int) -> tuple[list[tuple[int, float]], int]:
    """Play so many turns; (turns so far, MiB) of every 500th, and the number of answers that were none."""
    coming, lock = itertools.cycle(talks()), threading.Lock()
    samples, counts = [(0, resident(server))], {"turns": 0, "errors": 0}

    def take() -> Talk | None:
        with lock:
            return next(coming) if counts["turns"] < turns else None

    def count(status: int) -> None:
        with lock:
            counts["turns"] += 1
            counts["errors"] += status != 200
            if counts["turns"] % EVERY == 0:
                samples.append((counts["turns"], resident(server)))
                print(*samples[-1], flush=True)

    def talk() -> None:
        client = Client(server.port)
        while (said := take()) is not None:
            conversation = client.start(said.catalog)
            for number, message in enumerate(said.messages):
                way = client.stream if number % 2 else client.say
                count(way(conversation, message).status)
        client.close()

    threads = [threading.Thread(target=talk) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return samples, counts["errors"]


def resident(server: Serve) -> float:
    """MiB of the server's resident set."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text(encoding="ascii").split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


def slope(samples: list[tuple[int, float]]) -> dict[str, float]:
    """MiB for 10,000 turns over the second half of the samples, with its standard error and their span."""
    half = np.array(samples[len(samples) // 2 :], dtype=float)
    (steep, _), covariance = np.polyfit(half[:, 0], half[:, 1], 1, cov=True)
    return {
        "mib_for_10000_turns": round(10_000 * float(steep), 2),
        "standard_error": round(10_000 * float(np.sqrt(covariance[0, 0])), 2),
        "from_mib": float(half[:, 1].min()),
        "to_mib": float(half[:, 1].max()),
    }


if __name__ == "__main__":
    raise SystemExit(main())
