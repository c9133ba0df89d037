"""What a turn says while it runs: events for the person, and requests for a model."""

from __future__ import annotations

from typing import Any, Literal

from core.plan import TurnPlan
from core.turn import Recommendation, StageTrace, Turn, Usage
from core.values import Value


class Planned(Value):
    """The plan for this message stands."""

    kind: Literal["plan"] = "plan"
    plan: TurnPlan


class StageDone(Value):
    """A stage has ended."""

    kind: Literal["stage"] = "stage"
    trace: StageTrace


class SlateReady(Value):
    """The slate is chosen; cards can be drawn."""

    kind: Literal["slate"] = "slate"
    slate: tuple[Recommendation, ...]


class TextDelta(Value):
    """A piece of the reply."""

    kind: Literal["text"] = "text"
    text: str


class TextReplaced(Value):
    """The reply streamed so far did not hold; this one stands in its place."""

    kind: Literal["replace"] = "replace"
    text: str


class TurnDone(Value):
    """The turn is complete."""

    kind: Literal["done"] = "done"
    turn: Turn


CallName = Literal[
    "plan", "repair", "say", "person", "rerank", "judge", "rate", "compare", "enrich", "interests", "probe"
]  # fmt: skip
"""What a model call is for: plan a turn, mend a plan, write a reply, play a person; order, judge, rate or compare
items; describe items, sum up interests; see what a server can do."""

Event = Planned | StageDone | SlateReady | TextDelta | TextReplaced | TurnDone


class Origin(Value):
    """Which turn something belongs to, for records: names and numbers, nothing a person wrote."""

    conversation: str = ""
    catalog: str = ""
    turn: int = 0
    """Counted from 1; 0: no turn of a conversation."""


class ModelRequest(Value):
    """A model call the turn needs; drivers perform it."""

    kind: Literal["model"] = "model"
    call: CallName
    system: str
    user: str
    json_schema: dict[str, Any] | None = None
    """The answer must be JSON of this schema; None: prose."""
    stream: bool = False
    prompt_hash: str = ""
    cards: dict[int, str] = {}
    """Titles by card number: a driver writes them where streamed prose says [[n]]."""
    cut: tuple[str, ...] = ()
    """What did not fit into the prompt, in words for the trace."""
    alternatives: int = 0
    """So many likeliest first tokens are asked for with their log-probabilities; 0: none."""
    longest: int | None = None
    """Longest answer in tokens, where the call knows better than the settings."""
    origin: Origin = Origin()
    """Filled in by the driver."""


class ModelReply(Value):
    """What the model said."""

    text: str
    usage: Usage = Usage(calls=1)
    alternatives: dict[str, float] = {}
    """The likeliest first tokens with their natural log-probabilities; empty where the server tells none."""
    model: str = ""
    """The model that answered, as the server names it; else the name it was asked under."""
    finish: str = ""
    """Why the answer ended: "stop", "tool_calls"; empty where the server does not say."""
    id: str = ""
    """The server's own name for this answer."""
    note: str = ""
    """What was out of the ordinary: a second try, a second model, an answer kept from before."""
    estimated: bool = False
    """Whether the tokens in `usage` are our estimate, because the server told none."""


FailureKind = Literal["unavailable", "rejected", "broken", "budget"]
"""No answer in time; the call refused; an answer that cannot be used; no means left."""


class ModelFailure(Value):
    """Why there is no answer; the turn goes on with the rule twin."""

    reason: str
    kind: FailureKind = "unavailable"
    usage: Usage = Usage()
