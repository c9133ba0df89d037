"""What can be read over MCP by address: catalogues, their schemas and items, and conversations."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import mcp_types as types
from mcp.shared.uri_template import UriTemplate

from agent.access import Access
from api.conversations import conversation_json
from api.mcp_tools import catalog_data
from core.errors import BadInput

SCHEME = "tastemaker"
JSON = "application/json"
MOST = 50
"""Conversations that are listed."""


@dataclass(frozen=True)
class Kind:
    """One kind of resource."""

    name: str
    title: str
    description: str
    template: str
    read: Callable[[Access, Mapping[str, str]], object]
    """From what stands in the address to JSON; raises errors of core.errors for what there is not."""


def _catalogs(access: Access, _at: Mapping[str, str]) -> object:
    return {"catalogs": [{"name": c.name, "title": c.title, "items": c.items} for c in access.catalogs()]}


def _schema(access: Access, at: Mapping[str, str]) -> object:
    return catalog_data(access, at["catalog"])


def _item(access: Access, at: Mapping[str, str]) -> object:
    found = access.room(at["catalog"]).catalog.find((at["id"],))
    if not found:
        raise BadInput(f"No item of {at['catalog']} has the id {at['id'][:80]!r}.", "The tool find_title gives ids.")
    return {"item": found[0].model_dump(mode="json")}


def _conversation(access: Access, at: Mapping[str, str]) -> object:
    held = access.load(at["id"])
    return {"conversation": conversation_json(access, held), "turns": [turn.public() for turn in held.turns]}


KINDS = (
    Kind("catalogs", "Catalogues", "The catalogues you may use.", f"{SCHEME}://catalogs", _catalogs),
    Kind(
        "schema",
        "Schema of a catalogue",
        "The fields of a catalogue with their types, roles and words.",
        f"{SCHEME}://catalogs/{{catalog}}/schema",
        _schema,
    ),
    Kind(
        "item",
        "Item",
        "One item of a catalogue with all its fields.",
        f"{SCHEME}://catalogs/{{catalog}}/items/{{id}}",
        _item,
    ),
    Kind(
        "conversation",
        "Conversation",
        "A conversation as it stands, with all its turns and all that stands behind them.",
        f"{SCHEME}://conversations/{{id}}",
        _conversation,
    ),
)


def resources(access: Access) -> list[types.Resource]:
    """What this caller can read now: the list of catalogues, each one's schema, the latest conversations."""
    listing, schema, _, conversation = KINDS
    return [
        _resource(listing, listing.name, listing.title, {}),
        *(
            _resource(schema, f"{c.name}-schema", f"Schema of {c.title}", {"catalog": c.name})
            for c in access.catalogs()
        ),
        *(
            _resource(conversation, f"conversation-{held.id}", held.title or held.id, {"id": held.id})
            for held in access.recent(MOST)
        ),
    ]


def templates() -> list[types.ResourceTemplate]:
    """The addresses with something to fill in."""
    return [
        types.ResourceTemplate(
            name=kind.name, title=kind.title, description=kind.description, uri_template=kind.template, mime_type=JSON
        )
        for kind in KINDS
        if UriTemplate.is_template(kind.template)
    ]


def read(access: Access, uri: str) -> str:
    """The JSON at an address; raises BadInput where it is none of ours, and what reading raises."""
    for kind in KINDS:
        found = UriTemplate.parse(kind.template).match(uri)
        if found is not None:
            held = kind.read(access, {name: str(value) for name, value in found.items()})
            return json.dumps(held, ensure_ascii=False, separators=(",", ":"))
    there = ", ".join(kind.template for kind in KINDS)
    raise BadInput(f"There is nothing at {uri[:200]!r}.", f"Addresses are: {there}.")


def completed(access: Access, template: str, argument: str) -> list[str]:
    """Values for a part of an address: catalogues by name, conversations by id; of items none are listed."""
    if template not in {kind.template for kind in KINDS}:
        raise BadInput(f"There is no address {template[:200]!r}.")
    if argument == "catalog":
        return [info.name for info in access.catalogs()]
    if template.endswith("conversations/{id}") and argument == "id":
        return [held.id for held in access.recent(MOST)]
    return []


def _resource(kind: Kind, name: str, title: str, at: Mapping[str, str]) -> types.Resource:
    uri = UriTemplate.parse(kind.template).expand(dict(at))
    return types.Resource(name=name, title=title, description=kind.description, uri=uri, mime_type=JSON)
