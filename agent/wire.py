"""The plan as a model fills it in: flat, every field required, emptiness written as "", [], 0, false or none.

Strict schemas allow neither defaults nor loose unions, and a flat record is what small models fill in well. Plain code
turns it into a core.plan.TurnPlan.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from core.plan import Route
from core.schema import Op, Polarity, Strength

ActName = Literal[
    "recommend", "ask", "look_up", "check", "compare", "explain", "count", "show_ledger", "chat"
]  # fmt: skip
Topic = Literal[
    "none", "greeting", "thanks", "goodbye", "help", "off_topic", "refusal", "accepted", "unclear", "empty"
]  # fmt: skip
Way = Literal["none", "less", "more"]


class Wire(BaseModel):
    """The base: lenient about what is missing or unknown, since not every server enforces the schema."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireReference(Wire):
    """An item pointed at."""

    title: str = ""
    year: int = 0
    ordinal: int = 0
    everything: bool = False


class WireWish(Wire):
    """A wish over one field; field "" is free text."""

    field: str = ""
    op: Op = "any_of"
    values: list[str] = Field(default_factory=list)
    polarity: Polarity = "want"
    strength: Strength = "hard"
    replaces: bool = False
    quote: str = ""


class WireOpinion(Wire):
    """What is said of an item."""

    item: WireReference
    stance: Literal["liked", "anchor", "disliked", "seen", "unseen"]
    seen: bool = False


class WireCritique(Wire):
    """A wish relative to an item, or to the last list when `item` is empty."""

    field: str
    direction: Literal["less", "more", "same", "different"]
    value: str = ""
    item: WireReference = WireReference()
    quote: str = ""


class WireRetraction(Wire):
    """Something taken back."""

    field: str = ""
    value: str = ""
    item: WireReference = WireReference()
    indifferent: bool = False


class WirePlan(Wire):
    """What was heard, and the act with its knobs."""

    wishes: list[WireWish] = Field(default_factory=list)
    opinions: list[WireOpinion] = Field(default_factory=list)
    critiques: list[WireCritique] = Field(default_factory=list)
    retractions: list[WireRetraction] = Field(default_factory=list)
    answer: int = 0
    surprise: bool = False
    adventurous: Literal["", "more", "less"] = ""
    reset: bool = False
    travel: Literal["none", "undo", "redo"] = "none"
    not_understood: list[str] = Field(default_factory=list)
    act: ActName
    query: str = ""
    routes: list[Route] = Field(default_factory=list)
    ranker: Literal["fused", "collaborative", "popular"] = "fused"
    rerank: bool = True
    count: int = 0
    spread: Literal["focused", "balanced", "varied"] = "balanced"
    ask_field: str = ""
    items: list[WireReference] = Field(default_factory=list)
    fields: list[str] = Field(default_factory=list)
    conditions: list[WireWish] = Field(default_factory=list)
    superlative: Way = "none"
    topic: Topic = "none"
