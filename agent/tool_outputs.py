"""What the tools give: ids, titles, facts and counts, never prose for a model to read."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from core.items import FieldValue, Provenance
from core.turn import Question, Recommendation, StageTrace, Usage
from core.values import Value
from tools.reranking.gate import Verdict
from tools.reranking.values import Fault


class NamedItem(Value):
    """An item by id and title."""

    id: str
    """Its id, which other tools take."""
    title: str
    """Its title in the catalogue."""


class ScoredItem(NamedItem):
    """An item with the score that put it where it stands."""

    score: float
    """Higher is closer; comparable within one answer only."""


class FoundItem(ScoredItem):
    """An item that a text search found."""

    sources: tuple[str, ...]
    """The routes that found it: lexical (words), dense (meaning)."""


class SearchOutput(Value):
    """The items whose text is closest to the query."""

    items: tuple[FoundItem, ...]
    """Closest first."""


class TitleMatch(NamedItem):
    """An item that a spoken title can mean."""

    score: float
    """How well the title fits, 0 to 100."""
    meant: bool
    """Whether it fits so well that this item, or another that fits as well, is meant."""


class TitleOutput(Value):
    """The items a spoken title can mean."""

    matches: tuple[TitleMatch, ...]
    """Best first; empty: the catalogue has none like it."""
    ambiguous: bool
    """Whether several items are meant equally well, so that the person should be asked which."""


class ItemFacts(NamedItem):
    """What the catalogue says of an item."""

    fields: dict[str, FieldValue]
    """Values by field name; null: the catalogue does not say."""
    generated: dict[str, Provenance] = Field(default_factory=dict, exclude_if=lambda held: not held)
    """Of these fields, those whose value a model wrote, and how; left out where all are the catalogue's own."""


class LookupOutput(Value):
    """Facts about items."""

    items: tuple[ItemFacts, ...]
    """In the order asked for."""


class CompareOutput(Value):
    """Items side by side."""

    table: dict[str, dict[str, FieldValue]]
    """Values by field name, and in it by item id; null: the catalogue does not say."""
    winners: tuple[str, ...]
    """Ids of the items that are most or least on the first field; empty without a direction or a known value."""


class SimilarOutput(Value):
    """Items like those given."""

    items: tuple[ScoredItem, ...]
    """Closest first."""


class RetrieveOutput(Value):
    """What one route brought."""

    items: tuple[ScoredItem, ...]
    """Best first."""
    not_in_catalogue: tuple[str, ...] = Field(default=(), exclude_if=lambda titles: not titles)
    """Proposed titles that the catalogue does not have; left out where there are none."""


class FilterOutput(Value):
    """What satisfies every hard preference."""

    count: int
    """How many items do."""
    first: tuple[NamedItem, ...]
    """The first of them in the catalogue's own order, at most twenty."""


class LetGo(Value):
    """Preferences to let go of, and what that frees."""

    without: tuple[str, ...]
    """The preferences in words."""
    count: int
    """Items there are then."""


class RelaxOutput(Value):
    """Why nothing is left, and what would change that."""

    conflicts: tuple[tuple[str, ...], ...]
    """Smallest sets of preferences, in words, that no item meets together; empty where something is left."""
    releases: tuple[LetGo, ...]
    """The smallest sets of preferences whose release frees anything, those that free most first."""


class QuestionOutput(Value):
    """The next question."""

    question: Question | None
    """The question with its choices; null: none tells the remaining items apart."""


class RecommendOutput(Value):
    """A short list, each item with its receipt."""

    slate: tuple[Recommendation, ...]
    """Best first; empty where nothing may be shown."""
    outcome: Literal["recommended", "abstained", "asked"]
    """abstained: nothing satisfies every hard preference; asked: the house must have something confirmed first."""
    trace: tuple[StageTrace, ...]
    """The stages of the pipeline in the order they ran."""


class RerankedItem(NamedItem):
    """An item in its new place."""

    was: int
    """Its place in the conventional order, from 1."""
    score: float | None
    """On the strategy's own scale; null: it has none."""


class RerankTrouble(Value):
    """Something that went wrong; the items concerned keep their conventional order."""

    fault: Fault
    """What kind of fault."""
    items: tuple[str, ...]
    """Ids of the items concerned; empty for one that a model made up."""
    why: str
    """More about it, where there is more to say."""


class RerankOutput(Value):
    """Candidates in the order of a language model, and how that came about."""

    items: tuple[RerankedItem, ...]
    """Best first; what was not sent to the model stands behind, in the order it had."""
    gate: Verdict | None
    """What the gate decided; null: it was left out."""
    troubles: tuple[RerankTrouble, ...]
    """What went wrong; empty: nothing did."""
    strategy: str
    """How the model was asked."""
    calls: int
    """Model calls asked for, failed ones included."""
    usage: Usage
    """What they cost."""
    disagreement: float | None
    """Share of pairs whose order hung on the order in which the model read them; null: not looked at."""
    cached: bool
    """Whether this comes from an earlier call; `calls` and `usage` are 0 then."""
