"""The dialogue: what was said, cards, the answers to an open question, and the answer that is on its way."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.events import SlateReady, StageDone, TextDelta, TextReplaced
from core.ledger import Ledger
from core.turn import Question, Turn
from ui.page import cards
from ui.page.answers import Answer
from ui.page.state import Page, send, send_prompt
from ui.page.story import NAMED, Step, bill, story
from ui.prose import CardLines, beside_cards, plain, safe_markdown

SHOWN = 8
"""Turns drawn at once; earlier ones come on demand."""
SCROLL = """setTimeout(() => {
  const said = document.querySelectorAll('[data-testid="stChatMessageContent"][aria-label*="user"]');
  if (said.length) said[said.length - 1].scrollIntoView({block: "start"});
}, 250);"""
YOU, HOST = ":material/person:", ":material/explore:"


def draw(page: Page, answer: Answer | None) -> None:
    """The whole dialogue, and the field to type in."""
    st.chat_input(
        "Say what you feel like …",
        key="prompt",
        submit_mode="disable",
        max_chars=4000,
        on_submit=send_prompt,
    )
    turns = page.conversation.turns if page.conversation else ()
    welcome = st.empty()
    if not turns and answer is None:
        with welcome.container():
            _welcome(page)
    for turn in turns[_first(turns) :]:
        _turn(turn, page, last=turn is turns[-1] and answer is None)
    if answer is not None:
        _follow(answer, page)
    elif turns:
        _in_view(turns[-1])


def _in_view(turn: Turn) -> None:
    """Bring what was just said to the top, once a turn: Streamlit scrolls to the end, past the first card."""
    if st.session_state.get("in-view") != (turn.conversation, turn.number):
        st.session_state["in-view"] = (turn.conversation, turn.number)
        st.html(f"<script>{SCROLL}</script>", unsafe_allow_javascript=True)


def _first(turns: tuple[Turn, ...]) -> int:
    pages: int = 1 + st.session_state.get("earlier", 0)
    hidden = max(0, len(turns) - SHOWN * pages)
    if hidden:
        st.button(f"Show earlier ({hidden} more)", key="show-earlier", type="tertiary", on_click=_earlier)
    return hidden


def _earlier() -> None:
    st.session_state["earlier"] = st.session_state.get("earlier", 0) + 1


def _welcome(page: Page) -> None:
    schema = page.schema
    st.html(
        f'<div class="tm-welcome"><h1>{escape(schema.title)}</h1><p>I can help you {escape(schema.purpose)}. '
        f"There are {len(page.catalog):,} {escape(schema.noun.many)} here. Say what you feel like, what you liked, "
        "or what to leave out.</p></div>"
    )
    if not schema.examples:
        return
    st.caption("For example")
    with st.container(key="examples", gap="small"):
        for number, example in enumerate(schema.examples):
            st.button(plain(example), key=f"example-{number}", on_click=send, args=(example,))


def _turn(turn: Turn, page: Page, *, last: bool) -> None:
    ledger = page.conversation.ledger if page.conversation else Ledger()
    with st.chat_message("user", avatar=YOU):
        st.text(turn.message)
    with st.chat_message("assistant", avatar=HOST):
        prose, asked = _apart(beside_cards(turn.reply, [r.item.title for r in turn.slate]), turn.question)
        if prose:
            st.markdown(safe_markdown(prose))
        cards.draw(turn.slate, page.schema, ledger, str(turn.number))
        if last and turn.question:
            _open_question(turn.question, turn, told=not asked)
        elif asked:
            st.markdown(safe_markdown(asked))
        _what_happened(turn, page)


def _apart(reply: str, question: Question | None) -> tuple[str, str]:
    """The reply without its question, and the question: it stands below the cards, with its answers as buttons."""
    head, _, last = reply.rpartition("\n\n")
    if question is None or not question.choices or not last.startswith(question.text):
        return reply, ""
    return head, last


def _open_question(question: Question, turn: Turn, *, told: bool) -> None:
    """The question with its answers as buttons; its words are left out where the reply has them (`told`)."""
    if not (told and question.text.rstrip("?") in turn.reply):
        st.markdown(safe_markdown(question.text))
    _choices(question, turn.number)


def _choices(question: Question, number: int) -> None:
    with st.container(horizontal=True, gap="small", key="choices"):
        for place, choice in enumerate(question.choices):
            count = f" ({choice.count:,})" if choice.count is not None else ""
            st.button(
                plain(f"{choice.label}{count}"), key=f"choice-{number}-{place}", on_click=send, args=(choice.label,)
            )


def _what_happened(turn: Turn, page: Page) -> None:
    with st.expander("What happened", icon=":material/route:"):
        steps = "".join(_step(s) for s in story(turn, page.schema))
        st.html(f'<ol class="tm-story">{steps}</ol><p class="tm-bill">{escape(bill(turn.usage))}</p>')


def _step(step: Step) -> str:
    kind = ' class="tm-fallback"' if step.fallback else ""
    detail = f'<span class="tm-detail">{escape(step.detail)}</span>' if step.detail else ""
    took = f'<span class="tm-ms">{step.ms:,.1f} ms</span>'
    return f'<li{kind}><span class="tm-said">{escape(step.said)}</span>{took}{detail}</li>'


def _follow(answer: Answer, page: Page) -> None:
    """Draw an answer while it is made, then start a fresh run that reads it from the store."""
    with st.chat_message("user", avatar=YOU):
        st.text(answer.message)
    with st.chat_message("assistant", avatar=HOST):
        prose, doing, below = st.empty(), st.empty(), st.empty()  # the prose stands where the stored turn has it
        doing.caption("Reading …")
        lines, text = CardLines(), ""
        for event in answer.follow():
            match event:
                case StageDone(trace=stage):
                    doing.caption(f"{NAMED.get(stage.stage, 'Working')} …")
                case SlateReady(slate=slate):
                    lines = CardLines(r.item.title for r in slate)
                    with below.container():
                        cards.draw(slate, page.schema, None, "coming")
                case TextReplaced(text=whole):
                    lines = CardLines(lines.titles)
                    text = lines.feed(whole)
                    prose.markdown(safe_markdown(text))
                case TextDelta(text=piece):
                    doing.empty()
                    text += lines.feed(piece)
                    prose.markdown(safe_markdown(text) + " ▍")
        doing.empty()
    st.rerun()
