"""`profile summarise`: the one command that lets a language model read a profile."""

from __future__ import annotations

import time

import typer

from ui.commands import examples
from ui.commands.profile_desk import CatalogOption, desk_of
from ui.commands.profile_files import PersonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("tastemaker profile summarise", "tastemaker profile summarise --person anna -c films"))(
        summarise
    )


def summarise(person: PersonOption = None, catalog: CatalogOption = None) -> None:
    """Let the language model sum up what you are into.

    Sends what is remembered of you in this catalogue to the model of the settings: one call, which only this command
    makes.
    """
    from agent.profile.interests import interests_request, put_interests, read_interests
    from ui.enriching import usage_in_words

    with desk_of(catalog, person) as desk:
        desk.need_person()
        model = desk.need_model()
        at = desk.room.catalog
        profile = desk.kept.profile
        items = {i.id: i for i in at.find((*profile.liked, *profile.disliked))}
        request = interests_request(profile, items, at.schema)
        reply = model.complete(request, within=desk.tastemaker.settings.turn_deadline_s)
        found = read_interests(reply.text, profile, items, request, model=model.name, at=time.time())
        desk.change(lambda kept: put_interests(kept, found))
    typer.echo(f"{usage_in_words(reply.usage)}.", err=True)
