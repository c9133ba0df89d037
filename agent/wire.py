"""The plan as a model fills it in: one list of what was heard, one act, and what goes with the act or null.

Strict schemas allow neither defaults nor bounds, and a short record is what small models fill in well and quickly:
each thing heard is one entry of the same form, an item is one string, and what an act does not need is null. Plain code
turns it into a core.plan.TurnPlan.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypeAliasType

ActName = Literal[
    "recommend", "ask", "look_up", "check", "compare", "explain", "count", "show_ledger",
    "greeting", "thanks", "goodbye", "help", "off_topic", "refusal", "accepted", "unclear",
]  # fmt: skip
"""What to do; the second line is talk, by its topic."""
Kind = Literal[
    "want", "avoid", "instead", "less", "more", "same", "different", "drop", "any",
    "liked", "keen", "anchor", "disliked", "passed", "seen", "unseen", "unclear",
]  # fmt: skip
"""want, avoid, instead: a wish; instead takes the place of what was said on the field. less to different: relative to
an item or the last list. drop: taken back; any: does not matter. liked, disliked: known items; keen, passed: unknown
ones; anchor: new items are to be like it. unclear: words that fit nowhere."""
Mod = Literal["soft", "once", "always"]
"""Nice to have; for this list alone; for this person for good."""
Signal = Literal["turns_down", "surprise", "unexpected", "expected", "reset", "undo", "redo"]
WireRoute = TypeAliasType(
    "WireRoute",
    Literal["dense", "lexical", "similar", "collaborative", "sequential", "kin", "segment", "popular", "recent"],
)
"""Named, so that a schema holds it once; titles proposed bring the generative route by themselves."""
How = Literal["histories", "fame", "focused", "varied", "in_order"]
"""Ranked by histories or fame alone; a list of few kinds or many; shown in the ranker's order, without reranking."""
Way = Literal["", "less", "more"]


class Wire(BaseModel):
    """The base: lenient about what is missing or unknown, since not every server enforces the schema."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class WireEntry(Wire):
    """One thing heard.

    `values`: words, "<= 120", "1970-1979". `item`: a title, with its year in brackets if known, or "#2" by place, "#-1"
    the last, "#all".
    """

    kind: Kind = "want"
    field: str = ""
    values: list[str] = Field(default_factory=list)
    item: str = ""
    mods: list[Mod] = Field(default_factory=list)
    quote: str = ""


class WireAbout(Wire):
    """What a question of theirs or ours is about, or what a look is for."""

    look: Literal["", "facts", "similar", "search", "count"] = ""
    items: list[str] = Field(default_factory=list)
    fields: list[str] = Field(default_factory=list)
    text: str = ""
    conditions: list[WireEntry] = Field(default_factory=list)
    most: Way = ""


class WireSearch(Wire):
    """How to recommend."""

    query: str = ""
    routes: list[WireRoute] = Field(default_factory=list)
    boost: list[WireRoute] = Field(default_factory=list)
    how: list[How] = Field(default_factory=list)
    count: int = 0
    titles: list[str] = Field(default_factory=list)


class WirePlan(Wire):
    """What was heard, and the act with what it needs."""

    heard: list[WireEntry] = Field(default_factory=list)
    answer: int = 0
    signals: list[Signal] = Field(default_factory=list)
    looks: list[WireAbout] = Field(default_factory=list)
    act: ActName
    about: WireAbout | None = None
    search: WireSearch | None = None
