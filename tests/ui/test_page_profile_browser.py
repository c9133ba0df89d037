"""The panel of what is remembered in a real browser: opened, a line taken out, exported, forgotten, and the guest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ui.test_browser import chromium, pytestmark, say, server, shoot, visiting

__all__ = ["chromium", "pytestmark", "server"]


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TASTEMAKER_PERSON", "me")


@pytest.mark.parametrize(
    ("name", "size"), [("wide", {"width": 1280, "height": 900}), ("narrow", {"width": 400, "height": 800})]
)
def test_what_is_remembered(chromium: Any, server: str, name: str, size: dict[str, int]) -> None:
    with visiting(chromium, server, viewport=size) as page:
        say(page, "I never drink green tea; I loved Golden Monkey and Jade Peak. Something smoky please")
        page.locator(".tm-card").nth(2).wait_for()
        if name == "narrow":
            page.get_by_test_id("stExpandSidebarButton").click()
        shoot(page, f"{name}-profile-1-closed")
        page.get_by_text("What I remember").click()
        page.get_by_text("You never want green").first.wait_for()
        page.get_by_role("button", name="Forget everything").scroll_into_view_if_needed()
        shoot(page, f"{name}-profile-2-open")

        with page.expect_download() as coming:
            page.get_by_role("button", name="Export").click()
        taken = json.loads(Path(coming.value.path()).read_text(encoding="utf-8"))
        assert taken["catalogs"]["teas"]["profile"]["liked"] == ["tea-7", "tea-34"]

        line = page.get_by_role("button", name="Forget: You never want green")
        line.click()
        line.wait_for(state="detached")
        page.get_by_role("button", name="Forget some: You liked").click()
        page.get_by_role("button", name="Forget all 2").wait_for()
        shoot(page, f"{name}-profile-3-list")
        page.keyboard.press("Escape")

        page.get_by_role("button", name="Forget everything").click()
        sure = page.get_by_role("button", name="Forget it for good")
        sure.wait_for()
        shoot(page, f"{name}-profile-4-sure")
        sure.click()
        page.get_by_text("I have forgotten").wait_for()

        page.get_by_test_id("stSidebar").get_by_text("As a guest").click()
        page.get_by_text("You are a guest").first.wait_for()
        shoot(page, f"{name}-profile-5-guest")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
