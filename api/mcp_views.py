"""What the tools take and give over MCP, beside the registry's own types.

Answers end in the context of a language model, and their schemas in every conversation it has: so they hold what a
model needs to go on, and the resources hold the rest.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.edits import LedgerEdit
from agent.requests import LONGEST as LONGEST_KEY
from api.views import CatalogLine, Feedback, Message
from core.preferences import PreferenceValue, Scope
from core.schema import FieldType, Op, Polarity, Strength
from core.turn import ControllerName, ReceiptLine
from core.values import Value

ConversationId = Annotated[str, Field(min_length=1, max_length=64, description="Id of the conversation.")]
Version = Annotated[
    int | None,
    Field(
        ge=0,
        description="Version of the conversation the change was thought for: refused when it has moved on since. null: "
        "as it is now.",
    ),
]


class Nothing(Value):
    """No arguments."""


class Start(Value):
    """With whom a conversation is held."""

    person: str | None = Field(default=None, max_length=64)
    """Whose long-term profile is used and filled; "guest": nobody's, and nothing is kept beyond this conversation.
    null: as the server is set up."""


class Say(Value):
    """What the person says."""

    conversation: ConversationId
    message: Message
    """Their own words, as they stand; one message of up to 4000 letters."""
    controller: ControllerName | None = None
    """Who answers: the built-in rules or a language model; null: as the server is set up."""
    key: str | None = Field(default=None, min_length=1, max_length=LONGEST_KEY)
    """A name of your own for this message. Sent again under it, as after a broken connection, it is not answered a
    second time: the turn that was made comes back. Remembered for a day."""


class Read(Value):
    """Which conversation, and how much of it."""

    conversation: ConversationId
    turns: int = Field(default=3, ge=0, le=50)
    """How many of its last turns to give."""


class Edit(LedgerEdit):
    """A change of what is known of the person's wishes."""

    conversation: ConversationId
    version: Version = None


class Step(Value):
    """Which conversation."""

    conversation: ConversationId
    version: Version = None


class Opine(Feedback):
    """What the person thinks of an item."""

    conversation: ConversationId


class Forget(Value):
    """Which conversation."""

    conversation: ConversationId


class Wished(Value):
    """A wish of the ledger."""

    id: str
    """By which edits name it."""
    label: str
    """The wish in words."""
    field: str | None
    """Name of a field of the catalogue; null: free text about the item."""
    op: Op
    value: PreferenceValue
    polarity: Polarity
    strength: Strength
    """hard: nothing that breaks it is shown; soft: it moves the ranking."""
    scope: Scope


class Asked(Value):
    """A question to the person."""

    text: str
    choices: tuple[str, ...]
    """Answers offered, to be sent back as a message; others are fine too."""


class Standing(Value):
    """A conversation as it stands."""

    id: str
    catalog: str
    person: str
    """Empty for a guest."""
    version: int
    """Grows with every turn and edit; edits may name the one they were thought for."""
    turns: int
    """How many there are."""
    wishes: tuple[Wished, ...]
    liked: tuple[str, ...]
    """Ids of items, as in the next two."""
    disliked: tuple[str, ...]
    seen: tuple[str, ...]
    question: Asked | None
    """The question that is open."""


class Offered(Value):
    """An item shown, with the reason for it."""

    id: str
    title: str
    reason: str
    """Why it is here, in one sentence."""
    receipt: tuple[ReceiptLine, ...]
    """Every wish held against the item."""


class Told(Value):
    """What came of a message."""

    conversation: str
    number: int
    """Of the turn, from 1."""
    controller: ControllerName
    """Who answered."""
    act: str
    """What the message was taken for: recommend, ask, look_up, check, compare, explain, count, show_ledger or chat."""
    reply: str
    items: tuple[Offered, ...]
    """Those shown, best first."""
    focus: tuple[str, ...]
    """Ids of the items the reply is about where none are shown."""
    question: Asked | None
    """The question the reply ends with."""
    wishes: tuple[Wished, ...]
    """All that hold now."""


class Exchange(Value):
    """A turn that was."""

    number: int
    message: str
    reply: str
    items: tuple[str, ...]
    """Ids of the items shown."""


class Reading(Standing):
    """A conversation as it stands, with the last of its turns."""

    last_turns: tuple[Exchange, ...]
    """Oldest first."""


class Forgotten(Value):
    """The conversation that is gone."""

    conversation: str


class FieldLine(Value):
    """A field of a catalogue."""

    name: str
    """As wishes name it."""
    type: FieldType
    several: bool
    """Whether an item can have several values."""
    unit: str
    """Of its numbers; empty: none."""
    values: tuple[str, ...]
    """Values it has, the commonest first, or from least to most where they have an order."""
    distinct: int | None
    """How many different values there are; null for numbers, flags and texts."""


class CatalogAbout(CatalogLine):
    """A catalogue and its fields."""

    fields: tuple[FieldLine, ...]
