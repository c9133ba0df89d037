"""People from recorded dialogues, for `simulate population --redial`."""

from __future__ import annotations

from pathlib import Path

import typer

from core.errors import BadInput
from simulation.from_redial import RedialCounts, facet_draw, population_from_redial
from simulation.population import Member
from tools.catalog.store import StoredCatalog


def people_of(path: Path, catalog: StoredCatalog, users: int, seed: int) -> list[Member]:
    """At most `users` people; what could not be matched is said on stderr. Raises BadInput when nobody can be made."""
    members = population_from_redial(path, catalog, facet_draw(catalog), seed=seed, report=_tell)
    if not members:
        raise BadInput(
            f"None of the dialogues in {path} speaks of items that {catalog.name!r} holds.",
            "Use a catalogue of the same kind of items, with titles and years.",
        )
    return members[:users]


def _tell(counts: RedialCounts) -> None:
    told = {name: value for name, value in counts.model_dump().items() if isinstance(value, int)}
    typer.echo(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items()), err=True)
    for line in counts.bad_lines[:5]:
        typer.echo(f"left out: {line}", err=True)
