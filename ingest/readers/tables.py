"""Tables of any domain: CSV, TSV, JSON lines or Parquet with a schema file; and RecBole's atomic files."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.items import FieldValue, Interaction, Item
from core.schema import CatalogSchema, FieldSpec
from ingest.demo import read_schema
from ingest.guess import guess_schema
from ingest.source import Problems, Source, need

csv.field_size_limit(10_000_000)
Row = Mapping[str, Any]


def read_table(file: Path, kind: str, schema_file: Path | None, problems: Problems) -> Source:
    """A table of items under a schema; the schema file may name the columns that fill its fields under `columns:`.

    An optional `interactions.csv` beside it (user, item, rating, timestamp) is read too.
    """
    if not file.is_file():
        raise BadInput(f"There is no file {file}.")
    if schema_file is None:
        raise BadInput(
            "A table needs a schema.",
            f"Write one with `tastemaker catalog import {kind} {file} --guess-schema`, read it over, pass it with --schema.",
        )
    columns = _columns(schema_file)
    schema = read_schema_without_columns(schema_file)
    ratings = file.parent / "interactions.csv"
    return Source(
        schema,
        lambda: _items(file, rows_of(file, kind, problems), schema, columns, problems),
        lambda: _interactions(ratings, problems),
        problems,
    )


def read_recbole(folder: Path, problems: Problems) -> Source:
    """RecBole atomic files: one .item with typed headers, one .inter. The schema is guessed from the item file."""
    need(folder)
    items, inter = sorted(folder.glob("*.item")), sorted(folder.glob("*.inter"))
    if not items:
        raise BadInput(f"{folder} has no .item file.", "RecBole atomic files are NAME.item and NAME.inter.")
    schema = guess_schema(items[0], "recbole")
    first = _recbole_id(items[0])
    return Source(
        schema,
        lambda: _items(items[0], rows_of(items[0], "recbole", problems), schema, {"id": first}, problems),
        lambda: _recbole_interactions(inter[0], problems) if inter else iter(()),
        problems,
    )


def _recbole_id(file: Path) -> str:
    with file.open(encoding="utf-8") as handle:
        return handle.readline().rstrip("\n").split("\t")[0].split(":")[0]


def rows_of(file: Path, kind: str, problems: Problems) -> Iterator[tuple[int, Row]]:
    """(line number, row) of a table, streamed."""
    match kind:
        case "jsonl":
            yield from _json_rows(file, problems)
        case "parquet":
            yield from _parquet_rows(file)
        case "recbole":
            yield from _recbole_rows(file, problems)
        case _:
            yield from _csv_rows(file, problems)


def _csv_rows(file: Path, problems: Problems) -> Iterator[tuple[int, Row]]:
    with file.open(encoding="utf-8-sig", newline="") as handle:
        sample = handle.readline()
        handle.seek(0)
        mark = "\t" if sample.count("\t") > sample.count(",") else ";" if sample.count(";") > sample.count(",") else ","
        reader = csv.DictReader(handle, delimiter=mark)
        for row in reader:
            if None in row or None in row.values():
                problems.report(file, reader.line_num, "the row has not as many columns as the header")
                continue
            yield reader.line_num, row


def _json_rows(file: Path, problems: Problems) -> Iterator[tuple[int, Row]]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as wrong:
                problems.report(file, number, f"not JSON: {wrong}")
                continue
            if not isinstance(row, dict):
                problems.report(file, number, "not an object")
                continue
            yield number, row


def _parquet_rows(file: Path) -> Iterator[tuple[int, Row]]:
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
    except (OSError, ValueError) as wrong:
        raise BadInput(f"{file} is not a Parquet file: {wrong}") from wrong
    number = 0
    for batch in table.iter_batches(batch_size=2048):
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _recbole_rows(file: Path, problems: Problems) -> Iterator[tuple[int, Row]]:
    with file.open(encoding="utf-8") as lines:
        header = [h.rpartition(":") for h in lines.readline().rstrip("\n").split("\t")]
        for number, line in enumerate(lines, start=2):
            cells = line.rstrip("\n").split("\t")
            if len(cells) != len(header):
                problems.report(file, number, f"expected {len(header)} columns, found {len(cells)}")
                continue
            yield (
                number,
                {
                    name: cell.split(" ") if kind == "token_seq" and name != "title" else cell
                    for (name, _, kind), cell in zip(header, cells, strict=True)
                },
            )


def _items(
    file: Path, rows: Iterator[tuple[int, Row]], schema: CatalogSchema, columns: Mapping[str, str], problems: Problems
) -> Iterator[Item]:
    seen: set[str] = set()
    for number, row in rows:
        try:
            item = item_of(row, schema, columns)
        except ValueError as wrong:
            problems.report(file, number, str(wrong))
            continue
        if item.id in seen:
            problems.report(file, number, f"the id {item.id!r} appeared before")
            continue
        seen.add(item.id)
        yield item


def item_of(row: Row, schema: CatalogSchema, columns: Mapping[str, str]) -> Item:
    """A row as an item; raises ValueError saying which field is wrong."""
    key = columns.get("id", "id")
    if row.get(key) in (None, ""):
        raise ValueError(f"no value in the id column {key!r}")
    fields = {s.name: _value(s, row.get(columns.get(s.name, s.name))) for s in schema.fields if not s.derived}
    title = fields.get(schema.title_field)
    if not title:
        raise ValueError("no title")
    return Item(id=str(row[key]), title=str(title), fields=fields)


def _value(spec: FieldSpec, cell: Any) -> FieldValue:  # noqa: ANN401 (a cell of any table)
    if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
        return None
    match spec.type:
        case "number":
            try:
                number = float(cell)
            except (TypeError, ValueError):
                raise ValueError(f"{spec.name}: {cell!r} is not a number") from None
            return int(number) if number.is_integer() else number
        case "flag":
            return cell if isinstance(cell, bool) else str(cell).strip().lower() in {"1", "true", "yes", "y"}
        case "text":
            return str(cell)
    values = cell if isinstance(cell, list | tuple) else split_values(str(cell)) if spec.many else [cell]
    held = tuple(str(v).strip() for v in values if str(v).strip())
    return held if spec.many else (held[0] if held else None)


def split_values(text: str) -> list[str]:
    """Several values in one cell: a JSON list, or parted by | ; or comma."""
    if text.startswith("["):
        try:
            return [str(v) for v in json.loads(text)]
        except ValueError:
            pass
    mark = next((m for m in "|;," if m in text), None)
    return text.split(mark) if mark else [text]


def _columns(schema_file: Path) -> dict[str, str]:
    import yaml

    body = yaml.safe_load(schema_file.read_text(encoding="utf-8"))
    return {str(k): str(v) for k, v in (body.get("columns") or {}).items()} if isinstance(body, dict) else {}


def read_schema_without_columns(schema_file: Path) -> CatalogSchema:
    """The schema of a file that may also hold a `columns:` mapping."""
    import yaml

    if not schema_file.is_file():
        raise BadInput(f"There is no schema file {schema_file}.")
    body = yaml.safe_load(schema_file.read_text(encoding="utf-8"))
    if not isinstance(body, dict) or "columns" not in body:
        return read_schema(schema_file)
    body.pop("columns")
    try:
        return CatalogSchema.model_validate(body)
    except ValueError as wrong:
        raise BadInput(f"{schema_file} is not a catalogue schema: {wrong}") from wrong


def _interactions(file: Path, problems: Problems) -> Iterator[Interaction]:
    if not file.is_file():
        return
    with file.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle)
        for row in reader:
            try:
                rating = float(row["rating"]) if row.get("rating") else None
                stamp = float(row["timestamp"]) if row.get("timestamp") else None
                yield Interaction(user=row["user"], item=row["item"], rating=rating, timestamp=stamp)
            except (KeyError, ValueError):
                problems.report(file, reader.line_num, "expected user,item[,rating[,timestamp]]")


def _recbole_interactions(file: Path, problems: Problems) -> Iterator[Interaction]:
    for number, row in _recbole_rows(file, problems):
        try:
            rating = float(row["rating"]) if row.get("rating") else None
            yield Interaction(user=str(row["user_id"]), item=str(row["item_id"]), rating=rating)
        except (KeyError, ValueError):
            problems.report(file, number, "expected user_id, item_id and perhaps rating")
