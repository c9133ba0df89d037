"""Inert text: nothing that links, loads or hides is left, and plain text comes back as it was."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tools.markup import active_in, inert

PIECES = ("www.", "WWW.", "http", "://", "javascript", ":", "data", "/", ".com", "@", "a", "Z9", "-", "<", ">", "!--")
ODD = ("[", "](", ")", " ", "\n", "\u200b", "\x00", "=", "+", "é", "x" * 30)


@given(st.lists(st.sampled_from(PIECES + ODD), max_size=12).map("".join))
@example("ab" * 24)
@example("say data:x")
@example("a@b.c")
def test_nothing_active_is_left_whatever_it_is_made_of(text: str) -> None:
    told = inert(text)
    assert active_in(told) == []
    assert "](" not in told
    assert inert(told) == told


@pytest.mark.parametrize(
    "text", ["Here are three:\n\n1. **Heat** (1995), crime", "a < b, and 3: 4", "wild, wild. west", "x" * 47, ""]
)
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("text", ["x" * 48, "see www.a.b", "a\u00adb", "javascript:x", "<b>", "a.de/x"])
def test_what_acts_goes(text: str) -> None:
    assert inert(text) != text
