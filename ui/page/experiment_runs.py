"""Experiments as the page sees them: run folders under HOME/experiments, each played by a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from core.errors import BadInput, UserMustFix
from core.values import Value
from evaluation.experiment.reading import MANIFEST, count_done, read_manifest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "experiments"
PROCESS = "process.json"
LOG = "run.log"
COMMAND = ("simulate", "run")
OPTIONS = (
    ("catalog", "--catalog"),
    ("population", "--population"),
    ("users", "--users"),
    ("kinds", "--user"),
    ("systems", "--controller"),
    ("trials", "--trials"),
    ("turns", "--turns"),
    ("seed", "--seed"),
    ("workers", "--workers"),
)
"""Field of `Wanted` to option of the command; a tuple repeats the option, an empty one is left out."""
PATIENCE_S = 5.0
TAIL = 3


class Wanted(Value):
    """What is to be run."""

    catalog: str
    population: str = ""
    """File of people; empty: made from the catalogue's ratings."""
    users: int = 100
    kinds: tuple[str, ...] = ("agenda",)
    systems: tuple[str, ...] = ("rules", "popularity", "random")
    trials: int = 1
    turns: int = 10
    seed: int = 0
    workers: int = 1

    def arguments(self, out: Path) -> list[str]:
        """The command's arguments."""
        told = [*COMMAND]
        for field, option in OPTIONS:
            held = getattr(self, field)
            for value in held if isinstance(held, tuple) else (held,):
                told += [option, str(value)] if value != "" else []
        return [*told, "--out", str(out)]


class State(StrEnum):
    """How a run stands."""

    running = "running"
    finished = "finished"
    stopped = "stopped"
    """Not finished and nobody works on it: stopped, or ended by an error."""


class Process(Value):
    """The process that plays a run, as kept in its folder."""

    pid: int
    arguments: tuple[str, ...]


class Listed(Value):
    """One run in the list."""

    name: str
    folder: Path
    state: State
    done: int
    jobs: int | None
    """None until the run is prepared."""
    last_words: str = ""
    """The end of what its process said, where it ended early."""
    resumable: bool = False
    """Whether the page knows the command it was started with."""


def listed(home: Path) -> list[Listed]:
    """Every run under the home folder, the one changed last first."""
    root = home / FOLDER
    folders = [f for f in root.iterdir() if (f / MANIFEST).exists() or (f / PROCESS).exists()] if root.is_dir() else []
    return [look(f) for f in sorted(folders, key=lambda f: (-_begun(f), f.name))]


def look(folder: Path) -> Listed:
    """How a run stands; raises BadInput for a manifest that cannot be read."""
    jobs = read_manifest(folder).jobs if (folder / MANIFEST).exists() else None
    done = count_done(folder)
    process = _process(folder)
    finished = jobs is not None and done >= jobs
    working = process is not None and _alive(process.pid, folder)
    state = State.running if working else State.finished if finished else State.stopped
    words = _tail(folder / LOG) if state is State.stopped else ""
    return Listed(
        name=folder.name,
        folder=folder,
        state=state,
        done=done,
        jobs=jobs,
        last_words=words,
        resumable=process is not None,
    )


def start(home: Path, name: str, wanted: Wanted) -> Path:
    """Begin a run of this name in the background; raises UserMustFix for a name that cannot be taken."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}", name):
        raise BadInput(f"{name!r} cannot be the name of a folder.", "Use letters, digits, dots, - and _.")
    folder = home / FOLDER / name
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise UserMustFix(f"There is a run named {name!r} already.", "Give the new one another name.") from None
    _spawn(home, folder, wanted.arguments(folder))
    return folder


def resume(home: Path, folder: Path) -> None:
    """Go on with a run that was stopped; does nothing where it is being played."""
    process = _process(folder)
    if process is None:
        raise UserMustFix(f"{folder} was not started from this page.", "Give its command again in a terminal.")
    if not _alive(process.pid, folder):
        _spawn(home, folder, process.arguments)


def stop(folder: Path) -> None:
    """End the process that plays a run, with its workers; what is played so far stays."""
    process = _process(folder)
    if process is None or not _alive(process.pid, folder):
        return
    os.killpg(process.pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_S
    while _alive(process.pid, folder):
        if time.monotonic() > until:
            os.killpg(process.pid, signal.SIGKILL)
            until += PATIENCE_S
        time.sleep(0.05)


def _spawn(home: Path, folder: Path, arguments: Sequence[str]) -> None:
    with (folder / LOG).open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # noqa: S603 (our own command, no shell)
            [sys.executable, "-m", "ui.cli", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=os.environ | {"TASTEMAKER_HOME": str(home), "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    told = Process(pid=process.pid, arguments=tuple(arguments))
    (folder / PROCESS).write_text(told.model_dump_json(), encoding="utf-8")


def _process(folder: Path) -> Process | None:
    try:
        return Process.model_validate_json((folder / PROCESS).read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as wrong:
        raise BadInput(f"{folder / PROCESS} cannot be read.", "Remove it; the run itself is not in it.") from wrong


def _alive(pid: int, folder: Path) -> bool:
    """Whether the process still plays this run, and is not another one that got its number since."""
    with suppress(ChildProcessError):  # not ours where the server that started it is gone
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    about = Path(f"/proc/{pid}")
    if not about.parent.joinpath("self").exists():
        return os.getsid(pid) == pid
    try:
        state = about.joinpath("stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        told = about.joinpath("cmdline").read_bytes()
    except OSError:
        return False
    return state != "Z" and (not told or str(folder).encode() in told)  # nothing is told while it is being started


def _begun(folder: Path) -> float:
    return max(f.stat().st_mtime for f in (folder / MANIFEST, folder / PROCESS) if f.exists())


def _tail(log: Path) -> str:
    if not log.exists():
        return ""
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return "\n".join(lines[-TAIL:])


def as_shown(arguments: Sequence[str]) -> str:
    """A command line to copy."""
    return " ".join(["tastemaker", *(json.dumps(a) if " " in a else a for a in arguments)])
