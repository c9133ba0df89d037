"""What the tools of a conversation take and give over MCP, where that is more than the HTTP door's types."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from agent.edits import LedgerEdit
from api.views import ConversationView, Feedback, Message, TurnView
from core.turn import ControllerName
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


class Reading(ConversationView):
    """A conversation as it stands, with the last of its turns."""

    last_turns: tuple[TurnView, ...]
    """Oldest first."""


class Forgotten(Value):
    """The conversation that is gone."""

    conversation: str
