"""The ways of holding a model to a JSON schema, as the OpenAI chat protocol writes them."""

from __future__ import annotations

import json
from typing import Any, Literal

from core.events import ModelRequest

Mode = Literal["json_schema", "tools", "json_object", "text"]
OPENAI_MODES: tuple[Mode, ...] = ("json_schema", "tools", "json_object", "text")
"""Strictest first; what a server refuses makes room for the next."""
OTHER_MODES: tuple[Mode, ...] = ("tools", "text")


def asking(request: ModelRequest, mode: Mode) -> dict[str, Any]:
    """The options by which an OpenAI-compatible server is held to the schema."""
    match mode:
        case "json_schema":
            shape = {"name": request.call, "strict": True, "schema": request.json_schema}
            return {"response_format": {"type": "json_schema", "json_schema": shape}}
        case "tools":
            choice = {"type": "function", "function": {"name": request.call}}
            return {"tools": [tool(request)], "tool_choice": choice}
        case "json_object":
            return {"response_format": {"type": "json_object"}}
    return {}


def tool(request: ModelRequest) -> dict[str, Any]:
    """The answer as the arguments of a tool."""
    schema = request.json_schema or {}
    return {
        "type": "function",
        "function": {"name": request.call, "description": "Give the answer.", "parameters": schema, "strict": True},
    }


def in_words(request: ModelRequest) -> str:
    """The schema as a sentence of the system prompt, for servers that enforce none."""
    return f"\n\nAnswer with one JSON object of this schema, nothing else:\n{json.dumps(request.json_schema)}"
