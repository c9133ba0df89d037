"""Kill -9 in the middle of storing turns: nothing acknowledged may be lost, nothing doubled, nothing half there.

    python benchmarks/kill_turn.py [--kills 50] [--seed 7] [--url URL]

A child process appends turns as fast as it can and acknowledges each on its standard output once the store has
returned. It is killed at a random moment; the parent then reads the store. The next child goes on in the same
conversation. Prints one JSON object; the exit status is 1 when a promise was broken.
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

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agent.store import open_store
from core.errors import UnknownConversation
from core.ledger import Ledger
from core.plan import Chat, TurnPlan
from core.preferences import Preference
from core.turn import Conversation, Turn

KEY = "victim"


def next_turn(conversation: Conversation) -> Turn:
    """Turn n wishes for "word n"; its ledger grows with it, so a half-written turn would show."""
    number = len(conversation.turns) + 1
    wish = Preference(id=f"p{number}", field=None, op="about", value=f"word {number}", turn=number)
    ledger = Ledger(preferences=(*conversation.ledger.preferences[-20:], wish), next_id=number + 1)
    return Turn(
        conversation=conversation.id,
        number=number,
        catalog=conversation.catalog,
        controller="rules",
        message=f"message {number}",
        plan=TurnPlan(act=Chat(topic="thanks")),
        reply="x" * 2000,
        ledger=ledger,
    )


def write(url: str) -> None:
    """The child: append turns for ever, acknowledging each."""
    store = open_store(url)
    try:
        conversation = store.load(KEY)
    except UnknownConversation:
        conversation = store.create("any", KEY)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        conversation = store.append(conversation, next_turn(conversation))
        sys.stdout.write(f"{conversation.last.number if conversation.last else 0}\n")
        sys.stdout.flush()


def broken(url: str, acknowledged: int) -> list[str]:
    """The promises the store breaks after a kill; at most one turn may be stored and not acknowledged yet."""
    held = open_store(url).load(KEY)
    numbers = [turn.number for turn in held.turns]
    wrong = []
    if numbers != list(range(1, len(numbers) + 1)):
        wrong.append(f"turn numbers are not 1..n: {numbers[-5:]}")
    if not acknowledged <= len(numbers) <= acknowledged + 1:
        wrong.append(f"{acknowledged} turns acknowledged, {len(numbers)} stored")
    if any(t.message != f"message {t.number}" or len(t.reply) != 2000 for t in held.turns):
        wrong.append("a turn is not what was written")
    if held.last and (held.ledger != held.last.ledger or held.version != len(numbers)):
        wrong.append("the ledger is not that of the last turn")
    return wrong


def kill_once(url: str, stored: int, rng: random.Random) -> int:
    """Start a child, kill it at a random moment, return the last turn it acknowledged."""
    child = subprocess.Popen([sys.executable, __file__, "--child", "--url", url], stdout=subprocess.PIPE, text=True)
    if child.stdout is None:
        raise RuntimeError("the child has no output")
    child.stdout.readline()
    time.sleep(rng.uniform(0.0, 0.25))
    child.kill()
    lines = child.stdout.read().split("\n")[:-1]  # what stands after the last line end is half a line
    if child.wait() != -signal.SIGKILL:
        raise RuntimeError("the child ended by itself")
    return int(lines[-1]) if lines else stored


def main() -> int:
    """Run the kills and report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--url")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        write(args.url)
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as folder:
        url = args.url or f"sqlite:///{folder}/conversations.db"
        wrong: list[str] = []
        acknowledged = stored = 0
        for n in range(args.kills):
            acknowledged = kill_once(url, stored, rng)
            wrong += [f"kill {n + 1}: {problem}" for problem in broken(url, acknowledged)]
            stored = len(open_store(url).load(KEY).turns)
    print(json.dumps({"kills": args.kills, "seed": args.seed, "turns": stored, "broken": wrong}))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
