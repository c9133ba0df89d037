"""`profile`: what is kept of a person beyond one conversation; see, change, export and delete it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInput, OperatorMustFix
from ui.commands import examples, profile_files
from ui.commands.profile_files import PersonOption, YesOption, whose_is

if TYPE_CHECKING:
    from agent.build import Room, Tastemaker
    from agent.models.protocol import ChatModel
    from agent.profile.rows import Change
    from agent.profile.tally import Kept

app = typer.Typer(
    help="What is remembered of you: show, change, export, delete.", no_args_is_help=True, rich_markup_mode=None
)
CatalogOption = Annotated[
    str | None, typer.Option("--catalog", "-c", help="Name of the catalogue.", show_default=False)
]
KeyArgument = Annotated[str, typer.Argument(help="Key of a line, as `profile show` prints it.")]


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
        _tell({key: text for key, text in after.items() if before.get(key) != text})
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
def _desk(catalog: str | None, person: str | None) -> Iterator[Desk]:
    from ui.opening import opened

    with opened(catalog) as (tastemaker, name):
        yield Desk(tastemaker, name, person)


def _tell(lines: dict[str, str]) -> None:
    width = max(map(len, lines), default=0)
    for key, text in lines.items():
        typer.echo(f"{key:<{width}}  {text}")


@app.command(epilog=examples("tastemaker profile show", "tastemaker profile show --person anna --catalog films --json"))
def show(
    person: PersonOption = None,
    catalog: CatalogOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what is remembered, a sentence a line.

    Before each line stands the key that `remove` and `strengthen` take.
    """
    from agent.profile.words import describe

    with _desk(catalog, person) as desk:
        kept = desk.kept
        lines = desk.lines(kept)
        if as_json:
            told = [{"key": key, "text": text} for key, text in lines.items()]
            profile = kept.profile.model_dump(mode="json")
            whole = {"person": desk.person, "catalog": desk.catalog, "lines": told, "profile": profile}
            typer.echo(json.dumps(whole, ensure_ascii=False, indent=2))
            return
        _tell(lines)
        if not lines:
            typer.echo(" ".join(describe(kept.profile, desk.room.catalog.schema)))
        others = [name for name in desk.tastemaker.store.profiles.of(desk.person) if name != desk.catalog]
    if others:
        typer.echo(f"There is more with --catalog {' or '.join(others)}.", err=True)


@app.command(
    epilog=examples(
        'tastemaker profile add "never horror"',
        'tastemaker profile add "I like slow films, and I loved Heat"',
        'tastemaker profile add "under two hours" --must',
    )
)
def add(
    words: Annotated[str, typer.Argument(help="What to remember, as you would say it.")],
    must: Annotated[bool, typer.Option("--must", help="Nothing that breaks it is ever shown.")] = False,
    person: PersonOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Put something in, in your own words.

    Prints how it was understood. A wish is merely welcome unless you say "must" or "only", or add --must.
    """
    from ui.profile import note, put_in

    with _desk(catalog, person) as desk:
        said = note(desk.room, words)
        if must:
            hard = tuple(p.model_copy(update={"strength": "hard"}) for p in said.preferences)
            said = said.model_copy(update={"preferences": hard})
        desk.change(lambda kept: put_in(kept, said, at=time.time()))
    if said.not_understood:
        typer.echo(f"I did not get {' and '.join(f'“{m}”' for m in said.not_understood)}.", err=True)


@app.command(epilog=examples("tastemaker profile remove you3", "tastemaker profile remove liked --yes"))
def remove(
    key: KeyArgument, yes: YesOption = False, person: PersonOption = None, catalog: CatalogOption = None
) -> None:
    """Take a line out.

    A whole list of items (liked, disliked, seen) is asked about first; `forget` takes out one item.
    """
    from agent.profile.delta import LISTS
    from ui.opening import confirm
    from ui.profile import without

    with _desk(catalog, person) as desk:
        listed = getattr(desk.kept.profile, key) if key in LISTS else ()
        if len(listed) > 1:
            confirm(f"Take all {len(listed)} items off the list {key!r}?", yes=yes)
        desk.change(lambda kept: without(kept, key))


@app.command(epilog=examples("tastemaker profile strengthen you3", "tastemaker profile strengthen you3 --soft"))
def strengthen(
    key: KeyArgument,
    soft: Annotated[bool, typer.Option("--soft", help="Merely welcome instead.")] = False,
    person: PersonOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Make a preference a must, or merely welcome.

    Nothing that breaks a must is shown, unless you say otherwise in a conversation.
    """
    from agent.profile import edits

    with _desk(catalog, person) as desk:
        desk.change(lambda kept: edits.strengthen(kept, key, "soft" if soft else "hard", at=time.time()))


@app.command(epilog=examples("tastemaker profile forget Heat", "tastemaker profile forget heat-1995"))
def forget(
    item: Annotated[str, typer.Argument(help="Its title, or its id.")],
    person: PersonOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Take one item off every list: liked, disliked and seen."""
    from agent.profile import edits
    from ui.profile import item_named, titles_of

    with _desk(catalog, person) as desk:
        profile = desk.kept.profile
        named = item_named(profile, titles_of(desk.room.catalog, profile), item)
        desk.change(lambda kept: edits.forget(kept, named))


@app.command(epilog=examples("tastemaker profile have languages English French", "tastemaker profile have languages"))
def have(
    field: Annotated[str, typer.Argument(help="Name of a field, such as the services an item is on.")],
    values: Annotated[
        list[str] | None, typer.Argument(help="What you have of it; none: nothing is said of it any more.")
    ] = None,
    person: PersonOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Say what you have at hand.

    A catalogue with a rule about it (policy "available") then shows only what you can get.
    """
    from agent.profile import edits
    from ui.profile import at_hand

    with _desk(catalog, person) as desk:
        name, known = at_hand(desk.room, field, values or [])
        desk.change(lambda kept: edits.have(kept, name, known))
        asked = {p.field for p in desk.room.catalog.schema.policies if p.rule == "available"}
    if known and name not in asked:
        typer.echo(f"Kept, but no rule of {desk.catalog} asks what you have of {name}.", err=True)


@app.command(epilog=examples("tastemaker profile summarise", "tastemaker profile summarise --person anna -c films"))
def summarise(person: PersonOption = None, catalog: CatalogOption = None) -> None:
    """Let the language model sum up what you are into.

    Sends what is remembered of you in this catalogue to the model of the settings: one call, which only this command
    makes.
    """
    from agent.profile.interests import interests_request, put_interests, read_interests
    from ui.enriching import usage_in_words

    with _desk(catalog, person) as desk:
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


profile_files.register(app)
