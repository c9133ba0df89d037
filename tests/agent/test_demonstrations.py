"""Demonstrations: filled in from any catalogue, chosen for the message, and each of them a plan that can be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.build import build
from agent.demonstrations import Demonstrations
from agent.model_planner import parse_plan
from agent.settings import load_settings
from core.schema import CatalogSchema

BARE = CatalogSchema.model_validate(
    {
        "name": "things",
        "title": "Things",
        "noun": {"one": "thing", "many": "things"},
        "consumption": {"bare": ["use"], "past": ["used"]},
        "purpose": "find something to use",
        "fields": [{"name": "title", "type": "text", "role": "title"}],
    }
)


@pytest.mark.parametrize("name", ["films", "books"])
def test_every_demonstration_is_a_plan_of_its_catalogue(demo_home: Path, name: str) -> None:
    room = build(load_settings(home=demo_home)).room(name)
    lines = room.twin.demonstrations.lines
    assert len(lines) > 30
    assert {parse_plan(plan, room.catalog.schema).act.kind for _, plan in lines} == {
        "recommend", "ask", "look_up", "check", "compare", "explain", "count", "show_ledger", "chat",
    }  # fmt: skip
    for said, plan in lines:
        assert "{" not in said
        for entry in json.loads(plan).get("heard", []):
            assert entry.get("field", "") in {"", *room.catalog.schema.by_name}


def test_what_a_catalogue_cannot_fill_in_is_left_out() -> None:
    lines = Demonstrations.of(BARE, {}, {}, ["Hammer", "Saw"]).lines
    said = [s for s, _ in lines]
    assert "tell me about Hammer" in said
    assert not any("{" in s for s in said)
    assert not any("rather a" in s for s in said)


@pytest.mark.parametrize(
    ("message", "act"),
    [
        ("who directed the second one?", "look_up"),
        ("thanks, goodbye", "goodbye"),
        ("how many comedies are there?", "count"),
        ("why the third one?", "explain"),
    ],
)
def test_the_closest_one_shows_the_act(demo_home: Path, message: str, act: str) -> None:
    demonstrations = build(load_settings(home=demo_home)).room("films").twin.demonstrations
    closest = demonstrations.closest(message, 2)
    assert json.loads(closest[-1].partition(" -> ")[2])["act"] == act


def test_by_words_where_there_are_no_vectors_and_none_for_what_resembles_nothing() -> None:
    demonstrations = Demonstrations.of(BARE, {}, {}, ["Hammer", "Saw"])
    assert demonstrations.closest("tell me about the hammer", 1) == [
        'tell me about Hammer -> {"act":"look_up","about":{"items":["Hammer"]}}'
    ]
    assert demonstrations.closest("zzz qqq", 2) == []
    assert demonstrations.closest("", 2) == []
