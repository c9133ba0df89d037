"""The design of an experiment: who meets whom, how often, under which seed; read from a YAML file or options."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from core.errors import BadInput
from core.values import Value
from evaluation.experiment.episodes import UserKind
from evaluation.experiment.systems import System, parse_system
from simulation.population import Member
from simulation.wording import FIRST


class Design(Value):
    """Everything that decides what an experiment's dialogues will be, beside the population and the catalogue."""

    catalog: str
    systems: tuple[System, ...] = Field(min_length=1)
    kinds: tuple[UserKind, ...] = ("agenda",)
    users: int = Field(default=100, ge=1)
    """People, each met by every system."""
    trials: int = Field(default=1, ge=1)
    """Dialogues of each person with each system."""
    most_turns: int = Field(default=10, ge=1)
    seed: int = 0
    wording: str = FIRST
    year: int = Field(default_factory=lambda: datetime.now(UTC).year)
    """The year that is "this year" for every system."""

    @field_validator("systems", mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:  # noqa: ANN401 (what stands in a file)
        return (
            tuple(parse_system(s) if isinstance(s, str) else s for s in given)
            if isinstance(given, list | tuple)
            else given
        )

    @model_validator(mode="after")
    def _distinct(self) -> Design:
        for what in ([s.name for s in self.systems], [str(kind) for kind in self.kinds]):
            if len(set(what)) < len(what):
                raise ValueError(f"named twice: {', '.join(sorted({w for w in what if what.count(w) > 1}))}")
        return self


class Job(Value):
    """One dialogue to be held."""

    number: int
    kind: UserKind
    system: int
    """Place in the design's systems."""
    member: int
    """Place in the population."""
    trial: int

    def id(self, design: Design, members: Sequence[Member]) -> str:
        """How the dialogue is named: KIND/SYSTEM/MEMBER/TRIAL."""
        return f"{self.kind}/{design.systems[self.system].name}/{members[self.member].id}/{self.trial}"


def jobs(design: Design, people: int) -> Iterator[Job]:
    """Every dialogue of an experiment, in the order in which they stand in its files."""
    number = 0
    for kind in design.kinds:
        for member in range(people):
            for trial in range(1, design.trials + 1):
                for system in range(len(design.systems)):
                    yield Job(number=number, kind=kind, system=system, member=member, trial=trial)
                    number += 1


def seed_of(design: Design, kind: str, member: str, trial: int) -> int:
    """The seed of a dialogue: the same for every system, so that systems meet the same person in the same mood."""
    return int.from_bytes(hashlib.sha256(f"{design.seed}/{kind}/{member}/{trial}".encode()).digest()[:4], "big")


def read_design(file: Path) -> dict[str, Any]:
    """The options in a YAML file; raises BadInput for what cannot be read or is no option of an experiment."""
    try:
        held = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as wrong:
        raise BadInput(f"{file} could not be read: {wrong}", "Give a YAML file.") from wrong
    known = set(Design.model_fields)
    if not isinstance(held, dict) or (strange := sorted(set(map(str, held)) - known)):
        told = "it holds no options" if not isinstance(held, dict) else f"it names {', '.join(strange)}"
        raise BadInput(f"{file} describes no experiment: {told}.", f"Options are: {', '.join(sorted(known))}.")
    return held


def make_design(options: dict[str, Any]) -> Design:
    """The design that options describe; raises BadInput saying which one is wrong."""
    try:
        return Design.model_validate(options)
    except ValidationError as wrong:
        told = wrong.errors(include_url=False, include_input=False)[0]
        raise BadInput(
            f"The experiment cannot be run: {'.'.join(map(str, told['loc'])) or 'options'}: {told['msg']}",
            "See `tastemaker simulate run --help`.",
        ) from wrong
