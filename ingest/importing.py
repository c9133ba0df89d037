"""`catalog import`: one call from a public data set or a table to a catalogue that serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from core.errors import BadInput
from ingest.build import BuildReport, build_catalog
from ingest.progress import Progress, silent
from ingest.readers.goodbooks import read_goodbooks
from ingest.readers.movielens import read_movielens
from ingest.readers.tables import read_recbole, read_table
from ingest.source import Given, OnError, Problems, Reader, RowError, Source


def _table(kind: str, given: Given) -> Source:
    return read_table(given.path, kind, given.schema, given.problems)


READERS: Mapping[str, Reader] = {
    "movielens": lambda given: read_movielens(given.path, given.metadata, given.problems),
    "goodbooks": lambda given: read_goodbooks(given.path, given.problems),
    "recbole": lambda given: read_recbole(given.path, given.problems),
    **{kind: partial(_table, kind) for kind in ("csv", "json", "jsonl", "parquet")},
}
"""The layouts that can be imported, by name."""


@dataclass(frozen=True)
class ImportReport:
    """What an import did."""

    name: str
    items: int
    interactions: int
    bad_rows: int
    first_bad: tuple[RowError, ...]
    embedded: int
    reused: int
    seconds: float
    rate: float
    """Texts embedded a second."""
    unknown_items: int
    notes: tuple[str, ...] = field(default=())


def import_catalog(  # noqa: PLR0913 (everything a person can choose)
    kind: str,
    path: Path,
    name: str,
    home: Path,
    *,
    metadata: Path | None = None,
    schema: Path | None = None,
    on_error: OnError = "skip",
    embedder: str = "minilm",
    chroma: bool = True,
    chroma_url: str = "",
    progress: Progress = silent,
    readers: Mapping[str, Reader] | None = None,
) -> ImportReport:
    """Import and switch; raises BadInput with what to mend. The catalogue before stays when anything fails.

    `readers`: layouts beside the built-in ones, by name.
    """
    problems = Problems(on_error)
    source = open_source(kind, path, metadata, schema, problems, readers)
    built = build_catalog(
        home,
        name,
        source.schema.model_copy(update={"name": name}),
        source.items(),
        source.interactions(),
        embedder_spec=embedder,
        chroma=chroma,
        chroma_url=chroma_url,
        progress=progress,
        source=f"{kind} {path.name}",
        on_duplicate=lambda item_id: problems.report(path, None, f"the id {item_id!r} appeared before"),
    )
    return _report(name, built, source)


def open_source(
    kind: str,
    path: Path,
    metadata: Path | None,
    schema: Path | None,
    problems: Problems,
    readers: Mapping[str, Reader] | None = None,
) -> Source:
    """The source as the reader for its kind reads it; raises BadInput for a kind that neither is built in nor given."""
    known = {**(readers or {}), **READERS}
    if kind not in known:
        raise BadInput(f"Unknown kind of source {kind!r}.", f"Known are: {', '.join(sorted(known))}.")
    return known[kind](Given(path, problems, metadata, schema))


def _report(name: str, built: BuildReport, source: Source) -> ImportReport:
    return ImportReport(
        name=name,
        items=built.items,
        interactions=built.interactions,
        bad_rows=source.problems.count,
        first_bad=tuple(source.problems.first),
        embedded=built.embedded,
        reused=built.reused,
        seconds=round(built.seconds, 1),
        rate=round(built.rate, 1),
        unknown_items=built.unknown_items,
        notes=tuple(source.notes),
    )
