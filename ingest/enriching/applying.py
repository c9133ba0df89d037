"""Generated values in and out of a catalogue: a new version built with them, and the way back to the one without.

The version without generated values stays on disk beside the one with them. Undoing everything is therefore a switch:
the same version, the same hash. A value of the catalogue itself is never replaced, nor mixed with generated ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from core.errors import BadInput, OperatorMustFix
from core.items import FieldValue, Item, Provenance
from core.schema import CatalogSchema
from ingest.build import build_catalog
from ingest.enriching.answers import Answers, Given, without_runs
from ingest.enriching.asking import Asking, content_of
from ingest.enriching.log import Log
from ingest.enriching.records import Aside
from ingest.enriching.targets import Offer, Target, targets_of, with_targets
from ingest.mending import stored_interactions
from ingest.progress import Progress, silent
from ingest.publish import switch
from tools.catalog.columns import CategoryColumn, NumberColumn
from tools.catalog.lock import locked
from tools.catalog.store import StoredCatalog, catalogs_path, open_catalog

Values = dict[str, tuple[tuple[str, ...], Provenance]]
"""By field, what a model wrote and where it comes from."""


@dataclass(frozen=True)
class Builder:
    """How versions are built here: the choices of the installation."""

    home: Path
    embedder: str = "minilm"
    chroma: bool = True
    chroma_url: str = ""
    progress: Progress = silent


def base_of(home: Path, name: str) -> StoredCatalog:
    """The version of a catalogue without generated values; raises OperatorMustFix when it is gone from the disk."""
    live = open_catalog(home, name)
    if live.base is None:
        return live
    path = live.path.parent / live.base
    if not (path / "manifest.json").exists():
        raise OperatorMustFix(
            f"The version of {name!r} without generated values is gone.",
            f"Import it again: `tastemaker catalog import … --name {name}`; answers of the model are kept.",
        )
    return StoredCatalog(path, name)


def asking_for(base: StoredCatalog, offers: tuple[Offer, ...], model: str) -> Asking:
    """What is asked of the items of a catalogue; raises BadInput when there is no field to write."""
    schema = base.source_schema
    targets = targets_of(schema, offers, described=base.schema.role("description") is not None)
    if not targets:
        raise BadInput(f"There is no field to write in {base.name!r}.", "Name a file of fields with --fields.")
    return Asking(schema, targets, model)


def chosen(base: StoredCatalog, asking: Asking, count: int | None = None) -> tuple[Item, ...]:
    """The items that lack something, the best known first, at most `count` of them."""
    known = base.schema.role("popularity")
    column = base.columns.get(known.name) if known is not None else None
    rows = np.arange(len(base))
    if isinstance(column, NumberColumn):
        rows = np.argsort(-np.nan_to_num(column.data, nan=-np.inf), kind="stable")
    found: list[Item] = []
    for start in range(0, len(rows), 1000):
        found += [i for i in base.at([int(r) for r in rows[start : start + 1000]]) if asking.lacking(i)]
        if count is not None and len(found) >= count:
            break
    return tuple(found[:count])


@dataclass(frozen=True)
class Enriched:
    """A catalogue with what the log holds for it."""

    base: StoredCatalog
    answers: Answers

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """The fields of every run whose answers are in, as they are in the catalogue today."""
        runs = {given.run for given in self.answers.given.values() if not given.aside}
        own = self.base.source_schema.by_name
        found: dict[str, Target] = {}
        for number in sorted(runs):
            for target in self.answers.runs[number].targets:
                spec = own.get(target.spec.name, target.spec)
                if spec.type == target.spec.type:
                    found[spec.name] = target.model_copy(update={"spec": spec, "added": spec.name not in own})
        return tuple(found.values())

    @cached_property
    def schema(self) -> CatalogSchema:
        """The catalogue's schema with the fields that were added."""
        return with_targets(self.base.source_schema, self.targets)

    @cached_property
    def values(self) -> dict[str, Values]:
        """By item id, what is generated for it: the latest answer to each field, while the item's text is the same."""
        by_item: dict[str, list[tuple[str, Given]]] = {}
        for key, given in self.answers.given.items():
            if not given.aside:
                by_item.setdefault(key.item, []).append((key.content, given))
        found = {}
        for item in self.base.find(by_item):
            content = content_of(self.base.source_schema, item)
            values = self._values(item, [given for held, given in by_item[item.id] if held == content])
            if values:
                found[item.id] = values
        return found

    def items(self) -> Iterator[Item]:
        """Every item of the catalogue, with what is generated for it."""
        for item in self.base.items():
            yield _with(item, self.values.get(item.id, {}), self.schema)

    def digest(self) -> str:
        """A hash of everything that is generated."""
        told = {i: {f: [v, p.model_dump()] for f, (v, p) in held.items()} for i, held in self.values.items()}
        named = [t.model_dump(mode="json") for t in self.targets]
        return hashlib.sha256(json.dumps([told, named], sort_keys=True).encode()).hexdigest()[:16]

    def _values(self, item: Item, given: list[Given]) -> Values:
        found: Values = {}
        for answer in given:
            for target in self.targets:
                name = target.spec.name
                if name in answer.written and target.lacking(item):
                    spelled = self._spelling.get(name, {})
                    values = dict.fromkeys(spelled.get(v.casefold(), v) for v in answer.written[name])
                    found[name] = (tuple(values), answer.provenance)
        return found

    @cached_property
    def _spelling(self) -> Mapping[str, Mapping[str, str]]:
        """By field, how the catalogue itself spells values."""
        columns = {t.spec.name: self.base.columns.get(t.spec.name) for t in self.targets}
        return {n: {v.casefold(): v for v in c.vocabulary} for n, c in columns.items() if isinstance(c, CategoryColumn)}


