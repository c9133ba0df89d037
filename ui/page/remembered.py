"""What is remembered of the person beyond this conversation: each line can be taken out, all of it taken along."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from agent.profile import edits
from agent.profile.delta import LISTS
from agent.profile.exchange import exported
from agent.profile.tally import Kept
from agent.profile.words import Line, lines
from core.errors import TastemakerError
from core.profile import Profile
from ui.page.state import Page, go, notice, usual_person
from ui.profile import titles_of, without
from ui.prose import plain

GUEST = (
    "You are a guest: I remember nothing of you beyond this conversation. "
    "The conversation itself stays in the list until you delete it."
)


def switch(page: Page) -> None:
    """The guest switch; it begins a new conversation. Where nobody is remembered anyway there is none."""
    if not usual_person():
        return
    st.session_state["guest"] = not page.person
    st.toggle(
        "As a guest",
        key="guest",
        help="Begins a new conversation of which I remember nothing afterwards\\.",
        on_change=_switched,
    )


def _switched() -> None:
    go(None, st.session_state.get("catalog-now"), guest=st.session_state["guest"])


def guest_notice(page: Page) -> None:
    """Says that nothing is remembered, where that is not so for everybody."""
    if usual_person() and not page.person:
        st.info(plain(GUEST), icon=":material/person_off:")


def draw(page: Page) -> None:
    """The panel, closed until somebody opens it."""
    whose = f" of {page.person}" if page.person not in {"", usual_person()} else ""
    with st.expander(plain(f"What I remember{whose}"), icon=":material/bookmark:", key="remembered"):
        if not page.person:
            st.caption("Nothing: you are a guest\\.")
            return
        profile = _profile(page)
        titles = titles_of(page.catalog, profile)
        said = lines(profile, page.schema, titles)
        if not said:
            st.caption("Nothing yet\\. What you say for good, such as “I never …”, and what you like is kept here\\.")
        for line in said:
            _line(line, profile, titles, page)
        _everything(page)


def _profile(page: Page) -> Profile:
    if page.conversation is not None:
        return page.conversation.profile
    return page.tastemaker.store.profiles.get(page.person, page.catalog.name).profile


def _line(line: Line, profile: Profile, titles: dict[str, str], page: Page) -> None:
    with st.container(horizontal=True, gap=None, key=f"kept-{line.key}", wrap=False, vertical_alignment="top"):
        st.markdown(plain(line.text))
        listed = getattr(profile, line.key) if line.key in LISTS else ()
        if len(listed) > 1:
            _items(line, listed, titles, page)
            return
        st.button(
            f"Forget: {plain(line.text)}",
            icon=":material/close:",
            key=f"remove-kept-{line.key}",
            type="tertiary",
            on_click=_change,
            args=(page, lambda kept: without(kept, line.key)),
        )


def _items(line: Line, ids: tuple[str, ...], titles: dict[str, str], page: Page) -> None:
    """A whole list is not gone at one click: one item of it, or all after another look."""
    with st.popover(
        f"Forget some: {plain(line.text)}", icon=":material/close:", type="tertiary", key=f"ask-delete-kept-{line.key}"
    ):
        chosen = st.selectbox(
            "Which one?",
            ids[::-1],
            index=None,
            format_func=lambda i: titles.get(i, i),
            key=f"which-{line.key}",
        )
        st.button(
            "Forget this one",
            key=f"forget-one-{line.key}",
            disabled=chosen is None,
            width="stretch",
            on_click=_change,
            args=(page, lambda kept: edits.forget(kept, chosen or "")),
        )
        st.button(
            f"Forget all {len(ids):,}",
            key=f"forget-all-{line.key}",
            width="stretch",
            on_click=_change,
            args=(page, lambda kept: without(kept, line.key)),
        )


def _everything(page: Page) -> None:
    """Take it along, or have all of it forgotten."""
    profiles, person = page.tastemaker.store.profiles, page.person
    kept = profiles.of(person)
    if not kept:
        return
    with st.container(horizontal=True, gap="small", key="kept-all"):
        st.download_button(
            "Export",
            data=exported(person, kept),
            file_name="what-i-remember.json",
            mime="application/json",
            icon=":material/download:",
            key="export",
            on_click="ignore",
        )
        with st.popover("Forget everything", key="ask-forget"):
            titles = {c.name: c.title for c in page.catalogs}
            named = " and ".join(titles.get(name, name) for name in kept)
            st.markdown(plain(f"Everything I remember of you ({named}) is gone then. The conversations stay."))
            st.button("Forget it for good", key="forget-everything", type="primary", on_click=_forget, args=(page,))


def _change(page: Page, change: Callable[[Kept], Kept]) -> None:
    try:
        page.tastemaker.store.profiles.change(page.person, page.catalog.name, change)
    except TastemakerError as error:
        notice(str(error))


def _forget(page: Page) -> None:
    try:
        page.tastemaker.store.profiles.delete(page.person)
    except TastemakerError as error:
        notice(str(error))
        return
    notice("I have forgotten what I knew of you. What you said in conversations is still in them.")
