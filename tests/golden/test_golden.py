"""Golden conversations: dialogues in YAML that read as dialogue, played through the real agent over the demo data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.build import Tastemaker
from core.preferences import Preference
from core.turn import Conversation, Turn

DIALOGUES = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("file", DIALOGUES, ids=lambda f: f.stem)
def test_dialogue(file: Path, demo: Tastemaker) -> None:
    script = yaml.safe_load(file.read_text(encoding="utf-8"))
    conversation = Conversation(id=file.stem, catalog=script["catalog"])
    for step in script["turns"]:
        turn = demo.answer(conversation, step["you"])
        check(turn, step, demo, script["catalog"])
        conversation = conversation.plus(turn)


def check(turn: Turn, step: dict[str, Any], demo: Tastemaker, catalog: str) -> None:
    schema = demo.catalog(catalog).schema
    told = f"“{step['you']}” → {turn.plan.act.kind}: {turn.reply}"
    if "act" in step:
        assert turn.plan.act.kind == step["act"], told
    for piece in step.get("says", []):
        assert piece.lower() in turn.reply.lower(), told
    for piece in step.get("never says", []):
        assert piece.lower() not in turn.reply.lower(), told
    if "ledger" in step:
        assert [mark(p, p.label(schema)) for p in turn.ledger.preferences] == step["ledger"], told
    if "shows" in step:
        assert len(turn.slate) == step["shows"], told
    if "asks" in step:
        assert (turn.question.kind if turn.question else None) == step["asks"], told
    for title in step.get("never shows", []):
        assert title not in {r.item.title for r in turn.slate}, told
    for field, bounds in step.get("every", {}).items():
        for recommendation in turn.slate:
            assert holds(recommendation.item.values(field), bounds), f"{recommendation.item.title}: {field}; {told}"
    for recommendation in turn.slate:
        assert all(line.verdict != "failed" for line in recommendation.receipt if line.strength == "hard"), told


def mark(preference: Preference, label: str) -> str:
    return f"{label} {'!' if preference.hard else '~'}"


def holds(values: tuple[Any, ...], bounds: dict[str, Any]) -> bool:
    if "has" in bounds and bounds["has"] not in values:
        return False
    if "lacks" in bounds and bounds["lacks"] in values:
        return False
    if "below" in bounds and not values[0] < bounds["below"]:
        return False
    return not ("from" in bounds and not bounds["from"] <= values[0] <= bounds["to"])
