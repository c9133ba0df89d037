"""The chat page in a real browser: talk, press, remove, reload; no other host is asked, the console stays silent."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.ui.conftest import ROOT

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = ROOT / "tests" / "screenshots"
PATIENCE_MS = 120_000
"""Longest wait for something to appear: only a page that is broken takes so long."""
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)"),
]


@contextmanager
def serving(port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`tastemaker ui` as a person starts it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "ui", "--port", str(port), "--no-browser"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, f"no address in {line!r}: {process.stderr.read() if process.stderr else ''}"
        yield process, found.group()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    with serving(free_port()) as (_, url):
        yield url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def visiting(chromium: Any, url: str, **context: Any) -> Iterator[Any]:
    """A page of a fresh visitor; at the end nothing may have been asked of another host or said on the console."""
    visitor = chromium.new_context(**context)
    page = visitor.new_page()
    page.set_default_timeout(PATIENCE_MS)
    outside: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if _outside(r.url, url) else None)
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.goto(url)
    page.get_by_test_id("stChatInputTextArea").wait_for()
    try:
        yield page
    finally:
        visitor.close()
    assert outside == []
    assert complaints == []


def _outside(address: str, url: str) -> bool:
    scheme, host = urlsplit(address).scheme, urlsplit(address).netloc
    return scheme in {"http", "https", "ws", "wss"} and host != urlsplit(url).netloc


def say(page: Any, message: str) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(message)
    box.press("Enter")


def shoot(page: Any, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.wait_for_timeout(700)
    page.screenshot(path=SHOTS / f"{name}.png")


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("wide", {"viewport": {"width": 1280, "height": 900}}),
        ("dark", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}),
        ("narrow", {"viewport": {"width": 400, "height": 800}}),
    ],
)
def test_a_visit(chromium: Any, server: str, name: str, context: dict[str, Any]) -> None:
    with visiting(chromium, server, **context) as page:
        page.get_by_role("button", name="something smoky, under 4 minutes").wait_for()
        shoot(page, f"{name}-1-empty")
        say(page, "something smoky, under 4 minutes")
        page.locator(".tm-card").nth(2).wait_for()
        shoot(page, f"{name}-2-cards")

        page.get_by_role("button", name=re.compile("^Like ")).first.click()
        page.get_by_role("button", name=re.compile("^You like ")).first.wait_for()
        shoot(page, f"{name}-3-liked")

        if name == "narrow":
            page.get_by_test_id("stExpandSidebarButton").click()
            shoot(page, f"{name}-4-sidebar")
        chip = page.get_by_role("button", name="Remove smoky")
        chip.click()
        chip.wait_for(state="detached")

        page.reload()
        page.locator(".tm-card").nth(2).wait_for()
        page.get_by_role("button", name=re.compile("^You like ")).first.wait_for()
        assert page.get_by_role("button", name="Remove smoky").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_by_keyboard_alone(chromium: Any, server: str) -> None:
    with visiting(chromium, server, viewport={"width": 1280, "height": 900}) as page:
        page.get_by_test_id("stChatInputTextArea").focus()
        page.keyboard.type("something smoky")
        page.keyboard.press("Enter")
        page.locator(".tm-card").nth(2).wait_for()
        like = page.get_by_role("button", name=re.compile("^Like ")).first
        for _ in range(60):
            page.keyboard.press("Tab")
            if like.evaluate("e => e === document.activeElement"):
                break
        page.keyboard.press("Enter")
        page.get_by_role("button", name=re.compile("^You like ")).first.wait_for()
        unnamed = page.evaluate(
            "[...document.querySelectorAll('main button, [data-testid=stMain] button, [data-testid=stSidebar] button')]"
            ".filter(b => !(b.innerText || b.ariaLabel || b.title || '').trim()).length"
        )
        assert unnamed == 0


def test_two_tabs_do_not_mix(chromium: Any, server: str) -> None:
    with visiting(chromium, server) as one, visiting(chromium, server) as two:
        say(one, "something smoky")
        say(two, "something floral")
        one.get_by_role("button", name="Remove smoky").wait_for()
        two.get_by_role("button", name="Remove floral").wait_for()
        assert one.get_by_role("button", name="Remove floral").count() == 0
        assert one.url != two.url


def test_a_taken_port_and_a_clean_end(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = int(taken.getsockname()[1])
        with serving(port) as (process, url):
            assert urlsplit(url).port != port
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"Port {port} is taken" in said
    assert "Traceback" not in said
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)):
                break
        time.sleep(0.2)
    else:
        pytest.fail("the server is still there")
