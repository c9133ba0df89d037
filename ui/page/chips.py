"""What is known of the person, as chips: each can be removed, made harder or softer, turned round, and edited."""

from __future__ import annotations

import streamlit as st

from core.ledger import Ledger, LedgerPatch, Mark
from core.preferences import Preference
from core.schema import CatalogSchema
from ui.facts import chip, opinions
from ui.page.state import Page, edit
from ui.prose import plain

LISTS = {"liked": "Liked", "disliked": "Not for me"}


def draw(page: Page) -> None:
    """The ledger of the conversation."""
    ledger = page.conversation.ledger if page.conversation else Ledger()
    st.markdown("##### What I know")
    if not (ledger.preferences or opinions(ledger) or ledger.declined or ledger.adventurous):
        st.caption("Nothing yet. What you say shows up here, and you can change it.")
    with st.container(horizontal=True, gap="xsmall", key="chips"):
        for preference in ledger.preferences:
            _preference(preference, page.schema)
        for field in ledger.declined:
            _declined(field, page.schema)
        _adventurous(wanted=ledger.adventurous)
    if ledger.preferences:
        st.caption(plain("! must   ~ nice to have   ✕ to be avoided"))
    _opinions(page, ledger)
    _history(ledger)


def _preference(preference: Preference, schema: CatalogSchema) -> None:
    label, signs = chip(preference, schema)
    with st.container(horizontal=True, gap=None, width="content", key=f"chip-{preference.id}", wrap=False):
        with st.popover(plain(f"{label} {signs}"), help=f"Change {plain(label)}", key=f"open-{preference.id}"):
            _menu(preference, schema)
        _remove(f"remove-{preference.id}", label, LedgerPatch(drop=(preference.id,)))


def _menu(preference: Preference, schema: CatalogSchema) -> None:
    if preference.quote:
        st.caption(f"You said “{plain(preference.quote)}”.")
    harder = preference.strength == "soft"
    _change(
        "Make it a must" if harder else "Only nice to have",
        f"strength-{preference.id}",
        preference.model_copy(update={"strength": "hard" if harder else "soft"}),
    )
    avoided = preference.polarity == "avoid"
    _change(
        "I want it" if avoided else "I want to avoid it",
        f"polarity-{preference.id}",
        preference.model_copy(update={"polarity": "want" if avoided else "avoid"}),
    )
    if preference.field and schema.field(preference.field).type == "number":
        _numbers(preference, schema)


def _change(label: str, key: str, changed: Preference) -> None:
    patch = LedgerPatch(put=(changed,), exact=True)
    st.button(label, key=key, width="stretch", on_click=edit, args=(patch,))


def _numbers(preference: Preference, schema: CatalogSchema) -> None:
    spec = schema.field(preference.field or "")
    unit = f" ({spec.unit.plural})" if spec.unit and spec.unit.plural and spec.unit.style != "year" else ""
    names = ["from", "to"] if preference.op == "between" else [spec.title]
    for place, value in enumerate(preference.values):
        key = f"number-{preference.id}-{place}-{value}"
        whole = float(value).is_integer()
        st.number_input(
            f"{names[place % len(names)]}{unit}",
            value=int(value) if whole else float(value),
            step=1 if whole else 0.1,
            key=key,
            on_change=_renumber,
            args=(preference, place, key),
        )


def _renumber(preference: Preference, place: int, key: str) -> None:
    fresh = st.session_state[key]
    if fresh is None:
        return
    values = [*preference.values]
    values[place] = fresh
    if preference.op == "between":
        values.sort(key=float)
    value = tuple(values) if isinstance(preference.value, tuple) else values[0]
    edit(LedgerPatch(put=(preference.model_copy(update={"value": value}),), exact=True))


def _declined(field: str, schema: CatalogSchema) -> None:
    title = schema.field(field).title if field in schema.by_name else field
    with st.container(horizontal=True, gap=None, width="content", key=f"chip-any-{field}", wrap=False):
        st.markdown(f"any {plain(title)}")
        _remove(f"remove-any-{field}", f"any {title}", LedgerPatch(undecline=(field,)))


def _adventurous(*, wanted: bool) -> None:
    if wanted:
        with st.container(horizontal=True, gap=None, width="content", key="chip-adventurous", wrap=False):
            st.markdown("the less expected")
            _remove("remove-adventurous", "the less expected", LedgerPatch(adventurous=False))
    else:
        st.button(
            "Surprise me",
            icon=":material/casino:",
            key="adventurous",
            type="tertiary",
            help="Less of what everybody knows, and a wider spread, from the next list on",
            on_click=edit,
            args=(LedgerPatch(adventurous=True),),
        )


def _opinions(page: Page, ledger: Ledger) -> None:
    for name, ids in opinions(ledger):
        titles = {i.id: i.title for i in page.catalog.find(ids)}
        st.caption(LISTS.get(name) or page.schema.consumption.past[0].capitalize())
        with st.container(horizontal=True, gap="xsmall", key=f"chips-{name}"):
            for item in ids:
                title = titles.get(item, item)
                mark = Mark(item=item, seen=False) if name == "seen" else Mark(item=item, opinion="none")
                with st.container(horizontal=True, gap=None, width="content", key=f"chip-{name}-{item}", wrap=False):
                    st.markdown(plain(title))
                    _remove(f"remove-{name}-{item}", title, LedgerPatch(marks=(mark,)))


def _remove(key: str, label: str, patch: LedgerPatch) -> None:
    # The words are for screen readers; the style sheet leaves the cross alone.
    st.button(f"Remove {plain(label)}", icon=":material/close:", key=key, type="tertiary", on_click=edit, args=(patch,))


def _history(ledger: Ledger) -> None:
    if not (ledger.past or ledger.future):
        return
    with st.container(horizontal=True, gap="small", key="history"):
        for way, icon, steps in (("undo", ":material/undo:", ledger.past), ("redo", ":material/redo:", ledger.future)):
            patch = LedgerPatch(travel=way)
            st.button(way.capitalize(), icon=icon, key=way, disabled=not steps, on_click=edit, args=(patch,))
