"""A catalogue's schema: its fields, how people speak of them, and the rules of the house.

Nothing in the code knows that items are films or books; everything a domain needs is declared here as data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from core.values import Scalar, Value

FieldType = Literal["category", "people", "number", "text", "flag"]
Role = Literal[
    "title",
    "release",
    "popularity",
    "quality",
    "length",
    "age_rating",
    "description",
    "series",
    "creator",
    "genre",
    "mood",
    "availability",
    "sponsored",
]
Op = Literal["eq", "any_of", "all_of", "lt", "le", "gt", "ge", "between", "contains", "about"]
Polarity = Literal["want", "avoid"]
Strength = Literal["hard", "soft"]
Direction = Literal["less", "more"]
BuiltInRule = Literal[
    "not_seen",
    "not_disliked",
    "not_shown",
    "disclose_sponsored",
    "confirm_first",
    "available",
    "one_at_a_time",
    "cite_reason",
    "abstain",
]
OwnRule = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*:[a-z0-9][a-z0-9_-]*$")]
"""A rule that does not come with the program: whose it is, a colon, its name."""


class Unit(Value):
    """The unit of a number field and the spoken words for it and its multiples."""

    name: str
    """Singular name: "minute"."""
    plural: str
    spoken: dict[str, float] = Field(default_factory=dict)
    """Spoken word to how many units it is: {"min": 1, "hour": 60}."""
    style: Literal["plain", "duration", "year", "score", "money"] = "plain"
    """How a value is written: "113 minutes", "1 h 53", "1974", "8.1"."""


class ValueSpec(Value):
    """One value of a category field and other words for it."""

    aliases: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    """Comparatives that ask for more of it: "funnier"."""
    hint: str = ""
    """A few describing words, used only to embed the value."""
    offered: bool = True
    """Whether a question may offer it as an answer; some things people accept but are not in the mood for."""


class Vague(Value):
    """What a vague adjective means on a number field: a bound, or a share of the catalogue below it."""

    op: Literal["lt", "le", "gt", "ge", "between"]
    at: float | tuple[float, float] | None = None
    quantile: float | None = None
    """0..1, read off the catalogue; used when `at` is not given."""
    strength: Literal["hard", "soft"] | None = None
    """Of a plain wish put with this word; the field's own when left out. "Good" rarely means a limit."""

    @model_validator(mode="after")
    def _one_of(self) -> Vague:
        if (self.at is None) == (self.quantile is None):
            raise ValueError("give exactly one of `at` and `quantile`")
        return self


class AgeBand(Value):
    """The values of a field that suit a person up to an age in years."""

    up_to: int
    values: tuple[str, ...]


class FieldSpec(Value):
    """One field of a domain."""

    name: str
    type: FieldType
    label: str = ""
    """How the field is named to a person; the name with blanks when left out."""
    role: Role | None = None
    many: bool = False
    """True when an item holds several values."""
    unit: Unit | None = None
    spoken: tuple[str, ...] = ()
    """Other words for the field: "length", "running time"."""
    asked_by: tuple[str, ...] = ()
    """Phrases by which a person asks for it: "how long", "who directed"."""
    linked_by: tuple[str, ...] = ()
    """Phrases that come before a value: "directed by", "starring", "set in"."""
    values: dict[str, ValueSpec] = Field(default_factory=dict)
    """Declared values with aliases; values met in the items but not declared are fine too."""
    order: tuple[str, ...] = ()
    """For a category with an order: its values from least to most."""
    ages: tuple[AgeBand, ...] = ()
    """For a category about age: which values suit which age, youngest band first."""
    vague: dict[str, Vague] = Field(default_factory=dict)
    """Vague adjectives: {"short": {op: le, quantile: 0.25}}."""
    comparatives: dict[str, Direction] = Field(default_factory=dict)
    """{"shorter": "less", "newer": "more"}."""
    superlatives: dict[str, Direction] = Field(default_factory=dict)
    """{"shortest": "less"}."""
    strength: Strength = "hard"
    """What a plain wish for a value of this field is when nothing in the words says otherwise."""
    ask: str = ""
    """The question that uncovers it; empty: never asked."""
    answerable: float = Field(default=0.7, ge=0, le=1)
    """How likely a person can answer that question."""
    card: bool = False
    """Shown among the key facts on an item card."""
    indexed: bool = True
    """Part of the text that lexical and dense search read."""
    in_order: bool = False
    """For a series whose volumes are taken one after the other: the earliest unknown one stands for it on a slate."""
    derived: Literal["mean_rating", "rating_count"] | None = None
    """Filled from the interactions at import time."""
    note: str = ""
    """Said wherever the field's values are explained: "simulated"."""

    @property
    def title(self) -> str:
        """The field's name as said to a person."""
        return self.label or self.name.replace("_", " ")

    @property
    def silence_passes(self) -> bool:
        """Whether a refusal lets through what the catalogue says nothing of; never on an age rating, for safety."""
        return self.role != "age_rating"

    @property
    def nests(self) -> bool:
        """Whether a refused value refuses those that say more in words: "world war ii" with "war"."""
        return self.role in {"genre", "mood"} and self.type == "category" and not self.order

    @property
    def ordered(self) -> bool:
        """Whether less and more mean something on it."""
        return self.type == "number" or bool(self.order)


