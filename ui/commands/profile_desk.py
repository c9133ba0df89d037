"""One person's profile in one catalogue, open for the commands of `profile`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInput, OperatorMustFix
from ui.commands.profile_files import whose_is

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from agent.models.protocol import ChatModel
    from agent.profile.rows import Change
    from agent.profile.tally import Kept
    from agent.room import Room

CatalogOption = Annotated[
    str | None, typer.Option("--catalog", "-c", help="Name of the catalogue.", show_default=False)
]


class Desk:
    """One person's profile in one catalogue, open for changes."""

    def __init__(self, tastemaker: Tastemaker, catalog: str, person: str | None) -> None:
        self.tastemaker = tastemaker
        self.room: Room = tastemaker.room(catalog)
        self.catalog = catalog
        self.person = whose_is(tastemaker, person)

    @property
    def kept(self) -> Kept:
        """What is kept now, also what the catalogue does not have any more."""
        return self.tastemaker.store.profiles.get(self.person, self.catalog)

    def lines(self, kept: Kept) -> dict[str, str]:
        """The sentences of a profile, by key."""
        from agent.profile.words import lines
        from ui.profile import titles_of

        catalog = self.room.catalog
        return {n.key: n.text for n in lines(kept.profile, catalog.schema, titles_of(catalog, kept.profile))}

    def change(self, change: Change) -> None:
        """Store a change and say what it did, line by line."""
        before = self.lines(self.kept)
        after = self.lines(self.tastemaker.store.profiles.change(self.person, self.catalog, change))
        tell({key: text for key, text in after.items() if before.get(key) != text})
        for key, text in before.items():
            if key not in after:
                typer.echo(f"No longer kept: {text}")
        if before == after:
            typer.echo("That is how it was already.")

    def need_person(self) -> None:
        """Raises BadInput for a guest."""
        if not self.person:
            raise BadInput("A guest has no profile.", "Name a person with --person.")

    def need_model(self) -> ChatModel:
        """The language model; raises OperatorMustFix where none is configured."""
        model = self.tastemaker.model
        if model is None:
            raise OperatorMustFix(
                "No language model is configured to sum up a profile.",
                "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example).",
            )
        return model


@contextmanager
def desk_of(catalog: str | None, person: str | None) -> Iterator[Desk]:
    """The desk of a person, in the usual catalogue and of the settings' person where none is named."""
    from ui.opening import opened

    with opened(catalog) as (tastemaker, name):
        yield Desk(tastemaker, name, person)


def tell(lines: dict[str, str]) -> None:
    """Print lines behind their keys."""
    width = max(map(len, lines), default=0)
    for key, text in lines.items():
        typer.echo(f"{key:<{width}}  {text}")
