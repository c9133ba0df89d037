"""The page of experiments: begin one, watch it, stop it, go on with it, read what came of it.

`streamlit run ui/page/experiments.py`, or a page beside the chat.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st
import streamlit.components.v1 as components

from core.errors import TastemakerError
from evaluation.experiment.systems import recommenders
from ui.page import experiment_runs as runs
from ui.page.experiment_runs import Listed, State, Wanted
from ui.prose import plain

if TYPE_CHECKING:
    from agent.settings import Settings

KINDS = {
    "agenda": "agenda: an item in mind, wishes told bit by bit",
    "taste": "taste: no item in mind, judge by what they like",
    "model": "model: worded by a language model",
    "free-model": "free-model: played by a language model that decides by itself",
}
EXAMPLE = "rules:asking=never"
"""A system with a setting of its own, offered beside those without."""
USUAL = ("rules", "popularity", "random")
EVERY_S = 2.0
SIGNS = {State.running: ":material/play_arrow:", State.finished: ":material/check:", State.stopped: ":material/pause:"}


def systems_offered() -> list[str]:
    """Systems to choose from; raises OperatorMustFix for an extension that cannot be had."""
    first, *others = recommenders()
    return [first, EXAMPLE, *others]


def main() -> None:
    """One run of the page."""
    st.set_page_config(page_title="Experiments · Tastemaker", page_icon="🧭", layout="wide")
    st.title("Experiments", anchor=False)
    st.markdown("Simulated people talk with one or more systems, offline; a report says which serves them better.")
    try:
        _page()
    except TastemakerError as error:
        st.error(plain(str(error)))


def _page() -> None:
    from agent.settings import load_settings

    settings = load_settings()
    if told := st.session_state.pop("experiment-notice", ""):
        st.warning(plain(told), icon=":material/info:")
    held = runs.listed(settings.home)
    with st.expander("New experiment", icon=":material/add:", expanded=not held):
        _new(settings)
    st.subheader("Runs", anchor=False)
    if not held:
        st.markdown("There is none yet.")
    for run in held:
        _run(settings.home, run)


def _new(settings: Settings) -> None:
    from tools.catalog.store import list_catalogs

    catalogs = list_catalogs(settings.home)
    if not catalogs:
        st.markdown("There is no catalogue yet. Open the chat page, or import one with `tastemaker import`.")
        return
    st.session_state.setdefault("new-name", f"run-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    with st.form("new-experiment", border=False):
        left, right = st.columns(2)
        name = left.text_input("Name", key="new-name")
        catalog = right.selectbox("Catalogue", catalogs, key="new-catalog")
        kinds = left.multiselect(
            "Kinds of people", list(KINDS), default=["agenda"], format_func=KINDS.__getitem__, key="new-kinds"
        )
        systems = right.multiselect(
            "Systems",
            systems_offered(),
            default=USUAL,
            accept_new_options=True,
            key="new-systems",
            help="Type a system of your own as NAME:key=value,key=value.",
        )
        numbers = st.columns(5)
        users = numbers[0].number_input("People", 1, 100_000, 100, key="new-users")
        trials = numbers[1].number_input("Trials each", 1, 100, 1, key="new-trials")
        turns = numbers[2].number_input("Most turns", 1, 100, 10, key="new-turns")
        seed = numbers[3].number_input("Seed", 0, 2**31 - 1, 0, key="new-seed")
        workers = numbers[4].number_input("Processes", 1, 256, max(1, (os.cpu_count() or 2) - 1), key="new-workers")
        population = st.text_input(
            "Population file", key="new-population", placeholder="made from the catalogue's ratings when left empty"
        )
        if not st.form_submit_button("Start", type="primary", key="new-start"):
            return
    if not kinds or not systems:
        st.warning("Choose a kind of people and a system.")
        return
    wanted = Wanted(
        catalog=catalog,
        population=population.strip(),
        users=users,
        kinds=tuple(kinds),
        systems=tuple(systems),
        trials=trials,
        turns=turns,
        seed=seed,
        workers=workers,
    )
    runs.start(settings.home, name.strip(), wanted)
    del st.session_state["new-name"]
    st.rerun()


def _run(home: Path, run: Listed) -> None:
    with st.container(border=True, key=f"run-{run.name}"):
        if run.state is State.running:
            st.fragment(_watch, run_every=EVERY_S)(run.folder)
        else:
            _head(run)
            if run.state is State.stopped and not run.resumable:
                st.caption("It was not begun on this page; give its command again in a terminal to go on with it.")
            if run.last_words:
                st.code(run.last_words, language=None, wrap_lines=True)
        with st.container(horizontal=True):
            _buttons(home, run)
        _report(run)


def _watch(folder: Path) -> None:
    """The progress of a run, drawn anew every other second; the whole page is once it has ended."""
    now = runs.look(folder)
    _head(now)
    if now.state is not State.running:
        st.rerun()


def _head(run: Listed) -> None:
    if run.jobs is None:
        told = "preparing …" if run.state is State.running else "not prepared"
    else:
        told = (
            f"{run.done:,} of {run.jobs:,} dialogues" if run.state is not State.finished else f"{run.jobs:,} dialogues"
        )
    st.markdown(f"{SIGNS[run.state]} **{plain(run.name)}** — {run.state}, {told}")
    if run.jobs and run.state is not State.finished:
        st.progress(min(1.0, run.done / run.jobs), text=f"{run.done / run.jobs:.0%}")


def _buttons(home: Path, run: Listed) -> None:
    if run.state is State.running:
        st.button("Stop", icon=":material/stop:", key=f"stop-{run.name}", on_click=_do, args=(runs.stop, run.folder))
    if run.state is State.stopped and run.resumable:
        st.button(
            "Go on",
            icon=":material/play_arrow:",
            key=f"resume-{run.name}",
            on_click=_do,
            args=(runs.resume, home, run.folder),
        )
    if run.done:
        label = "Write the report again" if _page_of(run).exists() else "Write the report"
        st.button(
            label, icon=":material/lab_profile:", key=f"write-{run.name}", on_click=_do, args=(_write, run.folder)
        )
    if _page_of(run).exists():
        st.download_button(
            "Download the report",
            lambda: _page_of(run).read_bytes(),
            file_name=f"{run.name}.html",
            mime="text/html",
            icon=":material/download:",
            key=f"download-{run.name}",
            on_click="ignore",
        )


def _report(run: Listed) -> None:
    from evaluation.experiment.report.writing import FIGURES

    file = run.folder / FIGURES
    if not file.exists():
        return
    body = json.loads(file.read_text(encoding="utf-8"))
    told = body["summary"]
    if not body["complete"]:
        st.caption("The report was written while dialogues were missing; write it again when they are there.")
    for line in told["headline"]:
        st.markdown(f"**{plain(line)}**")
    for verdict in told["verdicts"]:
        st.markdown(f"{plain(verdict['user'])} users: {plain(verdict['standing'])}")
    for line in told.get("cautions", ()):
        st.caption(plain(line))
    with st.expander("What was compared and found"):
        _findings(told)
    if st.toggle("Open the report here", key=f"open-{run.name}"):
        components.html(_page_of(run).read_text(encoding="utf-8"), height=900, scrolling=True)


def _findings(told: dict[str, Any]) -> None:
    for line in told["compared"]:
        st.markdown(plain(line))
    for verdict in told["verdicts"]:
        st.markdown(f"**With {plain(verdict['user'])} users**")
        for line in (*verdict["sentences"], *verdict["why"]):
            st.markdown(plain(line))


def _page_of(run: Listed) -> Path:
    from evaluation.experiment.report.writing import REPORT

    return run.folder / REPORT


def _write(folder: Path) -> None:
    from evaluation.experiment.report import write_report

    write_report(folder)


def _do(act: Callable[..., object], *given: object) -> None:
    try:
        with st.spinner("One moment …"):
            act(*given)
    except TastemakerError as error:
        st.session_state["experiment-notice"] = str(error)


if __name__ == "__main__":
    main()
