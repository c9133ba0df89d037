"""A population: people with needs and personas, kept as one JSON line each."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from core.errors import BadInput
from core.values import Value
from simulation.needs import Need
from simulation.personas import Persona


class Member(Value):
    """One simulated person."""

    id: str
    need: Need
    persona: Persona = Persona()
    segments: dict[str, str] = {}
    """What reports break figures down by, such as {"activity": "heavy", "taste": "mainstream"}."""


def write_members(file: Path, members: Iterable[Member]) -> int:
    """Write a population, replacing what is there at once; returns how many people it has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".partial")
    lines = [m.model_dump_json(exclude_defaults=True) for m in members]
    draft.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    draft.replace(file)
    return len(lines)


def read_members(file: Path) -> list[Member]:
    """The people of a population file; raises BadInput naming the line that cannot be read."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput(
            f"{file} could not be read: {wrong}", "Make a population with `tastemaker simulate population --out FILE`."
        ) from wrong
    found = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(Member.model_validate_json(line))
            except ValidationError as wrong:
                told = wrong.errors(include_url=False, include_input=False)[0]
                where = ".".join(map(str, told["loc"]))
                raise BadInput(
                    f"Line {number} of {file} is no member of a population: {where}: {told['msg']}",
                    "See simulation/population.py for the shape, or make the file anew.",
                ) from wrong
    return found
