"""The chat page without a browser: what is said, shown, pressed and kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.build import Tastemaker, build
from core.ledger import Ledger, LedgerPatch
from core.preferences import Preference
from tests.ui.conftest import ROOT
from ui.page import state

PAGE = str(ROOT / "ui" / "page" / "app.py")


@pytest.fixture
def page(home: Path) -> Iterator[AppTest]:
    """A fresh visitor."""
    state.tastemaker.clear()
    state.answers.clear()
    yield AppTest.from_file(PAGE, default_timeout=60).run()
    state.tastemaker.clear()
    state.answers.clear()


@pytest.fixture
def stored(home: Path) -> Iterator[Tastemaker]:
    """The same installation seen from another process."""
    made = build()
    yield made
    made.close()


def say(page: AppTest, message: str) -> AppTest:
    page.chat_input(key="prompt").set_value(message).run()
    return settled(page)


def settled(page: AppTest) -> AppTest:
    assert not page.exception, [e.value for e in page.exception]
    return page


def key_of(page: AppTest) -> str:
    value = page.query_params["c"]
    return value if isinstance(value, str) else value[0]


def ledger(page: AppTest, stored: Tastemaker) -> Ledger:
    return stored.store.load(key_of(page)).ledger


def html(page: AppTest) -> str:
    return "\n".join(str(e.proto.body) for e in page.get("html"))


def buttons(page: AppTest, start: str) -> list[str]:
    return [b.key for b in page.button if b.key and b.key.startswith(start)]


def test_an_empty_page_introduces_itself_and_offers_examples(page: AppTest) -> None:
    settled(page)
    assert "I can help you find something to drink" in html(page)
    assert len(buttons(page, "example-")) == 2
    assert "no language model is configured" in " ".join(c.value.replace("\\", "") for c in page.caption)
    assert "c" not in page.query_params


def test_a_message_brings_cards_and_chips(page: AppTest, stored: Tastemaker) -> None:
    say(page, "something smoky, under 4 minutes")
    assert html(page).count('class="tm-card"') == 3
    assert [p.field for p in ledger(page, stored).preferences] == ["tastes", "steep"]
    assert len(buttons(page, "remove-p")) == 2


def test_an_example_is_a_message(page: AppTest) -> None:
    page.button(key="example-0").click().run()
    assert settled(page).chat_message[0].get("text")[0].value == "something smoky, under 4 minutes"


def test_buttons_write_the_ledger_and_show_what_they_wrote(page: AppTest, stored: Tastemaker) -> None:
    say(page, "something smoky")
    item = stored.store.load(key_of(page)).slate[0].item
    page.button(key="like-1-1").click().run()
    assert ledger(page, stored).liked == (item.id,)
    assert page.button(key="like-1-1").label.startswith("You like")
    page.button(key="seen-1-1").click().run()
    assert ledger(page, stored).seen == (item.id,)
    page.button(key="dislike-1-1").click().run()
    assert (ledger(page, stored).liked, ledger(page, stored).disliked) == ((), (item.id,))
    page.button(key="dislike-1-1").click().run()
    assert ledger(page, stored).disliked == ()


class TestChips:
    def test_removed_and_brought_back(self, page: AppTest, stored: Tastemaker) -> None:
        say(page, "something smoky, under 4 minutes")
        page.button(key="remove-p1").click().run()
        assert [p.id for p in ledger(page, stored).preferences] == ["p2"]
        page.button(key="undo").click().run()
        assert [p.id for p in ledger(page, stored).preferences] == ["p1", "p2"]
        page.button(key="redo").click().run()
        assert [p.id for p in ledger(page, stored).preferences] == ["p2"]

    def test_made_harder_and_turned_round(self, page: AppTest, stored: Tastemaker) -> None:
        say(page, "something smoky")
        page.button(key="strength-p1").click().run()
        page.button(key="polarity-p1").click().run()
        preference = ledger(page, stored).preferences[0]
        assert (preference.strength, preference.polarity) == ("hard", "avoid")

    def test_a_number_is_edited_in_place(self, page: AppTest, stored: Tastemaker) -> None:
        say(page, "under 4 minutes")
        page.number_input[0].set_value(6).run()
        preference = ledger(page, settled(page) and stored).preferences[0]
        assert (preference.id, preference.value) == ("p1", 6)

    def test_opinions_are_taken_back(self, page: AppTest, stored: Tastemaker) -> None:
        say(page, "something smoky")
        page.button(key="like-1-2").click().run()
        page.button(key=buttons(page, "remove-liked-")[0]).click().run()
        assert ledger(page, stored).liked == ()


def test_a_choice_is_said_as_a_message(page: AppTest, stored: Tastemaker) -> None:
    say(page, "a tea")
    conversation = stored.store.load(key_of(page))
    assert conversation.question is not None
    page.button(key="choice-1-0").click().run()
    settled(page)
    after = stored.store.load(key_of(page))
    assert after.turns[1].message == conversation.question.choices[0].label
    assert after.ledger.preferences
    assert not buttons(page, "choice-1-")


def test_a_refresh_or_a_restarted_server_keeps_the_conversation(page: AppTest) -> None:
    say(page, "something smoky")
    page.button(key="like-1-1").click().run()
    state.tastemaker.clear()
    state.answers.clear()
    again = AppTest.from_file(PAGE, default_timeout=60)
    again.query_params["c"] = key_of(page)
    settled(again.run())
    assert html(again).count('class="tm-card"') == 3
    assert again.button(key="like-1-1").label.startswith("You like")


def test_two_visitors_do_not_mix(page: AppTest, stored: Tastemaker) -> None:
    other = AppTest.from_file(PAGE, default_timeout=60).run()
    say(page, "something smoky")
    say(other, "something floral")
    assert key_of(page) != key_of(other)
    assert [p.value for p in ledger(page, stored).preferences] == [("smoky",)]
    assert [p.value for p in ledger(other, stored).preferences] == [("floral",)]


class TestAnotherTab:
    def test_a_message_to_a_conversation_that_moved_is_kept_and_not_sent(
        self, page: AppTest, stored: Tastemaker
    ) -> None:
        say(page, "something smoky")
        stored.respond(key_of(page), "something floral", "rules")
        say(page, "the second one please")
        assert "went on in another tab" in page.warning[0].value
        assert len(stored.store.load(key_of(page)).turns) == 2
        assert html(page).count('class="tm-card"') == 6
        page.button(key="send-again").click().run()
        assert stored.store.load(key_of(page)).turns[2].message == "the second one please"

    def test_a_chip_of_a_conversation_that_moved_is_not_pressed(self, page: AppTest, stored: Tastemaker) -> None:
        say(page, "something smoky")
        stored.edit(
            key_of(page), LedgerPatch(put=(Preference(field="kind", op="any_of", value=("green",)),), drop=("p1",))
        )
        page.button(key="strength-p1").click().run()
        assert "went on in another tab" in settled(page).warning[0].value
        assert [p.field for p in ledger(page, stored).preferences] == ["kind"]


class TestConversations:
    def test_open_new_delete(self, page: AppTest, stored: Tastemaker) -> None:
        say(page, "something smoky")
        first = key_of(page)
        page.button(key="new").click().run()
        assert "c" not in settled(page).query_params
        say(page, "something floral")
        page.button(key=f"show-{first}").click().run()
        assert page.chat_message[0].get("text")[0].value == "something smoky"
        page.button(key=f"delete-{first}").click().run()
        assert "c" not in settled(page).query_params
        assert [c.title for c in stored.store.recent()] == ["something floral"]

    def test_an_unknown_one_is_said_to_be_unknown(self, home: Path) -> None:
        page = AppTest.from_file(PAGE, default_timeout=60)
        page.query_params["c"] = "nosuch"
        assert "not here any more" in settled(page.run()).warning[0].value

    def test_one_about_a_catalogue_that_is_gone(self, page: AppTest, stored: Tastemaker) -> None:
        stored.store.create("wines", "old")
        page.query_params["c"] = "old"
        assert "wines" in settled(page.run()).warning[0].value


def test_what_a_catalogue_says_is_shown_and_never_run(page: AppTest, stored: Tastemaker) -> None:
    say(page, "something smoky")
    for _ in range(8):
        if any(r.item.id == "tea-0" for t in stored.store.load(key_of(page)).turns for r in t.slate):
            break
        say(page, "more")
    shown = html(page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown
    assert "<b>Needle</b>" not in shown


def test_what_happened_is_told(page: AppTest) -> None:
    say(page, "something smoky, under 4 minutes")
    told = html(page)
    for words in (
        "The built-in controller read the message",
        "48 teas → 14 may be shown",
        "no language model was called",
    ):
        assert words in told
