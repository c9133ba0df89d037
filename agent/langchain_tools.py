"""Our tools as LangChain tools, for agents that others build."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import ValidationError
from pydantic.v1 import ValidationError as OldValidationError

from agent.toolbox import Tool, Toolbox
from core.errors import BadInput


def langchain_tools(toolbox: Toolbox, names: Iterable[str] | None = None) -> list[BaseTool]:
    """The tools over one catalogue (all of them, or those named), with their pydantic inputs as argument schemas.

    A tool answers with JSON, in which items have ids for the other tools to take. What it cannot do with its input
    it says in a tool message with the status "error", so that a model can mend its call. The tools hold no state and
    are safe to share. Raises BadInput for a name that is no tool's.
    """
    chosen = toolbox.names() if names is None else list(names)
    unknown = [name for name in chosen if name not in toolbox.tools]
    if unknown:
        raise BadInput(f"There is no tool {unknown[0]!r}.", f"There are: {', '.join(toolbox.names())}.")
    return [_tool(toolbox, toolbox.tools[name]) for name in chosen]


def _tool(toolbox: Toolbox, tool: Tool) -> BaseTool:
    def call(**given: Any) -> str:  # noqa: ANN401 - fields of the tool's input
        try:
            found = toolbox.run(tool.name, given)
        except BadInput as error:
            raise ToolException(str(error)) from None
        return json.dumps(_for_a_model(found), ensure_ascii=False, separators=(",", ":"))

    def told(wrong: ValidationError | OldValidationError) -> str:
        first = wrong.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "input"
        return f"{tool.name}: {place}: {first['msg']}."

    return StructuredTool.from_function(
        func=call,
        name=tool.name,
        description=tool.description,
        args_schema=tool.takes,
        handle_tool_error=True,
        handle_validation_error=told,
    )


def _for_a_model(found: dict[str, Any]) -> dict[str, Any]:
    """The answer without the record of how it was made, which is for people who look into a turn."""
    return {name: value for name, value in found.items() if name != "trace"}
