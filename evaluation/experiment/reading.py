"""A run folder, opened: its manifest, and the episodes and timings that are there by now."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import BadInput
from core.values import Value
from evaluation.experiment.episodes import Episode, Timing, UserKind
from evaluation.metrics import Figure

MANIFEST = "manifest.json"
DIALOGUES = "dialogues.jsonl"
TIMINGS = "timings.jsonl"
HONESTY = "honesty.json"
PARTS = "parts"
START = "Give the folder that `tastemaker simulate run … --out FOLDER` wrote."
Line = TypeVar("Line", bound=Value)


class Manifest(BaseModel):
    """What was run. Keys beyond these are kept and shown as they are."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    jobs: int
    """Dialogues the run consists of."""
    catalog: str = ""
    items: int | None = Field(default=None, ge=1)
    """Size of the catalogue; None: coverage cannot be told."""
    members: int | None = None
    """People of the population."""
    users: tuple[UserKind, ...] = ()
    systems: dict[str, dict[str, Any]] = {}
    """Settings by the system's name in this experiment."""
    trials: int = Field(default=1, ge=1)
    turns: int = Field(default=12, ge=1)
    """Most turns of a dialogue; a miss counts as one more."""
    seed: int = 0
    control: dict[str, Figure] = {}
    """The shuffled control, where one was played, by KIND/SYSTEM/own, …/shuffled and …/difference."""


class Honesty(BaseModel):
    """What an examination of the simulated people left beside the run; empty where there was none."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    metrics: dict[str, Figure] = {}
    """By KIND/SYSTEM/MEASURE."""
    control: dict[str, Figure] = {}
    """As in the manifest."""


class Run(Value):
    """A finished or running experiment."""

    folder: Path
    manifest: Manifest
    episodes: tuple[Episode, ...]
    timings: tuple[Timing, ...] = ()
    honesty: Honesty = Honesty()

    @property
    def control(self) -> dict[str, Figure]:
        """The shuffled control; empty where none was played."""
        return self.honesty.control or self.manifest.control

    @property
    def complete(self) -> bool:
        """Whether every dialogue is there."""
        return len(self.episodes) >= self.manifest.jobs

    @property
    def systems(self) -> tuple[str, ...]:
        """The systems in the manifest's order, then others in the order met."""
        met = (*self.manifest.systems, *(e.system for e in self.episodes), *(t.system for t in self.timings))
        return tuple(dict.fromkeys(met))

    @property
    def users(self) -> tuple[UserKind, ...]:
        """The kinds of simulated user, likewise."""
        return tuple(dict.fromkeys((*self.manifest.users, *(e.user for e in self.episodes))))


def open_run(folder: Path) -> Run:
    """The run in `folder`; raises BadInput when it is none, naming the file and line that cannot be read."""
    manifest = read_manifest(folder)
    honesty = _honesty(folder / HONESTY)
    finished = folder / DIALOGUES
    if finished.exists():
        timings = folder / TIMINGS
        return Run(
            folder=folder,
            manifest=manifest,
            episodes=tuple(_lines(finished, Episode)),
            timings=tuple(_lines(timings, Timing)) if timings.exists() else (),
            honesty=honesty,
        )
    parts = sorted((folder / PARTS).glob("*.jsonl"))
    timed = [p for p in parts if p.name.endswith(TIMINGS)]
    return Run(
        folder=folder,
        manifest=manifest,
        episodes=tuple(e for part in parts if part not in timed for e in _lines(part, Episode)),
        timings=tuple(t for part in timed for t in _lines(part, Timing)),
        honesty=honesty,
    )


def read_manifest(folder: Path) -> Manifest:
    """The manifest in `folder`; raises BadInput when there is none or when it cannot be read."""
    file = folder / MANIFEST
    if not file.is_file():
        raise BadInput(f"{folder} holds no experiment: there is no {MANIFEST} in it.", START)
    try:
        return Manifest.model_validate_json(file.read_bytes())
    except ValidationError as wrong:
        raise BadInput(f"{file} is no manifest of an experiment: {_first(wrong)}", START) from wrong


def _honesty(file: Path) -> Honesty:
    if not file.exists():
        return Honesty()
    try:
        return Honesty.model_validate_json(file.read_bytes())
    except ValidationError as wrong:
        raise BadInput(
            f"{file} holds no figures: {_first(wrong)}",
            "Remove it, or examine the run again: tastemaker simulate honesty.",
        ) from wrong


def count_done(folder: Path) -> int:
    """How many dialogues of a run are there by now, without reading what is in them."""
    finished = folder / DIALOGUES
    parts = [finished] if finished.exists() else sorted((folder / PARTS).glob("*.jsonl"))
    return sum(_count(part) for part in parts if not part.name.endswith(TIMINGS))


def _count(file: Path) -> int:
    with file.open("rb") as lines:
        return sum(1 for line in lines if line.strip())


def _lines(file: Path, kind: type[Line]) -> list[Line]:
    found = []
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                try:
                    found.append(kind.model_validate_json(line))
                except ValidationError as wrong:
                    raise BadInput(
                        f"Line {number} of {file} is no {kind.__name__.lower()}: {_first(wrong)}",
                        "Run the experiment again into a new folder; this file was changed or cut short.",
                    ) from wrong
    return found


def _first(wrong: ValidationError) -> str:
    told = wrong.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, told["loc"]))
    return f"{where}: {told['msg']}" if where else str(told["msg"])
