"""`tool`: every tool of the agent, JSON in and JSON out."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from core.errors import BadInput
from ui.commands import examples


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        short_help="Run one tool of the agent: JSON in, JSON out.",
        epilog=examples(
            "tastemaker tool --list",
            'tastemaker tool find_title --input \'{"title": "heat"}\'',
            'tastemaker tool filter -i \'{"wishes": [{"field": "runtime", "op": "lt", "value": 100}]}\' -c films',
            'echo \'{"query": "a heist"}\' | tastemaker tool search --input -',
        ),
    )(tool)


def tool(
    name: Annotated[str | None, typer.Argument(help="Name of the tool.", show_default=False)] = None,
    given: Annotated[
        str | None, typer.Option("--input", "-i", help="Its input as a JSON object; - reads standard input.")
    ] = None,
    catalog: Annotated[
        str | None, typer.Option("--catalog", "-c", help="Name of the catalogue.", show_default=False)
    ] = None,
    list_tools: Annotated[bool, typer.Option("--list", help="List the tools.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: names, descriptions and JSON schemas.")] = False,
) -> None:
    """Run one tool of the agent on a catalogue; prints JSON."""
    if name is None and not list_tools:
        raise BadInput("Which tool?", "Name one; `tastemaker tool --list` shows them.")
    from ui.opening import opened

    with opened(catalog) as (tastemaker, at):
        toolbox = tastemaker.toolbox(at)
        if list_tools or name is None:
            _list([toolbox.schema(n) for n in toolbox.names()], as_json=as_json)
        else:
            toolbox.schema(name)
            typer.echo(json.dumps(toolbox.run(name, _parsed(given)), ensure_ascii=False, indent=2))


def _list(schemas: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(schemas, ensure_ascii=False, indent=2))
        return
    for schema in schemas:
        takes = schema["input_schema"]
        needed = set(takes.get("required", ()))
        names = [n if n in needed else f"[{n}]" for n in takes.get("properties", {})]
        typer.echo(f"{schema['name']:<12} {schema['description']}\n{'':<12} takes {', '.join(names)}")


def _parsed(given: str | None) -> dict[str, Any]:
    text = sys.stdin.read() if given == "-" else given
    if text is None:
        raise BadInput("The tool needs its input.", "Give --input JSON, or --input - to read standard input.")
    try:
        read = json.loads(text)
    except json.JSONDecodeError as wrong:
        raise BadInput(
            f"The input is not JSON: {wrong.msg} at line {wrong.lineno}, column {wrong.colno}.", "Give a JSON object."
        ) from None
    if not isinstance(read, dict):
        raise BadInput("The input is JSON, but not an object.", 'Give an object, such as {"query": "…"}.')
    return read
