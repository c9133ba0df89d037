"""What on disk does not fit together: each mismatch says what is wrong and which command mends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from core.schema import CatalogSchema
from core.values import Value
from tools.catalog.columns import CategoryColumn
from tools.catalog.store import StoredCatalog
from tools.digests import digest_of
from tools.ranking.fitted import damaged
from tools.retrieval import chroma

Kind = Literal["embedder", "schema", "rows", "vectors", "chroma", "files", "rules"]


class Mismatch(Value):
    """One thing that does not fit."""

    kind: Kind
    problem: str
    """A sentence: what is expected and what is there."""
    mend: str
    """What to do about it."""


def check(
    catalog: StoredCatalog, embedder_key: str | None = None, schema: CatalogSchema | None = None, url: str = ""
) -> list[Mismatch]:
    """Everything that does not fit, quick enough to run at every start; empty when all is well.

    `embedder_key`: the embedder in the settings (None: do not ask); `schema`: the schema the source has today (None: do
    not ask); `url`: a Chroma server, empty for the files in the home folder.
    """
    return [*_embedder(catalog, embedder_key), *_schema(catalog, schema), *_rows(catalog), *_chroma(catalog, url)]


def verify(catalog: StoredCatalog) -> list[Mismatch]:
    """Read every file again and compare it with its hash in the manifest; seconds for a large catalogue."""
    found = []
    files: dict[str, str] = catalog.manifest.get("files", {})
    for name, digest in files.items():
        path = catalog.path / name
        if not path.is_file():
            found.append(_mismatch(catalog, "files", f"{name} is missing."))
        elif digest_of(path) != digest:
            found.append(_mismatch(catalog, "files", f"{name} is not what was written."))
    for name in damaged(catalog.rankers_path):
        problem = f"{name} of the fitted ranker is not what was written."
        found.append(Mismatch(kind="files", problem=problem, mend=f"Run `tastemaker fit --catalog {catalog.name}`."))
    return found


def _embedder(catalog: StoredCatalog, key: str | None) -> Iterator[Mismatch]:
    held = catalog.embedder_key
    if key is not None and held is not None and key != held:
        yield _mismatch(catalog, "embedder", f"its vectors were made by {held}, the settings name {key}.")


def _schema(catalog: StoredCatalog, schema: CatalogSchema | None) -> Iterator[Mismatch]:
    held = catalog.manifest["schema_digest"]
    if schema is not None and schema.digest() != held:
        yield _mismatch(catalog, "schema", f"it was built with schema {held}, the source now has {schema.digest()}.")


def _rows(catalog: StoredCatalog) -> Iterator[Mismatch]:
    rows = len(catalog)
    stored = catalog.count()
    if stored != rows:
        yield _mismatch(catalog, "rows", f"its manifest names {rows} items, its database holds {stored}.")
    for name, column in catalog.columns.items():
        size = column.size if isinstance(column, CategoryColumn) else len(column.data)
        if size != rows:
            yield _mismatch(catalog, "rows", f"the column {name} has {size} rows, not {rows}.")
    vectors = catalog.vectors
    if vectors is None and catalog.embedder_key is not None:
        yield _mismatch(catalog, "vectors", "its vectors are missing.")
    elif vectors is not None and vectors.shape != (rows, catalog.manifest["dim"]):
        yield _mismatch(
            catalog, "vectors", f"its vectors are {vectors.shape}, not ({rows}, {catalog.manifest['dim']})."
        )


def _chroma(catalog: StoredCatalog, url: str) -> Iterator[Mismatch]:
    if not catalog.manifest.get("chroma"):
        return
    held = chroma.stored_count(catalog.home, catalog.name, catalog.version, url)
    if held is None:
        yield _mismatch(catalog, "chroma", "its collection in Chroma is missing.")
    elif held != len(catalog):
        yield _mismatch(catalog, "chroma", f"its collection in Chroma holds {held} vectors, not {len(catalog)}.")


def _mismatch(catalog: StoredCatalog, kind: Kind, problem: str) -> Mismatch:
    return Mismatch(
        kind=kind,
        problem=f"Catalogue {catalog.name!r}: {problem}",
        mend=f"Run `tastemaker catalog mend {catalog.name}`.",
    )
