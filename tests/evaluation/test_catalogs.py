"""A benchmark's catalogue file goes through the ordinary import, and abilities are taken away by its schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import BadInput, UserMustFix
from evaluation.catalogs import TAU_REC, check_ability, home_for, imported, schema_of

FILM = {
    "id": "a1",
    "title": "The Long Night",
    "release_date": "2025-12-17",
    "runtime": 98,
    "genres": ["Horror", "Science Fiction"],
    "overview": "A storm keeps a crew awake.",
    "cast": ["Ann Example"],
    "director": "Bo Example",
    "rating": 6.5,
    "vote_count": 12,
    "streaming_services": ["Netflix"],
    "sponsored": True,
    "content_rating": "R",
}


@pytest.fixture
def catalog(tmp_path: Path):
    file = tmp_path / "catalog.json"
    rows = [FILM, FILM | {"id": "a2", "title": "Morning", "release_date": None, "streaming_services": []}]
    file.write_text(json.dumps(rows), encoding="utf-8")
    return imported(file, TAU_REC, tmp_path / "home", "tau-rec", embedder="hashing:32")


def test_every_column_of_the_benchmark_fills_a_field(catalog) -> None:
    item = catalog.item("a1")
    assert item.fields == {
        "title": "The Long Night",
        "year": 2025,
        "runtime": 98,
        "genres": ("Horror", "Science Fiction"),
        "director": "Bo Example",
        "cast": ("Ann Example",),
        "content_rating": "R",
        "rating": 6.5,
        "vote_count": 12,
        "streaming_services": ("Netflix",),
        "sponsored": True,
        "description": "A storm keeps a crew awake.",
    }
    assert catalog.item("a2").fields["year"] is None


def test_the_house_rules_of_the_benchmark_are_in_its_schema() -> None:
    rules = {p.rule: (p.field, p.values) for p in schema_of(TAU_REC).policies}
    assert rules["confirm_first"] == ("content_rating", ("R", "NC-17"))
    assert rules["available"][0] == "streaming_services"
    assert {"not_seen", "disclose_sponsored", "one_at_a_time", "abstain"} <= rules.keys()


def test_what_can_be_told_on_asking_has_a_question() -> None:
    asked = {f.name for f in schema_of(TAU_REC).fields if f.ask}
    assert {"genres", "runtime", "rating", "content_rating", "streaming_services"} <= asked


def test_a_row_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps([FILM, FILM | {"id": "a2", "runtime": "long"}]), encoding="utf-8")
    with pytest.raises(BadInput, match="line 2: runtime: 'long' is not a number"):
        imported(file, TAU_REC, tmp_path / "home", "tau-rec", embedder="none")
    file.write_text(json.dumps(FILM), encoding="utf-8")
    with pytest.raises(BadInput, match="not a list"):
        imported(file, TAU_REC, tmp_path / "home", "tau-rec", embedder="none")


def test_a_temporary_home_is_gone_afterwards_and_shares_the_models(tmp_path: Path) -> None:
    models = tmp_path / "models"
    with home_for(None, models) as home:
        (home / "models" / "made").write_text("once")
    assert not home.exists()
    assert (models / "made").read_text() == "once"


def test_an_unknown_ability_is_refused() -> None:
    assert check_ability("asking") == "asking"
    with pytest.raises(UserMustFix, match="cooking"):
        check_ability("cooking")
