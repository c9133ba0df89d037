"""The OpenAPI document of the HTTP door: `python -m api.openapi > docs/openapi.json` writes it anew."""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import Problem

OPEN_TO_ALL = ("/healthz", "/readyz")


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of an application: what FastAPI makes of the types, with problems and keys."""
    made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    parts = made["components"]
    parts["schemas"]["Problem"] = Problem.model_json_schema()
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "An API key, tm_…"}}
    made["security"] = [{"key": []}]
    for path in OPEN_TO_ALL:
        for operation in made["paths"][path].values():
            operation["security"] = []
    return made


def text(document: dict[str, Any]) -> str:
    """The document as it is committed."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    from agent.build import build
    from api.app import make_app

    sys.stdout.write(text(make_app(build(), keyed=True).openapi()))
