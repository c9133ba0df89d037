"""A catalogue whose indexes were made by another model, schema or version is found out, not served, and mended."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agent.build import build
from agent.settings import load_settings
from core.errors import IndexMismatch
from ingest.build import build_catalog
from ingest.demo import prepare, stale
from ingest.mending import rebuild
from tests.ingest.numbered import SCHEMA, numbered_items, problems_of
from tools.catalog.mend import check
from tools.catalog.store import StoredCatalog, open_catalog
from tools.retrieval import chroma
from tools.retrieval.vector_index import open_collection

NAME, COUNT = "numbered", 30
EMBEDDER = "hashing:32"


def install(home: Path, *, with_chroma: bool = False) -> StoredCatalog:
    made = numbered_items(1, COUNT)
    return build_catalog(home, NAME, SCHEMA, made, embedder_spec=EMBEDDER, chroma=with_chroma).catalog


def rewrite(catalog: StoredCatalog, **changes: object) -> StoredCatalog:
    """The catalogue as another version of the program would have left it."""
    manifest = catalog.path / "manifest.json"
    manifest.write_text(json.dumps(catalog.manifest | changes))
    return open_catalog(catalog.home, catalog.name)


def ask(home: Path) -> int:
    """How many items are shown for a wish that needs the vectors."""
    app = build(load_settings(home=home, controller="rules", embedder=EMBEDDER, vector_index="exact"))
    try:
        return len(app.respond(app.start(NAME).id, "something like a thing").slate)
    finally:
        app.close()


def test_vectors_of_another_embedder_are_not_served_until_they_are_mended(tmp_path: Path) -> None:
    catalog = rewrite(install(tmp_path), embedder="hashing-32-v0")
    (found,) = check(catalog, "hashing-32-v1")
    assert found.kind == "embedder"
    assert "hashing-32-v0" in found.problem
    assert found.mend == f"Run `tastemaker catalog mend {NAME}`."
    with pytest.raises(IndexMismatch, match="hashing-32-v0"):
        ask(tmp_path)
    mended = rebuild(tmp_path, NAME, embedder=EMBEDDER, chroma=False).catalog
    assert check(mended, "hashing-32-v1") == []
    assert mended.embedder_key == "hashing-32-v1"
    assert problems_of(tmp_path, COUNT) == []
    assert ask(tmp_path) > 0


def test_the_command_that_the_error_names_mends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ui.cli import run

    settings = {"HOME": str(tmp_path), "EMBEDDER": EMBEDDER, "VECTOR_INDEX": "exact"}
    for name, value in settings.items():
        monkeypatch.setenv(f"TASTEMAKER_{name}", value)
    rewrite(install(tmp_path), embedder="hashing-32-v0")
    assert run(["catalog", "check", NAME]) == 3
    assert run(["catalog", "check", NAME, "--mend"]) == 0
    assert open_catalog(tmp_path, NAME).embedder_key == "hashing-32-v1"


def test_a_schema_that_has_changed_is_found_and_the_new_one_taken(tmp_path: Path) -> None:
    catalog = install(tmp_path)
    newer = SCHEMA.model_copy(update={"version": 2})
    (found,) = check(catalog, schema=newer)
    assert found.kind == "schema"
    assert catalog.manifest["schema_digest"] in found.problem
    built = build_catalog(tmp_path, NAME, newer, catalog.items(), embedder_spec=EMBEDDER, chroma=False).catalog
    assert check(built, schema=newer) == []


def test_a_catalogue_in_another_format_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(IndexMismatch, match="format 99"):
        rewrite(install(tmp_path), format=99)


@pytest.mark.parametrize("damage", ["cut short", "gone"])
def test_vectors_that_do_not_fit_the_items_are_found_and_mended(tmp_path: Path, damage: str) -> None:
    file = install(tmp_path).path / "vectors.npy"
    if damage == "gone":
        file.unlink()
    else:
        np.save(file, np.load(file)[:-1])
    assert [m.kind for m in check(open_catalog(tmp_path, NAME))] == ["vectors"]
    rebuild(tmp_path, NAME, embedder=EMBEDDER, chroma=False)
    assert check(open_catalog(tmp_path, NAME)) == []


def test_a_collection_that_is_gone_is_found_refused_and_mended(tmp_path: Path) -> None:
    catalog = install(tmp_path, with_chroma=True)
    assert check(catalog) == []
    chroma.drop_collections(tmp_path, NAME, keep=())
    assert [m.kind for m in check(catalog)] == ["chroma"]
    with pytest.raises(IndexMismatch, match=f"catalog mend {NAME}"):
        open_collection(tmp_path, NAME, catalog.version, COUNT)
    mended = rebuild(tmp_path, NAME, embedder=EMBEDDER).catalog
    assert check(mended) == []
    assert open_collection(tmp_path, NAME, mended.version, COUNT).count() == COUNT


def test_mending_keeps_items_and_embeds_only_what_is_new(demo_home: Path, tmp_path: Path) -> None:
    (tmp_path / "models").symlink_to(demo_home / "models")
    made = list(numbered_items(1, 8))
    build_catalog(tmp_path, NAME, SCHEMA, made, embedder_spec="minilm", chroma=False)
    report = rebuild(tmp_path, NAME, embedder="minilm", chroma=False)
    assert (report.embedded, report.reused) == (0, 8)
    assert list(report.catalog.items()) == made


@pytest.mark.parametrize("changes", [{"embedder": "hashing-32-v0"}, {"source": "demo of last year"}, {"format": 0}])
def test_a_demo_of_another_embedder_data_or_format_is_built_again_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, object]
) -> None:
    folder = tmp_path / "data" / NAME
    folder.mkdir(parents=True)
    (folder / "schema.yaml").write_text(SCHEMA.model_dump_json())
    rows = ({"id": i.id, **i.fields} for i in numbered_items(1, COUNT))
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "ratings.csv").write_text("user,item,rating,timestamp\na,t1,4,0\n")
    monkeypatch.setattr("ingest.demo.DATA", folder.parent)

    def prepared() -> bool:
        return prepare(tmp_path, folder, lambda *_: None, embedder=EMBEDDER, chroma=False)

    assert (prepared(), prepared()) == (True, False)
    manifest = open_catalog(tmp_path, NAME).path / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | changes))
    assert stale(tmp_path, NAME, EMBEDDER)
    assert (prepared(), prepared()) == (True, False)
    assert open_catalog(tmp_path, NAME).embedder_key == "hashing-32-v1"
