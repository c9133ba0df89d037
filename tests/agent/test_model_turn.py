"""The whole turn with a language model, over real HTTP: plan by schema, streamed words, every way to fall back."""

from __future__ import annotations

import json
from pathlib import Path

from agent.build import Tastemaker, build
from agent.settings import load_settings
from agent.turn import AWAY
from core.events import TextDelta, TextReplaced, TurnDone
from core.turn import Conversation, Turn
from tests.servers.openai_server import Answer, OpenAIServer

PLAN = json.dumps(
    {
        "wishes": [
            {
                "field": "genres",
                "op": "any_of",
                "values": ["comedy"],
                "polarity": "want",
                "strength": "hard",
                "quote": "a comedy",
            },
            {
                "field": "runtime",
                "op": "lt",
                "values": ["110"],
                "polarity": "want",
                "strength": "hard",
                "quote": "under 110 minutes",
            },
        ],
        "act": "recommend",
        "count": 2,
    }
)
CHAT = json.dumps({"act": "chat", "topic": "thanks"})


def app_at(server: OpenAIServer, home: Path, **more: object) -> Tastemaker:
    settings = load_settings(
        home=home,
        controller="model",
        base_url=server.base_url,
        api_key="test-key",
        model="test-model",
        max_retries=0,
        **more,
    )
    return build(settings)


def one(server: OpenAIServer, home: Path, message: str, **more: object) -> Turn:
    app = app_at(server, home, **more)
    return app.answer(Conversation(id="c", catalog="films"), message)


def test_a_recommendation_costs_two_calls_and_the_model_orders_the_slate(demo_home: Path) -> None:
    say = Answer("I would start with [[2]], then try [[1]].")
    with OpenAIServer([Answer(PLAN), say]) as server:
        turn = one(server, demo_home, "a comedy under 110 minutes")
    assert turn.controller == "model"
    assert turn.usage.calls == 2
    assert len(turn.slate) == 2
    assert turn.reply.index(turn.slate[0].item.title) < turn.reply.index(turn.slate[1].item.title)
    assert all("Comedy" in r.item.fields["genres"] and r.item.fields["runtime"] < 110 for r in turn.slate)
    assert not any(s.fallback for s in turn.trace)
    assert server.requests[0]["response_format"]["type"] == "json_schema"
    assert server.requests[1]["stream"] is True


def test_small_talk_costs_one_call(demo_home: Path) -> None:
    with OpenAIServer([Answer(CHAT)]) as server:
        turn = one(server, demo_home, "thanks a lot")
    assert (turn.usage.calls, turn.plan.act.kind) == (1, "chat")


def test_a_title_that_is_no_card_never_reaches_the_person(demo_home: Path) -> None:
    invented = Answer("Watch [[1]]: it is great. Or see **The Moonlit Saxophone** (1987), a lost gem.")
    with OpenAIServer([Answer(PLAN), invented]) as server:
        turn = one(server, demo_home, "a comedy under 110 minutes")
    assert "Moonlit Saxophone" not in turn.reply
    assert turn.slate[0].item.title in turn.reply


def test_a_model_that_is_down_is_replaced_by_the_rules_and_that_is_said_once(demo_home: Path) -> None:
    with OpenAIServer([Answer("overloaded", status=500), Answer("overloaded", status=500)]) as server:
        app = app_at(server, demo_home)
        conversation = Conversation(id="c", catalog="films")
        first = app.answer(conversation, "a comedy under 110 minutes")
        second = app.answer(conversation.plus(first), "something newer")
    assert first.controller == second.controller == "rules"
    assert first.reply.startswith(AWAY)
    assert AWAY not in second.reply
    assert first.trace[0].fallback
    assert first.slate


def test_a_broken_plan_falls_back_to_the_rules(demo_home: Path) -> None:
    with OpenAIServer([Answer('{"act": "fly to the moon"}')]) as server:
        turn = one(server, demo_home, "a comedy under 110 minutes")
    assert turn.trace[0].fallback
    assert [p.label(build(load_settings(home=demo_home)).catalog("films").schema) for p in turn.ledger.preferences] == [
        "comedy",
        "under 1 h 50",
    ]


def test_a_reply_cut_in_the_middle_is_replaced_whole(demo_home: Path) -> None:
    cut = Answer("I would start with [[2]] because it is quick and warm and light.", cut_after=3)
    with OpenAIServer([Answer(PLAN), cut]) as server:
        app = app_at(server, demo_home)
        conversation = app.start("films")
        events = list(app.stream(conversation.id, "a comedy under 110 minutes"))
    shown = ""
    for event in events:
        if isinstance(event, TextDelta):
            shown += event.text
        elif isinstance(event, TextReplaced):
            shown = event.text
    turn = next(e.turn for e in events if isinstance(e, TurnDone))
    assert shown == turn.reply
    assert turn.slate
    assert any(s.fallback for s in turn.trace if s.stage == "say")


def test_the_key_is_nowhere_in_what_is_kept(demo_home: Path) -> None:
    with OpenAIServer([Answer("no", status=401)], key="test-key") as server:
        turn = one(server, demo_home, "a comedy")
    assert "test-key" not in turn.model_dump_json()
