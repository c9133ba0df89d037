"""What a language model must do for a turn: answer one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from core.events import ModelReply, ModelRequest

OnDelta = Callable[[str], None]


class ChatModel(Protocol):
    """A language model as drivers see it; safe to call from several threads."""

    name: str
    """How it is named to the person and in a run's record."""

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The answer to `request`, within so many seconds.

        `on_delta` is called with every piece of the text as it comes, when the request asks for streaming. Raises
        ModelUnavailable, ModelBrokeSchema, ModelRejected or BudgetSpent; their texts hold no secrets.
        """
        ...
