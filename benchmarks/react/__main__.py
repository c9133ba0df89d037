"""What a turn costs in a plain `create_agent` loop over the same tools, beside our own way of making calls.

    python -m benchmarks.react
    TASTEMAKER_HOME=/path/to/home TIKTOKEN_CACHE_DIR=/path/to/encodings python -m benchmarks.react

The loop keeps its whole history, as such a loop does. It is held over real HTTP with a double that makes no needless
call (see double.py), once with every tool and once with those alone that these conversations need. The fields of the
catalogue stand in the system prompt in the words of our own planning prompt.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.runnables import Runnable

from agent.build import Tastemaker, build
from agent.langchain_tools import langchain_tools
from agent.settings import load_settings
from agent.twin import LanguageTwin
from benchmarks.acting import ActingServer
from benchmarks.costing import RESULTS, CostedTurn, conversations, figures, kind_of, report, save
from benchmarks.react.double import ReActModel
from core.turn import Conversation

FEW = ("find_title", "lookup", "filter", "relax", "recommend")
PROMPT = Path(__file__).with_name("prompt.txt")


def system_prompt(app: Tastemaker, catalog: str) -> str:
    """The prompt of the loop, with the catalogue's fields as our planning prompt tells them."""
    room = app.room(catalog)
    schema = room.catalog.schema
    ours = LanguageTwin.of(room.linker).plan_request(Conversation(id="c", catalog=catalog), "hello").system
    fields = ours[ours.index("<catalogue") :].strip()
    return (
        PROMPT.read_text(encoding="utf-8")
        .format(purpose=schema.purpose, many=schema.noun.many, catalogue=fields)
        .strip()
    )


def held(
    app: Tastemaker,
    agent: Runnable[Any, Any],
    model: ReActModel,
    catalog: str,
    messages: list[str],
) -> list[CostedTurn]:
    """One conversation in the loop, in step with the rules, which say what each turn is about."""
    beside, history, costed = Conversation(id="cost", catalog=catalog), [], []
    for number, message in enumerate(messages, 1):
        turn = app.answer(beside, message)
        model.begin(turn)
        before = len(model.calls)
        state = {"messages": [*history, ("user", message)]}
        history = agent.invoke(state, {"recursion_limit": 40})["messages"]
        costed.append(CostedTurn(catalog, number, kind_of(turn.plan), tuple(model.calls[before:])))
        beside = beside.plus(turn)
    return costed


def measured(app: Tastemaker, tools: tuple[str, ...] | None) -> list[CostedTurn]:
    """Every conversation, with the tools named, or all."""
    model, costed = ReActModel(), []
    with ActingServer(model.play) as server:
        chat = init_chat_model("openai:scripted", base_url=server.base_url, api_key="none", use_responses_api=False)
        for catalog, talks in conversations().items():
            offered = langchain_tools(app.toolbox(catalog), tools)
            agent = create_agent(chat, offered, system_prompt=system_prompt(app, catalog))
            for messages in talks:
                costed += held(app, agent, model, catalog, messages)
    return costed


def main() -> None:
    """Both loops, and our own figures beside them where they have been measured."""
    app = build(load_settings(controller="rules", person="guest"))
    result = report(measured(app, None), "python -m benchmarks.react")
    few = measured(app, FEW)
    result["few_tools"] = {"tools": list(FEW), "all": figures(few)} | {
        catalog: figures([t for t in few if t.catalog == catalog]) for catalog in conversations()
    }
    save(result, "react-cost")
    ours = RESULTS / "model-cost.json"
    if ours.exists():
        compare(result, json.loads(ours.read_text(encoding="utf-8")))


def compare(loop: dict[str, Any], ours: dict[str, Any]) -> None:
    """A line for each way and catalogue."""
    rows = [(f"{way} {c}", result[c]) for way, result in _ways(loop, ours) for c in ("all", *conversations())]
    print(f"{'':24}{'calls':>7}{'median':>9}{'mean':>9}{'stable':>8}{'cached':>8}{'uncached':>10}")
    for name, of in rows:
        calls, tokens = of["calls_per_turn"]["all"]["mean"], of["tokens_per_turn"]["all"]
        print(
            f"{name:24}{calls:7.2f}{tokens['median']:9.0f}{tokens['mean']:9.0f}"
            f"{of['stable_share']:8.2f}{of['cacheable_share']:8.2f}{of['mean_uncached_in_per_turn']:10.0f}"
        )


def _ways(loop: dict[str, Any], ours: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [("ours", ours), ("loop, all tools,", loop), ("loop, few tools,", loop["few_tools"])]


if __name__ == "__main__":
    main()
