"""The left side: which catalogue, who answers, the conversations, and what is known of the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from core.errors import TastemakerError
from ui.opening import default_catalog
from ui.page import chips, remembered
from ui.page.state import CATALOG, Page, answers, go, notice, tastemaker
from ui.prose import plain

if TYPE_CHECKING:
    from agent.build import CatalogInfo, ControllerInfo
    from core.turn import Conversation

RECENT = 15
NAMES = {"rules": "Built-in controller", "model": "Language model"}


def choose_catalog(catalogs: list[CatalogInfo], conversation: Conversation | None) -> str:
    """The catalogue in use; choosing another one begins a new conversation."""
    names = [c.name for c in catalogs]
    wanted = conversation.catalog if conversation else st.query_params.get(CATALOG)
    usual = default_catalog(tastemaker().settings)
    current = wanted if wanted in names else usual if usual in names else names[0]
    titles = {c.name: f"{c.title} ({c.items:,})" for c in catalogs}
    st.session_state["catalog-now"] = current
    st.session_state["catalog-choice"] = current
    st.selectbox("Catalogue", names, format_func=lambda n: titles[n], key="catalog-choice", on_change=_switch)
    return current


def _switch() -> None:
    go(None, st.session_state["catalog-choice"])


def choose_controller(controllers: list[ControllerInfo]) -> str:
    """Who answers, and a line that says so."""
    ready = [c for c in controllers if c.ready]
    resolved = tastemaker().settings.resolved_controller
    if len(ready) > 1:
        default = next((n for n, c in enumerate(ready) if c.name == resolved), 0)
        chosen: str = st.selectbox(
            "Controller",
            [c.name for c in ready],
            index=default,
            format_func=lambda n: NAMES.get(n, n),
            key="controller",
        )
    else:
        chosen = ready[0].name
    st.session_state["controller-now"] = chosen
    why = {c.name: c.why for c in controllers}
    if chosen == "model":
        st.caption(f":material/smart_toy: A language model answers: {plain(why['model'])}.")
    elif chosen != "rules":
        st.caption(f":material/extension: The controller {plain(chosen)} answers: {plain(why[chosen])}.")
    elif len(ready) > 1:
        st.caption(":material/memory: The built-in controller answers: no network, no cost.")
    else:
        st.caption(f":material/memory: The built-in controller answers — {plain(why.get('model', 'it needs no key'))}.")
    return chosen


def draw(page: Page) -> None:
    """Everything below the two choices."""
    st.button(
        "New conversation",
        icon=":material/add:",
        key="new",
        width="stretch",
        on_click=go,
        args=(None, page.catalog.name),
    )
    remembered.switch(page)
    chips.draw(page)
    remembered.draw(page)
    _conversations(page)


def _conversations(page: Page) -> None:
    recent = page.tastemaker.store.recent(RECENT)
    if not recent:
        return
    st.markdown("##### Conversations")
    installed = {c.name: c.title for c in page.catalogs}
    with st.container(key="conversations", gap=None):
        for one in recent:
            here = page.conversation is not None and page.conversation.id == one.id
            _conversation(one, installed.get(one.catalog), here=here)


def _conversation(one: Conversation, catalog: str | None, *, here: bool) -> None:
    coming = answers().running(one.id)
    title = one.title or (coming.message[:40] if coming else "(nothing said yet)")
    row = f"row-here-{one.id}" if here else f"row-{one.id}"
    with st.container(horizontal=True, gap=None, key=row, wrap=False):
        st.button(
            plain(title),
            key=f"show-{one.id}",
            type="tertiary",
            width="stretch",
            disabled=catalog is None,
            on_click=go,
            args=(one.id,),
        )
        with st.popover("Delete", icon=":material/delete:", type="tertiary", key=f"ask-delete-{one.id}"):
            st.button("Delete for good", key=f"delete-{one.id}", type="primary", on_click=_delete, args=(one.id, here))


def _delete(key: str, here: bool) -> None:
    if answers().running(key):
        notice("I am still answering in that conversation; delete it when I am done.")
        return
    try:
        tastemaker().store.delete(key)
    except TastemakerError as error:
        notice(str(error))
        return
    if here:
        go(None, st.session_state.get("catalog-now"))
