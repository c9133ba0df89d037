"""A build is repeatable, refuses what it cannot be, leaves the version before alone, and survives being killed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kill_import import rounds
from core.errors import BadInput, IndexMismatch, UnknownCatalog
from core.items import Interaction, Item
from ingest.build import build_catalog
from tests.ingest.numbered import SCHEMA, numbered_items, problems_of
from tools.catalog.store import list_catalogs, open_catalog, remove_catalog


def build(home: Path, generation: int = 1, items: Iterator[Item] | None = None) -> object:
    made = items if items is not None else numbered_items(generation, 40)
    return build_catalog(home, "numbered", SCHEMA, made, embedder_spec="hashing:32", chroma=False)


def test_the_same_input_gives_the_same_catalogue_and_embeds_nothing_twice(demo_home: Path) -> None:
    reports = [
        build_catalog(demo_home, "numbered", SCHEMA, numbered_items(1, 12), embedder_spec="minilm", chroma=False)
        for _ in range(2)
    ]
    first, second = (r.catalog.manifest for r in reports)
    assert (reports[1].embedded, reports[1].reused) == (0, 12)
    assert first["build"] != second["build"]
    assert first["catalog_hash"] == second["catalog_hash"]
    remove_catalog(demo_home, "numbered")


def test_a_failed_import_leaves_the_catalogue_before(tmp_path: Path) -> None:
    build(tmp_path)

    def breaking() -> Iterator[Item]:
        yield from numbered_items(2, 10)
        yield next(numbered_items(2, 1))

    with pytest.raises(BadInput, match="t0"):
        build(tmp_path, items=breaking())
    assert problems_of(tmp_path, 40) == []
    assert len(list((tmp_path / "catalogs" / "numbered" / "versions").iterdir())) == 1


def test_an_empty_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        build(tmp_path, items=iter(()))
    assert list_catalogs(tmp_path) == []


def test_ratings_of_unknown_items_are_counted(tmp_path: Path) -> None:
    ratings = [Interaction(user="u", item="t1", rating=4.0), Interaction(user="u", item="nowhere", rating=1.0)]
    report = build_catalog(
        tmp_path, "numbered", SCHEMA, numbered_items(1, 5), ratings, embedder_spec="none", chroma=False
    )
    assert (report.interactions, report.unknown_items) == (1, 1)
    assert report.catalog.vectors is None


def test_a_catalogue_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    build(tmp_path)
    schema = open_catalog(tmp_path, "numbered").path / "schema.json"
    schema.write_text('{"name": "numbered"}')
    with pytest.raises(IndexMismatch, match="import"):
        open_catalog(tmp_path, "numbered")


def test_unknown_and_removed_catalogues(tmp_path: Path) -> None:
    build(tmp_path)
    with pytest.raises(UnknownCatalog, match="numbered"):
        open_catalog(tmp_path, "other")
    remove_catalog(tmp_path, "numbered")
    with pytest.raises(UnknownCatalog):
        open_catalog(tmp_path, "numbered")


def test_killed_imports_leave_a_whole_catalogue(tmp_path: Path) -> None:
    assert rounds(tmp_path, 3, random.Random(5))["broken"] == []
