"""Opening the program for a command: settings, the demo catalogues when they are missing, everything built."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import UserMustFix

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from agent.settings import Settings
    from ingest.progress import Progress


def check_controller(name: str | None) -> str | None:
    """The controller named on the command line; raises UserMustFix for one that neither is built in nor added."""
    if name is None or name in {"rules", "model"}:
        return name
    from agent.extensions import load_extensions
    from agent.settings import load_settings

    added = load_extensions(load_settings().extensions).controllers
    if name in added:
        return name
    known = " or ".join(f"--controller {n}" for n in ("rules", "model", *added))
    raise UserMustFix(f"There is no controller {name!r}.", f"Use {known}.")


@contextmanager
def opened(catalog: str | None = None, *, quiet: bool = False) -> Iterator[tuple[Tastemaker, str]]:
    """Everything built, and the name of the catalogue to use; a missing demo catalogue is built first.

    With `quiet` nothing is told of that on stderr, where a program may expect nothing but JSON.
    """
    from agent.build import build
    from agent.settings import load_settings

    settings = load_settings()
    name = catalog or default_catalog(settings)
    prepare_if_missing(settings, name, quiet=quiet)
    tastemaker = build(settings)
    try:
        yield tastemaker, name
    finally:
        tastemaker.close()


def default_catalog(settings: Settings) -> str:
    """The catalogue used when none is named: that of the settings, else the first demo."""
    if settings.catalog:
        return settings.catalog
    from ingest.demo import DEMOS

    return DEMOS[0]


def prepare_if_missing(settings: Settings, name: str, *, quiet: bool = False) -> None:
    """Make what a first turn needs: the reader of messages, and the demo named when it is missing or out of date.

    Nothing is made for a catalogue that is neither a demo nor installed: opening it says what to do.
    """
    from ingest.demo import DATA, DEMOS, prepare, stale
    from tools.catalog.store import live_build

    demo = name in DEMOS and stale(settings.home, name, settings.embedder)
    if not demo and not live_build(settings.home, name):
        return
    with silence() if quiet else progress_shown() as progress:
        prepare_tagger(settings, progress)
        if demo:
            chroma = settings.vector_index != "exact"
            prepare(settings.home, DATA / name, progress, embedder=settings.embedder, chroma=chroma)


def prepare_demos(settings: Settings, progress: Progress) -> list[str]:
    """Build the demo catalogues that are missing or out of date; returns the names of those built.

    Does nothing where the settings name a catalogue of the operator's own and it is installed.
    """
    from ingest.demo import DEMOS, prepare_demo
    from tools.catalog.store import live_build

    prepare_tagger(settings, progress)
    if settings.catalog and settings.catalog not in DEMOS and live_build(settings.home, settings.catalog):
        return []
    chroma = settings.vector_index != "exact"
    return prepare_demo(settings.home, progress, embedder=settings.embedder, chroma=chroma)


def tagger_ready(settings: Settings) -> bool:
    """Whether the built-in controller's tagger can read at once; True where it is switched off."""
    from tools.tagging.export import graph_path

    return not settings.tagger or graph_path(settings.home / "models").exists()


def prepare_tagger(settings: Settings, progress: Progress) -> None:
    """Export the tagger's graph when it is not there yet (about ten seconds, once)."""
    from tools.tagging.export import ensure_graph

    if not tagger_ready(settings):
        progress("preparing the reader of messages", 0, None)
        ensure_graph(settings.home / "models")


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """Progress on stderr: a bar with rate on a terminal, one line a stage elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, int] = {}

        def progress(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, rate="")
            task = tasks[stage]
            speed = next((t.speed for t in bar.tasks if t.id == task), None)
            bar.update(task, completed=done, total=total, rate=f"{speed:,.0f}/s" if speed else "")  # type: ignore[arg-type]

        yield progress


@contextmanager
def silence() -> Iterator[Progress]:
    """Progress that nobody is told of."""

    def progress(_stage: str, _done: int, _total: int | None) -> None:
        pass

    yield progress


def _lines() -> Progress:
    told: set[str] = set()

    def progress(stage: str, _done: int, _total: int | None) -> None:
        if stage not in told:
            told.add(stage)
            sys.stderr.write(f"{stage} …\n")
            sys.stderr.flush()

    return progress


def confirm(question: str, *, yes: bool, otherwise: str = "Nothing was removed.") -> None:
    """Ask before something is lost or paid; raises UserMustFix when there is nobody to ask or the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserMustFix(f"{question} Nobody is there to answer.", "Add --yes.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UserMustFix(otherwise)
