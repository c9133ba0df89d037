"""The tools over MCP: those of the registry on a caller's catalogues, and what a catalogue is."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from agent.access import Access
from agent.toolbox import Tool
from api.mcp_calls import Answer, Call, Offer, hints, in_thread
from api.mcp_views import CatalogAbout, FieldLine, Nothing
from core.schema import FieldSpec, FieldType
from tools.catalog.columns import CategoryColumn, Column

OFFERED: Mapping[FieldType, int] = {"category": 40, "people": 12}
"""Values of a field that a description names, where it has no order."""


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
        CatalogAbout,
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
    data = call.who.access.toolbox(call.catalog).call(name, call.given.model_dump())
    told = data.model_dump(mode="json", exclude={"trace"})
    return Answer(data, json.dumps(told, ensure_ascii=False, separators=(",", ":")))


def _describe(call: Call) -> Answer:
    catalog = call.who.access.room(call.catalog).catalog
    schema = catalog.schema
    fields = tuple(_line(field, catalog.columns.get(field.name)) for field in schema.fields)
    head = f"{schema.title}: {len(catalog)} {schema.noun.many}. Fields:"
    about = CatalogAbout(name=call.catalog, title=schema.title, items=len(catalog), fields=fields)
    return Answer(about, "\n".join([head, *map(_in_words, fields)]))


def _line(field: FieldSpec, column: Column | None) -> FieldLine:
    values, distinct = field.order, None
    if isinstance(column, CategoryColumn):
        distinct = len(column.vocabulary)
        commonest = np.argsort(-column.counts, kind="stable")[: OFFERED[field.type]]
        values = values or tuple(column.vocabulary[code] for code in commonest)
    return FieldLine(
        name=field.name,
        type=field.type,
        several=field.many,
        unit=field.unit.plural or "" if field.unit else "",
        values=values,
        distinct=distinct,
    )


def _in_words(line: FieldLine) -> str:
    about = [line.type, *(["several values"] if line.several else []), *([line.unit] if line.unit else [])]
    more = ", …" if line.distinct is not None and line.distinct > len(line.values) else ""
    named = f": {', '.join(line.values)}{more}" if line.values else ""
    return f"- {line.name} ({', '.join(about)}){named}"
