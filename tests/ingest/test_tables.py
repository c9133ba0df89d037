"""Tables of any domain: CSV, JSON, JSON lines, Parquet under a schema file, and the schema guessed from their rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from core.errors import BadInput
from core.items import Item
from ingest.guess import guess_table
from ingest.importing import import_catalog, open_source
from ingest.source import Problems, Source
from tools.catalog.store import open_catalog

SCHEMA = """
name: wines
title: Wines
noun: {one: wine, many: wines}
consumption: {bare: [drink], past: [drunk]}
purpose: find something to drink
columns: {id: code, year: bottled}
fields:
  - {name: name, type: text, role: title}
  - {name: year, type: number, role: release, unit: {name: year, plural: years, style: year}}
  - {name: grapes, type: category, many: true}
  - {name: organic, type: flag}
  - {name: price, type: number}
"""
FIRST = {
    "code": "w1",
    "name": "Old Hill",
    "bottled": "2019-09-30",
    "grapes": ["Syrah", "Merlot"],
    "organic": True,
    "price": 12.5,
}
SECOND = {"code": "w2", "name": "North Slope", "bottled": 2020, "grapes": None, "organic": None, "price": None}
NO_PRICE = SECOND | {"code": "w3", "price": "dear"}
NO_NAME = SECOND | {"code": "w4", "name": ""}
AGAIN = FIRST | {"name": "Old Hill again"}


def write(folder: Path, kind: str, rows: list[dict[str, object]]) -> Path:
    """The rows as a file of this kind, beside the schema."""
    (folder / "wines.yaml").write_text(SCHEMA)
    file = folder / f"wines.{kind}"
    match kind:
        case "json":
            file.write_text(json.dumps(rows))
        case "jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        case "csv":
            lines = [",".join(_cell(v) for v in row.values()) for row in rows]
            file.write_text("\n".join([",".join(FIRST), *lines]) + "\n")
        case "parquet":
            pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
            same = [{**row, "bottled": str(row["bottled"]), "price": _text(row["price"])} for row in rows]
            parquet.write_table(pyarrow.Table.from_pylist(same), file)
    return file


def _cell(value: object) -> str:
    return "|".join(value) if isinstance(value, list) else _text(value) or ""


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def read(file: Path, *, on_error: str = "skip") -> tuple[Source, list[Item]]:
    kind = file.suffix.lstrip(".")
    source = open_source(kind, file, None, file.parent / "wines.yaml", Problems(on_error))
    return source, list(source.items())


class TableContract:
    """Inherit, and name the `kind` and the number of the first row's line."""

    kind: str
    first_line = 1

    def test_cells_become_facts_of_the_fields_types(self, tmp_path: Path) -> None:
        source, items = read(write(tmp_path, self.kind, [FIRST, SECOND]))
        facts = {"name": "Old Hill", "year": 2019, "grapes": ("Syrah", "Merlot"), "organic": True, "price": 12.5}
        nothing = {"name": "North Slope", "year": 2020, "grapes": None, "organic": None, "price": None}
        assert items == [
            Item(id="w1", title="Old Hill", fields=facts),
            Item(id="w2", title="North Slope", fields=nothing),
        ]
        assert source.problems.count == 0

    def test_bad_rows_are_skipped_with_their_line_and_what_is_wrong(self, tmp_path: Path) -> None:
        source, items = read(write(tmp_path, self.kind, [NO_PRICE, FIRST, NO_NAME, AGAIN, SECOND]))
        assert [i.id for i in items] == ["w1", "w2"]
        assert [(p.line, p.problem) for p in source.problems.first] == [
            (self.first_line, "price: 'dear' is not a number"),
            (self.first_line + 2, "no title"),
            (self.first_line + 3, "the id 'w1' appeared before"),
        ]

    def test_the_first_bad_row_stops_the_import_where_that_is_asked(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match=rf"wines\.{self.kind}, line {self.first_line + 1}: price: 'dear'"):
            read(write(tmp_path, self.kind, [FIRST, NO_PRICE]), on_error="stop")

    def test_a_guessed_schema_imports_the_table_it_was_guessed_from(self, tmp_path: Path) -> None:
        file = write(tmp_path, self.kind, [FIRST, SECOND])
        guess = guess_table(file, self.kind)
        assert guess.schema.title_field == "name"
        body = guess.schema.model_dump(mode="json", exclude_defaults=True) | {"columns": guess.columns}
        (tmp_path / "wines.yaml").write_text(yaml.safe_dump(body))
        source, items = read(file)
        assert [(i.id, i.title) for i in items] == [("w1", "Old Hill"), ("w2", "North Slope")]
        assert source.problems.count == 0

    def test_a_file_of_another_kind_is_refused(self, tmp_path: Path) -> None:
        file = write(tmp_path, self.kind, [FIRST])
        file.write_bytes(b"\xff\xfe\x00bytes of a picture")
        with pytest.raises(BadInput, match=self.kind):
            read(file)


