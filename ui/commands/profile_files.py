"""`profile export`, `import` and `delete`: everything that is kept of a person, in all catalogues or in one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import BadInput
from ui.commands import examples

if TYPE_CHECKING:
    from agent.build import Tastemaker

PersonOption = Annotated[
    str | None,
    typer.Option("--person", "-p", help="Whose; the setting TASTEMAKER_PERSON when left out.", show_default=False),
]
OneCatalogOption = Annotated[
    str | None, typer.Option("--catalog", "-c", help="Only this catalogue; all when left out.", show_default=False)
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "tastemaker profile export > me.json", "tastemaker profile export --person anna --out anna.json"
        )
    )(export)
    app.command(
        "import",
        epilog=examples("tastemaker profile import me.json", "tastemaker profile import me.json -p anna"),
    )(import_)
    app.command(epilog=examples("tastemaker profile delete", "tastemaker profile delete --person anna --yes"))(delete)


@contextmanager
def _built() -> Iterator[Tastemaker]:
    from agent.build import build

    tastemaker = build()
    try:
        yield tastemaker
    finally:
        tastemaker.close()


def whose_is(tastemaker: Tastemaker, person: str | None) -> str:
    """The person of an option, or of the settings; "" for a guest. Raises BadInput."""
    from agent.profile.people import person_named

    return person_named(tastemaker.settings.person if person is None else person)


def export(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="File to write; stdout when left out.")] = None,
    person: PersonOption = None,
    catalog: OneCatalogOption = None,
) -> None:
    """Export everything that is kept, as JSON (docs/profile.md)."""
    from agent.profile.exchange import exported

    with _built() as tastemaker:
        whose = whose_is(tastemaker, person)
        if not whose:
            raise BadInput("A guest has no profile.", "Name a person with --person.")
        kept = tastemaker.store.profiles.of(whose)
    if catalog is not None:
        kept = {name: one for name, one in kept.items() if name == catalog}
    document = exported(whose, kept)
    if out is None:
        typer.echo(document)
        return
    try:
        out.write_text(document + "\n", encoding="utf-8")
    except OSError as wrong:
        raise BadInput(f"{out} cannot be written: {wrong.strerror}.", "Choose another file.") from None
    typer.echo(f"Wrote {', '.join(kept) or 'an empty profile'} to {out}.", err=True)


def import_(
    file: Annotated[str, typer.Argument(help="A file of `profile export`; - reads standard input.")],
    yes: YesOption = False,
    person: Annotated[
        str | None, typer.Option("--person", "-p", help="For whom; the person of the file when left out.")
    ] = None,
    catalog: OneCatalogOption = None,
) -> None:
    """Bring an exported profile back.

    All of it is checked before anything is written; what is kept in the same catalogues is replaced.
    """
    from ui.opening import confirm
    from ui.profile import brought_back

    with _built() as tastemaker:
        schemas = {info.name: info.schema_ for info in tastemaker.catalogs()}
        whose, fresh = brought_back(_read(file), schemas, person, catalog)
        replaced = [name for name in tastemaker.store.profiles.of(whose) if name in fresh]
        if replaced:
            confirm(f"Replace what is kept of {_called(whose)} ({', '.join(replaced)})?", yes=yes)
        tastemaker.store.profiles.put(whose, fresh)
    typer.echo(f"Imported {', '.join(fresh)} for {whose}.")
    if missing := [name for name in fresh if name not in schemas]:
        typer.echo(f"Not installed here, and kept until it is: {', '.join(missing)}.", err=True)


def _read(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        why = getattr(wrong, "strerror", None) or "it is not text in UTF-8"
        raise BadInput(f"{file} cannot be read: {why}.", "Give a file of `tastemaker profile export`.") from None


def delete(yes: YesOption = False, person: PersonOption = None, catalog: OneCatalogOption = None) -> None:
    """Delete everything that is remembered of a person.

    What was only counted goes too. Conversations stay: `tastemaker conversations delete` deletes them.
    """
    from ui.opening import confirm

    with _built() as tastemaker:
        whose = whose_is(tastemaker, person)
        names = [n for n in tastemaker.store.profiles.of(whose) if catalog in {None, n}] if whose else []
        if not names:
            typer.echo("Nothing is kept.")
            return
        confirm(f"Delete everything remembered of {_called(whose)} ({', '.join(names)})?", yes=yes)
        tastemaker.store.profiles.delete(whose, catalog)
    typer.echo(f"Deleted what was remembered of {_called(whose)}: {', '.join(names)}. Conversations are still there.")


def _called(person: str) -> str:
    return "you" if person == "me" else person
