"""`doctor`: what is configured, what works, what does not, and how to mend it."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ui.commands import examples

SIGNS = {"ok": "ok     ", "warning": "warning", "failure": "FAILURE"}
COLOURS = {"ok": "green", "warning": "yellow", "failure": "red"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        short_help="What works here, what does not.", epilog=examples("tastemaker doctor", "tastemaker doctor --probe")
    )(doctor)


def doctor(
    probe: Annotated[bool, typer.Option("--probe", help="Ask again what the language model can do.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at every part of the installation; exit code 0 when all that is needed works, 3 otherwise.

    Where a language model is configured, the first look makes at most six tiny calls to find out what it can do. What
    they found is kept, and shown from then on.
    """
    from ui.checking import examine

    findings = []
    for finding in examine(probe=probe):
        findings.append(finding)
        if not as_json:
            sign = typer.style(SIGNS[finding.state], fg=COLOURS[finding.state])
            mend = f" → {finding.mend}" if finding.mend and finding.state != "ok" else ""
            typer.echo(f"{sign}  {finding.what}: {finding.said}{mend}")
    works = all(f.state != "failure" for f in findings)
    if as_json:
        typer.echo(
            json.dumps({"works": works, "findings": [f.model_dump() for f in findings]}, ensure_ascii=False, indent=2)
        )
    if not works:
        raise typer.Exit(3)
