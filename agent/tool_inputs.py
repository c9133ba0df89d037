"""What the tools take."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.plan import Route, Wish
from core.schema import Direction
from core.values import Value


class Wishes(Value):
    """Preferences and opinions a tool works under."""

    wishes: tuple[Wish, ...] = ()
    """Preferences as spoken or canonical; values are linked to the catalogue."""
    liked: tuple[str, ...] = ()
    """Ids of items the person likes, the latest last."""
    disliked: tuple[str, ...] = ()
    """Ids of items the person does not like; they are never shown."""
    seen: tuple[str, ...] = ()
    """Ids of items the person knows already; shown only where the house allows it."""


class SearchInput(Value):
    """A text search."""

    query: str
    """What the text of an item should be about, in plain words."""
    count: int = Field(default=10, ge=1, le=100)
    """How many items, at most."""


class TitleInput(Value):
    """A spoken title."""

    title: str
    """The title as said or typed."""
    year: int | None = None
    """Year of release, where it was said with the title."""


class LookupInput(Value):
    """Items by id."""

    ids: tuple[str, ...]
    """Ids of the items; find_title and search tell them."""
    fields: tuple[str, ...] = ()
    """Names of the catalogue's fields; empty: every one that applies."""


class CompareInput(LookupInput):
    """Items to set side by side; with a direction, the one that is most or least on the first field."""

    direction: Direction | None = None
    """Whether the items with the most or with the least of the first field are named; null: neither."""


class RecommendInput(Wishes):
    """What to recommend under."""

    count: int = Field(default=3, ge=1, le=10)
    """Items of the short list, at most."""
    diversity: float = Field(default=0.3, ge=0, le=1)
    """How far the list is spread: 0 takes the best ones however alike they are, 1 the most different."""
    query: str = ""
    """Free text for the routes by words and by meaning; empty: made from the wishes."""


class RetrieveInput(Wishes):
    """One route, under hard preferences."""

    route: Route
    """dense and lexical start from `query`; similar, collaborative, sequential, kin and segment from `liked`; popular
    and recent from nothing; generative from `titles`."""
    query: str = ""
    """Free text that dense and lexical start from."""
    titles: tuple[str, ...] = ()
    """What a model proposes, "Title (year)", best first."""
    count: int = Field(default=10, ge=1, le=200)
    """How many items, at most."""


class SimilarInput(Value):
    """Items to be like."""

    ids: tuple[str, ...]
    """Ids of the items; they are left out of the answer."""
    count: int = Field(default=10, ge=1, le=100)
    """How many items, at most."""


class RerankInput(Wishes):
    """What to rerank, by what, and how."""

    ids: tuple[str, ...] = Field(default=(), max_length=100)
    """Items to order; empty: the pipeline's own candidates."""
    query: str = ""
    """Free text the pipeline's candidates are sought by."""
    strategy: Literal["listwise", "pointwise", "rating", "pairwise"] = "listwise"
    """pairwise takes eight items at most, the first eight of the pipeline's candidates."""
    twice: bool = False
    """listwise: ask a second time with the cards in another order, and report how much hung on it."""
    count: int = Field(default=3, ge=1, le=10)
    """Items that will be shown; the gate judges whether reranking can change which."""
    gate: bool = True
    """Whether the gate decides how many items go to the model; false: all do."""
