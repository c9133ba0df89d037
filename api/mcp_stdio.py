"""MCP over the standard streams of a process: the program that started it is this installation's own people."""

from __future__ import annotations

import sys

from mcp.server.stdio import stdio_server

from agent.access import Access
from agent.build import Tastemaker
from api.logs import Lines
from api.mcp_calls import Calling
from api.mcp_server import mcp_server
from api.metrics import Metrics
from api.turns import Turns, most_at_once


async def speak(tastemaker: Tastemaker) -> None:
    """Answer messages from stdin on stdout until there are no more; turns under way are finished and stored."""
    settings = tastemaker.settings
    lines = Lines(sys.stderr, settings.secrets, content=settings.serve_log_content)
    turns = Turns(most_at_once(settings), settings.serve_wait_s, lines, Metrics())
    calling = Calling(Access(tastemaker), turns, settings.person)
    server = mcp_server(lambda _ctx: calling, lines)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
    await turns.finish()
