"""Catalogues over HTTP: which there are, their schemas, their items."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, Response

from api.callers import Who
from api.problems import Refused, documented
from api.views import Catalogs, CatalogView, ItemView

Name = Annotated[str, Path(min_length=1, max_length=80, description="Name of the catalogue.")]

router = APIRouter(prefix="/v1/catalogs", tags=["catalogues"])


@router.get("", responses=documented() | {200: {"model": Catalogs}})
def catalogs(who: Who) -> Response:
    """The catalogues you may use."""
    lines = [{"name": c.name, "title": c.title, "items": c.items} for c in who.access.catalogs()]
    return JSONResponse({"catalogs": lines})


@router.get("/{name}", responses=documented() | {200: {"model": CatalogView}})
def catalog(name: Name, who: Who) -> Response:
    """A catalogue with its schema."""
    held = who.access.room(name).catalog
    schema = held.schema
    line = {"name": name, "title": schema.title, "items": len(held)}
    return JSONResponse(line | {"catalog_schema": schema.model_dump(mode="json")})


@router.get("/{name}/items/{item}", responses=documented() | {200: {"model": ItemView}})
def item(name: Name, item: Annotated[str, Path(min_length=1, max_length=200)], who: Who) -> Response:
    """One item with all its fields."""
    found = who.access.room(name).catalog.find((item,))
    if not found:
        raise Refused(404, f"No item of {name} has this id.", "The tool find_title gives ids.")
    return JSONResponse({"item": found[0].model_dump(mode="json")})
