"""A person's profiles as a JSON document that they can take with them and bring back."""

from __future__ import annotations

import json

from pydantic import ValidationError

from agent.profile.tally import Kept, Said, Tally
from core.errors import BadInput
from core.profile import Profile
from core.values import Value

FORMAT = 1


class Exported(Value):
    """What is kept of a person in one catalogue."""

    profile: Profile
    counted: tuple[Said, ...] = ()
    """What was said in a conversation without entering the profile, and in which conversations."""


class Document(Value):
    """The file of `tastemaker profile export` (docs/profile.md)."""

    format: int = FORMAT
    person: str
    catalogs: dict[str, Exported]
    """By name of the catalogue."""


def exported(person: str, kept: dict[str, Kept]) -> str:
    """The document, as indented JSON."""
    catalogs = {name: Exported(profile=k.profile, counted=k.tally.said) for name, k in kept.items()}
    document = Document(person=person, catalogs=catalogs)
    return json.dumps(document.model_dump(mode="json"), ensure_ascii=False, indent=2)


def imported(text: str, person: str | None = None) -> Document:
    """A document read back, for the person it names or for another one. Raises BadInput."""
    try:
        document = Document.model_validate_json(text)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise BadInput(
            f"This is not an exported profile: {place}: {first['msg']}.", "Give a file of `tastemaker profile export`."
        ) from None
    if document.format > FORMAT:
        raise BadInput(
            f"The file has format {document.format}, this program reads up to {FORMAT}.", "Update this checkout."
        )
    whose = document.person if person is None else person
    moved = {
        name: e.model_copy(update={"profile": e.profile.model_copy(update={"person": whose})})
        for name, e in document.catalogs.items()
    }
    return document.model_copy(update={"person": whose, "catalogs": moved})


def kept_from(one: Exported) -> Kept:
    """What to store for one catalogue of a document."""
    numbers = [int(p.id[3:]) for p in one.profile.preferences if p.id[3:].isdecimal()]
    return Kept(profile=one.profile, tally=Tally(said=one.counted, next_id=max(numbers, default=0) + 1))
