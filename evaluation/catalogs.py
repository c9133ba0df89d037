"""Catalogues for a run: a benchmark's file imported as usual, or one that is installed, perhaps without an ability."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

from core.errors import UserMustFix
from core.schema import CatalogSchema
from ingest.importing import import_catalog
from ingest.progress import Progress, silent
from ingest.readers.tables import read_schema_without_columns
from tools.catalog.store import StoredCatalog, open_catalog

Ability = Literal["asking", "rejections", "policies", "relaxation"]
ABILITIES: tuple[Ability, ...] = get_args(Ability)
TAU_REC = Path(__file__).resolve().parent.parent / "ingest" / "schemas" / "tau_rec.yaml"


@contextlib.contextmanager
def home_for(given: Path | None, models: Path) -> Iterator[Path]:
    """The home folder to import into: the one given, or one that is gone afterwards and shares the exported models."""
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="tastemaker-") as folder:
        models.mkdir(parents=True, exist_ok=True)
        (Path(folder) / "models").symlink_to(models.resolve(), target_is_directory=True)
        yield Path(folder)


def embedder_here(wanted: str) -> tuple[str, str]:
    """(embedder, remark): minilm where its model is installed, otherwise hashing, and why."""
    if wanted != "minilm":
        return wanted, ""
    from core.errors import OperatorMustFix
    from tools.embedding.onnx import weights_path

    try:
        weights_path()
    except OperatorMustFix as missing:
        return "hashing", f"Vectors are hashed words: {missing.args[0]}"
    return wanted, ""


def imported(
    file: Path, schema: Path, home: Path, name: str, *, embedder: str, progress: Progress = silent
) -> StoredCatalog:
    """A catalogue file imported as `catalog import json` would; raises BadInput naming the first row it cannot read."""
    import_catalog(
        "json" if file.suffix == ".json" else "jsonl",
        file,
        name,
        home,
        schema=schema,
        on_error="stop",
        embedder=embedder,
        chroma=False,
        progress=progress,
    )
    return open_catalog(home, name)


def schema_of(file: Path) -> CatalogSchema:
    """The schema in a file; raises BadInput when there is none."""
    return read_schema_without_columns(file)


def check_ability(name: str | None) -> Ability | None:
    """The ability named on the command line; raises UserMustFix for any other."""
    match name:
        case None | "asking" | "rejections" | "policies" | "relaxation":
            return name
    raise UserMustFix(f"There is no ability {name!r} to leave out.", f"Known are: {', '.join(ABILITIES)}.")
