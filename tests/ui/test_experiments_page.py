"""The page of experiments: runs begun, watched, stopped, gone on with and reported, each in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import BadInput, UserMustFix
from tests.evaluation.episodes import write_run
from tests.ui import teas
from tests.ui.conftest import ROOT
from tests.ui.test_browser import CHROMIUM, PATIENCE_MS, SHOTS, chromium, free_port
from ui.page import experiment_runs as runs
from ui.page.experiment_runs import State, Wanted
from ui.server import THEME

__all__ = ["chromium"]
PAGE = ROOT / "ui" / "page" / "experiments.py"
SOON_S = 120.0


def opened() -> AppTest:
    return settled(AppTest.from_file(str(PAGE), default_timeout=60).run())


def settled(page: AppTest) -> AppTest:
    assert not page.exception, [e.value for e in page.exception]
    return page


def text(page: AppTest) -> str:
    return "\n".join(m.value for m in page.markdown).replace("\\", "")


def wait(folder: Path, *states: State, done: int = 0) -> runs.Listed:
    """How the run stands once it is in one of the states with so many dialogues."""
    until = time.monotonic() + SOON_S
    while time.monotonic() < until:
        now = runs.look(folder)
        if now.state in states and now.done >= done:
            return now
        time.sleep(0.1)
    pytest.fail(f"{folder} is {now.state} with {now.done} dialogues: {(folder / runs.LOG).read_text()}")


@pytest.fixture
def stopped_after(home: Path) -> Iterator[None]:
    """No run goes on when the test is over."""
    yield
    for run in runs.listed(home):
        runs.stop(run.folder)


def test_the_command_names_every_option() -> None:
    wanted = Wanted(
        catalog="teas", users=7, kinds=("agenda", "taste"), systems=("rules:asking=never", "random"), seed=3, workers=2
    )
    assert wanted.arguments(Path("out")) == [
        *("simulate", "run", "--catalog", "teas", "--users", "7", "--user", "agenda", "--user", "taste"),
        *("--controller", "rules:asking=never", "--controller", "random", "--trials", "1", "--turns", "10"),
        *("--seed", "3", "--workers", "2", "--out", "out"),
    ]
    assert "--population" in wanted.model_copy(update={"population": "people.jsonl"}).arguments(Path("out"))


def test_the_command_has_these_options(tastemaker: Any) -> None:
    told = tastemaker("simulate", "run", "--help", COLUMNS="200").stdout
    assert [option for _, option in runs.OPTIONS if option not in told] == []


def test_a_page_without_runs_offers_to_begin_one(home: Path) -> None:
    page = opened()
    assert "There is none yet." in text(page)
    assert page.selectbox(key="new-catalog").options == [teas.NAME]
    assert page.multiselect(key="new-systems").value == ["rules", "popularity", "random"]


@pytest.mark.usefixtures("stopped_after")
class TestRuns:
    def test_begun_played_and_reported(self, home: Path) -> None:
        page = opened()
        page.text_input(key="new-name").set_value("spring")
        page.multiselect(key="new-systems").set_value(["popularity", "random"])
        page.number_input(key="new-users").set_value(3)
        page.number_input(key="new-workers").set_value(1)
        page.button(key="new-start").click().run()
        assert "spring" in text(settled(page))
        folder = home / runs.FOLDER / "spring"
        finished = wait(folder, State.finished)
        assert (finished.done, finished.jobs) == (6, 6)

        page = opened()
        assert "finished, 6 dialogues" in text(page)
        page.button(key="write-spring").click().run()
        assert (folder / "report.html").exists()
        assert "With agenda users" in text(settled(page))
        assert not page.warning

    def test_stopped_and_gone_on_with(self, home: Path) -> None:
        wanted = Wanted(catalog=teas.NAME, users=30, kinds=("agenda", "taste"), systems=("rules", "rules:asking=never"))
        folder = runs.start(home, "long", wanted)
        page = opened()
        assert "running" in text(page)
        wait(folder, State.running, State.finished, done=20)
        page.button(key="stop-long").click().run()
        stopped = wait(folder, State.stopped)
        assert stopped.jobs == 120
        assert 20 <= stopped.done < 120
        assert "stopped" in text(settled(page))
        page.button(key="resume-long").click().run()
        assert "running" in text(settled(page))
        assert wait(folder, State.finished).done == 120

    def test_a_run_that_fails_says_why(self, home: Path) -> None:
        folder = runs.start(home, "failing", Wanted(catalog=teas.NAME, population=str(home / "nobody.jsonl")))
        wait(folder, State.stopped)
        page = opened()
        assert "nobody.jsonl could not be read" in " ".join(page.code[0].value.split())
        assert page.button(key="resume-failing")

    def test_a_name_is_taken_once_and_stays_in_the_folder(self, home: Path) -> None:
        write_run(home / runs.FOLDER / "spring", people=1)
        with pytest.raises(UserMustFix, match="already"):
            runs.start(home, "spring", Wanted(catalog=teas.NAME))
        for name in ("../spring", "", ".hidden", "a/b", "x" * 61):
            with pytest.raises(BadInput):
                runs.start(home, name, Wanted(catalog=teas.NAME))
        assert [r.name for r in runs.listed(home)] == ["spring"]

    def test_what_cannot_be_done_is_said_on_the_page(self, home: Path) -> None:
        write_run(home / runs.FOLDER / "spring", people=1)
        page = opened()
        page.text_input(key="new-name").set_value("spring")
        page.button(key="new-start").click().run()
        assert "already" in settled(page).error[0].value

    def test_the_number_of_a_process_that_is_gone_is_not_believed(self, home: Path) -> None:
        folder = write_run(home / runs.FOLDER / "old", people=2)
        with (folder / "dialogues.jsonl").open(encoding="utf-8") as lines:
            kept = [next(lines) for _ in range(3)]
        (folder / "dialogues.jsonl").write_text("".join(kept), encoding="utf-8")
        told = runs.Process(pid=os.getpid(), arguments=("simulate", "run", "--out", str(folder)))
        (folder / runs.PROCESS).write_text(told.model_dump_json(), encoding="utf-8")
        now = runs.look(folder)
        assert (now.state, now.done, now.jobs) == (State.stopped, 3, 20)
        runs.stop(folder)


def test_a_run_of_the_terminal_is_listed_and_can_be_reported(home: Path) -> None:
    write_run(home / runs.FOLDER / "by-hand", people=3)
    page = opened()
    assert "by-hand" in text(page)
    assert [b.key for b in page.button if b.key and b.key.startswith(("stop", "resume"))] == []
    page.button(key="write-by-hand").click().run()
    page = settled(page)
    assert "95 % interval" in text(page)


def test_names_of_a_run_are_text(home: Path) -> None:
    folder = write_run(home / runs.FOLDER / "spring", people=2)
    for name in ("dialogues.jsonl", "timings.jsonl", "manifest.json"):
        file = folder / name
        file.write_text(file.read_text(encoding="utf-8").replace("popularity", "<b>*x*</b>"), encoding="utf-8")
    page = opened()
    page.button(key="write-spring").click().run()
    shown = "\n".join(m.value for m in settled(page).markdown)
    assert "<b>" not in shown
    assert r"\*x\*" in shown


@pytest.fixture
def server(home: Path) -> Iterator[str]:
    """The page alone, as `streamlit run` serves it."""
    port = free_port()
    flags = {"server.headless": "true", "server.port": str(port), "browser.gatherUsageStats": "false", **THEME}
    flags |= {"server.fileWatcherType": "none", "client.toolbarMode": "minimal", "server.showEmailPrompt": "false"}
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(PAGE), *(p for k, v in flags.items() for p in (f"--{k}", v))],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2)
            break
        except OSError:
            time.sleep(0.1)
    yield url
    process.terminate()
    process.wait(timeout=30)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (apt-get install chromium)")
@pytest.mark.parametrize(
    ("name", "size", "scheme"),
    [
        ("wide-light", {"width": 1280, "height": 900}, "light"),
        ("wide-dark", {"width": 1280, "height": 900}, "dark"),
        ("narrow-light", {"width": 400, "height": 800}, "light"),
    ],
)
def test_in_a_browser(chromium: Any, home: Path, server: str, name: str, size: dict[str, int], scheme: Any) -> None:
    write_run(home / runs.FOLDER / "spring", people=20)
    half = write_run(home / runs.FOLDER / "autumn", people=2)
    shutil.move(half / "dialogues.jsonl", half / "parts.jsonl")
    visitor = chromium.new_context(viewport=size, color_scheme=scheme)
    page = visitor.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.goto(server)
    page.locator(".st-key-write-spring button").click()
    page.get_by_text("What was compared and found").wait_for()
    page.get_by_text("New experiment").click()
    page.locator(".st-key-new-name").wait_for()
    page.wait_for_timeout(700)
    page.screenshot(path=SHOTS / f"experiment-page-{name}-1-new.png")
    page.get_by_text("New experiment").click()
    page.locator(".st-key-new-name").wait_for(state="hidden")
    _switch_on(page, "Open the report here")
    inside = page.frame_locator("iframe")
    inside.locator("#list button").first.wait_for()
    page.wait_for_timeout(700)
    page.screenshot(path=SHOTS / f"experiment-page-{name}-2-report.png")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    with page.expect_download() as coming:
        page.locator(".st-key-download-spring button").click()
    assert "95 % interval" in Path(coming.value.path()).read_text(encoding="utf-8")
    visitor.close()
    assert complaints == []


def _switch_on(page: Any, label: str) -> None:
    """Press a switch until it is on: a press that comes while the page redraws itself is lost."""
    switch = page.get_by_role("switch", name=label).or_(page.get_by_role("checkbox", name=label))
    switch.first.wait_for(state="attached")
    until = time.monotonic() + PATIENCE_MS / 1000
    while not page.locator("iframe").count():
        assert time.monotonic() < until, f"{label}: the switch stays off"
        if not switch.first.is_checked():
            page.get_by_text(label).click()
        page.wait_for_timeout(1000)
