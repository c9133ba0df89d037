"""Which fields a model fills in a catalogue, and how it is held to them: read off the schema, a domain is data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter, ValidationError

from core.errors import BadInput
from core.items import Item
from core.schema import CatalogSchema, FieldSpec, Role
from core.values import Value

OFFERED = Path(__file__).with_name("fields.yaml")
WRITABLE = {"category", "text"}
"""Types a model may write; names, numbers, dates and flags are facts, and left to the catalogue."""


class Offer(Value):
    """A field worth having in any catalogue, and what a model is to write in it."""

    field: FieldSpec
    about: str
    only_without: Role | None = None
    """Not added where a field that is none of those offered plays this role."""
    most: int = Field(default=5, ge=1, le=20)
    """Values of a category."""
    longest: int | None = Field(default=None, ge=5, le=600)
    """Letters of one value; left out: 30 for a category, 240 for a text."""


class Target(Value):
    """One field to fill."""

    spec: FieldSpec
    about: str
    added: bool
    """Whether the catalogue's own schema lacks it."""
    most: int
    longest: int

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """The only values allowed; empty: any short ones."""
        return tuple(self.spec.values)

    def lacking(self, item: Item) -> bool:
        """Whether the catalogue says nothing here of an item."""
        return not any(str(v).strip() for v in item.values(self.spec.name))


def read_offers(file: Path = OFFERED) -> tuple[Offer, ...]:
    """The fields a file offers; raises BadInput naming the file and what is wrong."""
    try:
        return TypeAdapter(tuple[Offer, ...]).validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as wrong:
        raise BadInput(
            f"{file} is no list of fields to write: {wrong}", "docs/enrich.md shows what an entry holds."
        ) from None


def targets_of(schema: CatalogSchema, offers: Sequence[Offer], described: bool) -> tuple[Target, ...]:
    """The fields to fill: every field with the role mood, and what is offered.

    `described`: whether the catalogue has any description; where not, the first text that is added plays that role.
    """
    found = {t.spec.name: t for t in _existing(schema, offers)}
    taken = {word.casefold() for spec in schema.fields for word in (spec.name, spec.title)}
    describes = not described
    for offer in offers:
        spec = offer.field
        if spec.type not in WRITABLE:
            raise BadInput(f"The field {spec.name!r} is a {spec.type}.", "A model writes categories and texts alone.")
        if {spec.name.casefold(), spec.title.casefold()} & taken or _stood_in(schema, offer, offers):
            continue
        if spec.type == "text" and describes:
            spec, describes = spec.model_copy(update={"role": "description"}), False
        found[spec.name] = _target(spec, offer, added=True)
    return tuple(found.values())


def with_targets(schema: CatalogSchema, targets: Sequence[Target]) -> CatalogSchema:
    """The schema with the fields that it lacks."""
    return schema.model_copy(update={"fields": (*schema.fields, *(t.spec for t in targets if t.added))})


def _stood_in(schema: CatalogSchema, offer: Offer, offers: Sequence[Offer]) -> bool:
    """Whether a field of the catalogue that is none of those offered plays the role of an offer."""
    named = {word.casefold() for o in offers for word in (o.field.name, o.field.title)}
    role = offer.only_without
    return role is not None and any(f.role == role and not {f.name, f.title} & named for f in schema.fields)


def _existing(schema: CatalogSchema, offers: Sequence[Offer]) -> Iterator[Target]:
    named = {word.casefold(): offer for offer in offers for word in (offer.field.name, offer.field.title)}
    for spec in schema.fields:
        offer = named.get(spec.name.casefold()) or named.get(spec.title.casefold())
        mine = offer is not None and offer.field.type == spec.type
        if mine or (spec.role == "mood" and spec.type == "category"):
            stand_in = offer if offer is not None and mine else Offer(field=spec, about=f"its {spec.title}")
            yield _target(spec, stand_in, added=False)


def _target(spec: FieldSpec, offer: Offer, *, added: bool) -> Target:
    longest = offer.longest or (240 if spec.type == "text" else 30)
    longest = max(longest, *(len(v) for v in spec.values)) if spec.values else longest
    most = offer.most if spec.many else 1
    return Target(spec=spec, about=offer.about, added=added, most=most, longest=longest)
