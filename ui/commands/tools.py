"""`tool`: any tool alone, JSON in and JSON out."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from core.errors import BadInput, UserMustFix


def tool(
    name: Annotated[str | None, typer.Argument(help="The tool to run.")] = None,
    given: Annotated[str | None, typer.Option("--input", help="Its input as a JSON object; - reads standard input.")] = None,
    catalog: Annotated[str | None, typer.Option(help="The catalogue to work on.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the tools with their schemas.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list: print JSON.")] = False,
) -> None:
    """Run one tool alone.

    Examples:

        tastemaker tool --list
        tastemaker tool find_title --input '{"title": "godfahter"}'
        tastemaker tool recommend --input '{"wishes": [{"field": "genres", "op": "any_of", "value": ["Comedy"]}], "count": 2}'
    """
    from ui.session import open_app, require_catalog

    app = open_app(catalog, "rules")
    box = app.toolbox(require_catalog(app, catalog))
    if list_:
        schemas = [box.schema(n) for n in box.names()]
        if as_json:
            typer.echo(json.dumps(schemas, ensure_ascii=False, indent=1))
        else:
            for schema in schemas:
                typer.echo(f"{schema['name']}: {schema['description']}")
                typer.echo(f"    {json.dumps(schema['input_schema'].get('properties', {}), ensure_ascii=False)}")
        return
    if name is None:
        raise UserMustFix("Which tool?", "Name one, or use --list.")
    text = sys.stdin.read() if given == "-" else given or "{}"
    try:
        body = json.loads(text)
    except ValueError as wrong:
        raise BadInput(f"--input is not JSON: {wrong}.") from None
    if not isinstance(body, dict):
        raise BadInput("--input must be a JSON object.")
    typer.echo(json.dumps(box.run(name, body), ensure_ascii=False, indent=1))
