"""`tastemaker profile summarise` against a real server of the OpenAI protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.answering import AnsweringServer, user_text
from tests.servers.openai_server import Answer, Body
from tests.ui.test_cli_profile import Tell, shown, tell

__all__ = ["tell"]
SAID = {"summary": "You go for smoky teas.", "interests": [{"name": "smoky teas", "numbers": [1, 5]}]}


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    def answer(body: Body) -> Answer:
        return Answer(json.dumps(SAID))

    with AnsweringServer(answer) as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.base_url)
        monkeypatch.setenv("TASTEMAKER_CONTROLLER", "auto")
        yield running


def test_one_call_on_demand_kept_shown_and_taken_out(server: AnsweringServer, tell: Tell) -> None:
    tell("profile", "add", "I like smoky teas, and I loved Golden Monkey")
    assert server.requests == []
    said = tell("profile", "summarise")
    assert said.code == 0, said.err
    assert said.out.startswith("interests  In short: You go for smoky teas. You are into smoky teas (Golden Monkey).")
    assert "1 calls, 120 tokens in, 30 out." in said.err
    assert "[1] Golden Monkey" in user_text(server.requests[0])
    whole = shown(tell)
    assert whole["profile"]["interests"]["interests"] == [
        {"name": "smoky teas", "items": ["tea-7"], "titles": ["Golden Monkey"]}
    ]
    assert tell("profile", "remove", "interests").code == 0
    assert "interests" not in shown(tell)["profile"]
    assert len(server.requests) == 1


def test_it_goes_with_what_it_rests_on_and_with_the_profile(server: AnsweringServer, tell: Tell) -> None:
    tell("profile", "add", "I loved Golden Monkey")
    tell("profile", "add", "I loved Misty Cloud")
    tell("profile", "summarise")
    assert "No longer kept: In short: You go for smoky teas." in tell("profile", "forget", "Misty Cloud").out
    tell("profile", "summarise")
    tell("profile", "delete", "--yes")
    assert shown(tell)["lines"] == []


def test_nothing_to_sum_up_and_nobody_to_ask(server: AnsweringServer, tell: Tell) -> None:
    assert "There is nothing to sum up yet." in tell("profile", "summarise").err
    assert tell("profile", "summarise", "--person", "guest").code == 2
    assert server.requests == []


def test_without_a_model_it_says_what_to_set(tell: Tell) -> None:
    said = tell("profile", "summarise")
    assert said.code == 3
    assert "Set OPENAI_API_KEY or OPENAI_BASE_URL" in said.err
