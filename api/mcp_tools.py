"""The tools over MCP: those of the registry on a caller's catalogues, and what a catalogue is."""

from __future__ import annotations

import json

from agent.access import Access
from agent.toolbox import Tool
from api.mcp_calls import Answer, Call, Offer, hints, in_thread
from api.mcp_views import Nothing
from api.views import CatalogView
from core.schema import FieldSpec

OFFERED = 12
"""Values of a field that a description names."""


def registry_offers(access: Access) -> dict[str, Offer]:
    """The tools of the registry by name; every catalogue has the same ones. Opens the first one this caller may use."""
    found = access.catalogs()
    return {tool.name: offer_of(tool) for tool in access.toolbox(found[0].name).tools.values()} if found else {}


def offer_of(tool: Tool) -> Offer:
    """A tool of the registry as this door offers it."""
    return Offer(
        tool.name,
        tool.name.replace("_", " ").capitalize(),
        tool.description,
        tool.takes,
        tool.gives,
        hints(read_only=tool.read_only, idempotent=tool.read_only and not tool.calls_model),
        in_thread(lambda call: _run(tool.name, call)),
        about_catalog=True,
    )


def catalog_offer() -> Offer:
    """The tool that says what a catalogue holds."""
    return Offer(
        "describe_catalog",
        "Describe a catalogue",
        "What a catalogue holds: its fields with their types, units and values, as wishes name them.",
        Nothing,
        CatalogView,
        hints(read_only=True, idempotent=True),
        in_thread(_describe),
        about_catalog=True,
    )


def catalog_data(access: Access, name: str) -> dict[str, object]:
    """A catalogue as CatalogView; raises UnknownCatalog."""
    held = access.room(name).catalog
    line = {"name": name, "title": held.schema.title, "items": len(held)}
    return line | {"catalog_schema": held.schema.model_dump(mode="json")}


def _run(name: str, call: Call) -> Answer:
    data = call.who.access.toolbox(call.catalog).call(name, call.given.model_dump()).model_dump(mode="json")
    told = {key: value for key, value in data.items() if key != "trace"}
    return Answer(data, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _describe(call: Call) -> Answer:
    catalog = call.who.access.room(call.catalog).catalog
    schema = catalog.schema
    head = f"{schema.title}: {len(catalog)} {schema.noun.many}. Fields:"
    lines = [head, *(_field(field) for field in schema.fields)]
    return Answer(catalog_data(call.who.access, call.catalog), "\n".join(lines))


def _field(field: FieldSpec) -> str:
    about = [field.type, *(["several values"] if field.many else []), *([field.unit.plural] if field.unit else [])]
    values = list(field.order or field.values)
    named = f": {', '.join(values[:OFFERED])}{', …' if len(values) > OFFERED else ''}" if values else ""
    return f"- {field.name} ({', '.join(about)}){named}"