def build_in(builder: Builder, name: str, answers: Answers) -> StoredCatalog:
    """The catalogue with every answer that is in; built anew when what is generated has changed, and switched to."""
    live, base = open_catalog(builder.home, name), base_of(builder.home, name)
    found = Enriched(base, answers)
    if not found.values:
        return _switched(builder.home, live, base)
    if live.base is not None and live.manifest["enriched"].get("digest") == found.digest():
        return live
    models = sorted({by.model for held in found.values.values() for _, by in held.values()})
    told = {"base": base.version, "items": len(found.values), "models": models, "digest": found.digest()}
    return build_catalog(
        builder.home,
        name,
        found.schema,
        found.items(),
        stored_interactions(base),
        embedder_spec=builder.embedder,
        chroma=builder.chroma,
        chroma_url=builder.chroma_url,
        progress=builder.progress,
        source=str(base.manifest.get("source", "")),
        facts=base.manifest.get("facts"),
        enriched=told,
    ).catalog


def undo(builder: Builder, name: str, run: int | None = None, *, forget: bool = False) -> StoredCatalog:
    """Take what one run generated out of the catalogue, or what all did; the answers are kept unless `forget`.

    Raises BadInput when there is nothing to undo, or no such run.
    """
    log = Log(catalogs_path(builder.home) / name)
    records = log.read()
    answers = Answers.of(records)
    if not answers.runs or (run is not None and run not in answers.runs):
        there = ", ".join(map(str, answers.runs)) or "none"
        raise BadInput(f"Nothing of that is in {name!r} (runs: {there}).", "`tastemaker enrich` puts something in.")
    runs = tuple(answers.runs) if run is None else (run,)
    aside = Aside(runs=runs)
    log.append(aside)
    answers.take(aside)
    after = build_in(builder, name, answers)
    if forget:
        log.rewrite(without_runs(log.read(), set(runs)))
    return after


def _switched(home: Path, live: StoredCatalog, base: StoredCatalog) -> StoredCatalog:
    if live.version != base.version:
        folder = catalogs_path(home) / base.name
        with locked(folder):
            switch(folder, base.version)
    return open_catalog(home, base.name)


def _with(item: Item, values: Values, schema: CatalogSchema) -> Item:
    if not values:
        return item
    fields: dict[str, FieldValue] = dict(item.fields)
    for name, (written, _) in values.items():
        fields[name] = written if schema.field(name).many else written[0]
    return Item(id=item.id, title=item.title, fields=fields, generated={name: by for name, (_, by) in values.items()})
