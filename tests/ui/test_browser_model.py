"""The chat page with a slow language model: prose comes as it is written, and a reload does not lose the answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.servers.openai_server import Answer, OpenAIServer
from tests.ui.test_browser import chromium, free_port, pytestmark, say, serving, shoot, visiting

__all__ = ["chromium", "pytestmark"]
WIDE = {"viewport": {"width": 1280, "height": 900}}
PLAN = json.dumps(
    {
        "heard": [{"kind": "want", "field": "tastes", "values": ["smoky"], "mods": ["soft"], "quote": "smoky"}],
        "act": "recommend",
    }
)
PROSE = "Start with [[1]], then try [[2]]. If you have time, [[3]] is the one to linger over. Warmer, or lighter?"


@pytest.fixture
def with_model(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[OpenAIServer], None]:
    def use(server: OpenAIServer) -> None:
        monkeypatch.setenv("TASTEMAKER_CONTROLLER", "model")
        monkeypatch.setenv("TASTEMAKER_MODEL", "scripted")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")

    return use


def test_prose_streams_and_a_reload_keeps_it(chromium: Any, with_model: Callable[[OpenAIServer], None]) -> None:
    with OpenAIServer([Answer(PLAN), Answer(PROSE, chunk=4, gap_s=0.2)]) as model:
        with_model(model)
        with serving(free_port()) as (_, url), visiting(chromium, url, **WIDE) as page:
            page.get_by_text("A language model answers").wait_for()
            say(page, "something smoky")
            page.get_by_text("Start with").wait_for()
            assert page.get_by_text("Warmer, or lighter?").count() == 0
            shoot(page, "model-1-writing")
            page.reload()
            page.get_by_text("Start with").wait_for()
            page.get_by_text("Warmer, or lighter?").wait_for()
            page.locator(".tm-card").nth(2).wait_for()
            page.get_by_role("button", name="Remove smoky").wait_for()
            shoot(page, "model-2-written")
            page.get_by_text("What happened").click()
            page.get_by_text("2 model calls").wait_for()
            assert page.get_by_text("something smoky", exact=True).count() >= 1


def test_a_model_that_is_away_is_said_once_and_the_page_goes_on(
    chromium: Any, with_model: Callable[[OpenAIServer], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TASTEMAKER_MAX_RETRIES", "0")
    with OpenAIServer([Answer("overloaded", status=503)]) as model:
        with_model(model)
        with serving(free_port()) as (_, url), visiting(chromium, url, **WIDE) as page:
            say(page, "something smoky")
            page.get_by_text("language model isn't answering").wait_for()
            page.locator(".tm-card").nth(2).wait_for()
            shoot(page, "model-3-away")


def test_a_chip_pressed_while_the_model_writes_counts(
    chromium: Any, with_model: Callable[[OpenAIServer], None]
) -> None:
    slow = [Answer(PLAN), Answer(PROSE, chunk=4, gap_s=0.25)]
    with OpenAIServer([Answer(PLAN), Answer(PROSE), *slow, Answer(PLAN), Answer(PROSE)]) as model:
        with_model(model)
        with serving(free_port()) as (_, url), visiting(chromium, url, **WIDE) as page:
            say(page, "something smoky")
            page.get_by_text("Warmer, or lighter?").wait_for()
            page.locator("[class*=st-key-like-1-1] button").click()
            page.locator("[class*=st-key-chip-liked]").wait_for()
            say(page, "more of those")
            page.get_by_text("Start with").nth(1).wait_for()
            page.locator("[class*=st-key-seen-1-2] button").click()
            page.locator("[class*=st-key-chip-seen]").wait_for()
            until = time.monotonic() + 30
            while page.get_by_text("Warmer, or lighter?").count() < 2 and time.monotonic() < until:
                page.wait_for_timeout(200)
            page.locator(".tm-card").nth(5).wait_for()
            assert page.locator("[class*=st-key-chip-liked]").count() == 1
            assert page.locator("[class*=st-key-chip-seen]").count() == 1
