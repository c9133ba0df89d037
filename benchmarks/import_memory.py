"""Memory of an import: a synthetic table of N items goes through the same code as `tastemaker catalog import`.

    python -m benchmarks.import_memory --items 20000
    python -m benchmarks.import_memory --items 1000000 --json benchmarks/results/import-memory.json

The table is written first; a child process then imports it and says on its standard output where it is. The parent
reads the child's resident memory twenty times a second, in all and without pages mapped from files (those the system
can drop at any moment), and asks the system at the end for the highest figure it saw. Nothing is asserted, and nothing
is kept but the figures.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.turn_speed import machine

GIB = 1024**3
EVERY = 0.05
"""Seconds between two looks at the child."""
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "ul")]
SCHEMA = """\
name: synthetic
title: Synthetic
noun: {one: item, many: items}
consumption: {bare: [try], past: [tried]}
purpose: find something
fields:
  - {name: title, type: text, role: title}
  - {name: year, type: number, role: release, indexed: false, unit: {name: year, plural: years, style: year}}
  - {name: price, type: number, indexed: false}
  - {name: kinds, type: category, role: genre, many: true}
  - {name: maker, type: people, role: creator}
  - {name: sold, type: flag, indexed: false}
  - {name: description, type: text, role: description}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=["jsonl", "csv"], default="jsonl")
    parser.add_argument("--embedder", default="hashing", help="the cheapest there is; see `catalog import --help`")
    parser.add_argument("--no-chroma", action="store_true", help="as with TASTEMAKER_VECTOR_INDEX=exact")
    parser.add_argument("--scratch", type=Path, help="where to write; the system's temporary folder when left out")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        import_here(args.child, args.kind, args.embedder, chroma=not args.no_chroma)
        return
    with tempfile.TemporaryDirectory(dir=args.scratch) as folder:
        result = measure(Path(folder), args)
    text = json.dumps(result, indent=1)
    print(text)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(text + "\n")


def measure(folder: Path, args: argparse.Namespace) -> dict[str, object]:
    """Write the table, import it in a child, and tell what the child needed."""
    table = write(folder, args.kind, args.items, args.seed)
    command = [sys.executable, "-m", "benchmarks.import_memory", "--child", str(folder)]
    command += ["--kind", args.kind, "--embedder", args.embedder, *(["--no-chroma"] if args.no_chroma else [])]
    started = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        watch = Watch(child)
        watch.until_the_end()
    if child.returncode != 0:
        raise SystemExit(f"the import ended with status {child.returncode}")
    seconds = time.monotonic() - started
    chosen = " --no-chroma" if args.no_chroma else ""
    return {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "command": f"python -m benchmarks.import_memory --items {args.items} --kind {args.kind}"
        f" --embedder {args.embedder}{chosen}",
        "items": args.items,
        "table_gib": round(table.stat().st_size / GIB, 3),
        "embedder": f"{args.embedder} (no model; a model's own memory and time come on top)"
        if args.embedder.startswith("hashing")
        else args.embedder,
        "vector_store": "vectors.npy only" if args.no_chroma else "vectors.npy and Chroma",
        "seconds": round(seconds, 1),
        "items_per_second": round(args.items / seconds, 1),
        # Kilobytes on Linux; the highest of all children, of which there is one.
        "peak_gib": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / GIB, 3),
        "peak_without_mapped_files_gib": round(max((s["own"] for s in watch.stages.values()), default=0) / GIB, 3),
        "stages": {
            name: {"seconds": round(s["seconds"], 1), "peak_gib": gib(s["all"]), "own_gib": gib(s["own"])}
            for name, s in watch.stages.items()
        },
    }


def gib(size: float) -> float:
    return round(size / GIB, 3)


class Watch:
    """A child's resident memory, by the stage it says it is in."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        self.stage = "start"
        self.stages: dict[str, dict[str, float]] = {}

    def until_the_end(self) -> None:
        """Look again and again until the child ends."""
        reader = threading.Thread(target=self._listen, daemon=True)
        reader.start()
        last = time.monotonic()
        while self.child.poll() is None:
            held = resident(self.child.pid)
            seen = self.stages.setdefault(self.stage, {"seconds": 0.0, "all": 0.0, "own": 0.0})
            now = time.monotonic()
            seen["seconds"] += now - last
            last = now
            if held is not None:
                seen["all"], seen["own"] = max(seen["all"], held[0]), max(seen["own"], held[1])
            time.sleep(EVERY)
        reader.join()

    def _listen(self) -> None:
        for line in self.child.stdout or ():
            self.stage = line.strip() or self.stage


def resident(process: int) -> tuple[int, int] | None:
    """Bytes a process holds in memory, in all and without mapped files; None where the system does not tell."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()
    except OSError:
        return None
    size = os.sysconf("SC_PAGE_SIZE")
    return int(pages[1]) * size, (int(pages[1]) - int(pages[2])) * size


def import_here(folder: Path, kind: str, embedder: str, *, chroma: bool) -> None:
    """The child: import, and print each stage as it begins."""
    from ingest.importing import import_catalog

    told = ""

    def progress(stage: str, _done: int, _total: int | None) -> None:
        nonlocal told
        if stage != told:
            told = stage
            print(stage, flush=True)

    import_catalog(
        kind,
        folder / f"items.{kind}",
        "synthetic",
        folder / "home",
        schema=folder / "schema.yaml",
        on_error="stop",
        embedder=embedder,
        chroma=chroma,
        progress=progress,
    )


def write(folder: Path, kind: str, count: int, seed: int) -> Path:
    """The table and its schema; words are drawn as in a language: few often, many seldom."""
    (folder / "schema.yaml").write_text(SCHEMA)
    table = folder / f"items.{kind}"
    rows = rows_of(count, random.Random(seed))
    with table.open("w", encoding="utf-8", newline="") as out:
        if kind == "jsonl":
            out.writelines(json.dumps(row) + "\n" for row in rows)
        else:
            import csv

            first = next(rows)
            writer = csv.DictWriter(out, list(first))
            writer.writeheader()
            writer.writerows(
                {k: "|".join(v) if isinstance(v, list) else v for k, v in row.items()}
                for row in itertools.chain([first], rows)
            )
    return table


def rows_of(count: int, rng: random.Random, vocabulary: int = 50_000) -> Iterator[dict[str, object]]:
    """Items of about thirty words, one of twenty kinds or two, and one of `count` / 20 makers."""
    words = ["".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(vocabulary)]
    weights = list(itertools.accumulate(1 / (n + 10) for n in range(vocabulary)))
    for number in range(count):
        said = rng.choices(words, cum_weights=weights, k=30)
        yield {
            "id": f"i{number}",
            "title": " ".join(said[:3]).title(),
            "year": rng.randint(1950, 2025),
            "price": round(rng.lognormvariate(3, 1), 2),
            "kinds": sorted({f"kind {rng.randrange(20)}" for _ in range(2)}),
            "maker": f"{words[number % 997].title()} {rng.randrange(max(count // 20, 1))}",
            "sold": rng.random() < 0.1,
            "description": " ".join(said[3:]).capitalize() + ".",
        }


if __name__ == "__main__":
    main()
