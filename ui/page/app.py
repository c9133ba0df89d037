"""The entry of the chat page: `streamlit run ui/page/app.py`, or `tastemaker ui`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from core.errors import TastemakerError
from ui.page import dialogue, remembered, sidebar
from ui.page.state import Page, answers, go, open_conversation, person_here, send, tastemaker, usual_person
from ui.prose import plain

STYLE = Path(__file__).with_name("style.css")
EXPERIMENTS = Path(__file__).with_name("experiments.py")


def main() -> None:
    """One run of the page that is open: the chat, or the experiments."""
    pages = [st.Page(_chat, title="Chat", default=True), st.Page(EXPERIMENTS, title="Experiments")]
    st.navigation(pages, position="top").run()


def _chat() -> None:
    st.set_page_config(page_title="Tastemaker", page_icon="🧭", layout="wide")
    st.html(STYLE)
    try:
        _page()
    except TastemakerError as error:
        st.error(plain(str(error)))


def _page() -> None:
    _prepare()
    made = tastemaker()
    key = st.query_params.get("c", "")
    answer = answers().running(key)
    failed = answers().failure(key) if answer is None else None
    conversation = open_conversation()
    if answer is not None and conversation is not None and len(conversation.turns) > answer.turns_before:
        answer = None
    catalogs = made.catalogs()
    if conversation is not None and conversation.catalog not in {c.name for c in catalogs}:
        st.warning(plain(f"The catalogue {conversation.catalog} of this conversation is not installed any more."))
        st.button("New conversation", on_click=go, args=(None,))
        return
    with st.sidebar:
        st.html('<p class="tm-brand">Tastemaker</p>')
        name = sidebar.choose_catalog(catalogs, conversation)
        controller = sidebar.choose_controller(made.controllers())
        person = person_here(conversation)
        st.session_state["guest-now"] = bool(usual_person()) and not person
        page = Page(made, catalogs, made.catalog(name), conversation, controller, person)
        sidebar.draw(page)
    _notices(failed.message if failed else "", str(failed.error) if failed else "")
    remembered.guest_notice(page)
    dialogue.draw(page, answer)


def _prepare() -> None:
    """Build the demo catalogues when there is no catalogue at all (the page was started by hand)."""
    from agent.settings import load_settings
    from tools.catalog.store import list_catalogs
    from ui.opening import prepare_demos

    settings = load_settings()
    if list_catalogs(settings.home):
        return
    with st.status("Preparing the demo catalogues …") as status:
        prepare_demos(settings, lambda stage, _done, _total: status.update(label=f"{stage} …"))


def _notices(unsent: str, failure: str) -> None:
    text, kept = st.session_state.pop("notice", ("", ""))
    text, kept = text or failure, kept or unsent
    if not text:
        return
    st.warning(plain(text), icon=":material/info:")
    if kept:
        st.button(f"Send again: {plain(kept[:80])}", key="send-again", on_click=send, args=(kept,))


main()
