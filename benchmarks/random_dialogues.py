"""Random dialogues, audited: nothing shown breaks a wish or a rule, receipts are true, empty hands are explained.

    python -m benchmarks.random_dialogues --dialogues 2000 --seed 0 --json benchmarks/results/random-dialogues.json

People who say random things: utterances of the development corpus, wishes put together from the catalogue's own values,
numbers, titles and people, answers to open questions, refusals, pointers, buttons. Every turn is audited by
evaluation.audit, which reads the catalogue anew and shares no code with the filters.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from pathlib import Path

from agent.build import Tastemaker, build
from agent.settings import load_settings
from core.ledger import LedgerPatch, Mark
from core.profile import Profile
from core.turn import Conversation
from evaluation.audit import Auditor, Fault
from tests.understanding.scoring import corpus

MOST_TURNS = 9
PASSING = (
    "no", "not that one", "something else please", "more", "yes", "no idea", "doesn't matter", "surprise me", "undo",
    "redo", "start over", "the second one", "I've seen the first one", "I hated the last one", "shorter", "newer",
    "keep all of it", "none of those", "why this one?", "compare them", "thanks", "who made it?", "I'll take it",
    "the first one is great, more like it", "older", "longer", "not so new", "anything", "what do you know about me?",
)  # fmt: skip
FRAMES = (
    "{}", "something {}", "I'd like {}", "no {}", "nothing with {}", "{} please", "maybe {}", "I hate {}", "only {}",
    "anything but {}", "actually {}", "and {}", "not {}",
)  # fmt: skip
OPINIONS = ("I loved {}", "more like {}", "not {}", "I have seen {}", "{} bored me")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialogues", type=int, default=2000)
    parser.add_argument("--catalog", action="append", help="a catalogue of the home folder; films and books by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    catalogs = args.catalog or ["films", "books"]
    started = time.monotonic()
    jobs = [(catalogs[n % len(catalogs)], args.seed, n) for n in range(args.dialogues)]
    with ProcessPoolExecutor(args.workers) as pool:
        ended = list(pool.map(dialogue, jobs, chunksize=25))
    faults = [(job, fault) for job, (_, found) in zip(jobs, ended, strict=True) for fault in found]
    seen = sum((counts for counts, _ in ended), Counter())
    broken = Counter(fault.kind for _, fault in faults)
    print(f"{len(jobs)} dialogues over {', '.join(catalogs)}, {dict(seen)}, {time.monotonic() - started:.0f} s")
    print(f"faults: {dict(broken) or 'none'}")
    for job, fault in faults[:20]:
        print(job, fault)
    if args.json:
        body = {
            "metrics": {
                **{f"faults/{kind}": {"value": broken[kind], "n": seen["turns"]} for kind in KINDS},
                **{name: {"value": count, "n": len(jobs)} for name, count in seen.items()},
            },
            "seed": args.seed,
            "data": catalogs,
            "command": f"python -m benchmarks.random_dialogues --dialogues {args.dialogues} --seed {args.seed}",
        }
        args.json.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


KINDS = ("hard", "blocked", "policy", "receipt", "unexplained", "certificate", "title")


@lru_cache(maxsize=4)
def stage(catalog: str) -> tuple[Tastemaker, Auditor]:
    app = build(load_settings(controller="rules", vector_index="exact", person="guest"))
    opened = app.catalog(catalog)
    return app, Auditor(list(opened.items()), opened.schema)


def dialogue(job: tuple[str, int, int]) -> tuple[Counter[str], list[Fault]]:
    """One dialogue: what happened in it, and what was wrong."""
    catalog, seed, number = job
    app, auditor = stage(catalog)
    chance = random.Random(f"{seed}/{number}")
    conversation = Conversation(id=f"r{number}", catalog=catalog, profile=_profile(auditor, chance))
    seen: Counter[str] = Counter(dialogues=1)
    faults: list[Fault] = []
    for _ in range(chance.randint(3, MOST_TURNS)):
        if conversation.slate and chance.random() < 0.1:
            conversation = conversation.edit(_button(conversation, chance))
        turn = app.answer(conversation, message(auditor, conversation, chance))
        faults += auditor.audit(conversation, turn)
        seen.update(turns=1, items=len(turn.slate), receipt_lines=sum(len(r.receipt) for r in turn.slate))
        seen.update(
            empty=int(not turn.slate and turn.plan.act.kind == "recommend"), questions=int(turn.question is not None)
        )
        conversation = conversation.plus(turn)
    return seen, faults


def message(auditor: Auditor, conversation: Conversation, chance: random.Random) -> str:
    question, draw = conversation.question, chance.random()
    if question is not None and question.choices and draw < 0.35:
        return chance.choice(question.choices).label
    if draw < 0.25:
        return chance.choice(PASSING)
    if draw < 0.55:
        return str(chance.choice(_utterances(auditor.schema.name))["say"])
    parts = [_wish(auditor, chance) for _ in range(chance.choice((1, 1, 2, 2, 3)))]
    return ", ".join(parts)


def _wish(auditor: Auditor, chance: random.Random) -> str:
    item = chance.choice(auditor.items)
    draw = chance.random()
    if draw < 0.15:
        return chance.choice(("I loved {}", "more like {}", "not {}", "I have seen {}", "{} bored me")).format(
            item.title
        )
    spec = chance.choice(
        [f for f in auditor.schema.fields if f.role not in {"title", "description"} and item.values(f.name)]
    )
    value = chance.choice(item.values(spec.name))
    if spec.type == "number":
        unit = spec.unit.plural if spec.unit and spec.unit.style not in {"year", "score"} else ""
        way = chance.choice(("under", "over", "at most", "at least", "before", "after", "about"))
        return f"{way} {value} {unit}".strip()
    return chance.choice(FRAMES).format(value if spec.type != "flag" else spec.title)


def _button(conversation: Conversation, chance: random.Random) -> LedgerPatch:
    item = chance.choice(conversation.slate).item.id
    return LedgerPatch(marks=(chance.choice((Mark(item=item, opinion="disliked"), Mark(item=item, seen=True))),))


def _profile(auditor: Auditor, chance: random.Random) -> Profile:
    """A guest; in a house with availability, one who has a few of its values."""
    spec = auditor.schema.role("availability")
    if spec is None:
        return Profile()
    values: Sequence[str] = sorted({str(v) for i in auditor.items for v in i.values(spec.name)})
    return Profile(has={spec.name: tuple(chance.sample(values, k=min(len(values), chance.randint(1, 4))))})


@lru_cache(maxsize=4)
def _utterances(catalog: str) -> list[dict[str, object]]:
    entries = [e for e in corpus("development") if e["say"].strip()]
    return [e for e in entries if e["catalog"] == catalog] or entries


if __name__ == "__main__":
    main()
