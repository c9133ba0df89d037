"""`catalog import`: one call from a public data set or a table to a catalogue that serves."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from core.errors import BadInput
from ingest.build import BuildReport, build_catalog
from ingest.progress import Progress, silent
from ingest.readers.goodbooks import read_goodbooks
from ingest.readers.movielens import read_movielens
from ingest.readers.tables import read_recbole, read_table
from ingest.source import OnError, Problems, RowError, Source

KINDS = ("movielens", "goodbooks", "recbole", "csv", "json", "jsonl", "parquet")


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
) -> ImportReport:
    """Import and switch; raises BadInput with what to mend. The catalogue before stays when anything fails."""
    problems = Problems(on_error)
    source = open_source(kind, path, metadata, schema, problems)
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


def open_source(kind: str, path: Path, metadata: Path | None, schema: Path | None, problems: Problems) -> Source:
    """The reader for a kind of source."""
    match kind:
        case "movielens":
            return read_movielens(path, metadata, problems)
        case "goodbooks":
            return read_goodbooks(path, problems)
        case "recbole":
            return read_recbole(path, problems)
        case "csv" | "json" | "jsonl" | "parquet":
            return read_table(path, kind, schema, problems)
    raise BadInput(f"Unknown kind of source {kind!r}.", f"Known are: {', '.join(KINDS)}.")


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
