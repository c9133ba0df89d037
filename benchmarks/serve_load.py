"""What `tastemaker serve` holds: turns a second and their latency with 1, 8 and 64 conversations at once.

    python -m benchmarks.serve_load --turns 600 --json benchmarks/results/serve-load.json

The real command listens on a socket, with the built-in controller and no limit of requests: one process on SQLite, then
two on PostgreSQL. So many clients, each in a thread with a connection of its own, say what conversations.yaml holds,
one conversation after another; each number is played twice, with JSON answers and with events. Yardsticks of the same
run: the same turns through `Tastemaker.respond` in one thread of this process, stored in SQLite too; requests that do
nothing (/healthz), by the same client; one write of SQLite that waits for the disk; and a loop of plain Python. The
clients take their share of the two cores, so that the server alone would hold somewhat more. Processor time of a turn
is told too: it is the server's own, however busy the machine is with other work. So is how long /healthz takes
meanwhile, asked twenty times a second: whether the server still answers those who look after it.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent.build import build
from agent.settings import load_settings
from benchmarks.talking import Client, Coming, Told, own_home, talks
from benchmarks.turn_speed import machine, plain_loop, spread, timed
from tests.servers.postgres import binaries, postgres_server
from tests.servers.serving import Serve, serving

CLIENTS = (1, 8, 64)
QUIET = {"TASTEMAKER_SERVE_RATE": "0", "TASTEMAKER_CONTROLLER": "rules"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=600, help="turns for each number of clients, of each kind")
    parser.add_argument("--stores", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    result: dict[str, Any] = {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "load_before": round(os.getloadavg()[0], 2),
        "turns": args.turns,
    }
    with own_home(load_settings().home) as home:
        result["yardsticks"] = yardsticks(home, args.turns)
        if "sqlite" in args.stores:
            with serving(home, **QUIET) as server:
                result["one process, SQLite"] = held(server, args.turns)
        if "postgres" in args.stores:
            with postgres() as url, serving(home, workers=2, TASTEMAKER_DATABASE_URL=url, **QUIET) as server:
                result["two processes, PostgreSQL"] = held(server, args.turns)
    result["load_after"] = round(os.getloadavg()[0], 2)
    print(json.dumps(result, indent=1))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if any(part.get("errors") for part in result.values() if isinstance(part, dict)) else 0


@contextmanager
def postgres() -> Iterator[str]:
    """URL of a server that writes to the disk as PostgreSQL does by default."""
    folder = binaries()
    if folder is None:
        raise SystemExit("No PostgreSQL server is installed here; use --stores sqlite.")
    with postgres_server(folder, fsync=True) as url:
        yield url


def yardsticks(home: Path, turns: int) -> dict[str, Any]:
    """What the same turns cost without HTTP, and how fast machine and disk are just now."""
    app = build(load_settings(home=home, controller="rules", person="guest"))
    for name in {talk.catalog for talk in talks()}:
        app.respond(app.start(name).id, "hello")
    seconds = []
    begun, used = time.perf_counter(), time.process_time()
    for talk in Coming().enough(turns):
        conversation = app.start(talk.catalog).id
        seconds += [timed(lambda c=conversation, m=message: app.respond(c, m)) for message in talk.messages]  # type: ignore[misc]
    whole, used = time.perf_counter() - begun, time.process_time() - used
    app.close()
    return {
        "respond": {
            "turns_a_second": round(len(seconds) / whole, 1),
            "ms": percentiles(seconds),
            "cpu_ms_a_turn": round(1000 * used / len(seconds), 1),
        },
        "write_ms": spread(writes(home)),
        "plain_loop_ms": spread([timed(plain_loop) for _ in range(20)]),
    }


def writes(home: Path, count: int = 100) -> list[float]:
    """Milliseconds of writes of 4 KiB that wait for the disk, as the store's do."""
    with TemporaryDirectory(dir=home) as folder:
        database = sqlite3.connect(Path(folder) / "yardstick.db", isolation_level=None)
        for line in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE held (body TEXT)"):
            database.execute(line)
        body = "x" * 4096
        taken = [timed(lambda: database.execute("INSERT INTO held VALUES (?)", (body,))) for _ in range(count)]
        database.close()
    return taken


