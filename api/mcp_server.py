"""The MCP server: tools, resources and prompts over whatever transport, for whoever is calling.

It keeps nothing between requests: what a caller can reach comes with each of them, conversations live in the store.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import mcp_types as types
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from agent.access import Access
from api import mcp_prompts, mcp_resources
from api.logs import Lines
from api.mcp_agent import agent_offers
from api.mcp_calls import CATALOG, Context, Offer, Who, answered, listed
from api.mcp_tools import catalog_offer, registry_offers
from api.problems import Refused
from core.errors import OperatorMustFix, TastemakerError, UserMustFix

NAME = "tastemaker"
INSTRUCTIONS = """A recommender over catalogues of things to choose from. There are two ways to use it.

Let it lead: start_conversation, then send_message with each thing the person says, word for word; show them the reply
as it stands. It asks, remembers what it heard in a ledger, and recommends nothing that the catalogue does not have.

Or lead yourself: describe_catalog tells the fields; find_title and search give ids; filter, question, recommend,
similar, lookup and compare take wishes and ids. Facts come from the catalogue alone: where a value is null, nobody
knows it."""
MOST_COMPLETED = 100


def mcp_server(who: Who, lines: Lines) -> Server[Any]:
    """The server; `who` tells who sends a request."""
    fixed = {offer.name: offer for offer in (catalog_offer(), *agent_offers())}

    async def list_tools(ctx: Context, _asked: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=await run_in_threadpool(_tools, who(ctx).access, fixed))

    async def call_tool(ctx: Context, asked: types.CallToolRequestParams) -> types.CallToolResult:
        calling = who(ctx)
        offer = fixed.get(asked.name)
        if offer is None:
            offer = await run_in_threadpool(_offer, calling.access, asked.name)
        return await answered(offer, calling, asked.arguments or {}, ctx.session.report_progress)

    async def list_resources(ctx: Context, _asked: object) -> types.ListResourcesResult:
        return types.ListResourcesResult(resources=await run_in_threadpool(mcp_resources.resources, who(ctx).access))

    async def list_templates(_ctx: Context, _asked: object) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(resource_templates=mcp_resources.templates())

    async def read_resource(ctx: Context, asked: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        text = await run_in_threadpool(mcp_resources.read, who(ctx).access, asked.uri)
        held = types.TextResourceContents(uri=asked.uri, mime_type=mcp_resources.JSON, text=text)
        return types.ReadResourceResult(contents=[held])

    async def list_prompts(ctx: Context, _asked: object) -> types.ListPromptsResult:
        return types.ListPromptsResult(prompts=await run_in_threadpool(mcp_prompts.listed, who(ctx).access))

    async def get_prompt(ctx: Context, asked: types.GetPromptRequestParams) -> types.GetPromptResult:
        return await run_in_threadpool(mcp_prompts.rendered, who(ctx).access, asked.name, asked.arguments or {})

    async def complete(ctx: Context, asked: types.CompleteRequestParams) -> types.CompleteResult:
        found = await run_in_threadpool(_completed, who(ctx).access, asked)
        values = found[:MOST_COMPLETED]
        return types.CompleteResult(
            completion=types.Completion(values=values, total=len(found), has_more=len(values) < len(found))
        )

    server: Server[Any] = Server(
        NAME,
        version=metadata.version("tastemaker"),
        title="Tastemaker",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=lambda _name: None,  # no argument of ours travels in a header
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read_resource,
        on_list_prompts=list_prompts,
        on_get_prompt=get_prompt,
        on_completion=complete,
    )
    server.middleware = [Boundary(lines)]  # in the place of the SDK's own, which makes spans of every message
    return server


class Boundary:
    """The last stop of an error: told as the protocol tells errors, without what a fault of ours would give away."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    async def __call__(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """One message; raises MCPError, and ValidationError for a message that is none."""
        try:
            return await call_next(ctx)
        except (MCPError, ValidationError):
            raise
        except UserMustFix as error:
            raise MCPError(types.INVALID_PARAMS, str(error)) from None
        except TastemakerError as error:
            raise MCPError(types.INTERNAL_ERROR, str(error)) from None
        except Refused as refused:
            raise MCPError(types.INTERNAL_ERROR, f"{refused.detail} {refused.mend}".strip()) from None
        except Exception as fault:  # noqa: BLE001 - the last stop
            at = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(fault.__traceback__)[-4:]]
            self._lines.say("fault", method=ctx.method, error=type(fault).__name__, at=at)
            told = "Something went wrong that should not have. The server's log says where; please report it."
            raise MCPError(types.INTERNAL_ERROR, told) from None


def _tools(access: Access, fixed: Mapping[str, Offer]) -> list[types.Tool]:
    catalogs = {info.name: info.title for info in access.catalogs()}
    own = registry_offers(access)
    for name in own:
        if name in fixed:
            raise OperatorMustFix(f"There are two tools called {name!r}.", "Give the one that was added another name.")
    offers = (*own.values(), *fixed.values())
    return [listed(offer, catalogs) for offer in offers if catalogs or not offer.about_catalog]


def _offer(access: Access, name: str) -> Offer:
    own = registry_offers(access)
    if name not in own:
        raise MCPError(types.INVALID_PARAMS, f"There is no tool {name[:80]!r}. tools/list names those there are.")
    return own[name]


def _completed(access: Access, asked: types.CompleteRequestParams) -> list[str]:
    begun = asked.argument.value.casefold()
    if isinstance(asked.ref, types.PromptReference):
        mcp_prompts.recipe_of(asked.ref.name)
        found = [info.name for info in access.catalogs()] if asked.argument.name == CATALOG else []
    else:
        found = mcp_resources.completed(access, asked.ref.uri, asked.argument.name)
    return [value for value in found if value.casefold().startswith(begun)]
