"""Runs an experiment: dialogues in parallel, kept part by part, so that a run that was cut off goes on where it was.

A part is written beside its place and moved there whole, with its timings before it; what is there is never played
again. When all parts are there they are joined in order: the same bytes whatever the number of processes, and however
often the run was killed.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from core.values import Value
from evaluation.experiment.design import Design, Job, jobs
from evaluation.experiment.episodes import Episode, Timing
from evaluation.experiment.playing import play
from evaluation.experiment.preparing import POPULATION, prepare
from evaluation.processes import pool
from simulation.population import read_members
from tools.threads import SINGLE

PART = 20
"""Dialogues of a part: what is lost at most, a process, when a run is killed."""
PARTS = "parts"
DIALOGUES = "dialogues.jsonl"
TIMINGS = "timings.jsonl"

Played = tuple[str, str]
"""The episodes and the timings of a part, one JSON line each."""


class Part(Value):
    """Dialogues that are played and kept together."""

    number: int
    jobs: tuple[Job, ...]


def run_experiment(
    design: Design,
    folder: Path,
    home: Path,
    *,
    population: Path | None = None,
    workers: int = 1,
    ray: str = "",
    advance: Callable[[int], None] = lambda _: None,
) -> Path:
    """Run what is missing of an experiment in `folder` and return the file of its dialogues.

    `workers` processes; with `ray`, the address of a Ray cluster ("local" starts one), its workers instead, which must
    see `folder` and `home` under the same paths. `advance` is told how many dialogues were added. Raises BadInput for a
    folder of another experiment.
    """
    prepare(folder, design, home, population)
    finished = folder / DIALOGUES
    every = parts_of(design, len(read_members(folder / POPULATION)))
    if finished.exists():
        shutil.rmtree(folder / PARTS, ignore_errors=True)
        advance(sum(len(p.jobs) for p in every))
        return finished
    (folder / PARTS).mkdir(exist_ok=True)
    missing = [p for p in every if not _file(folder, p.number).exists()]
    advance(sum(len(p.jobs) for p in every) - sum(len(p.jobs) for p in missing))
    with _pool(workers, ray) as executor:
        for part, played in _played(executor, folder, home, missing, 2 * workers):
            _keep(folder, part.number, played)
            advance(len(part.jobs))
    return _joined(folder, every)


def parts_of(design: Design, people: int) -> list[Part]:
    """All dialogues in parts."""
    every = list(jobs(design, people))
    return [Part(number=n // PART, jobs=tuple(every[n : n + PART])) for n in range(0, len(every), PART)]


def play_part(folder: Path, home: Path, part: Part) -> Played:
    """The dialogues of a part, as they are written to disk."""
    gc.set_threshold(100_000, 50, 100)  # dialogues make many small values and few cycles
    episodes: list[Episode] = []
    timings: list[Timing] = []
    for job in part.jobs:
        episode, timing = play(folder, home, job)
        episodes.append(episode)
        timings.append(timing)
    return _lines(episodes), _lines(timings)


def _played(
    executor: Executor, folder: Path, home: Path, parts: Sequence[Part], at_once: int
) -> Iterator[tuple[Part, Played]]:
    """The parts as they are done; only so many are handed out at once, so that an end is quick."""
    waiting: dict[Future[Played], Part] = {}
    left = iter(parts)
    while True:
        for part in left:
            waiting[executor.submit(play_part, folder, home, part)] = part
            if len(waiting) >= at_once:
                break
        if not waiting:
            return
        for future in wait(waiting, return_when=FIRST_COMPLETED).done:
            yield waiting.pop(future), future.result()


def _pool(workers: int, ray: str) -> AbstractContextManager[Executor]:
    if ray:
        from evaluation.experiment.cluster import RayExecutor

        return RayExecutor(ray, SINGLE)
    return _processes(workers)


@contextmanager
def _processes(workers: int) -> Iterator[Executor]:
    """Processes of their own even for one worker, since the number of threads is settled when libraries are loaded."""
    before = {name: os.environ.get(name) for name in SINGLE}
    os.environ.update(dict.fromkeys(SINGLE, "1"))
    processes = pool(workers)
    try:
        yield processes
    finally:
        processes.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _lines(values: Iterable[Value]) -> str:
    return "".join(v.model_dump_json(exclude_defaults=True) + "\n" for v in values)


def _file(folder: Path, number: int) -> Path:
    return folder / PARTS / f"{number:06d}.jsonl"


def _timings(part: Path) -> Path:
    return part.with_name(f"{part.stem}.{TIMINGS}")


def _keep(folder: Path, number: int, played: Played) -> None:
    file = _file(folder, number)
    _write(_timings(file), played[1])
    _write(file, played[0])


def _write(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.partial")
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)


def _joined(folder: Path, parts: Sequence[Part]) -> Path:
    _join([_timings(_file(folder, p.number)) for p in parts], folder / TIMINGS)
    _join([_file(folder, p.number) for p in parts], folder / DIALOGUES)
    shutil.rmtree(folder / PARTS)
    return folder / DIALOGUES


def _join(files: Sequence[Path], whole: Path) -> None:
    draft = whole.with_name(f"{whole.name}.partial")
    with draft.open("wb") as out:
        for file in files:
            out.write(file.read_bytes())
        out.flush()
        os.fsync(out.fileno())
    draft.replace(whole)