class SpokenWish(Value):
    """What a fixed phrase means on one field."""

    field: str
    op: Op = "eq"
    value: Scalar | tuple[Scalar, ...]
    polarity: Polarity = "want"
    strength: Strength | None = None


class Phrase(Value):
    """Fixed expressions of a domain that stand for wishes: "for kids", "black and white"."""

    say: tuple[str, ...]
    means: tuple[SpokenWish, ...]


class Noun(Value):
    """What one item is called."""

    one: str
    many: str
    aliases: tuple[str, ...] = ()


class Consumption(Value):
    """How people say they have used an item: watch / watched / seen."""

    bare: tuple[str, ...]
    past: tuple[str, ...]


class Policy(Value):
    """A rule of the house, checked in code before anything is shown."""

    rule: BuiltInRule | OwnRule
    """not_…: such items stay off the slate. disclose_sponsored: items whose `sponsored` flag is set say so.
    confirm_first: items with one of `values` in `field` are shown only once the person has said that this is fine.
    available: items hold in `field` something the person has at hand. one_at_a_time: a slate is one item.
    cite_reason: nothing is shown without its reason. abstain: nothing is shown rather than what breaks a condition
    (always so; declared where the house wants it in writing). WHOSE:NAME: an extension says what breaks it."""
    field: str | None = None
    """The field that the rule is about, where it is about one."""
    values: tuple[str, ...] = ()
    """The values of the field that it is about."""

    @property
    def own(self) -> bool:
        """Whether an extension must implement it."""
        return ":" in self.rule


class CatalogSchema(Value):
    """A domain as data: fields, words and rules."""

    name: str
    title: str
    """What a person sees in the list of catalogues."""
    version: int = 1
    noun: Noun
    consumption: Consumption
    purpose: str
    """Completes "I can help you …": "find something to watch"."""
    fields: tuple[FieldSpec, ...]
    phrases: tuple[Phrase, ...] = ()
    policies: tuple[Policy, ...] = (
        Policy(rule="not_seen"),
        Policy(rule="not_disliked"),
        Policy(rule="not_shown"),
    )
    examples: tuple[str, ...] = ()
    """First messages offered on an empty page."""
    parts: tuple[str, ...] = ()
    """Words for what an item has in it that people wish for in their own words: a story's hero, a wine's finish."""
    idle_words: tuple[str, ...] = ()
    """Words that say nothing about taste in this domain: "tonight", "weekend"."""

    @model_validator(mode="after")
    def _coherent(self) -> CatalogSchema:
        names = [f.name for f in self.fields]
        if len(set(names)) != len(names):
            raise ValueError(f"field names repeat in schema {self.name!r}")
        if sum(f.role == "title" for f in self.fields) != 1:
            raise ValueError(f"schema {self.name!r} needs exactly one field with role title")
        for policy in self.policies:
            if policy.rule in {"confirm_first", "available"} and policy.field not in names:
                raise ValueError(f"policy {policy.rule!r} needs a field of the schema, not {policy.field!r}")
            if policy.rule == "confirm_first" and not policy.values:
                raise ValueError("policy 'confirm_first' needs the values that are to be confirmed")
        for phrase in self.phrases:
            for wish in phrase.means:
                if wish.field not in names:
                    raise ValueError(f"phrase {phrase.say[0]!r} names the unknown field {wish.field!r}")
        return self

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> CatalogSchema:
        """A copy with changes; what was looked up by name or role in this one is looked up anew there."""
        copied = super().model_copy(update=update, deep=deep)
        for kept in ("by_name", "_by_role"):
            copied.__dict__.pop(kept, None)
        return copied

    @cached_property
    def by_name(self) -> dict[str, FieldSpec]:
        """Field specifications by name."""
        return {f.name: f for f in self.fields}

    def field(self, name: str) -> FieldSpec:
        """The field called `name`; KeyError when there is none."""
        return self.by_name[name]

    def role(self, role: Role) -> FieldSpec | None:
        """The first field that plays `role`, or None."""
        return self._by_role.get(role)

    @cached_property
    def _by_role(self) -> dict[str, FieldSpec]:
        return {f.role: f for f in reversed(self.fields) if f.role}

    def policy(self, rule: str) -> Policy | None:
        """The first policy of this kind, or None."""
        return next((p for p in self.policies if p.rule == rule), None)

    @property
    def title_field(self) -> str:
        """Name of the title field."""
        return next(f.name for f in self.fields if f.role == "title")

    def digest(self) -> str:
        """A short hash of everything in the schema."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]
