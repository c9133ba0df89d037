"""The page beside the API in one process, in a real browser: one store, one conversation, both doors."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.ui.conftest import ROOT
from tests.ui.test_browser import CHROMIUM, SHOTS, chromium, free_port, visiting

__all__ = ["chromium"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)"),
]


@contextmanager
def serving() -> Iterator[str]:
    """`tastemaker serve --page` as a person starts it."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "ui.cli", "serve", "--page", "--port", str(port)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while not _answers(url):
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            assert time.monotonic() < until
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode in {0, -15}


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_what_is_said_on_the_page_is_read_over_the_api_and_the_other_way_round(chromium: Any, home: Path) -> None:
    with serving() as url, visiting(chromium, url, viewport={"width": 1280, "height": 900}) as page:
        page.goto(url)
        page.get_by_test_id("stChatInputTextArea").fill("something green")
        page.get_by_test_id("stChatInputTextArea").press("Enter")
        page.get_by_text("What happened").first.wait_for()
        with httpx.Client(base_url=url, timeout=60) as api:
            (held,) = api.get("/v1/conversations").json()["conversations"]
            turns = api.get(f"/v1/conversations/{held['id']}/turns").json()["turns"]
            assert [t["message"] for t in turns] == ["something green"]
            said = api.post(f"/v1/conversations/{held['id']}/messages", json={"message": "nothing smoky"})
            assert said.status_code == 200
        page.reload()
        page.get_by_text("nothing smoky").first.wait_for()
        page.screenshot(path=SHOTS / "beside-the-api.png")
        assert httpx.get(f"{url}/healthz").json() == {"status": "ok"}
