"""JSON schemas in the strict dialect that servers enforce while they decode.

The dialect is a subset: every object closed, every property required, no defaults and no bounds
(https://platform.openai.com/docs/guides/structured-outputs). Bounds are checked afterwards by the pydantic model.
Descriptions are left out: what fields mean stands in the prompt, and servers count a schema's words as tokens.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

_KEPT = {"type", "enum", "const", "items", "anyOf", "properties", "required", "additionalProperties"}


def strict_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of `model` in the strict dialect; what occurs more than once stands under $defs."""
    full = model.model_json_schema()
    shape = _closed(full)
    shared = {name: _closed(node) for name, node in full.get("$defs", {}).items()}
    return shape | ({"$defs": shared} if shared else {})


def _closed(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    kept = {key: value for key, value in node.items() if key in _KEPT}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    if "items" in kept:
        kept["items"] = _closed(kept["items"])
    if "anyOf" in kept:
        kept["anyOf"] = [_closed(branch) for branch in kept["anyOf"]]
    if kept.get("type") == "object" or "properties" in kept:
        properties = {name: _closed(p) for name, p in node.get("properties", {}).items()}
        kept |= {"properties": properties, "required": list(properties), "additionalProperties": False}
    return kept
