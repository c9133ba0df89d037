"""What the model path costs beside the model's own time: a turn less what the model server took, and the rules' turn.

    python -m benchmarks.model_overhead --rounds 40 --json benchmarks/results/model-overhead.json

The server runs in this process and answers at once. What is counted as ours holds the network's two ways and the
server's share of the interpreter, so that the true overhead lies below. Nothing is stored; each turn is the first of a
conversation. The three kinds of turn take turns, so that a busy machine slows all alike.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from agent.build import Tastemaker
from agent.settings import load_settings
from benchmarks.turn_speed import machine, plain_loop, spread, timed
from core.turn import Conversation, Turn
from tests.agent.fault_turns import SAID, SCRIPT
from tests.servers.openai_server import Answer, Body, OpenAIServer

THANKS = "thanks, that is all"
CHAT = json.dumps({"heard": [], "act": "thanks"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--catalog", default="films")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    script = SCRIPT[args.catalog]

    def answer(body: Body) -> Answer:
        if "response_format" not in body:
            return Answer(SAID)
        asked = body["messages"][-1]["content"]
        told = {asked.rfind(message): plan for message, plan in (script | {THANKS: CHAT}).items()}
        return Answer(told[max(told)])

    with OpenAIServer(answer) as server:
        app = Tastemaker(load_settings(controller="model", base_url=server.base_url, person="guest"))
        times = measure(app, server, args.catalog, list(script), args.rounds)
    result = {
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "catalog": args.catalog,
        "items": len(app.catalog(args.catalog)),
        "rounds": args.rounds,
        "ms": {name: spread(values) for name, values in times.items()},
    }
    print(json.dumps(result, indent=1))
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(result, indent=1) + "\n")


def measure(
    app: Tastemaker, server: OpenAIServer, catalog: str, messages: list[str], rounds: int
) -> dict[str, list[float]]:
    """Milliseconds of every turn, by what was measured."""
    times: dict[str, list[float]] = {}
    for number in range(-2, rounds):  # the first rounds warm up
        found: dict[str, float] = {"yardstick: plain loop": timed(plain_loop)}
        message = messages[number % len(messages)]
        for name, said, controller in (
            ("rules, recommending", message, "rules"),
            ("rules, small talk", THANKS, "rules"),
            ("plan and say", message, "model"),
            ("plan only", THANKS, "model"),
        ):
            turn, whole, at_server = played(app, server, catalog, said, controller)
            found[name if controller == "rules" else f"{name}, less the server"] = whole - at_server
            if controller == "model":
                calls = 2 if "say" in name else 1
                assert (turn.controller, turn.usage.calls) == ("model", calls), turn.trace
                found[f"{name}, at the server"] = at_server
                planning = next(s for s in turn.trace if s.stage == "plan")
                found[f"{name}, its plan stage"] = planning.ms
        if number >= 0:
            for name, value in found.items():
                times.setdefault(name, []).append(value)
    return times


def played(
    app: Tastemaker, server: OpenAIServer, catalog: str, message: str, controller: str
) -> tuple[Turn, float, float]:
    """(turn, its milliseconds, those of them at the server)."""
    before = len(server.requests)
    started = time.perf_counter()
    turn = app.answer(Conversation(id="overhead", catalog=catalog), message, controller)
    whole = (time.perf_counter() - started) * 1000
    while len(server.seconds) < len(server.requests):  # the last call may still be writing down its time
        time.sleep(0.001)
    return turn, whole, 1000 * sum(server.seconds[before:])


if __name__ == "__main__":
    main()
