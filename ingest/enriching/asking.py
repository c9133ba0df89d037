"""What a model is asked: one request for a batch of items, the same words for the same item at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.events import ModelRequest
from core.items import Item
from core.schema import CatalogSchema
from core.values import Value
from ingest.enriching.targets import Target
from prompts import line, render

MOST_ENUM = 200
"""Longest vocabulary that goes into the JSON schema; a longer one is checked afterwards alone."""
LETTERS_A_TOKEN = 3
"""On the safe side: English prose has four and more."""
SPARE = 1.1
"""Tokens of a prompt are counted by estimate; the server may count a tenth more."""


class Key(Value):
    """What an answer belongs to: an item as it was shown, a prompt, a model."""

    item: str
    content: str
    """Hash of what the prompt says of the item."""
    prompt: str
    """Hash of everything else in the prompt."""
    model: str


@dataclass(frozen=True)
class Asking:
    """The requests for the items of one catalogue."""

    schema: CatalogSchema
    """The catalogue's own, before anything was generated."""
    targets: tuple[Target, ...]
    model: str

    def lacking(self, item: Item) -> tuple[Target, ...]:
        """The fields of an item that are to be written."""
        return tuple(t for t in self.targets if t.lacking(item))

    def key(self, item: Item) -> Key:
        """The key of an item's answer."""
        return Key(item=item.id, content=content_of(self.schema, item), prompt=self.prompt, model=self.model)

    @cached_property
    def prompt(self) -> str:
        """Hash of the prompt without its items."""
        shown = render("enrich", **self._told, items=())
        return _hash([shown.hash, shown.system])

    def request(self, items: Sequence[Item]) -> ModelRequest:
        """The request for a batch; items are numbered from 1 in the order given."""
        shown = render("enrich", **self._told, items=[self._entry(item) for item in items])
        return ModelRequest(
            call="enrich",
            system=shown.system,
            user=shown.user,
            json_schema=self.answer_schema,
            stream=True,  # a server that writes is not silent: the time-out is for its silence
            prompt_hash=shown.hash,
            longest=64 + len(items) * self.longest_entry,
        )

    def tokens_in(self, request: ModelRequest, count: Callable[[str], int]) -> int:
        """Tokens a request takes, on the safe side; servers count the JSON schema too."""
        return int(SPARE * count(request.system + request.user + json.dumps(request.json_schema))) + 1

    @cached_property
    def answer_schema(self) -> dict[str, Any]:
        """JSON schema of an answer, in the strict dialect (every property required, no bounds)."""
        properties: dict[str, Any] = {"number": {"type": "integer"}}
        for target in self.targets:
            properties[target.spec.name] = _shape(target)
        return _closed({"items": {"type": "array", "items": _closed(properties)}})

    @cached_property
    def longest_entry(self) -> int:
        """Most tokens of one item's part of an answer."""
        letters = sum(len(t.spec.name) + 8 + t.most * (t.longest + 4) for t in self.targets)
        return 12 + letters // LETTERS_A_TOKEN

    @cached_property
    def _told(self) -> dict[str, Any]:
        fields = [
            {
                "name": t.spec.name,
                "title": t.spec.title,
                "about": t.about,
                "text": t.spec.type == "text",
                "allowed": ", ".join(t.vocabulary),
                "most": t.most,
                "longest": t.longest,
            }
            for t in self.targets
        ]
        return {"many": self.schema.noun.many, "purpose": self.schema.purpose, "fields": fields}

    def _entry(self, item: Item) -> dict[str, list[str]]:
        return {"lines": lines_of(self.schema, item), "lacking": [t.spec.name for t in self.lacking(item)]}


def lines_of(schema: CatalogSchema, item: Item) -> list[str]:
    """An item as a prompt shows it; what interactions say of it changes daily and is left out."""
    lines = [f"title: {item.title}"]
    for spec in schema.fields:
        if spec.derived or spec.role in {"title", "popularity", "sponsored"}:
            continue
        words = ", ".join(str(v) for v in item.values(spec.name))
        if words.strip():
            lines.append(f"{spec.title}: {words}")
    return [line(entry, 700) for entry in lines]


def content_of(schema: CatalogSchema, item: Item) -> str:
    """Hash of what a prompt shows of an item: it changes when the item's own text does."""
    return _hash(lines_of(schema, item))


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _shape(target: Target) -> dict[str, Any]:
    if target.spec.type == "text":
        return {"type": "string"}
    words: dict[str, Any] = {"type": "string"}
    if 0 < len(target.vocabulary) <= MOST_ENUM:
        words["enum"] = list(target.vocabulary)
    return {"type": "array", "items": words}


def _hash(told: object) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]
