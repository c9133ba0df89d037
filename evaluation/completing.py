"""A language model as people and judges use it: one prompt in, one text out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.models.protocol import ChatModel
from core.events import ModelRequest

Complete = Callable[[str, str, dict[str, Any], str], str]
"""(system, user, JSON schema, prompt hash) to the model's answer."""


def completing(model: ChatModel) -> Complete:
    """Asks the model; raises what `ChatModel.complete` raises."""

    def complete(system: str, user: str, schema: dict[str, Any], prompt_hash: str) -> str:
        request = ModelRequest(call="person", system=system, user=user, json_schema=schema, prompt_hash=prompt_hash)
        return model.complete(request).text

    return complete
