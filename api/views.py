"""What the HTTP door takes and gives, as types: its OpenAPI document is made of them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from agent.edits import LedgerEdit
from core.items import Item
from core.ledger import Opinion
from core.plan import TurnPlan
from core.preferences import Preference
from core.schema import CatalogSchema
from core.turn import ControllerName, Question, Recommendation, StageTrace, Usage
from core.values import Value

LONGEST_MESSAGE = 4000


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("say something")
    return text


Message = Annotated[str, Field(min_length=1, max_length=LONGEST_MESSAGE), AfterValidator(_said)]


class LedgerView(Value):
    """Everything known of what the person wants."""

    preferences: tuple[Preference, ...]
    liked: tuple[str, ...]
    """Item ids."""
    disliked: tuple[str, ...]
    seen: tuple[str, ...]
    anchors: tuple[str, ...]
    """Of the liked items, those that new ones are to be like."""
    adventurous: bool
    shown: tuple[str, ...]
    """Every item shown so far, oldest first."""
    declined: tuple[str, ...]
    """Fields the person does not care about."""
    agreed: tuple[str, ...]
    """Confirmed for the house, as "field=value"."""
    can_undo: bool
    can_redo: bool


class TurnView(Value):
    """One turn: docs/turn-json.md explains every key."""

    conversation: str
    number: int
    catalog: str
    controller: ControllerName
    message: str
    plan: TurnPlan
    reply: str
    question: Question | None
    slate: tuple[Recommendation, ...]
    focus: tuple[str, ...]
    ledger: LedgerView
    trace: tuple[StageTrace, ...]
    usage: Usage


class NewConversation(Value):
    """What a conversation begins with."""

    catalog: str = Field(min_length=1, max_length=80)
    """Name of the catalogue to talk about."""
    person: str = Field(default="", max_length=64)
    """Whose long-term profile is used and filled; empty or "guest": nobody's, and nothing is kept beyond this
    conversation."""


class NewMessage(Value):
    """What the person says."""

    message: Message
    controller: ControllerName | None = None
    """Who answers; null: as the server is set up."""
    stream: bool = False
    """Answer with server-sent events; so does the header Accept: text/event-stream."""


class VersionedEdit(LedgerEdit):
    """A change of the ledger, made only where the conversation is still as it was read."""

    version: int = Field(ge=0)
    """Version of the conversation the change was thought for; 409 when it has moved on."""


class Versioned(Value):
    """The version a change was thought for."""

    version: int = Field(ge=0)
    """409 when the conversation has moved on."""


class Feedback(Value):
    """What the person thinks of an item they were shown."""

    item: str = Field(min_length=1, max_length=200)
    """Its id."""
    opinion: Opinion | Literal["none"] | None = None
    """"none" takes it back; null leaves it."""
    seen: bool | None = None
    """Whether they know it already; null leaves it."""


class ConversationView(Value):
    """A conversation as it stands."""

    id: str
    catalog: str
    title: str
    """Begins as the first message did; empty before it."""
    person: str
    """Empty for a guest."""
    version: int
    """Grows with every turn and edit; edits name the one they were thought for."""
    turns: int
    """How many there are."""
    ledger: LedgerView
    question: Question | None
    """The question that is open, if any."""


class ConversationLine(Value):
    """A conversation in a list."""

    id: str
    catalog: str
    title: str
    version: int


class Conversations(Value):
    """The caller's conversations, newest first."""

    conversations: tuple[ConversationLine, ...]


class TurnViews(Value):
    """Turns of a conversation, oldest first."""

    turns: tuple[TurnView, ...]


class CatalogLine(Value):
    """A catalogue in a list."""

    name: str
    title: str
    items: int
    """How many it has."""


class Catalogs(Value):
    """The catalogues the caller may use."""

    catalogs: tuple[CatalogLine, ...]


class CatalogView(CatalogLine):
    """A catalogue with its schema: fields, their types, roles and words."""

    catalog_schema: CatalogSchema


class ItemView(Value):
    """One item of a catalogue."""

    item: Item


class ToolView(Value):
    """One tool."""

    name: str
    description: str
    input_schema: dict[str, Any]
    """JSON Schema of what it takes."""
    output_schema: dict[str, Any]
    """JSON Schema of what it gives."""


class Tools(Value):
    """The tools."""

    tools: tuple[ToolView, ...]


class Health(Value):
    """Whether the server is alive, or ready."""

    status: Literal["ok"] = "ok"


class ProfileView(Value):
    """What is kept of a person beyond one conversation."""

    person: str
    catalog: str
    preferences: tuple[Preference, ...]
    liked: tuple[str, ...]
    disliked: tuple[str, ...]
    seen: tuple[str, ...]
