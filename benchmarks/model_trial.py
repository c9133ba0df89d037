"""Hold the conversations of model_trial.yaml with the configured language model, and write down what came of them.

    OPENAI_BASE_URL=http://127.0.0.1:8099/v1 python -m benchmarks.model_trial --out FOLDER [--part 1/4] [--at-once 3]

FOLDER gets one JSON file a conversation: for each turn the message, what a careful reader expects (`must`), the plan,
the ledger, the slate, the reply, the trace and the cost. What code can judge is judged here: whether the plan came from
the model and whether it had to be mended, whether every item shown meets every hard preference (read off the fields
once more), whether every bold title is on the slate, and whether a link or a tag got through. Whether ledger and slate
are right is for a reader; `--table FOLDER` counts the verdicts once they stand in the files, "right" or "wrong", as
"ledger" and "slate_verdict".
"""

from __future__ import annotations

import argparse
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from agent.build import Tastemaker, build
from agent.settings import load_settings
from core.turn import Conversation, Turn
from tools.filtering.receipt import receipt

CONVERSATIONS = Path(__file__).with_suffix(".yaml")
TOLD = {"look", "plan", "listen", "propose", "gate", "say"}
BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
UNWANTED = re.compile(r"https?://|<[a-zA-Z/!]|\]\(")


def main() -> None:
    """Hold them, or count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--part", default="1/1", help="the first of four quarters: 1/4")
    parser.add_argument("--at-once", type=int, default=3)
    parser.add_argument("--table", type=Path)
    args = parser.parse_args()
    if args.table is not None:
        print(json.dumps(count(args.table), indent=1))
        return
    number, parts = (int(n) for n in args.part.split("/"))
    held = yaml.safe_load(CONVERSATIONS.read_text(encoding="utf-8"))[number - 1 :: parts]
    args.out.mkdir(parents=True, exist_ok=True)
    app = build(load_settings(controller="model", person="guest", timeout_s=900, turn_deadline_s=3000, max_retries=0))
    with ThreadPoolExecutor(args.at_once) as workers:
        for told in workers.map(lambda talk: hold(app, talk), held):
            file = args.out / f"{told['catalog']}-{told['name'].replace(' ', '-')}.json"
            file.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


def hold(app: Tastemaker, talk: dict[str, Any]) -> dict[str, Any]:
    """One conversation."""
    conversation = Conversation(id=talk["name"].replace(" ", "-"), catalog=talk["catalog"])
    turns = []
    for said in talk["turns"]:
        turn = app.answer(conversation, said["says"])
        turns.append({"says": said["says"], "must": said["must"]} | told(app, turn))
        conversation = conversation.plus(turn)
    return {"catalog": talk["catalog"], "name": talk["name"], "turns": turns}


def told(app: Tastemaker, turn: Turn) -> dict[str, Any]:
    """What is written down of a turn."""
    catalog = app.catalog(turn.catalog)
    schema, hard = catalog.schema, turn.ledger.hard
    broken = [
        f"{shown.item.title}: {line.label}"
        for shown in turn.slate
        for line in receipt(hard, shown.item, schema)
        if line.verdict == "failed"
    ]
    plan = next(s for s in turn.trace if s.stage == "plan")
    known = {r.item.title for r in turn.slate}
    return {
        "act": turn.plan.act.model_dump(mode="json", exclude_defaults=True) | {"kind": turn.plan.act.kind},
        "heard": turn.plan.heard.model_dump(mode="json", exclude_defaults=True),
        "holds": [f"{p.label(schema)} ({p.strength}{', ' + p.scope if p.scope != 'conversation' else ''})"
                  for p in turn.ledger.preferences],
        "marks": {name: [i.title for i in catalog.find(getattr(turn.ledger, name))] for name in ("liked", "disliked")},
        "slate": [r.item.title for r in turn.slate],
        "question": turn.question.text if turn.question else "",
        "reply": turn.reply,
        "valid_plan": not plan.fallback,
        "mended": "mended:" in plan.note,
        "broken": broken,
        "bold_unknown": [b for b in BOLD.findall(turn.reply) if turn.slate and b not in known],
        "unwanted": UNWANTED.findall(turn.reply),
        "trace": [f"{s.stage}: {s.note}" for s in turn.trace if s.stage in TOLD],
        "calls": turn.usage.calls,
        "tokens": turn.usage.tokens_in + turn.usage.tokens_out,
    }  # fmt: skip


def count(folder: Path) -> dict[str, Any]:
    """The figures over every conversation in a folder."""
    talks = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(folder.glob("*.json"))]
    turns = [t for talk in talks for t in talk["turns"]]
    figures: dict[str, Any] = {"conversations": len(talks), "turns": len(turns)}
    for name in ("valid_plan", "mended"):
        figures[name] = sum(bool(t[name]) for t in turns)
    for name in ("broken", "bold_unknown", "unwanted"):
        figures[f"turns_{name}"] = sum(bool(t[name]) for t in turns)
    for name in ("ledger", "slate_verdict"):
        judged = [t[name] for t in turns if name in t]
        figures[name] = {verdict: judged.count(verdict) for verdict in sorted(set(judged))}
    figures["calls"] = sum(t["calls"] for t in turns)
    return figures


if __name__ == "__main__":
    main()
