"""Tools over HTTP: one route a tool, typed as the registry types it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from agent.toolbox import Tool
from api.callers import Who
from api.problems import Refused, documented
from api.views import Tools, ToolView
from core.errors import UnknownCatalog

Catalog = Annotated[str, Query(min_length=1, max_length=80, description="Name of the catalogue the tool works on.")]


def tool_routes(registered: list[Tool]) -> APIRouter:
    """The routes for these tools; every catalogue has the same ones."""
    router = APIRouter(prefix="/v1/tools", tags=["tools"])
    shown = {each.name: _shown(each) for each in registered}

    @router.get("", response_model=Tools, responses=documented())
    def tools() -> Any:  # noqa: ANN401
        """Every tool with its JSON schemas."""
        return {"tools": list(shown.values())}

    @router.get("/{name}", response_model=ToolView, responses=documented())
    def tool(name: Annotated[str, Path(min_length=1, max_length=80)]) -> Any:  # noqa: ANN401
        """One tool with its JSON schemas."""
        if name not in shown:
            raise Refused(404, "There is no such tool.", f"There are: {', '.join(shown)}.")
        return shown[name]

    for each in registered:
        router.add_api_route(
            f"/{each.name}",
            _runs(each),
            methods=["POST"],
            name=f"run_{each.name}",
            description=each.description,
            responses=documented() | {200: {"model": each.gives}},
        )
    return router


def _shown(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": tool.takes.model_json_schema(),
        "output_schema": tool.gives.model_json_schema(mode="serialization"),
    }


def _runs(tool: Tool) -> Callable[..., Response]:
    def run(body: Any, catalog: Catalog, who: Who) -> Response:  # noqa: ANN401 - typed below, by the tool
        box = who.access.toolbox(catalog)
        if tool.calls_model and who.access.tastemaker.model is None:
            raise Refused(404, f"The tool {tool.name} needs a language model, and this server has none.")
        if tool.name not in box.tools:
            raise UnknownCatalog(f"The catalogue {catalog} has no tool {tool.name}.", "GET /v1/tools lists them.")
        return JSONResponse(box.run(tool.name, body.model_dump()))

    run.__annotations__["body"] = tool.takes
    return run
