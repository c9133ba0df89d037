"""`ask` and `chat`: one turn for scripts, and a conversation for people."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from core.events import SlateReady, TextDelta, TextReplaced, TurnDone
from core.ledger import LedgerPatch

if TYPE_CHECKING:
    from agent.build import Tastemaker
    from core.turn import Turn

Catalog = Annotated[str | None, typer.Option(help="The catalogue to talk about (see `tastemaker catalog list`).")]
Controller = Annotated[str | None, typer.Option(help="rules (built in) or model (needs a key or a server).")]
ConversationId = Annotated[str | None, typer.Option("--conversation", help="Continue this conversation.")]


def ask(
    message: Annotated[str, typer.Argument(help="What you would say; - reads it from standard input.")],
    catalog: Catalog = None,
    conversation: ConversationId = None,
    controller: Controller = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole turn as JSON (docs/turn-json.md).")] = False,
) -> None:
    """One turn: ask, read the answer, go on with --conversation.

    Examples:

        tastemaker ask "something tense but not gory, under two hours"
        tastemaker ask "who directed the second one?" --conversation k3v9
        tastemaker ask "a Russian classic" --catalog books --json
    """
    from ui.session import open_app, require_catalog

    text = sys.stdin.read() if message == "-" else message
    app = open_app(catalog, controller)
    conversation_id = conversation or app.start(require_catalog(app, catalog)).id
    turn = app.respond(conversation_id, text, controller)
    if as_json:
        typer.echo(json.dumps(turn.public(), ensure_ascii=False, indent=1))
    else:
        typer.echo(turn.reply)
        sys.stderr.write(f"\n(go on with --conversation {turn.conversation})\n")
    app.close()


def chat(
    catalog: Catalog = None,
    conversation: ConversationId = None,
    controller: Controller = None,
) -> None:
    """Talk in the terminal. /ledger shows what is known, /undo takes back, /quit leaves.

    Examples:

        tastemaker chat
        tastemaker chat --catalog books
    """
    from ui.session import open_app, require_catalog

    app = open_app(catalog, controller)
    conversation_id = conversation or app.start(require_catalog(app, catalog)).id
    known = app.store.load(conversation_id)
    schema = app.catalog(known.catalog).schema
    greet(app, schema.title, controller, schema.examples)
    while (text := listen()) is not None:
        if not command(app, conversation_id, text.strip()):
            if text.strip() in {"/quit", "/exit", "/q"}:
                break
            show(app, conversation_id, "undo" if text.strip() == "/undo" else text, controller)
    sys.stderr.write(f"\n(go on with tastemaker chat --conversation {conversation_id})\n")
    app.close()


def greet(app: Tastemaker, title: str, controller: str | None, examples: tuple[str, ...]) -> None:
    """Say which catalogue and which controller this is."""
    chosen = controller or app.settings.resolved_controller
    name = f"language model {app.settings.model}" if chosen == "model" else "built-in controller, no language model"
    typer.echo(f"{title} · {name} · /help for commands")
    if examples:
        typer.echo(f"For example: {examples[0]}\n")


def listen() -> str | None:
    """The next line, or None at the end of input."""
    prompt = "> " if sys.stdin.isatty() else ""
    try:
        return input(prompt)
    except EOFError:
        return None


def command(app: Tastemaker, conversation_id: str, text: str) -> bool:
    """Perform a slash command; False when the text is none (or asks to leave)."""
    from ui.terminal import ledger_text

    if text == "/help":
        typer.echo("/ledger what I know · /undo · /redo · /new start over · /quit")
        return True
    if text == "/ledger":
        now = app.store.load(conversation_id)
        catalog = app.catalog(now.catalog)
        ids = [*now.ledger.liked, *now.ledger.disliked, *now.ledger.seen]
        typer.echo(ledger_text(now.ledger, catalog.schema, {i.id: i.title for i in catalog.find(ids)}))
        return True
    if text in {"/redo", "/new"}:
        patch = LedgerPatch(travel="redo") if text == "/redo" else LedgerPatch(clear=True)
        app.edit(conversation_id, patch)
        typer.echo("Done.")
        return True
    return False


def show(app: Tastemaker, conversation_id: str, text: str, controller: str | None) -> Turn | None:
    """One turn, streamed: the text as it comes, then the slate as a table and the choices."""
    from ui.terminal import choices, console, slate_table

    screen = console()
    schema = app.catalog(app.store.load(conversation_id).catalog).schema
    turn = None
    screen.print()
    for event in app.stream(conversation_id, text, controller):
        match event:
            case TextDelta(text=piece):
                sys.stdout.write(piece.replace("**", ""))
                sys.stdout.flush()
            case TextReplaced(text=whole):
                sys.stdout.write(f"\n{whole.replace('**', '')}")
            case SlateReady():
                pass
            case TurnDone(turn=done):
                turn = done
    screen.print("\n")
    if turn is not None and turn.slate:
        screen.print(slate_table(turn.slate, schema))
        screen.print()
    if turn is not None and turn.question is not None and turn.question.choices:
        screen.print(choices(turn.question))
        screen.print()
    return turn
