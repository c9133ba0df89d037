"""OpenAI's chat completions as types: what of a request is read, and what is answered (platform.openai.com/docs)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.views import LedgerView
from core.turn import ControllerName, Question, Recommendation
from core.values import Value


class Lenient(BaseModel):
    """A part of a request whose further keys are no concern of ours."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Part(Lenient):
    """A part of a message's content."""

    type: str
    text: str | None = None


class ChatMessage(Lenient):
    """One message of the dialogue."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    """Only "user" and "assistant" are read: what this agent is told by a system message changes nothing."""
    content: str | tuple[Part, ...] | None = None

    @property
    def text(self) -> str:
        """The words; parts are joined."""
        if isinstance(self.content, tuple):
            return "\n".join(part.text or "" for part in self.content)
        return self.content or ""


class StreamOptions(Lenient):
    """How to stream."""

    include_usage: bool = False


class Ours(Lenient):
    """What is ours beside OpenAI's: the key `tastemaker` of a request (`extra_body` in OpenAI's client)."""

    conversation: str = Field(default="", max_length=64)
    """Go on with this conversation, whatever messages are sent along; only the last one is answered."""
    person: str = Field(default="", max_length=64)
    """Whose long-term profile is used and filled; empty: nobody's."""
    controller: ControllerName | None = None
    """Who answers; null: as the server is set up."""


class ChatRequest(Lenient):
    """A request for a completion. Sampling parameters are accepted and change nothing."""

    model: str = Field(min_length=1, max_length=120)
    """An id of GET /v1/models: which catalogue to talk about."""
    messages: tuple[ChatMessage, ...] = Field(min_length=1, max_length=400)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1)
    tools: tuple[Any, ...] | None = None
    functions: tuple[Any, ...] | None = None
    logprobs: bool | None = None
    response_format: dict[str, Any] | None = None
    tastemaker: Ours = Ours()


class OursBack(Value):
    """What is ours beside OpenAI's in an answer."""

    conversation: str
    """Id of the conversation: its ledger can be read and edited under /v1/conversations."""
    turn: int
    controller: ControllerName
    slate: tuple[Recommendation, ...]
    question: Question | None
    ledger: LedgerView
    replayed: int = 0
    """How many messages of a dialogue that began elsewhere were read again to know what was said."""


class Said(Value):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(Value):
    """The one choice there is."""

    index: int = 0
    message: Said
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class TokenUsage(Value):
    """What our own language model took; nothing where the built-in rules answered."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Completion(Value):
    """A completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: tuple[Choice, ...]
    usage: TokenUsage
    tastemaker: OursBack


class ModelCard(Value):
    """A catalogue, as a model that can be chosen."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "tastemaker"


class ModelCards(Value):
    """The catalogues, as models that can be chosen."""

    object: Literal["list"] = "list"
    data: tuple[ModelCard, ...]