def held(server: Serve, turns: int) -> dict[str, Any]:
    """What one server holds, by the number of clients."""
    coming = Coming()
    played(server, coming, 2, 20, Client.say)  # every worker has answered by then
    found: dict[str, Any] = {"errors": 0}
    for clients in CLIENTS:
        idle = requests_a_second(server, clients)
        told = played(server, coming, clients, turns, Client.say)
        events = played(server, coming, clients, turns, Client.stream)
        found["errors"] += len(told.errors) + len(events.errors)
        found[f"{clients} at once"] = {
            "json": told.shown(),
            "events": events.shown() | {"first_event_ms": percentiles([1000 * t.first for t in events.told])},
            "healthz_a_second": idle,
            "healthz_ms_meanwhile": percentiles(told.looks),
        }
        for error in (told.errors + events.errors)[:3]:
            print(error, file=sys.stderr)
    return found


@dataclass
class Played:
    """Turns that were played: how each came back, and what went wrong."""

    told: list[Told] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    begun: int = 0
    """Turns of the conversations that were begun."""
    looks: list[float] = field(default_factory=list)
    """Milliseconds that /healthz took meanwhile."""
    whole: float = 0.0
    """Seconds from the first message to the last answer."""
    cpu: float = 0.0
    """Seconds of processor time that the server took."""

    def shown(self) -> dict[str, Any]:
        """Rate and latency."""
        rate = round(len(self.told) / self.whole, 1)
        size = round(sum(len(t.body) for t in self.told) / max(1, len(self.told)) / 1024, 1)
        cost = round(1000 * self.cpu / max(1, len(self.told)), 1)
        latency = percentiles([1000 * t.seconds for t in self.told])
        return {"turns_a_second": rate, "ms": latency, "cpu_ms_a_turn": cost, "kib_a_turn": size}


def played(server: Serve, coming: Coming, clients: int, turns: int, way: Callable[[Client, str, str], Told]) -> Played:
    """About `turns` turns by so many clients; each takes the next conversation when it has ended one."""
    result, lock, over = Played(), threading.Lock(), threading.Event()

    def play() -> None:
        client = Client(server.port)
        while result.begun < turns:
            talk = coming.take()
            with lock:
                result.begun += len(talk.messages)
            conversation = client.start(talk.catalog)
            for message in talk.messages:
                told = way(client, conversation, message)
                right = told.status == 200 and (way is Client.say or b"\nevent: done\n" in told.body)
                with lock:
                    result.told.append(told)
                    if not right:
                        result.errors.append(f"{told.status} {told.body[-300:]!r}")
        client.close()

    def look() -> None:
        client = Client(server.port)
        while not over.wait(0.05):
            result.looks.append(1000 * client.call("GET", "/healthz").seconds)
        client.close()

    looking = threading.Thread(target=look)
    looking.start()
    began, used = time.perf_counter(), processor_s(server)
    together(play, clients)
    result.whole, result.cpu = time.perf_counter() - began, processor_s(server) - used
    over.set()
    looking.join()
    return result


def processor_s(server: Serve) -> float:
    """Seconds of processor time that a server and its workers have taken."""
    ticks = 0
    for pid in (server.process.pid, *server.workers()):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def together(work: Callable[[], None], threads: int) -> None:
    """Do it in so many threads at once; what any of them raises is raised."""
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()


def requests_a_second(server: Serve, clients: int, count: int = 1000) -> float:
    """Requests that do nothing, by so many clients."""
    each = max(1, count // clients)

    def ask() -> None:
        client = Client(server.port)
        for _ in range(each):
            client.call("GET", "/healthz")
        client.close()

    return round(each * clients / (timed(lambda: together(ask, clients)) / 1000), 1)


def percentiles(values: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the longest, of milliseconds."""
    ordered = sorted(values)
    at = {f"p{n}": ordered[min(len(ordered) - 1, len(ordered) * n // 100)] for n in (50, 95, 99)}
    return {name: round(value, 2) for name, value in (at | {"max": ordered[-1]}).items()}


if __name__ == "__main__":
    sys.exit(main())
