"""The chat page beside the API in one process: one owner of every file, one set of indexes in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from agent.build import Tastemaker
from ui.server import FLAGS, PAGE


def with_page(app: FastAPI, tastemaker: Tastemaker) -> FastAPI:
    """The application with the page under / ; both talk to the same `tastemaker`."""
    from streamlit import config
    from streamlit.web.server.starlette.starlette_app import App

    from ui.page.state import Process

    for name, value in FLAGS.items():
        config.set_option(name, value)
    Process.tastemaker = tastemaker
    page = App(PAGE)
    started, shown = app.router.lifespan_context, page.lifespan()

    @asynccontextmanager
    async def both(inner: FastAPI) -> AsyncIterator[None]:
        async with started(inner), shown(page):
            yield

    app.router.lifespan_context = both
    app.mount("/", page)
    return app
