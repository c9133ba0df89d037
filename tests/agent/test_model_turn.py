"""The whole turn with a language model, over real HTTP: plan by schema, streamed words, every way to fall back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent.build import Tastemaker, build
from agent.settings import load_settings
from agent.turn import AWAY
from core.events import TextDelta, TextReplaced, TurnDone
from core.turn import Conversation, Turn
from tests.servers.openai_server import Answer, OpenAIServer

PLAN = json.dumps(
    {
        "heard": [
            {"kind": "want", "field": "genres", "values": ["comedy"], "quote": "a comedy"},
            {"kind": "want", "field": "runtime", "values": ["< 110"], "quote": "under 110 minutes"},
        ],
        "act": "recommend",
        "search": {"count": 2},
    }
)
CHAT = json.dumps({"act": "thanks"})


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
    assert first.reply.startswith(AWAY["unavailable"])
    assert AWAY["unavailable"] not in second.reply
    assert first.trace[0].fallback
    assert first.slate


BROKEN = Answer('{"act": "fly to the moon"}')


def test_a_broken_plan_is_mended_with_its_error_in_view(demo_home: Path) -> None:
    def shows_the_error(body: dict[str, Any]) -> None:
        asked = body["messages"][1]["content"]
        assert "fly to the moon" in asked
        assert "act: Input should be" in asked

    mended = Answer(PLAN, check=shows_the_error)
    with OpenAIServer([BROKEN, mended, Answer("Start with [[1]], then [[2]].")]) as server:
        turn = one(server, demo_home, "a comedy under 110 minutes")
    assert (turn.controller, turn.usage.calls) == ("model", 3)
    assert "mended: The plan does not fit its schema" in turn.trace[0].note
    assert not turn.trace[0].fallback


def test_a_plan_broken_twice_falls_back_to_the_rules(demo_home: Path) -> None:
    with OpenAIServer([BROKEN, BROKEN]) as server:
        turn = one(server, demo_home, "a comedy under 110 minutes")
    assert turn.trace[0].fallback
    assert turn.reply.startswith(AWAY["broken"])
    assert [p.label(build(load_settings(home=demo_home)).catalog("films").schema) for p in turn.ledger.preferences] == [
        "comedy",
        "under 1 h 50",
    ]


LOOK = json.dumps(
    {"looks": [{"look": "facts", "items": ["Psycho (1960)"], "fields": ["directors"]}], "act": "recommend"}
)
DECIDED = json.dumps(
    {
        "heard": [
            {"kind": "want", "field": "directors", "values": ["Alfred Hitchcock"], "quote": "whoever made Psycho"},
            {"kind": "passed", "item": "Psycho (1960)", "quote": "not that one"},
        ],
        "act": "recommend",
    }
)


def test_what_has_to_be_looked_up_first_is_and_the_plan_made_anew(demo_home: Path) -> None:
    def shows_what_was_seen(body: dict[str, Any]) -> None:
        assert "facts of Psycho (1960): directors Alfred Hitchcock" in body["messages"][1]["content"]

    say = Answer("All by the same hand: [[1]], [[2]] and [[3]].")
    with OpenAIServer([Answer(LOOK), Answer(DECIDED, check=shows_what_was_seen), say]) as server:
        turn = one(server, demo_home, "something by whoever made Psycho, but not that one")
    assert [s.stage for s in turn.trace][:2] == ["look", "plan"]
    assert turn.usage.calls == 3
    assert all("Alfred Hitchcock" in r.item.fields["directors"] for r in turn.slate)
    assert "Psycho" not in {r.item.title for r in turn.slate}


def test_a_model_that_only_looks_is_asked_twice_and_no_more(demo_home: Path) -> None:
    with OpenAIServer([Answer(LOOK), Answer(LOOK), Answer("[[1]], [[2]], [[3]].")]) as server:
        turn = one(server, demo_home, "something by whoever made Psycho")
    assert [s.stage for s in turn.trace].count("look") == 1
    assert turn.slate


def test_without_a_second_plan_the_first_is_acted_on_and_that_is_said(demo_home: Path) -> None:
    with OpenAIServer([Answer(LOOK), Answer("busy", status=500), Answer("[[1]], [[2]], [[3]].")]) as server:
        turn = one(server, demo_home, "something by whoever made Psycho")
    plan = next(s for s in turn.trace if s.stage == "plan")
    assert plan.fallback
    assert "acted on the plan made before looking" in plan.note


def test_titles_a_model_proposes_join_the_search_as_far_as_the_catalogue_has_them(demo_home: Path) -> None:
    titles = ["Rear Window (1954)", "The Moonlit Saxophone (1987)", "Rear Window (1998)"]
    proposing = json.dumps({"act": "recommend", "search": {"titles": titles}})
    with OpenAIServer([Answer(proposing), Answer("[[1]], [[2]], [[3]].")]) as server:
        turn = one(server, demo_home, "the one where a man watches his neighbours")
    stage = next(s for s in turn.trace if s.stage == "propose")
    assert (stage.into, stage.out) == (3, 1)
    assert stage.note == "not in this catalogue: The Moonlit Saxophone (1987), Rear Window (1998)"
    (found,) = (r for r in turn.slate if r.item.title == "Rear Window")
    assert "generative" in found.sources


def test_a_question_is_asked_in_the_models_words_unless_they_say_too_much(demo_home: Path) -> None:
    def asked(words: str) -> str:
        ask = json.dumps({"act": "ask", "about": {"fields": ["genres"], "text": words}})
        with OpenAIServer([Answer(ask)]) as server:
            turn = one(server, demo_home, "recommend me something")
        assert turn.question is not None
        return turn.question.text

    assert asked("Which kind suits you tonight?") == "Which kind suits you tonight?"
    for words in (
        "Which kind suits you tonight",
        "Do you know Rear Window?",
        "See https://example.org?",
        "x" * 200 + "?",
    ):
        assert asked(words) == asked("")


def test_a_long_message_is_shortened_and_the_trace_says_so(demo_home: Path) -> None:
    long = "a comedy, please. " + "I had such a long day and so much happened. " * 200 + "under 110 minutes"
    with OpenAIServer([Answer(PLAN), Answer("[[1]], then [[2]].")]) as server:
        turn = one(server, demo_home, long)
        asked = server.requests[0]["messages"][1]["content"]
    assert "a comedy, please." in asked
    assert "under 110 minutes" in asked
    assert len(asked) < len(long) / 2
    assert "cut: message" in turn.trace[0].note


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
