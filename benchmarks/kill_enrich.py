"""Kill -9 in the middle of `tastemaker enrich`: what was answered and kept is never asked for again.

python -m benchmarks.kill_enrich --kills 20 --items 200 --json benchmarks/results/kill-enrich.json

The command runs as a process of its own against the tests' model server; the server's list of requests is held against
what stood in the log on disk at the moment of each kill.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.build import build_catalog
from ingest.enriching.answers import Answers
from ingest.enriching.applying import base_of
from ingest.enriching.log import Log
from tests.ingest.numbered import SCHEMA, numbered_items
from tests.servers.answering import AnsweringServer, described_as_text, titles_in
from tests.servers.openai_server import Answer, Body
from tools.catalog.store import catalogs_path, open_catalog

NAME = "numbered"
ANSWER_TAKES_S = 0.15
LIVES_S = 0.7
"""Longest life after the first request."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = killed_and_resumed(Path(folder), args.kills, args.items, args.batch, random.Random(args.seed))
    command = f"python -m benchmarks.kill_enrich --kills {args.kills} --items {args.items} --batch {args.batch}"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    told |= {"command": command, "date": datetime.now(UTC).date().isoformat(), "seed": args.seed, "machine": machine}
    print(json.dumps(told))
    if args.json:
        args.json.write_text(json.dumps(told) + "\n", encoding="utf-8")
    sys.exit(0 if told["paid_twice"] == [] and told["problems"] == [] else 1)


@dataclass
class Watch:
    """What the server was asked, and after which kill."""

    kills: int = 0
    asked: list[tuple[int, list[str]]] = field(default_factory=list)
    """(kills so far, ids of the items), in order."""
    kept: list[set[str]] = field(default_factory=list)
    """By kill, the ids whose answer was on disk."""
    heard: threading.Event = field(default_factory=threading.Event)

    def answer(self, body: Body) -> Answer:
        """A well-made answer, after the time that models take."""
        self.asked.append((self.kills, [f"t{title.removeprefix('Thing ')}" for title in titles_in(body)]))
        self.heard.set()
        time.sleep(ANSWER_TAKES_S)
        return described_as_text(body)

    def paid_twice(self) -> list[str]:
        """Items asked for although their answer was on disk at an earlier kill."""
        return sorted({i for n, ids in self.asked for i in ids if n and i in self.kept[n - 1]})


def killed_and_resumed(home: Path, kills: int, items: int, batch: int, chance: random.Random) -> dict[str, Any]:
    """Start the command and kill it, again and again, then let it end; what was found."""
    build_catalog(home, NAME, SCHEMA, numbered_items(1, items), embedder_spec="hashing:32", chroma=False)
    before = open_catalog(home, NAME).manifest["catalog_hash"]
    watch, starts, ends = Watch(), 0, 0
    with AnsweringServer(watch.answer) as server:
        while watch.kills < kills:
            starts += 1
            if not _killed(_started(home, server.base_url, batch), watch, chance):
                ends += 1
                _call(home, server.base_url, "--undo", "--forget", "--yes")
                watch.kept = [set() for _ in watch.kept]
                continue
            watch.kept.append(_kept(home))
            watch.kills += 1
        _call(home, server.base_url, "--batch", str(batch), "--yes")
        asked = list(watch.asked)
        problems = _problems(home, items)
        _call(home, server.base_url, "--undo")
        if open_catalog(home, NAME).manifest["catalog_hash"] != before:
            problems.append("undone, the catalogue is not what it was")
        if watch.asked != asked:
            problems.append("undoing asked the model")
    lost = len(Answers.of(Log(catalogs_path(home) / NAME).read()).calls) - _answered(home)
    once = {i for _, ids in asked for i in ids}
    return {
        "kills": watch.kills,
        "starts": starts,
        "whole_runs_before_the_last_kill": ends,
        "items": items,
        "items_a_call": batch,
        "requests": len(asked),
        "requests_without_kills": -(-items // batch) * (ends + 1),
        "calls_in_flight_when_killed": lost,
        "items_asked": len(once),
        "paid_twice": watch.paid_twice(),
        "problems": problems,
    }


def _command(home: Path, url: str, *more: str) -> dict[str, Any]:
    settings = {
        "TASTEMAKER_HOME": str(home),
        "TASTEMAKER_EMBEDDER": "hashing:32",
        "TASTEMAKER_VECTOR_INDEX": "exact",
        "OPENAI_BASE_URL": url,
    }
    command = [sys.executable, "-m", "ui.cli", "enrich", "--catalog", NAME, *more]
    return {"args": command, "env": os.environ | settings, "stdin": subprocess.DEVNULL}


def _started(home: Path, url: str, batch: int) -> subprocess.Popen[bytes]:
    command = _command(home, url, "--batch", str(batch), "--yes")
    return subprocess.Popen(**command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _call(home: Path, url: str, *more: str) -> None:
    subprocess.run(**_command(home, url, *more), check=True, capture_output=True)


def _killed(process: subprocess.Popen[bytes], watch: Watch, chance: random.Random) -> bool:
    """Kill the process a random while after its first request; False when it ended before."""
    watch.heard.clear()
    while not watch.heard.wait(0.05) and process.poll() is None:
        pass
    time.sleep(chance.uniform(0, LIVES_S))
    alive = process.poll() is None
    if alive:
        process.send_signal(signal.SIGKILL)
    process.wait()
    return alive


def _kept(home: Path) -> set[str]:
    """Ids of the items whose answer is on disk."""
    answers = Answers.of(Log(catalogs_path(home) / NAME).read())
    return {key.item for call in answers.answered for key in answers.calls[call].keys}


def _answered(home: Path) -> int:
    return len(Answers.of(Log(catalogs_path(home) / NAME).read()).answered)


def _problems(home: Path, items: int) -> list[str]:
    """What is wrong with the catalogue after all; empty when every item is described and nothing else has changed."""
    live, base = open_catalog(home, NAME), base_of(home, NAME)
    described = [item for item in live.items() if item.generated]
    own = [item.model_copy(update={"fields": {k: v for k, v in item.fields.items() if k not in item.generated}})
           for item in live.items()]  # fmt: skip
    found = [] if len(described) == items else [f"{len(described)} of {items} items are described"]
    if [(i.id, i.title, i.fields) for i in own] != [(i.id, i.title, i.fields) for i in base.items()]:
        found.append("the catalogue's own facts have changed")
    return found


if __name__ == "__main__":
    main()
