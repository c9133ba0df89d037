"""What the page remembers of a person: shown in words, taken out line by line, exported, forgotten; and the guest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agent.build import Tastemaker, build
from core.profile import Profile
from tests.ui.conftest import ROOT
from ui.page import state

PAGE = str(ROOT / "ui" / "page" / "app.py")
NEVER_GREEN = "I never drink green tea, something smoky please"


@pytest.fixture
def stored(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tastemaker]:
    """The installation of a person called "me", seen from another process."""
    monkeypatch.setenv("TASTEMAKER_PERSON", "me")
    made = build()
    yield made
    made.close()


@pytest.fixture
def page(stored: Tastemaker) -> Iterator[AppTest]:
    """A fresh visitor."""
    for kept in (state.tastemaker, state.answers):
        kept.clear()
    yield AppTest.from_file(PAGE, default_timeout=60).run()
    for kept in (state.tastemaker, state.answers):
        kept.clear()


def say(page: AppTest, message: str) -> AppTest:
    page.chat_input(key="prompt").set_value(message).run()
    assert not page.exception, [e.value for e in page.exception]
    return page


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception, [e.value for e in page.exception]
    return page


def profile(stored: Tastemaker) -> Profile:
    return stored.store.profiles.get("me", "teas").profile


def panel(page: AppTest) -> str:
    """The words of the panel."""
    (shown,) = [e for e in page.expander if e.label.startswith("What I remember")]
    assert not shown.proto.expanded
    return " ".join(m.value for m in (*shown.markdown, *shown.caption)).replace("\\", "")


def keys(page: AppTest) -> list[str]:
    return [b.key for b in page.button if b.key]


def test_nothing_yet(page: AppTest) -> None:
    assert "Nothing yet." in panel(page)
    assert "forget-everything" not in keys(page)


def test_what_was_said_for_good_is_remembered_until_it_is_taken_out(page: AppTest, stored: Tastemaker) -> None:
    say(page, NEVER_GREEN)
    assert "You never want green (said " in panel(page)
    assert "“I never drink green tea”" in panel(page)
    press(page, "new")
    assert "You never want green" in panel(page)  # before anything is said in the next one
    press(page, "remove-kept-you1")
    assert profile(stored).preferences == ()
    assert "Nothing yet." in panel(page)


def test_of_a_list_one_item_is_forgotten_or_all(page: AppTest, stored: Tastemaker) -> None:
    say(page, "something smoky")
    for number in (1, 2, 3):
        press(page, f"like-1-{number}")
    first, second, third = profile(stored).liked
    assert page.button(key="forget-one-liked").disabled
    page.selectbox(key="which-liked").select(second).run()
    press(page, "forget-one-liked")
    assert profile(stored).liked == (first, third)
    press(page, "forget-all-liked")
    assert profile(stored).liked == ()
    press(page, "like-1-1")  # it was liked in the conversation all along: this takes that back
    press(page, "like-1-1")
    press(page, "remove-kept-liked")  # the only one
    assert profile(stored).liked == ()


def test_a_line_that_another_tab_took_out_meanwhile(page: AppTest, stored: Tastemaker) -> None:
    say(page, NEVER_GREEN)
    stored.store.profiles.delete("me")
    press(page, "remove-kept-you1")
    assert "There is no line" in page.warning[0].value


def test_taken_along(page: AppTest) -> None:
    assert not page.get("download_button")
    say(page, NEVER_GREEN)
    (button,) = page.get("download_button")
    assert button.proto.label == "Export"


def test_everything_is_forgotten_after_another_look(page: AppTest, stored: Tastemaker) -> None:
    say(page, NEVER_GREEN)
    stored.store.profiles.change("me", "wines", lambda k: k.model_copy(update={"profile": Profile(seen=("w",))}))
    page.run()
    assert "(Teas and wines)" in panel(page)
    press(page, "forget-everything")
    assert stored.store.profiles.of("me") == {}
    assert "I have forgotten" in page.warning[0].value
    assert "Nothing yet." in panel(page)


class TestGuest:
    def test_nothing_is_kept_and_that_is_said(self, page: AppTest, stored: Tastemaker) -> None:
        page.toggle(key="guest").set_value(True).run()
        assert "You are a guest" in page.info[0].value
        say(page, NEVER_GREEN)
        assert "You are a guest" in page.info[0].value
        assert "you are a guest" in panel(page)
        assert stored.store.profiles.of("me") == {}
        assert stored.store.recent()[0].profile.guest

    def test_who_is_a_guest_stays_one_until_they_switch_back(self, page: AppTest, stored: Tastemaker) -> None:
        page.toggle(key="guest").set_value(True).run()
        say(page, "something smoky")
        press(page, "new")
        assert page.toggle(key="guest").value
        page.toggle(key="guest").set_value(False).run()
        say(page, NEVER_GREEN)
        assert not page.info
        assert [p.value for p in profile(stored).preferences] == [("green",)]

    def test_a_guest_is_not_shown_what_is_remembered_of_the_person(self, page: AppTest) -> None:
        say(page, NEVER_GREEN)
        page.toggle(key="guest").set_value(True).run()
        assert "c" not in page.query_params
        assert "green" not in panel(page)

    def test_a_conversation_keeps_its_person(self, page: AppTest, stored: Tastemaker) -> None:
        key = stored.start("teas", person="anna").id
        stored.respond(key, NEVER_GREEN, "rules")
        page.query_params["c"] = key
        page.run()
        assert "You never want green" in panel(page)
        assert any(e.label == "What I remember of anna" for e in page.expander)


def test_where_nobody_is_remembered_there_is_no_switch(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_PERSON", "guest")
    state.tastemaker.clear()
    page = AppTest.from_file(PAGE, default_timeout=60).run()
    assert "guest" not in [t.key for t in page.toggle]
    assert not page.info
    state.tastemaker.clear()
