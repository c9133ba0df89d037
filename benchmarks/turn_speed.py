"""What a turn costs without a model, by stage, and what a cold start of the command costs.

    python -m benchmarks.turn_speed --catalog films --rounds 30
    python -m benchmarks.turn_speed --catalog ml --rounds 30 --json benchmarks/results/turn-speed-ml.json

A fixed script of messages is played in fresh conversations; nothing is stored. Two yardsticks are timed in the same
run, once after each conversation: one exact product of a query with the catalogue's vectors, which no dense search of
this catalogue can go below, and a loop of 100,000 steps in plain Python, which tells how fast the machine is just then.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from agent.build import Tastemaker, build
from agent.settings import load_settings
from core.turn import Conversation, Turn

SCRIPT = (
    "something tense but not too violent, ideally from the 90s, under two hours",
    "anything but horror, and nothing in black and white",
    "something newer and a bit funnier",
    "who made the second one?",
    "why this one?",
    "forget the decade, I want a slow drama about a family instead",
    "compare the first two",
    "show me more",
    "undo",
    "something about a lonely person in a big city",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", default="films")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--no-cold", action="store_true", help="leave out the cold start of the command")
    args = parser.parse_args()
    app = build(load_settings(controller="rules"))
    app.answer(Conversation(id="warm-up", catalog=args.catalog), SCRIPT[0])
    turns, product, loop = [], [], []
    for number in range(args.rounds):
        turns += play(app, args.catalog, number)
        product.append(timed(lambda: dense_search(app, args.catalog)))
        loop.append(timed(plain_loop))
    result = {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "catalog": args.catalog,
        "items": len(app.catalog(args.catalog)),
        "turns": len(turns),
        "turn_ms": spread([t.usage.ms for t in turns]),
        "stages_ms": stages(turns),
        "yardsticks_ms": {"product": spread(product), "loop": spread(loop)},
    }
    result["turn_over"] = {
        name: round(result["turn_ms"]["p50"] / max(times["p50"], 1e-6), 1)
        for name, times in result["yardsticks_ms"].items()
    }
    if not args.no_cold:
        result["cold_start_s"] = cold_start(args.catalog)
    text = json.dumps(result, indent=1)
    print(text)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(text + "\n")


def play(app: Tastemaker, catalog: str, number: int) -> list[Turn]:
    """One conversation, new in each round: blanks behind a message, and a word unseen before in its text wishes.

    So no embedding is remembered, and no message as the tagger read it.
    """
    conversation = Conversation(id=f"bench-{number}", catalog=catalog)
    for message in SCRIPT:
        said = message if "lonely" not in message else f"{message} in {1900 + number}"
        conversation = conversation.plus(app.answer(conversation, said + " " * (number + 1)))
    return list(conversation.turns)


def stages(turns: list[Turn]) -> dict[str, dict[str, float]]:
    found: dict[str, list[float]] = {}
    for turn in turns:
        for stage in turn.trace:
            found.setdefault(stage.stage, []).append(stage.ms)
    return {name: spread(times) for name, times in found.items()}


def dense_search(app: Tastemaker, catalog: str) -> None:
    vectors = app.catalog(catalog).vectors
    if vectors is not None:
        np.argsort(-(vectors @ np.asarray(vectors[0])))[:10]


def plain_loop() -> None:
    sum(i * i for i in range(100_000))


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000


def cold_start(catalog: str, runs: int = 5) -> dict[str, float]:
    command = [
        str(Path(sys.executable).parent / "tastemaker"),
        "ask",
        SCRIPT[0],
        "--catalog",
        catalog,
        "--controller",
        "rules",
        "--json",
    ]
    times = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return spread(times[1:])


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "p50": round(statistics.median(ordered), 3),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 3),
        "max": round(ordered[-1], 3),
    }


def machine() -> str:
    model = platform.processor() or "unknown processor"
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
