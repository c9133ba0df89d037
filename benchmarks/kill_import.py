"""Kill -9 in the middle of an import: the catalogue before must go on serving, whole, or the new one must, whole.

python -m benchmarks.kill_import --kills 50 --seed 7
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ingest.build import build_catalog
from tests.ingest.numbered import SCHEMA, numbered_items, problems_of
from tools.catalog.store import open_catalog

WRITE = (
    "import sys; from pathlib import Path; from ingest.build import build_catalog; "
    "from tests.ingest.numbered import SCHEMA, numbered_items; "
    "build_catalog(Path(sys.argv[1]), 'numbered', SCHEMA, numbered_items(int(sys.argv[2]), 400), "
    "embedder_spec='hashing:32')"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({"seed": args.seed, **rounds(Path(folder), args.kills, random.Random(args.seed))}))


def rounds(home: Path, kills: int, rng: random.Random) -> dict[str, object]:
    """Import again and again, killed at a random moment of a whole import; what was found after each."""
    started = time.monotonic()
    write(home, 0).wait()
    whole = time.monotonic() - started
    broken: list[str] = []
    finished = 0
    for number in range(1, kills + 1):
        before = open_catalog(home, "numbered").version
        process = write(home, number)
        time.sleep(rng.uniform(0.1, 1.0) * whole)
        process.send_signal(signal.SIGKILL)
        process.wait()
        broken += [f"kill {number}: {problem}" for problem in problems_of(home)]
        finished += open_catalog(home, "numbered").version != before
    build_catalog(home, "numbered", SCHEMA, numbered_items(999, 400), embedder_spec="hashing:32")
    leftovers = [p.name for p in (home / "catalogs" / "numbered" / "versions").glob("*.partial")]
    if leftovers:
        broken.append(f"half-written versions were not swept: {leftovers}")
    return {"kills": kills, "import_seconds": round(whole, 2), "finished_before_the_kill": finished, "broken": broken}


def write(home: Path, generation: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WRITE, str(home), str(generation)], stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
