"""One call of a tool over MCP: who calls, what they ask, and the answer as data and as text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import mcp_types as types
from mcp.server import ServerRequestContext
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from agent.access import Access
from api.problems import Refused
from api.turns import Turns
from core.errors import BadInput, OperatorMustFix, TastemakerError, UnknownCatalog
from core.values import Value

CATALOG = "catalog"
"""Name of the argument that every tool about a catalogue takes besides its own."""
VALUES = frozenset({"default", "const", "enum", "examples"})
"""Keywords of JSON Schema that hold values, and no schemas."""
Context = ServerRequestContext[Any, Any]
Tell = Callable[[float, float | None, str | None], Awaitable[None]]
"""Tells a client that wants to know how far a call is: so much done, of how much, and what."""


@dataclass(frozen=True)
class Calling:
    """Who calls, what they can reach, and what their turns run in."""

    access: Access
    turns: Turns
    person: str = ""
    """With whom a conversation is held when none is named; empty: with a guest."""
    request: str = ""
    """Id of the request in the log."""


Who = Callable[[Context], Calling]


@dataclass(frozen=True)
class Call:
    """One call of a tool."""

    who: Calling
    given: Any
    """An instance of the tool's `takes`."""
    catalog: str
    """The catalogue it is about; empty for a tool that names none."""
    tell: Tell


@dataclass(frozen=True)
class Answer:
    """What a tool answers."""

    data: Value
    """An instance of the tool's `gives`."""
    text: str
    """The same for a model or a person to read."""
    aside: str = ""
    """More for a model alone, such as ids for other tools."""


@dataclass(frozen=True)
class Offer:
    """A tool as this door offers it."""

    name: str
    title: str
    description: str
    takes: type[Value]
    gives: type[Value]
    hints: types.ToolAnnotations
    run: Callable[[Call], Awaitable[Answer]]
    about_catalog: bool = False
    """Whether it takes the name of a catalogue too."""


def in_thread(run: Callable[[Call], Answer]) -> Callable[[Call], Awaitable[Answer]]:
    """A run that waits for files or a database, kept out of the event loop."""

    async def running(call: Call) -> Answer:
        return await run_in_threadpool(run, call)

    return running


def hints(*, read_only: bool = False, destructive: bool = False, idempotent: bool = False) -> types.ToolAnnotations:
    """Annotations of a tool; all of them work on this installation's own data alone."""
    return types.ToolAnnotations(
        read_only_hint=read_only, destructive_hint=destructive, idempotent_hint=idempotent, open_world_hint=False
    )


def listed(offer: Offer, catalogs: Mapping[str, str]) -> types.Tool:
    """The tool for a caller who may use these catalogues (descriptions by name)."""
    return types.Tool(
        name=offer.name,
        title=offer.title,
        description=offer.description,
        input_schema=_input_schema(offer, catalogs),
        output_schema=schema_of(offer.gives, gives=True),
        annotations=offer.hints,
    )


async def answered(offer: Offer, who: Calling, given: Mapping[str, Any], tell: Tell) -> types.CallToolResult:
    """The result of a call; what is wrong with it, or with the installation, is told as the tool's own error."""
    try:
        rest, catalog = dict(given), ""
        if offer.about_catalog:
            catalog = await run_in_threadpool(chosen, who.access, rest.pop(CATALOG, None))
        done = await offer.run(Call(who, _read(offer, rest), catalog, tell))
    except TastemakerError as error:
        return types.CallToolResult(content=[types.TextContent(text=str(error))], is_error=True)
    except Refused as refused:
        text = f"{refused.detail} {refused.mend}".strip()
        return types.CallToolResult(content=[types.TextContent(text=text)], is_error=True)
    content: list[types.ContentBlock] = [types.TextContent(text=done.text)]
    if done.aside:
        content.append(types.TextContent(text=done.aside, annotations=types.Annotations(audience=["assistant"])))
    return types.CallToolResult(content=content, structured_content=done.data.model_dump(mode="json"))


def chosen(access: Access, name: object) -> str:
    """The catalogue meant: the one named, else the only one there is; raises UnknownCatalog and BadInput."""
    there = [info.name for info in access.catalogs()]
    if name is None and len(there) == 1:
        return there[0]
    listing = f"There are: {', '.join(there)}." if there else "Ask the operator to open one for you."
    if name is None:
        raise BadInput("Which catalogue?", f"Name it as `{CATALOG}`. {listing}")
    if name not in there:
        raise UnknownCatalog(f"There is no catalogue {str(name)[:80]!r} here.", listing)
    return str(name)


@lru_cache(maxsize=256)
def schema_of(kind: type[Value], *, gives: bool) -> dict[str, Any]:
    """JSON Schema of what a tool takes or gives, without the titles that repeat its names; not to be changed in place.

    A client puts the schemas of all tools in front of its model: what says nothing is left out.
    """
    return cast("dict[str, Any]", _untitled(kind.model_json_schema(mode="serialization" if gives else "validation")))


def _untitled(schema: object, *, names: bool = False) -> object:
    """A schema, or with `names` schemas by name, without the keyword `title`."""
    if isinstance(schema, list):
        return [_untitled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: part
        if key in VALUES and not names
        else _untitled(part, names=not names and key in {"properties", "$defs"})
        for key, part in schema.items()
        if names or key != "title"
    }


def _input_schema(offer: Offer, catalogs: Mapping[str, str]) -> dict[str, Any]:
    schema = schema_of(offer.takes, gives=False)
    if not offer.about_catalog:
        return schema
    own = schema.get("properties", {})
    if CATALOG in own:
        raise OperatorMustFix(
            f"The tool {offer.name!r} takes something called {CATALOG!r} of its own.", "Give it another name."
        )
    said = "; ".join(f"{name}: {title}" for name, title in catalogs.items())
    named: dict[str, Any] = {"type": "string", "enum": list(catalogs), "description": f"The catalogue. {said}"}
    needed = list(schema.get("required", ()))
    if len(catalogs) == 1:
        named["default"] = next(iter(catalogs))
    else:
        needed.append(CATALOG)
    return schema | {"properties": {**own, CATALOG: named}} | ({"required": needed} if needed else {})


def _read(offer: Offer, given: Mapping[str, Any]) -> Value:
    try:
        return offer.takes.model_validate(given)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(step) for step in first["loc"]) or "arguments"
        raise BadInput(
            f"{offer.name}: {place}: {first['msg'].rstrip('.')}.",
            f"The input schema of {offer.name} says what it takes.",
        ) from None
