"""Item cards: what an item is, why it is shown, how it holds against the wishes; and three buttons."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from core.ledger import Ledger, LedgerPatch, Mark
from core.schema import CatalogSchema
from core.turn import Recommendation
from ui.facts import SAID, description, details, key_facts, marks
from ui.page.state import edit
from ui.page.story import ROUTES
from ui.prose import plain

A_ROW = 3


def draw(slate: Sequence[Recommendation], schema: CatalogSchema, ledger: Ledger | None, place: str) -> None:
    """A slate as rows of cards; without a ledger there are no buttons yet (the answer is still coming)."""
    for start in range(0, len(slate), A_ROW):
        row = slate[start : start + A_ROW]
        columns = st.columns(A_ROW if len(slate) > 1 else 1, gap="small")
        for offset, (column, recommendation) in enumerate(zip(columns, row, strict=False)):
            number = start + offset + 1
            with column, st.container(border=True, key=f"card-{place}-{number}", height="stretch"):
                st.html(card(recommendation, schema, number))
                if ledger is not None:
                    _buttons(recommendation, schema, ledger, f"{place}-{number}")


def card(recommendation: Recommendation, schema: CatalogSchema, number: int) -> str:
    """One item as HTML; every text in it is escaped."""
    item = recommendation.item
    notices = "".join(f'<span class="tm-notice">{escape(n)}</span>' for n in recommendation.notices)
    parts = [
        f'<h4 class="tm-title"><span class="tm-sr">Number {number}: </span>{escape(item.title)}{notices}</h4>',
        _line("tm-facts", " · ".join(key_facts(item, schema))),
        _line("tm-about", description(item, schema)),
        _line("tm-reason", recommendation.reason),
        _receipt(recommendation),
        _more(recommendation, schema),
    ]
    return f'<article class="tm-card">{"".join(parts)}</article>'


def _line(kind: str, text: str) -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if text else ""


def _receipt(recommendation: Recommendation) -> str:
    if not recommendation.receipt:
        return ""
    lines = "".join(
        f'<li class="tm-{line.verdict}" title="{escape(told)}"><span aria-hidden="true">{mark}</span>'
        f'<span class="tm-sr">{escape(SAID[line.verdict])}: </span> {escape(label)}</li>'
        for line, (mark, label, told) in zip(recommendation.receipt, marks(recommendation), strict=True)
    )
    return f'<ul class="tm-receipt" aria-label="How it holds against your wishes">{lines}</ul>'


def _more(recommendation: Recommendation, schema: CatalogSchema) -> str:
    rows = details(recommendation.item, schema)
    if recommendation.sources:
        rows.append(("found as", ", ".join(ROUTES.get(s, s) for s in recommendation.sources)))
    if recommendation.like:
        rows.append(("close to", ", ".join(recommendation.like)))
    checks = "".join(f"<li>{mark} {escape(told)}</li>" for mark, _, told in marks(recommendation))
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    if not (checks or facts):
        return ""
    checked = f'<p class="tm-checked">Held against your wishes</p><ul>{checks}</ul>' if checks else ""
    return f'<details class="tm-more"><summary>More</summary><dl>{facts}</dl>{checked}</details>'


def _buttons(recommendation: Recommendation, schema: CatalogSchema, ledger: Ledger, place: str) -> None:
    item = recommendation.item
    title, used = plain(item.title), schema.consumption.past[0]
    liked, disliked, seen = item.id in ledger.liked, item.id in ledger.disliked, item.id in ledger.seen
    like = Mark(item=item.id, opinion="none" if liked else "liked")
    dislike = Mark(item=item.id, opinion="none" if disliked else "disliked")
    # The words of the thumbs are for screen readers and tooltips; the style sheet shows the icon alone.
    with st.container(horizontal=True, gap="small", key=f"acts-{place}"):
        _button(
            f"You like {title}" if liked else f"Like {title}", ":material/thumb_up:", f"like-{place}", like, on=liked
        )
        said = f"{title} is not for you" if disliked else f"{title} is not for me"
        _button(said, ":material/thumb_down:", f"dislike-{place}", dislike, on=disliked)
        _button(used.capitalize(), ":material/check:", f"seen-{place}", Mark(item=item.id, seen=not seen), on=seen)


def _button(label: str, icon: str, key: str, mark: Mark, *, on: bool) -> None:
    kind = "primary" if on else "secondary"
    st.button(label, icon=icon, key=key, type=kind, on_click=edit, args=(LedgerPatch(marks=(mark,)),))
