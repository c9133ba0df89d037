"""`chat` and `ask`: a conversation in the terminal, and one turn for scripts."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from core.errors import UserMustFix
from ui.commands import examples

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from core.turn import Conversation, Turn

CatalogOption = Annotated[
    str | None, typer.Option("--catalog", "-c", help="Name of the catalogue.", show_default=False)
]
ControllerOption = Annotated[
    str | None, typer.Option("--controller", help="Who answers: rules, model, or an extension's.", show_default=False)
]
ConversationOption = Annotated[
    str | None,
    typer.Option("--conversation", "-C", help="Id of a conversation to go on with.", show_default=False),
]
PersonOption = Annotated[
    str | None,
    typer.Option(
        "--person",
        "-p",
        help="Whose profile a new conversation uses and fills.",
        show_default=False,
    ),
]
GuestOption = Annotated[bool, typer.Option("--guest", help="Talk as a guest: nothing of you is remembered.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        short_help="Talk in the terminal.",
        epilog=examples(
            "tastemaker chat",
            "tastemaker chat --catalog books --controller rules",
            "tastemaker chat --guest",
            "printf 'a light comedy\\nshorter\\n' | tastemaker chat",
        ),
    )(chat)
    app.command(
        short_help="One turn, for scripts.",
        epilog=examples(
            'tastemaker ask "something tense but not gory, ideally from the 70s"',
            'tastemaker ask "shorter" --conversation h8Kd02mQwZx1',
            'tastemaker ask "I never want horror" --person anna',
            'echo "a light novel" | tastemaker ask - --catalog books --json',
        ),
    )(ask)


def chat(
    catalog: CatalogOption = None,
    controller: ControllerOption = None,
    conversation: ConversationOption = None,
    person: PersonOption = None,
    guest: GuestOption = False,
) -> None:
    """Talk in the terminal.

    /ledger shows what is known of you, /undo takes the last change back, /help lists the rest, /quit leaves.
    Reads lines until the end when the input is a pipe.
    """
    from ui.chat import Chat
    from ui.opening import check_controller, opened

    chosen, whom = check_controller(controller), _whom(person, guest=guest)
    with opened(catalog) as (tastemaker, name):
        Chat(tastemaker, conversation_of(tastemaker, conversation, catalog, name, whom), chosen).run()


def ask(
    message: Annotated[str, typer.Argument(help="What you would say; - reads standard input.")],
    conversation: ConversationOption = None,
    catalog: CatalogOption = None,
    controller: ControllerOption = None,
    person: PersonOption = None,
    guest: GuestOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole turn as JSON (docs/turn-json.md).")] = False,
) -> None:
    """One turn: prints the reply; the id of the conversation goes to stderr."""
    from ui.opening import check_controller, opened

    chosen, whom = check_controller(controller), _whom(person, guest=guest)
    text = sys.stdin.read().strip() if message == "-" else message
    with opened(catalog, quiet=as_json) as (tastemaker, name):
        at = conversation_of(tastemaker, conversation, catalog, name, whom)
        with _tidy(tastemaker, at, fresh=conversation is None):
            turn = tastemaker.respond(at.id, text, chosen)
        show(turn, as_json=as_json)


@contextlib.contextmanager
def _tidy(tastemaker: Tastemaker, at: Conversation, *, fresh: bool) -> Iterator[None]:
    """Forget a conversation that was made for a turn which then failed."""
    try:
        yield
    except BaseException:
        if fresh:
            tastemaker.store.delete(at.id)
        raise


def show(turn: Turn, *, as_json: bool) -> None:
    """Print a turn: the reply, or everything as JSON."""
    if as_json:
        typer.echo(json.dumps(turn.public(), ensure_ascii=False, indent=2))
        return
    from ui.terminal import Terminal

    Terminal().reply(turn.reply)
    typer.echo(f"conversation: {turn.conversation}", err=True)


def _whom(person: str | None, *, guest: bool) -> str | None:
    """The person of the two options, "" for a guest, None when neither is given."""
    from agent.profile.people import person_named

    named = None if person is None else person_named(person)
    if guest and named:
        raise UserMustFix("--guest and --person exclude each other.", "Give one of them.")
    return "" if guest else named


def conversation_of(
    tastemaker: Tastemaker, wanted: str | None, catalog: str | None, name: str, person: str | None = None
) -> Conversation:
    """The conversation named, or a new one with a person.

    Raises UnknownConversation, and UserMustFix when it is about another catalogue or with another person than asked.
    """
    if wanted is None:
        return tastemaker.start(name, person=person)
    found = tastemaker.store.load(wanted)
    if catalog is not None and found.catalog != catalog:
        raise UserMustFix(
            f"The conversation {wanted} is about the catalogue {found.catalog!r}, not {catalog!r}.",
            "Leave --catalog out, or start another conversation.",
        )
    if person is not None and found.profile.person != person:
        raise UserMustFix(
            f"The conversation {wanted} is with {found.profile.person or 'a guest'}, not with {person or 'a guest'}.",
            "Leave --person and --guest out, or start another conversation.",
        )
    return found
