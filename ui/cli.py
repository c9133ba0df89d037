"""The command `tastemaker`: its commands are registered here; what they do stands in ui.commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import metadata
from typing import Annotated

import typer

from ui import exits
from ui.commands import (
    catalog,
    conversations,
    doctor,
    enrich,
    evaluate,
    fit,
    keys,
    mcp,
    page,
    profile,
    serve,
    simulate,
    talk,
    tool,
    usage,
)

_UsageError: type[Exception] = typer.BadParameter.__mro__[1]  # some versions of typer bring a click of their own
_HELP = """Find something you will like by talking about it.

Examples:

\b
  tastemaker chat                               talk in the terminal
  tastemaker ask "something tense from the 70s" one turn, for scripts
  tastemaker ui                                 the chat page
  tastemaker doctor                             what works here, what does not
"""

app = typer.Typer(
    name="tastemaker",
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tastemaker {metadata.version('tastemaker')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


_root.__doc__ = _HELP
talk.register(app)
page.register(app)
serve.register(app)
mcp.register(app)
tool.register(app)
doctor.register(app)
usage.register(app)
fit.register(app)
enrich.register(app)
app.add_typer(catalog.app, name="catalog")
app.add_typer(conversations.app, name="conversations")
app.add_typer(profile.app, name="profile")
app.add_typer(keys.app, name="keys")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(simulate.app, name="simulate")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; nothing but SystemExit and bugs in debug mode leaves it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        outcome = app(given, prog_name="tastemaker", standalone_mode=False)
    except _UsageError as wrong:
        return _usage(wrong, as_json=as_json)
    except (KeyboardInterrupt, typer.Abort):
        return exits.INTERRUPTED
    except BrokenPipeError:  # the reader has gone: `tastemaker ask … | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if exits.debugging():
            raise
        return exits.tell(error, as_json=as_json)
    return outcome if isinstance(outcome, int) else 0


def _usage(wrong: BaseException, *, as_json: bool) -> int:
    message = str(getattr(wrong, "format_message", lambda: wrong)())
    context = getattr(wrong, "ctx", None)
    path = getattr(context, "command_path", "tastemaker")
    if type(wrong).__name__ == "NoArgsIsHelpError":
        typer.echo(message)
        return exits.USAGE
    return exits.report("UsageError", message, f"See `{path} --help`.", exits.USAGE, as_json)


def main() -> None:
    """The entry point."""
    sys.exit(run())


if __name__ == "__main__":
    main()
