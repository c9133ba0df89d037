"""A double that plays a sensible model in a tool loop: it makes no needless call and no mistake.

What a turn needs is read off the rule planner's turn for the same message. Titles are looked up side by side in one
step, and a fact that an earlier tool has already told is not asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable
from typing import Any

from benchmarks.acting import Body
from benchmarks.costing import Call, call_of
from core.ledger import Ledger
from core.plan import Check, Compare, Count, LookUp, Recommend, Reference, Wish
from core.preferences import Preference
from core.turn import Turn
from tests.servers.openai_server import Answer

ToolCall = tuple[str, dict[str, Any]]
Results = list[dict[str, Any]]
Moves = Generator[list[ToolCall], Results, str]
"""Batches of tool calls; is sent their results, returns the reply."""


class ReActModel:
    """Plays the turn that it is given; `calls` is what it was asked and said."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._moves: Moves | None = None

    def begin(self, turn: Turn) -> None:
        """The next requests belong to the loop's turn that corresponds to `turn`."""
        self._moves = None
        self._next = moves(turn)

    def play(self, body: Body) -> Answer:
        """The next step of the turn."""
        try:
            if self._moves is None:
                self._moves = self._next
                wanted = next(self._moves)
            else:
                wanted = self._moves.send(_results(body["messages"]))
        except StopIteration as end:
            self.calls.append(call_of("loop", body, end.value))
            return Answer(end.value)
        said = "\n".join(f"{name} {json.dumps(given, ensure_ascii=False)}" for name, given in wanted)
        self.calls.append(call_of("loop", body, said))
        return _calling(wanted)


def moves(turn: Turn) -> Moves:
    """How a sensible model would go about this turn."""
    act = turn.plan.act
    if isinstance(act, Recommend):
        return (yield from _recommending(turn, act))
    if isinstance(act, Count):
        yield [("filter", {"wishes": [_spoken(w) for w in act.wishes] or _wishes(turn.ledger)})]
    elif isinstance(act, LookUp | Check | Compare):
        yield from _looking(act)
    return turn.reply


def _recommending(turn: Turn, act: Recommend) -> Moves:
    ledger = turn.ledger
    titles = _titles([*(o.item for o in turn.plan.heard.opinions)])
    if titles:
        yield [("find_title", {"title": title}) for title in titles]
    shown_now = {r.item.id for r in turn.slate}
    seen = [i for i in dict.fromkeys((*ledger.seen, *ledger.shown)) if i not in shown_now]
    held = {"liked": list(ledger.liked), "disliked": list(ledger.disliked), "seen": seen}
    asked = {"wishes": _wishes(ledger)} | {name: ids for name, ids in held.items() if ids}
    (found,) = yield [("recommend", asked | ({"count": act.count} if act.count != Recommend().count else {}))]
    if not found["slate"]:
        yield [("relax", asked)]
        return turn.reply
    return "\n".join(["What you asked for:", *(f"- **{r['item']['title']}**: {_fact(r)}." for r in found["slate"])])


def _looking(act: LookUp | Check | Compare) -> Generator[list[ToolCall], Results, None]:
    """Items pointed at have been shown with all their facts; items named by title have to be found."""
    titles = _titles(act.items)
    if not titles:
        return
    found = yield [("find_title", {"title": title}) for title in titles]
    ids = [match["id"] for each in found for match in each["matches"] if match["meant"]]
    if ids:
        yield [("lookup", {"ids": ids})]


def _titles(items: Iterable[Reference]) -> list[str]:
    return list(dict.fromkeys(item.title for item in items if item.title))


def _wishes(ledger: Ledger) -> list[dict[str, Any]]:
    return [_spoken(preference) for preference in ledger.preferences]


def _spoken(wish: Preference | Wish) -> dict[str, Any]:
    """A wish as it is written into a call, without what the tool takes for granted."""
    value = list(wish.value) if isinstance(wish.value, tuple) else wish.value
    said: dict[str, Any] = {"field": wish.field, "op": wish.op, "value": value}
    plain = {"polarity": "want", "strength": "hard"}
    return said | {name: held for name, usual in plain.items() if (held := getattr(wish, name)) != usual}


def _fact(recommendation: dict[str, Any]) -> str:
    passed = [
        line["evidence"] for line in recommendation["receipt"] if line["verdict"] == "passed" and line["evidence"]
    ]
    return passed[0] if passed else "it fits"


def _results(messages: list[Body]) -> Results:
    """What the tools answered last; raises ValueError for what is no JSON, an error message."""
    last = next(n for n in range(len(messages), 0, -1) if messages[n - 1]["role"] != "tool")
    return [json.loads(message["content"]) for message in messages[last:]]


def _calling(wanted: list[ToolCall]) -> Answer:
    """An answer of the protocol with tool calls side by side."""
    calls = [
        {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
        for n, (name, given) in enumerate(wanted)
    ]
    message = {"role": "assistant", "content": None, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 0, "model": "scripted"}
    return Answer(raw=json.dumps(head | {"choices": [choice]}))
