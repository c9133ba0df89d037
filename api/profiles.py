"""Profiles over HTTP: what is kept of a person, to be seen and deleted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from api.callers import Who
from api.problems import documented
from api.views import ProfileView

Person = Annotated[str, Path(min_length=1, max_length=64, description="The name you gave the person.")]
Catalog = Annotated[str, Query(min_length=1, max_length=80, description="Name of the catalogue.")]
SHOWN = {"preferences", "liked", "disliked", "seen"}

router = APIRouter(prefix="/v1/profiles", tags=["profiles"])


@router.get("/{person}", responses=documented() | {200: {"model": ProfileView}})
def profile(person: Person, catalog: Catalog, who: Who) -> Response:
    """What is kept of a person of yours in a catalogue; empty where nothing is."""
    held = who.access.profile(catalog, person)
    return JSONResponse({"person": person, "catalog": catalog} | held.model_dump(mode="json", include=SHOWN))


@router.delete("/{person}", status_code=204, responses=documented())
def forget_person(person: Person, catalog: Catalog, who: Who) -> Response:
    """Delete what is kept of a person of yours in a catalogue."""
    who.access.forget(catalog, person)
    return Response(status_code=204)
