"""JSON schemas in the strict dialect that servers enforce while they decode.

The dialect is a subset: every object closed, every property required, no defaults and no bounds
(https://platform.openai.com/docs/guides/structured-outputs). Bounds are checked afterwards by the pydantic model.
Descriptions are left out: what fields mean stands in the prompt, and servers count a schema's words as tokens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_KEPT = {"type", "enum", "const", "items", "anyOf", "properties", "required", "additionalProperties"}

_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of `model` in the strict dialect; what occurs more than once stands under $defs, by a letter each."""
    full = model.model_json_schema()
    held = full.get("$defs", {})
    letter = {name: chr(ord("a") + n) for n, name in enumerate(held)}
    shape = _closed(full, letter)
    shared = {letter[name]: _closed(node, letter) for name, node in held.items()}
    return shape | ({"$defs": shared} if shared else {})


def _closed(node: dict[str, Any], letter: Mapping[str, str]) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": f"#/$defs/{letter[node['$ref'].rpartition('/')[2]]}"}
    kept = {key: value for key, value in node.items() if key in _KEPT}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if "items" in kept:
        kept["items"] = _closed(kept["items"], letter)
    if "anyOf" in kept:
        kept["anyOf"] = [_closed(branch, letter) for branch in kept["anyOf"]]
    if kept.get("type") == "object" or "properties" in kept:
        properties = {name: _closed(p, letter) for name, p in node.get("properties", {}).items()}
        kept |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return kept


def fits(value: object, schema: Mapping[str, Any], shared: Mapping[str, Any] | None = None) -> bool:
    """Whether a parsed answer is of `schema`, written in the strict dialect."""
    shared = schema.get("$defs", {}) if shared is None else shared
    if "$ref" in schema:
        return fits(value, shared[schema["$ref"].rpartition("/")[2]], shared)
    if "anyOf" in schema:
        return any(fits(value, branch, shared) for branch in schema["anyOf"])
    if "enum" in schema and value not in schema["enum"]:
        return False
    kinds = schema.get("type", [])
    if kinds and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        known = all(name in properties for name in value) or schema.get("additionalProperties", True) is not False
        there = all(name in value for name in schema.get("required", ()))
        return known and there and all(fits(value[n], p, shared) for n, p in properties.items() if n in value)
    return not isinstance(value, list) or all(fits(item, schema.get("items", {}), shared) for item in value)


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool) and kind in {"integer", "number"}:
        return False
    return isinstance(value, _KINDS[kind])
