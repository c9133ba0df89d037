"""The turn plan: what was heard, in the person's own words, and the one act to do about it.

A plan never holds item ids: people, titles and values stand in it as spoken, and plain code links them. The model
planner and the rule planner fill the same record.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.schema import Direction, Op, Polarity, Strength
from core.values import Scalar, Value

Route = Literal[
    "dense", "lexical", "similar", "collaborative", "sequential", "kin", "segment", "popular", "recent", "generative"
]  # fmt: skip
Ranker = Literal["fused", "collaborative", "popular"]
Stance = Literal["liked", "disliked", "seen", "unseen", "anchor", "mentioned"]


class Reference(Value):
    """An item as pointed at: by title, or by its place on the last slate."""

    title: str | None = None
    year: int | None = None
    ordinal: int | None = None
    """1 = the first of the last slate, -1 = the last one."""
    everything: bool = False
    """The whole last slate ("these", "all of them")."""
    quote: str = ""


class Wish(Value):
    """A preference as spoken; `field` None means free text about the item."""

    field: str | None
    """Name of a field of the catalogue; null: free text about the item."""
    op: Op
    """eq, any_of, all_of: values; lt, le, gt, ge, between: numbers; contains: words in a text; about: free text."""
    value: Scalar | tuple[Scalar, ...]
    """One value, or several for any_of and all_of, or [low, high] for between."""
    polarity: Polarity = "want"
    """avoid: what fits is not wanted."""
    strength: Strength = "hard"
    """hard: nothing that breaks it may be shown; soft: it moves the ranking."""
    scope: Literal["turn", "conversation", "person"] = "conversation"
    """How long it holds: for one list, for this conversation, or for this person for good."""
    quote: str = ""
    """The person's own words."""
    confidence: float = Field(default=1.0, ge=0, le=1)
    """How sure it is that this was meant, 0 to 1."""
    replaces: bool = False
    """Takes the place of what was said before on this field ("rather …", "actually …")."""


class ItemOpinion(Value):
    """What the person says of an item."""

    item: Reference
    stance: Stance
    seen: bool = False
    """Also said to be seen."""


class Critique(Value):
    """A wish relative to an item or to the last slate: shorter, newer, less of something, the same or another."""

    field: str
    direction: Direction | Literal["same", "different"]
    value: str | None = None
    """The category value to have more or less of; None on number fields and ordered categories."""
    anchor: Reference | None = None
    """What it is compared with; None: the last slate."""
    quote: str = ""


class Retraction(Value):
    """Something taken back: a field, one of its values, or an opinion of an item."""

    field: str | None = None
    value: Scalar | tuple[Scalar, ...] | None = None
    item: Reference | None = None
    indifferent: bool = False
    """The person says that it does not matter (and should not be asked again)."""
    quote: str = ""


class Heard(Value):
    """Everything understood from one message, before linking."""

    wishes: tuple[Wish, ...] = ()
    opinions: tuple[ItemOpinion, ...] = ()
    critiques: tuple[Critique, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    answer: int | None = None
    """Index of the choice taken of the last turn's question; -1: all of them ("both")."""
    turns_down: bool = False
    """The person turns down what was shown last, with or without a reason."""
    surprise: bool = False
    """The person leaves the choice to us."""
    adventurous: bool | None = None
    """What is less expected is wanted (True), or the expected again (False)."""
    reset: bool = False
    travel: Literal["undo", "redo"] | None = None
    not_understood: tuple[str, ...] = ()
    """Words that carry meaning but were not understood."""
    not_here: tuple[str, ...] = ()
    """People or things named that the catalogue does not have."""


class Recommend(Value):
    """Show items. `query` is free text for the text routes; empty: made from the ledger."""

    kind: Literal["recommend"] = "recommend"
    query: str = ""
    routes: tuple[Route, ...] = ("dense", "lexical", "similar", "collaborative", "popular")
    ranker: Ranker = "fused"
    rerank: bool = True
    count: int = Field(default=3, ge=1, le=10)
    diversity: float = Field(default=0.3, ge=0, le=1)
    boost: tuple[Route, ...] = ()
    """Routes that count double, in the fusion and in the ranking."""
    proposals: tuple[Reference, ...] = ()
    """Titles a model proposes from what it knows; those the catalogue has are brought by the generative route."""


class Ask(Value):
    """Ask one question; `field` None leaves the choice of the question to elicitation."""

    kind: Literal["ask"] = "ask"
    field: str | None = None
    wording: str = ""


class LookUp(Value):
    """Answer a question about items from the catalogue's facts."""

    kind: Literal["look_up"] = "look_up"
    items: tuple[Reference, ...]
    fields: tuple[str, ...] = ()
    """Empty: an overview."""


class Check(Value):
    """Say whether items satisfy wishes: "is it suitable for kids?"."""

    kind: Literal["check"] = "check"
    items: tuple[Reference, ...]
    wishes: tuple[Wish, ...]


class Compare(Value):
    """Set items side by side; with `superlative`, name the one that is most or least on a field.

    A superlative without items is about the whole catalogue, or what of it satisfies `wishes`.
    """

    kind: Literal["compare"] = "compare"
    items: tuple[Reference, ...]
    fields: tuple[str, ...] = ()
    superlative: Direction | None = None
    wishes: tuple[Wish, ...] = ()


class Explain(Value):
    """Say why items were recommended."""

    kind: Literal["explain"] = "explain"
    items: tuple[Reference, ...]


class Count(Value):
    """Say how many items of the catalogue satisfy wishes; the ledger is left alone."""

    kind: Literal["count"] = "count"
    wishes: tuple[Wish, ...] = ()
    left: bool = False
    """Those that meet what the ledger holds after this message, instead."""


class Show(Value):
    """Show what the ledger holds."""

    kind: Literal["show_ledger"] = "show_ledger"


class Chat(Value):
    """Talk that needs no catalogue."""

    kind: Literal["chat"] = "chat"
    topic: Literal["greeting", "thanks", "goodbye", "help", "off_topic", "refusal", "accepted", "unclear", "empty"]
    items: tuple[Reference, ...] = ()
    """What is taken, when the topic is "accepted"; empty: what was last spoken of, or shown alone."""


Act = Annotated[Recommend | Ask | LookUp | Check | Compare | Explain | Count | Show | Chat, Field(discriminator="kind")]


class Look(Value):
    """A look into the catalogue before deciding: facts of items, items like them, a text search, or a count."""

    kind: Literal["facts", "similar", "search", "count"]
    items: tuple[Reference, ...] = ()
    fields: tuple[str, ...] = ()
    text: str = ""
    wishes: tuple[Wish, ...] = ()


class TurnPlan(Value):
    """What was heard and what to do."""

    heard: Heard = Heard()
    act: Act
    looks: tuple[Look, ...] = ()
    """What the planner wants to see first; it plans once more with the answers, and then decides."""
