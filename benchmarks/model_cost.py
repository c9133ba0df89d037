"""What a turn costs with a language model as the controller: calls, tokens, and how much of them a cache could hold.

    python -m benchmarks.model_cost
    TASTEMAKER_HOME=/path/to/home TIKTOKEN_CACHE_DIR=/path/to/encodings python -m benchmarks.model_cost

The fifty conversations of conversations.yaml are held over real HTTP with a model that plans correctly: it writes down
the rule planner's plan, and where a reply is asked for it takes the first cards and repeats a fact from each. Tokens
are counted exactly where tiktoken's file is found, and estimated elsewhere.

"uncompressed" is what the same turns would cost if the planning prompt repeated everything said so far, word for word,
in the place of the state and the last turns: tokens of the planning call less its block of past turns, plus those of
the transcript.
"""

from __future__ import annotations

import re
import statistics
from typing import Any

from agent.build import Tastemaker, build
from agent.models.tokens import count_tokens
from agent.settings import load_settings
from benchmarks.acting import ActingServer, Body
from benchmarks.costing import Call, CostedTurn, call_of, conversations, kind_of, report, save, spread
from benchmarks.wire import wire_of
from core.plan import TurnPlan
from core.turn import Conversation, Turn
from tests.servers.openai_server import Answer

CARD = re.compile(r"^\[\[(\d+)\]\] (.*)$", re.MULTILINE)
COUNT = re.compile(r"Pick up to (\d+)")
PAST = re.compile(r"<said>\n(.*?)\nlast list:|<said>\n(.*?)</said>", re.DOTALL)
QUESTION = re.compile(r"<question>\n(.*?)\n</question>", re.DOTALL)


class Controller:
    """Plays a model that plans correctly; `plan` is what it will answer to the next planning call."""

    def __init__(self) -> None:
        self.plan: TurnPlan | None = None
        self.calls: list[Call] = []
        self.past: list[int] = []
        """Tokens of past turns in each planning call."""

    def play(self, body: Body) -> Answer:
        """A plan where a plan is asked for, a reply by card numbers otherwise."""
        if body.get("response_format"):
            name = body["response_format"]["json_schema"]["name"]
            if name != "plan" or self.plan is None:
                raise ValueError(f"nothing to answer to the call {name!r}")
            text = wire_of(self.plan).model_dump_json()
            self.past.append(count_tokens(_past_in(body["messages"][-1]["content"])))
        else:
            name, text = "say", reply_to(body["messages"][-1]["content"])
        self.calls.append(call_of(name, body, text))
        return Answer(text)


def reply_to(prompt: str) -> str:
    """The first cards of a prompt, each with the first fact on it, and the question that is to be asked."""
    count = COUNT.search(prompt)
    cards = CARD.findall(prompt)
    if count is None or not cards:
        raise ValueError("a prompt without cards")
    lines = [f"- [[{number}]]: {_fact(card)}." for number, card in cards[: int(count[1])]]
    question = QUESTION.search(prompt)
    return "\n".join(["What you asked for:", *lines, *([question[1]] if question else [])])


def _fact(card: str) -> str:
    _, _, facts = card.partition(" · ")
    return facts.partition(" (")[0] or "it fits"


def _past_in(prompt: str) -> str:
    found = PAST.search(prompt)
    return (found[1] or found[2] or "") if found else ""


def held(
    app: Tastemaker, controller: Controller, catalog: str, messages: list[str]
) -> tuple[list[Turn], list[CostedTurn]]:
    """One conversation, turn by turn, with what each turn cost."""
    conversation, costed = Conversation(id="cost", catalog=catalog), []
    planner = app.room(catalog).planner
    for number, message in enumerate(messages, 1):
        controller.plan = planner.plan(conversation, message)
        before = len(controller.calls)
        turn = app.answer(conversation, message)
        conversation = conversation.plus(turn)
        costed.append(CostedTurn(catalog, number, kind_of(turn.plan), tuple(controller.calls[before:])))
    return list(conversation.turns), costed


def main() -> None:
    """Hold every conversation, and print and keep the figures."""
    controller = Controller()
    turns: list[Turn] = []
    costed: list[CostedTurn] = []
    with ActingServer(controller.play) as server:
        app = build(load_settings(controller="model", base_url=server.base_url, person="guest", max_retries=0))
        for catalog, talks in conversations().items():
            for messages in talks:
                more, costs = held(app, controller, catalog, messages)
                turns, costed = turns + more, costed + costs
    result = report(costed, "python -m benchmarks.model_cost")
    result["fallbacks"] = sum(any(stage.fallback for stage in turn.trace) for turn in turns)
    result["uncompressed"] = uncompressed(turns, costed, controller.past)
    save(result, "model-cost")


def uncompressed(turns: list[Turn], costed: list[CostedTurn], past: list[int]) -> dict[str, Any]:
    """What repeating the conversation word for word would cost, by the turn's number."""
    said: list[int] = []
    more: list[tuple[int, int, int]] = []
    for turn, cost, compressed in zip(turns, costed, past, strict=True):
        if turn.number == 1:
            said = []
        more.append((turn.number, cost.tokens, cost.tokens - compressed + sum(said)))
        said.append(count_tokens(f"person: {turn.message}\nwe: {turn.reply}\n"))
    numbers = sorted({number for number, _, _ in more})
    each = statistics.mean(count_tokens(f"person: {t.message}\nwe: {t.reply}\n") for t in turns)
    return {
        "tokens_per_turn": spread([full for _, _, full in more]),
        "median_tokens_by_turn_number": {
            str(n): statistics.median(full for number, _, full in more if number == n) for n in numbers
        },
        "tokens_added_by_each_turn_said": round(each, 1),
        "past_at_turn_20_by_this": round(19 * each),
        "median_past_in_the_prompt": {
            str(n): statistics.median(p for t, p in zip(turns, past, strict=True) if t.number == n) for n in numbers
        },
    }


if __name__ == "__main__":
    main()
