"""`profile`: what is kept of a person beyond one conversation; see, change, export and delete it."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from ui.commands import examples, profile_files, profile_summary
from ui.commands.profile_desk import CatalogOption, desk_of, tell
from ui.commands.profile_files import PersonOption, YesOption

app = typer.Typer(
    help="What is remembered of you: show, change, export, delete.", no_args_is_help=True, rich_markup_mode=None
)
KeyArgument = Annotated[str, typer.Argument(help="Key of a line, as `profile show` prints it.")]


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

    with desk_of(catalog, person) as desk:
        kept = desk.kept
        lines = desk.lines(kept)
        if as_json:
            told = [{"key": key, "text": text} for key, text in lines.items()]
            profile = kept.profile.model_dump(mode="json")
            whole = {"person": desk.person, "catalog": desk.catalog, "lines": told, "profile": profile}
            typer.echo(json.dumps(whole, ensure_ascii=False, indent=2))
            return
        tell(lines)
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

    with desk_of(catalog, person) as desk:
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

    with desk_of(catalog, person) as desk:
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

    with desk_of(catalog, person) as desk:
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

    with desk_of(catalog, person) as desk:
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

    with desk_of(catalog, person) as desk:
        name, known = at_hand(desk.room, field, values or [])
        desk.change(lambda kept: edits.have(kept, name, known))
        asked = {p.field for p in desk.room.catalog.schema.policies if p.rule == "available"}
    if known and name not in asked:
        typer.echo(f"Kept, but no rule of {desk.catalog} asks what you have of {name}.", err=True)


profile_summary.register(app)
profile_files.register(app)
