"""Scores the rule controller on a half of the understanding corpus, over catalogues built from the demo data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from agent.plan.planner import RulePlanner
from core.turn import Conversation
from tests.understanding.contexts import context_of
from tests.understanding.notation import Line, actual_lines, expected_lines
from tests.worlds import World, demo_world

HERE = Path(__file__).parent
FILES = {
    "development": (
        "development.yaml",
        "development_2.yaml",
        "development_3.yaml",
        "development_4_films.yaml",
        "development_4_books.yaml",
        "development_5_films.yaml",
        "development_5_books.yaml",
    ),
    "untouched": ("untouched_films.yaml", "untouched_books.yaml"),
}


@dataclass(frozen=True)
class Scored:
    """One utterance, expected and read."""

    say: str
    catalog: str
    context: str
    expected_act: str
    act: str
    act_right: bool
    missing: frozenset[Line]
    extra: frozenset[Line]
    note: str = ""

    @property
    def patch_right(self) -> bool:
        return not self.missing and not self.extra


@lru_cache(maxsize=2)
def corpus(half: str) -> list[dict[str, Any]]:
    """The entries of a half: "development" (what was once untouched joins it after it was scored) or "untouched"."""
    return [e for f in FILES[half] for e in yaml.safe_load((HERE / f).read_text(encoding="utf-8"))]


def score_half(half: str) -> list[Scored]:
    return [score(entry) for entry in corpus(half)]


def score(entry: dict[str, Any]) -> Scored:
    world = demo_world(entry["catalog"])
    conversation = context_of(entry.get("context", ""), world)
    return _score(entry, world, world.planner, conversation)


def _score(entry: dict[str, Any], world: World, planner: RulePlanner, conversation: Conversation) -> Scored:
    plan = planner.plan(conversation, entry["say"])
    listened = world.listener.listen(conversation, plan.heard)
    act = plan.act.kind + (f":{plan.act.topic}" if plan.act.kind == "chat" else "")
    if listened.question is not None and plan.act.kind == "recommend":
        act = "ask"
    readings = [expected_lines(lines, world.catalog) for lines in (entry.get("patch", ()), *entry.get("or", ()))]
    actual = actual_lines(plan, listened, conversation, world.catalog)
    expected = min(readings, key=lambda lines: len(lines ^ actual))
    return Scored(
        say=entry["say"],
        catalog=entry["catalog"],
        context=entry.get("context", ""),
        expected_act=entry["act"],
        act=act,
        act_right=act in (entry["act"], *entry.get("act_or", ())),
        missing=frozenset(expected - actual),
        extra=frozenset(actual - expected),
        note=entry.get("note", ""),
    )