class TestCsv(TableContract):
    kind, first_line = "csv", 2

    @pytest.mark.parametrize("mark", ["\t", ";"])
    def test_other_marks_between_the_columns(self, tmp_path: Path, mark: str) -> None:
        file = write(tmp_path, "csv", [FIRST])
        file.write_text(file.read_text().replace(",", mark), encoding="utf-8-sig")
        assert [i.id for i in read(file)[1]] == ["w1"]

    def test_a_row_of_another_width_is_bad(self, tmp_path: Path) -> None:
        file = write(tmp_path, "csv", [FIRST])
        file.write_text(file.read_text() + "w5,Short\nw6,Long,2001,Syrah,yes,9,more\n")
        source, items = read(file)
        assert ([i.id for i in items], [p.line for p in source.problems.first]) == (["w1"], [3, 4])

    def test_ratings_beside_the_table_are_read(self, tmp_path: Path) -> None:
        file = write(tmp_path, "csv", [FIRST, SECOND])
        (tmp_path / "interactions.csv").write_text("user,item,rating,timestamp\na,w1,4,10\nb,w2,,\nc,w1,good,1\n")
        source, _ = read(file)
        assert [(i.user, i.item, i.rating, i.timestamp) for i in source.interactions()] == [
            ("a", "w1", 4.0, 10.0),
            ("b", "w2", None, None),
        ]
        assert [str(p).split(": ")[0] for p in source.problems.first] == ["interactions.csv, line 4"]


class TestJsonLines(TableContract):
    kind = "jsonl"

    def test_lines_that_are_no_objects_are_bad(self, tmp_path: Path) -> None:
        file = write(tmp_path, "jsonl", [FIRST])
        file.write_text(file.read_text() + '\n{"code": \n[1]\n')
        source, items = read(file)
        assert (len(items), [p.line for p in source.problems.first]) == (1, [3, 4])


class TestJson(TableContract):
    kind = "json"


class TestParquet(TableContract):
    kind = "parquet"


def test_a_guess_reads_types_roles_and_columns_off_the_rows(tmp_path: Path) -> None:
    file = tmp_path / "tool_shop.csv"
    file.write_text(
        "SKU,Product Name,Maker,Category,Release Date,Price (EUR),Rating,In Stock\n"
        "a1,Saw,Bo,hand|wood,2020-01-31,10.50,4.5,yes\na2,Plane,Bo,hand,2021-05-01,30,4.0,no\n"
    )
    guess = guess_table(file, "csv")
    assert {f.name: (f.type, f.role, f.many) for f in guess.schema.fields} == {
        "product_name": ("text", "title", False),
        "maker": ("people", "creator", False),
        "category": ("category", "genre", True),
        "release_date": ("number", "release", False),
        "price_eur": ("number", None, False),
        "rating": ("number", "quality", False),
        "in_stock": ("category", None, False),
    }
    assert guess.columns["id"] == "SKU"
    assert guess.columns["price_eur"] == "Price (EUR)"


@pytest.mark.parametrize(("text", "said"), [("", "no rows"), ("id,year\n1,2000\n", "could be a title")])
def test_a_table_nothing_can_be_guessed_from(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(BadInput, match=said):
        guess_table(tmp_path / "t.csv", "csv")
    with pytest.raises(BadInput, match="There is no file"):
        guess_table(tmp_path / "none.csv", "csv")


def test_a_table_without_a_schema_is_told_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--guess-schema"):
        open_source("csv", write(tmp_path, "csv", [FIRST]), None, None, Problems())
    with pytest.raises(BadInput, match="no schema file"):
        open_source("csv", tmp_path / "wines.csv", None, tmp_path / "none.yaml", Problems())


@pytest.mark.parametrize("text", ["- a\n- list\n", "name: [unclosed\n", "name: wines\n"])
def test_a_schema_file_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, "csv", [FIRST])
    (tmp_path / "wines.yaml").write_text(text)
    with pytest.raises(BadInput, match=r"wines\.yaml is not"):
        read(file)


def test_bad_rows_are_counted_in_the_report_and_the_rest_serves(tmp_path: Path) -> None:
    file = write(tmp_path, "jsonl", [FIRST, NO_PRICE, SECOND])
    report = import_catalog(
        "jsonl", file, "cellar", tmp_path / "home", schema=tmp_path / "wines.yaml", embedder="hashing:16", chroma=False
    )
    assert (report.items, report.bad_rows, str(report.first_bad[0]).split(": ")[0]) == (2, 1, "wines.jsonl, line 2")
    catalog = open_catalog(tmp_path / "home", "cellar")
    assert [i.title for i in catalog.items()] == ["Old Hill", "North Slope"]
    assert catalog.vectors is not None
    assert catalog.vectors.shape == (2, 16)
