"""What the model calls of dialogues cost, counted the same way for every way of making them.

A call is counted whole: tools or response schema first, then the messages, which is the order in which a server's
prefix cache reads them; one line per message, without the escapes of JSON.
"""

from __future__ import annotations

import json
import statistics
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from agent.models.tokens import CHARS_PER_TOKEN, count_tokens
from benchmarks.turn_speed import machine
from core.plan import TurnPlan

CONVERSATIONS = Path(__file__).with_name("conversations.yaml")
RESULTS = Path(__file__).with_name("results")
KINDS = ("recommendation", "question", "chat")
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One model call: what it is for, its prompt as a cache reads it, and the answer."""

    name: str
    prompt: str
    answer: str
    fixed: str = ""
    """The part of the prompt that is tools or a response schema."""

    @cached_property
    def tokens_in(self) -> int:
        """Of the prompt."""
        return count_tokens(self.prompt)

    @cached_property
    def tokens_out(self) -> int:
        """Of the answer."""
        return count_tokens(self.answer)


@dataclass(frozen=True)
class CostedTurn:
    """The calls of one turn."""

    catalog: str
    number: int
    """Of the turn in its conversation, from 1."""
    kind: str
    """One of KINDS."""
    calls: tuple[Call, ...]

    @cached_property
    def tokens_in(self) -> int:
        """Of all prompts."""
        return sum(call.tokens_in for call in self.calls)

    @cached_property
    def tokens_out(self) -> int:
        """Of all answers."""
        return sum(call.tokens_out for call in self.calls)

    @cached_property
    def tokens(self) -> int:
        """Both together."""
        return self.tokens_in + self.tokens_out


def conversations() -> dict[str, list[list[str]]]:
    """The messages of every conversation, by catalogue."""
    read: dict[str, list[list[str]]] = yaml.safe_load(CONVERSATIONS.read_text(encoding="utf-8"))
    return read


def call_of(name: str, body: Body, answer: str) -> Call:
    """A request body of the chat protocol with its answer."""
    fixed = [
        json.dumps(body[key], ensure_ascii=False, separators=(",", ":"))
        for key in ("tools", "response_format")
        if body.get(key)
    ]
    said = [line for message in body["messages"] for line in _lines(message)]
    return Call(name, "\n".join([*fixed, *said]), answer, "\n".join(fixed))


def _lines(message: Body) -> Iterable[str]:
    yield f"{message['role']}: {message.get('content') or ''}"
    for call in message.get("tool_calls") or ():
        yield f"{call['function']['name']} {call['function']['arguments']}"


def kind_of(plan: TurnPlan) -> str:
    """What sort of turn a plan makes."""
    return {"recommend": "recommendation", "chat": "chat"}.get(plan.act.kind, "question")


def report(turns: Sequence[CostedTurn], command: str) -> dict[str, Any]:
    """The figures of one way of making calls, over all catalogues and for each."""
    exact = count_tokens("a" * 42) != -int(-42 // CHARS_PER_TOKEN)
    return {
        "command": command,
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
        "tokenizer": "o200k_base" if exact else f"estimated: {CHARS_PER_TOKEN} characters a token",
        "all": figures(turns),
        **{name: figures([t for t in turns if t.catalog == name]) for name in sorted({t.catalog for t in turns})},
    }


def figures(turns: Sequence[CostedTurn]) -> dict[str, Any]:
    """Calls, tokens and how much of the prompts a cache could hold."""
    calls = [call for turn in turns for call in turn.calls]
    sent, cached = sum(call.tokens_in for call in calls), sum(cacheable(turns))
    return {
        "turns": len(turns),
        "calls_per_turn": by_kind(turns, lambda t: len(t.calls)),
        "calls": {name: of_name([c for c in calls if c.name == name]) for name in sorted({c.name for c in calls})},
        "tokens_in_per_turn": by_kind(turns, lambda t: t.tokens_in),
        "tokens_out_per_turn": by_kind(turns, lambda t: t.tokens_out),
        "tokens_per_turn": by_kind(turns, lambda t: t.tokens),
        "median_tokens_by_turn_number": {
            str(n): statistics.median(t.tokens for t in turns if t.number == n)
            for n in sorted({t.number for t in turns})
        },
        "stable_share": round(sum(stable(turns)) / sent, 3),
        "cacheable_share": round(cached / sent, 3),
        "mean_uncached_in_per_turn": round((sent - cached) / len(turns), 1),
    }


def of_name(calls: Sequence[Call]) -> dict[str, float]:
    """How many, and the median tokens of their parts."""
    return {
        "made": len(calls),
        "median_tools_or_schema": statistics.median(count_tokens(call.fixed) for call in calls),
        "median_in": statistics.median(call.tokens_in for call in calls),
        "median_out": statistics.median(call.tokens_out for call in calls),
    }


def by_kind(turns: Sequence[CostedTurn], of: Callable[[CostedTurn], float]) -> dict[str, dict[str, float]]:
    """Mean, median and greatest over all turns and over those of each kind."""
    groups = {"all": list(turns)} | {kind: [t for t in turns if t.kind == kind] for kind in KINDS}
    return {name: spread([of(t) for t in group]) for name, group in groups.items() if group}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Mean, median and the greatest."""
    return {"mean": round(statistics.mean(values), 2), "median": statistics.median(values), "max": max(values)}


def stable(turns: Sequence[CostedTurn]) -> list[int]:
    """Tokens of each call that every call of its name about its catalogue begins with."""
    prompts: dict[tuple[str, str], list[str]] = {}
    for turn in turns:
        for call in turn.calls:
            prompts.setdefault((turn.catalog, call.name), []).append(call.prompt)
    held = {key: count_tokens(shared(min(texts), max(texts))) for key, texts in prompts.items()}
    return [held[turn.catalog, call.name] for turn in turns for call in turn.calls]


def cacheable(turns: Sequence[CostedTurn]) -> list[int]:
    """Tokens of each call that some earlier call began with: what a prefix cache that forgets nothing would hold."""
    seen: list[str] = []  # in order: the longest beginning is shared with a neighbour
    held = []
    for call in (call for turn in turns for call in turn.calls):
        place = bisect_left(seen, call.prompt)
        around = seen[max(0, place - 1) : place + 1]
        held.append(count_tokens(max((shared(call.prompt, other) for other in around), key=len, default="")))
        seen.insert(place, call.prompt)
    return held


def shared(one: str, other: str) -> str:
    """The beginning of both."""
    pairs = zip(one, other, strict=False)
    return one[: next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))]


def save(result: Mapping[str, Any], name: str) -> None:
    """Print a result and keep it among the others."""
    text = json.dumps(result, indent=1, ensure_ascii=False)
    print(text)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
