"""Kill -9 of `tastemaker serve` under load: no turn that was acknowledged may be lost, none doubled, none half there.

    python -m benchmarks.kill_serve --kills 20 --json benchmarks/results/kill-serve.json

Eight clients each hold one conversation. Every message has a name of its own (Idempotency-Key); where no whole answer
comes, the client sends the same message under the same name until one does. After a random number of turns the server
is killed, with its workers, and started again on the same store. At the end every request is sent once more, and must
give the same turn; then the store is read: every message that was acknowledged must be there once, in order, as it was
answered, and nothing else may be, in no table. What a killed server had stored and not yet answered is counted: it is
what the names are for.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from agent.database import conversations, open_engine, requests, turns
from agent.settings import load_settings
from agent.store import open_store
from benchmarks.serve_load import postgres
from benchmarks.talking import Client, own_home
from benchmarks.turn_speed import machine
from core.turn import Turn
from tests.servers.serving import free_port, serving

CLIENTS = 8
MESSAGES = ("something tense", "no horror please", "shorter", "something newer", "others", "undo")
QUIET = {"TASTEMAKER_SERVE_RATE": "0", "TASTEMAKER_CONTROLLER": "rules"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20, help="of one process on SQLite")
    parser.add_argument("--kills-of-two", type=int, default=5, help="of two processes on PostgreSQL; 0: none")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    result: dict[str, Any] = {"machine": machine(), "date": datetime.now(UTC).date().isoformat(), "seed": args.seed}
    with own_home(load_settings().home) as home:
        result["one process, SQLite"] = killed(home, args.kills, args.seed, f"sqlite:///{home / 'killed.db'}", 1)
        if args.kills_of_two:
            with postgres() as url:
                result["two processes, PostgreSQL"] = killed(home, args.kills_of_two, args.seed, url, 2)
    print(json.dumps(result, indent=1))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if any(part["broken"] for part in result.values() if isinstance(part, dict)) else 0


@dataclass
class Person:
    """One conversation, and what the server acknowledged of it."""

    name: int
    conversation: str = ""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Turns as they were answered."""
    again: int = 0
    """Messages that had to be sent again."""
    refused: list[int] = field(default_factory=list)
    """Statuses of answers that were neither a turn nor "come again"."""

    def talk(self, port: int, over: threading.Event) -> None:
        """Say one message after the other, each until it is answered."""
        client = Client(port, within=30)
        while not over.is_set():
            number = len(self.told)
            said = MESSAGES[number % len(MESSAGES)]
            while not self._say(client, number, said):
                self.again += 1
                time.sleep(0.05)
                if over.is_set() and not self._pending(number):
                    break
        client.close()

    def _pending(self, number: int) -> bool:
        """Whether the message was neither acknowledged nor given up: it is sent until it is, also when all is over."""
        return len(self.told) == number

    def _say(self, client: Client, number: int, said: str) -> bool:
        """Whether an answer came."""
        try:
            if not self.conversation:
                self.conversation = client.start("films", f"start-{self.name}")
            told = client.say(self.conversation, said, f"{self.name}-{number}")
        except (OSError, http.client.HTTPException, RuntimeError):
            return False
        if told.status == 200:
            self.told.append(json.loads(told.body))
            return True
        if told.status != 503:
            self.refused.append(told.status)
        return False


def killed(home: Path, kills: int, seed: int, url: str, workers: int) -> dict[str, Any]:
    """Kill a server so often while people talk; what was promised and what is there."""
    chance, port, over = random.Random(seed), free_port(), threading.Event()
    people = [Person(name) for name in range(CLIENTS)]
    threads = [threading.Thread(target=person.talk, args=(port, over)) for person in people]
    environment = QUIET | {"TASTEMAKER_DATABASE_URL": url}
    unanswered = 0
    for kill in range(kills + 1):
        with serving(home, workers=workers, port=port, **environment):
            if kill == 0:
                for thread in threads:
                    thread.start()
            if kill == kills:
                over.set()
                for thread in threads:
                    thread.join()
                again = repeated(people, port)
            else:
                under_load(people, chance.randint(5, 40))
                time.sleep(chance.uniform(0.0, 0.1))
        unanswered += stored_unanswered(people, url)
        print(f"kill {kill}: {sum(len(p.told) for p in people)} turns", flush=True)
    return {
        "kills": kills,
        "acknowledged": sum(len(p.told) for p in people),
        "sent_again": sum(p.again for p in people),
        "stored_before_the_kill_and_answered_after": unanswered,
        "broken": [*again, *read_back(people, url), *miscounted(people, url)],
    }


def under_load(people: list[Person], turns: int) -> None:
    """Wait until so many more turns were acknowledged."""
    enough = sum(len(p.told) for p in people) + turns
    while sum(len(p.told) for p in people) < enough:
        time.sleep(0.005)


def stored_unanswered(people: list[Person], url: str) -> int:
    """How many messages the server, which is dead, had stored without a word to their clients."""
    with rows(url) as connection:
        named = set(connection.scalars(sa.select(requests.c.key).where(requests.c.number > 0)))
    return sum(f"{person.name}-{len(person.told)}" in named for person in people)


def repeated(people: list[Person], port: int) -> list[str]:
    """What is wrong with the answers when every acknowledged request is sent once more."""
    wrong, client = [], Client(port)
    for person in people:
        for number, turn in enumerate(person.told):
            told = client.say(person.conversation, MESSAGES[number % len(MESSAGES)], f"{person.name}-{number}")
            if told.status != 200 or json.loads(told.body) != turn:
                wrong.append(f"person {person.name}: turn {number + 1} sent again: another answer ({told.status})")
    client.close()
    return wrong


def read_back(people: list[Person], url: str) -> list[str]:
    """What is wrong in the store."""
    store, wrong = open_store(url), []
    for person in people:
        wrong += [f"person {person.name} was refused with {status}" for status in person.refused]
        held = store.load(person.conversation)
        stored = [json.loads(json.dumps(turn.public())) for turn in held.turns]
        if stored != person.told:
            counts = f"{len(stored)} turns stored, {len(person.told)} acknowledged"
            wrong.append(f"person {person.name}: {counts}, or they are not equal")
        wrong += [f"person {person.name}: {fault}" for fault in faults(held.turns)]
    there = {c.id for c in store.recent(10_000)}
    extra = there - {person.conversation for person in people}
    store.close()
    return [*wrong, *(f"a conversation nobody was told of: {key}" for key in sorted(extra))]


def faults(held: tuple[Turn, ...]) -> list[str]:
    """What is wrong with the order of turns."""
    told = [] if [t.number for t in held] == list(range(1, len(held) + 1)) else ["the numbers have gaps"]
    said = [t.message for t in held] == [MESSAGES[n % len(MESSAGES)] for n in range(len(held))]
    return told if said else [*told, "the messages are not those that were sent"]


def miscounted(people: list[Person], url: str) -> list[str]:
    """What is wrong with the number of rows, and of SQLite's file with its structure."""
    whole = sum(len(person.told) for person in people)
    right = {conversations.name: len(people), turns.name: whole, requests.name: len(people) + whole}
    with rows(url) as connection:
        tables = (conversations, turns, requests)
        found = {t.name: connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in tables}
        sound = connection.dialect.name != "sqlite" or connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
    return ([] if found == right else [f"rows {found}, not {right}"]) + ([] if sound else ["the file is damaged"])


@contextmanager
def rows(url: str) -> Iterator[sa.Connection]:
    """The store's database, read beside the store."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


if __name__ == "__main__":
    raise SystemExit(main())
