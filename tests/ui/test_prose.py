"""Replies beside cards: no line twice, nothing in them that loads or links."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ui.prose import CardLines, beside_cards, plain, safe_markdown

REPLY = """Smoky. Two that fit:

- **Jade Leaf** (3 min) — a cup. *Matches smoky.*
- **Misty Peak** — fine.

Which taste?"""


def test_lines_about_cards_are_left_out() -> None:
    assert beside_cards(REPLY, ["Jade Leaf", "Misty Peak"]) == "Smoky. Two that fit:\n\nWhich taste?"


def test_without_cards_nothing_is_left_out() -> None:
    assert beside_cards(REPLY, []) == REPLY


def test_lines_about_other_items_stay() -> None:
    reply = "- **Jade Leaf**: 3 minutes.\n- **Other**: 4 minutes."
    assert beside_cards(reply, ["Jade Leaf"]) == "- **Other**: 4 minutes."


def test_titles_may_hold_signs_of_their_own() -> None:
    assert beside_cards("Two:\n- **M*A*S*H** (1 h 56) — war.\n- **M*A*S*H 2** — more.", ["M*A*S*H"]) == (
        "Two:\n- **M*A*S*H 2** — more."
    )


@given(st.lists(st.integers(1, 9), max_size=40))
def test_however_a_reply_is_cut_into_pieces_it_reads_the_same(cuts: list[int]) -> None:
    lines, text, rest = CardLines(["Jade Leaf", "Misty Peak"]), "", REPLY
    for cut in cuts:
        text += lines.feed(rest[:cut])
        rest = rest[cut:]
    text += lines.feed(rest) + lines.finish()
    assert text == beside_cards(REPLY, ["Jade Leaf", "Misty Peak"])


@given(st.text(max_size=60), st.lists(st.integers(1, 5), max_size=20))
def test_without_cards_pieces_add_up_to_the_reply(reply: str, cuts: list[int]) -> None:
    lines, text, rest = CardLines(), "", reply
    for cut in cuts:
        text += lines.feed(rest[:cut])
        rest = rest[cut:]
    whole = CardLines()
    assert text + lines.feed(rest) + lines.finish() == whole.feed(reply) + whole.finish()


def test_markdown_keeps_emphasis_and_loses_images_links_math_and_html() -> None:
    made = safe_markdown("**bold** ![x](http://evil.example/a.png) [go](http://x) $5 and $6 <b>:red[x]")
    assert made.startswith("**bold** ")
    for sign in ("![", "[go]", " $5", "<b>", ":red[", "http://"):
        assert sign not in made


def test_a_table_stays_one_and_other_bars_are_only_bars() -> None:
    table = "| | **A** | **B** |\n|---|---|---|\n| year | 1994 | 2001 |"
    assert safe_markdown(table) == table
    assert safe_markdown("either a | b\n|---|") == "either a \\| b\n|---|"
    assert "[" not in safe_markdown("| [go](http://x) | $5 |").replace("\\[", "")


def test_labels_lose_every_sign() -> None:
    assert plain("a*b_[c]") == "a\\*b\\_\\[c\\]"
