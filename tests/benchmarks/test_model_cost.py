"""The benchmark of what turns cost: its conversations, the plans it writes down, and both ways of making calls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.chat_models import init_chat_model

from agent.build import Tastemaker, build
from agent.langchain_tools import langchain_tools
from agent.plan_reading import read_plan
from agent.settings import load_settings
from benchmarks import react
from benchmarks.acting import ActingServer
from benchmarks.costing import Call, CostedTurn, cacheable, conversations, figures, stable
from benchmarks.model_cost import Controller
from benchmarks.model_cost import held as held_by_us
from benchmarks.react.__main__ import FEW, system_prompt
from benchmarks.react.__main__ import held as held_by_loop
from benchmarks.react.double import ReActModel
from benchmarks.wire import wire_of
from core.plan import Chat, Compare, Heard, LookUp, Recommend, Reference, Retraction, TurnPlan, Wish
from core.turn import Conversation

UNWRITTEN = {"quote", "confidence", "not_here"}
"""What the written form has no place for."""


def written(plan: TurnPlan) -> Any:
    """A plan without that."""

    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: of(v) for k, v in value.items() if k not in UNWRITTEN}
        return [of(v) for v in value] if isinstance(value, list) else value

    return of(plan.model_dump(mode="json"))


def test_there_are_fifty_different_conversations_of_three_to_six_turns() -> None:
    read = conversations()
    assert {catalog: len(talks) for catalog, talks in read.items()} == {"films": 25, "books": 25}
    assert all(3 <= len(talk) <= 6 for talks in read.values() for talk in talks)
    assert len({tuple(talk) for talks in read.values() for talk in talks}) == 50


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_a_plan_of_the_rules_can_be_written_down_and_read_back(demo: Tastemaker, catalog: str) -> None:
    schema, kinds = demo.catalog(catalog).schema, set()
    for talk in conversations()[catalog][:8]:
        conversation = Conversation(id="c", catalog=catalog)
        for message in talk:
            turn = demo.answer(conversation, message)
            conversation = conversation.plus(turn)
            kinds.add(turn.plan.act.kind)
            if turn.plan.act.kind != "chat" or turn.plan.act.topic != "accepted":
                assert written(read_plan(wire_of(turn.plan), schema)) == written(turn.plan), message
    assert {"recommend", "look_up", "chat"} <= kinds


@pytest.mark.parametrize(
    "plan",
    [
        TurnPlan(
            heard=Heard(
                wishes=(
                    Wish(field="runtime", op="between", value=(60, 90)),
                    Wish(field=None, op="about", value="rain", polarity="avoid", strength="soft", scope="turn"),
                ),
                retractions=(Retraction(field="runtime", value=90), Retraction(item=Reference(ordinal=-1))),
                answer=-1,
                adventurous=False,
                turns_down=True,
                travel="undo",
            ),
            act=Recommend(count=5, diversity=0.6, routes=("lexical",), rerank=False),
        ),
        TurnPlan(act=LookUp(items=(Reference(title="Alien", year=1979),), fields=("runtime",))),
        TurnPlan(act=Compare(items=(Reference(ordinal=1),), fields=("year",), superlative="more")),
        TurnPlan(act=Chat(topic="thanks")),
    ],
)
def test_every_part_of_a_plan_that_has_a_place_keeps_it(demo: Tastemaker, plan: TurnPlan) -> None:
    assert written(read_plan(wire_of(plan), demo.catalog("films").schema)) == written(plan)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_our_way_costs_two_calls_for_a_recommendation_and_one_for_the_rest(demo_home: Path, catalog: str) -> None:
    controller = Controller()
    with ActingServer(controller.play) as server:
        app = build(load_settings(home=demo_home, base_url=server.base_url, max_retries=0))
        turns, costed = held_by_us(app, controller, catalog, conversations()[catalog][0])
    assert not any(stage.fallback for turn in turns for stage in turn.trace)
    assert [t.kind for t in costed] == ["chat", "recommendation", "recommendation", "question", "chat"]
    assert [len(t.calls) for t in costed] == [1, 2, 2, 1, 1]
    assert figures(costed)["stable_share"] > 0.5
    assert len(controller.past) == len(costed)


@pytest.mark.parametrize("catalog", ["films", "books"])
def test_the_loop_answers_the_same_conversation_with_calls_of_its_own(demo: Tastemaker, catalog: str) -> None:
    model = ReActModel()
    with ActingServer(model.play) as server:
        chat = init_chat_model("openai:scripted", base_url=server.base_url, api_key="none", use_responses_api=False)
        prompt = system_prompt(demo, catalog)
        agent = create_agent(chat, langchain_tools(demo.toolbox(catalog), FEW), system_prompt=prompt)
        costed = held_by_loop(demo, agent, model, catalog, conversations()[catalog][2])
    assert len(costed[0].calls) == 3  # titles, recommendation, reply
    assert len(costed[-1].calls) == 1  # what is known needs no call
    assert [t.calls[0].tokens_in for t in costed] == sorted(t.calls[0].tokens_in for t in costed)
    assert react.__doc__


def test_shares_of_a_prompt_that_a_cache_could_hold() -> None:
    def turn(number: int, *prompts: str) -> CostedTurn:
        return CostedTurn("teas", number, "chat", tuple(Call("plan", p, "ok") for p in prompts))

    rules, state = "rules " * 40, "state " * 40
    turns = [turn(1, rules + "a"), turn(2, rules + state + "b"), turn(3, rules + state + "c")]
    short, long = stable(turns)[0], cacheable(turns)[2]
    assert stable(turns) == [short] * 3
    assert cacheable(turns)[0] == 0
    assert 0 < short < long
