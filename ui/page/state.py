"""What one run of the page knows: the conversation in the address, and the three ways to change something."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import streamlit as st

from core.errors import TastemakerError, UnknownConversation
from ui.page.answers import Answers

if TYPE_CHECKING:
    from agent.build import CatalogInfo, Tastemaker
    from core.ledger import LedgerPatch
    from core.schema import CatalogSchema
    from core.turn import Conversation
    from tools.catalog.store import StoredCatalog

CONVERSATION = "c"
CATALOG = "catalog"
GUEST = "guest"
MOVED = "This conversation went on in another tab. Here is where it stands now; "


class Process:
    """What this process had built before the page ran in it."""

    tastemaker: Tastemaker | None = None


@st.cache_resource(show_spinner="Opening …")  # type: ignore[untyped-decorator]
def tastemaker() -> Tastemaker:
    """Everything, built once a process and shared: it holds nothing of any one person."""
    from agent.build import build

    import_module("pandas")  # Streamlit needs it at the first message; better now than then
    return Process.tastemaker or build()


@st.cache_resource(show_spinner=False)  # type: ignore[untyped-decorator]
def answers() -> Answers:
    """The answers under way in this process."""
    return Answers()


@dataclass(frozen=True)
class Page:
    """One run of the page."""

    tastemaker: Tastemaker
    catalogs: list[CatalogInfo]
    catalog: StoredCatalog
    conversation: Conversation | None
    """None until something was said."""
    controller: str | None
    person: str = ""
    """Whose profile is used and filled; empty for a guest."""

    @property
    def schema(self) -> CatalogSchema:
        """The schema of the catalogue in use."""
        return self.catalog.schema


def open_conversation() -> Conversation | None:
    """The conversation in the address, freshly read; an unknown one is said to be unknown."""
    key = st.query_params.get(CONVERSATION)
    if not key:
        return None
    try:
        found: Conversation = tastemaker().store.load(key, owner="")
    except UnknownConversation:
        notice("That conversation is not here any more. This is a new one.")
        del st.query_params[CONVERSATION]
        return None
    st.session_state["drawn"] = (found.id, found.version)
    return found


def person_here(conversation: Conversation | None) -> str:
    """Whom the page talks with: the conversation's person, or that of the next one; "" for a guest."""
    if conversation is not None:
        return conversation.profile.person
    return "" if GUEST in st.query_params else usual_person()


def usual_person() -> str:
    """The person of the settings; "" where nobody is remembered."""
    from agent.profile.people import person_named

    return person_named(tastemaker().settings.person)


def notice(text: str, unsent: str = "") -> None:
    """Say something at the top of the next drawing; `unsent` is a message that was not answered."""
    st.session_state["notice"] = (text, unsent)


def go(conversation: str | None, catalog: str | None = None, *, guest: bool | None = None) -> None:
    """Show a conversation, or a fresh page about a catalogue; who was a guest stays one unless `guest` says so."""
    st.query_params.clear()
    if conversation:
        st.query_params[CONVERSATION] = conversation
        return
    if catalog:
        st.query_params[CATALOG] = catalog
    if st.session_state.get("guest-now", False) if guest is None else guest:
        st.query_params[GUEST] = "1"


def send(message: str) -> None:
    """Answer a message; the conversation begins with the first one."""
    message = message.strip()
    if not message:
        return
    try:
        key = st.query_params.get(CONVERSATION)
        if key is None:
            key = tastemaker().start(st.session_state["catalog-now"], person=person_here(None)).id
            go(key)
        elif _moved(key):
            notice(f"{MOVED}your message has not been sent.", message)
            return
        if not answers().start(tastemaker(), key, message, st.session_state.get("controller-now")):
            notice("I am still answering in another tab; your message has not been sent.", message)
    except TastemakerError as error:
        notice(str(error), message)


def send_prompt() -> None:
    """Answer what was typed."""
    send(st.session_state["prompt"] or "")


def edit(patch: LedgerPatch) -> None:
    """Change the ledger by hand."""
    key = st.query_params.get(CONVERSATION)
    if key is None:
        return
    try:
        if _moved(key):
            notice(f"{MOVED}please look again before you change it.")
        else:
            tastemaker().edit(key, patch)
    except TastemakerError as error:
        notice(str(error))


def _moved(key: str) -> bool:
    """Whether the conversation is no longer as this tab drew it."""
    drawn = st.session_state.get("drawn")
    if drawn is None or drawn[0] != key:
        return False
    return bool(tastemaker().store.load(key).version != drawn[1])
