"""Card references in prose: filled with titles, whole or streamed."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.cardrefs import CardFilter, fill, order_of

CARDS = {1: "Morning Sencha", 2: "The Long Night", 12: "M*A*S*H"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Try [[1]], then [[2]].", "Try **Morning Sencha**, then **The Long Night**."),
        ("Try **[[1]]**.", "Try **Morning Sencha**."),
        ("Try [[ 1 ]] and [[99]].", "Try **Morning Sencha** and ."),
        ("[[1]]**Smoke**", "**Morning Sencha****Smoke**"),
        ("[[12]]", "**M*A*S*H**"),
        ("[1] and [[x]] and [[", "[1] and [[x]] and [["),
    ],
)
def test_references_become_bold_titles(text: str, filled: str) -> None:
    assert fill(text, CARDS) == filled


def test_the_order_of_first_mention_is_the_slate() -> None:
    assert order_of("[[2]] before [[1]], but [[2]] is longer than [[7]]", CARDS) == (2, 1)


pieces = st.lists(
    st.sampled_from(["[", "[[", "]", "]]", "[[1]]", "*", "**", "1", "12", " ", "a", "[[2]]**", "\n", "99", "b]"])
)


@given(pieces)
@example(["*", "*", "[[1", "]]", "*", "*"])
@example(["[[1]]", "**", "[[2]]"])
@example(["**", "*[[1]]"])
def test_however_it_is_cut_the_stream_adds_up_to_the_whole(parts: list[str]) -> None:
    stream = CardFilter(CARDS)
    assert "".join(map(stream.feed, parts)) + stream.finish() == fill("".join(parts), CARDS)


@given(st.text("[]* 12a", max_size=40))
def test_letter_by_letter_too(text: str) -> None:
    stream = CardFilter(CARDS)
    assert "".join(map(stream.feed, text)) + stream.finish() == fill(text, CARDS)


def test_text_without_references_is_not_held_back() -> None:
    stream = CardFilter(CARDS)
    assert stream.feed("Hello ") == "Hello "
    assert stream.feed("there.") == "there."
