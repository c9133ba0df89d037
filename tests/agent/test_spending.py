"""What model calls cost, and the ceilings that hand a turn to the built-in rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.build import Tastemaker, build
from agent.models.tokens import count_tokens
from agent.settings import load_settings
from agent.spending import Ceilings, Spent
from agent.store import SqlStore
from agent.turn import AWAY
from core.errors import OperatorMustFix
from core.events import ModelRequest
from core.turn import Usage
from tests.servers.openai_server import Answer, OpenAIServer

CHAT = Answer(json.dumps({"act": "thanks"}))
PRICES = {"test-model": {"tokens_in": 1.0, "tokens_out": 10.0}}


def app_at(server: OpenAIServer, home: Path, **more: object) -> Tastemaker:
    settings = load_settings(
        home=home, controller="model", base_url=server.base_url, model="test-model", max_retries=0, **more
    )
    return build(settings)


def test_what_turns_cost_is_kept_by_day(demo_home: Path, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'c.db'}"
    with OpenAIServer([CHAT, CHAT]) as server:
        app = app_at(server, demo_home, database_url=store, prices=PRICES)
        conversation = app.start("films")
        for message in ("thanks", "thank you"):
            app.respond(conversation.id, message)
    app.respond(conversation.id, "a comedy", controller="rules")
    (row,) = app.store.spending.by_day()
    assert (row.model, row.purpose) == ("test-model", "turn")
    assert (row.usage.calls, row.usage.tokens_in, row.usage.tokens_out, row.usage.tokens_cached) == (2, 240, 60, 200)
    assert row.usage.cost == pytest.approx((240 * 1.0 + 60 * 10.0) / 1e6)
    app.store.delete(conversation.id)
    assert app.store.spending.today().calls == 2


def test_days_are_told_apart_and_other_work_is_counted_too(tmp_path: Path) -> None:
    now = [1_800_000_000.0]
    store = SqlStore(f"sqlite:///{tmp_path / 'c.db'}", clock=lambda: now[0])
    store.spending.add(Usage(calls=3, tokens_in=100, tokens_out=10), "small", "enrich")
    now[0] += 86_400
    store.spending.add(Usage(calls=1, tokens_in=7, tokens_out=1, cost=0.5), "small", "interests")
    store.spending.add(Usage(), "small", "rerank")
    assert [(r.day, r.purpose, r.usage.calls) for r in store.spending.by_day()] == [
        ("2027-01-16", "interests", 1),
        ("2027-01-15", "enrich", 3),
    ]
    assert store.spending.today().tokens_in == 7
    assert [r.purpose for r in store.spending.by_day(days=1)] == ["interests"]


@pytest.mark.parametrize("ceiling", ["max_turn_tokens", "max_conversation_tokens", "max_day_tokens"])
def test_past_a_ceiling_no_call_is_made_and_that_is_said(demo_home: Path, tmp_path: Path, ceiling: str) -> None:
    store = f"sqlite:///{tmp_path / 'c.db'}"
    with OpenAIServer([CHAT]) as server:
        app = app_at(server, demo_home, database_url=store, max_turn_tokens=100_000)
        conversation = app.start("films")
        app.respond(conversation.id, "thanks")
        poor = app_at(server, demo_home, database_url=store, **{ceiling: 160})
        turn = poor.respond(conversation.id, "a comedy")
    assert turn.reply.startswith(AWAY["budget"])
    assert turn.slate
    assert "the ceiling of 160 tokens for" in turn.trace[0].note
    assert turn.trace[0].fallback
    assert turn.usage.calls == 0


def test_a_ceiling_in_money_needs_a_price(demo_home: Path, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'c.db'}"
    with OpenAIServer([CHAT]) as server:
        app = app_at(server, demo_home, database_url=store, max_day_cost=0.0001, prices=PRICES)
        conversation = app.start("films")
        app.respond(conversation.id, "thanks")
        turn = app.respond(conversation.id, "thanks again")
        unpriced = app_at(server, demo_home, database_url=store, max_day_cost=0.0001)
        with pytest.raises(OperatorMustFix, match="no price for 'test-model'"):
            unpriced.respond(conversation.id, "hello?")
    assert "the ceiling of 0.0001 for today is reached" in turn.trace[0].note


def test_a_prompt_that_would_pass_the_ceiling_is_not_sent() -> None:
    coming = count_tokens("some words of a prompt")
    ceilings = Ceilings(turn_tokens=100)
    assert not ceilings.reached(Usage(tokens_in=90 - coming, tokens_out=10), Spent(), coming)
    assert ceilings.reached(Usage(tokens_in=91 - coming, tokens_out=10), Spent(), coming)
    assert not Ceilings().reached(Usage(tokens_in=10**9), Spent(), 10**9)


def test_a_call_outside_of_turns_is_kept_by_what_it_is_for(demo_home: Path, tmp_path: Path) -> None:
    with OpenAIServer([Answer("fine"), Answer("fine")]) as server:
        app = app_at(server, demo_home, database_url=f"sqlite:///{tmp_path / 'c.db'}")
        assert app.model is not None
        for call in ("interests", "plan"):
            app.model.complete(ModelRequest(call=call, system="s", user="u"))
    assert [(r.purpose, r.usage.calls) for r in app.store.spending.by_day()] == [("interests", 1)]
