"""Tables of any domain: CSV, TSV, JSON, JSON lines or Parquet with a schema file; and RecBole's atomic files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.items import FieldValue, Interaction, Item
from core.schema import CatalogSchema, FieldSpec
from ingest.guess import guess_table
from ingest.readers.rows import Row, rows_of, unknown, year_of
from ingest.source import Problems, Source, need


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
    columns = columns_of(schema_file)
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
    guess = guess_table(items[0], "recbole")
    return Source(
        guess.schema,
        lambda: _items(items[0], rows_of(items[0], "recbole", problems), guess.schema, guess.columns, problems),
        lambda: _recbole_interactions(inter[0], problems) if inter else iter(()),
        problems,
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
    if unknown(row.get(key)):
        raise ValueError(f"no value in the id column {key!r}")
    fields = {s.name: _value(s, row.get(columns.get(s.name, s.name))) for s in schema.fields if not s.derived}
    title = fields.get(schema.title_field)
    if not title:
        raise ValueError("no title")
    return Item(id=str(row[key]), title=str(title), fields=fields)


def _value(spec: FieldSpec, cell: Any) -> FieldValue:  # noqa: ANN401 (a cell of any table)
    if unknown(cell):
        return None
    match spec.type:
        case "number":
            try:
                number = float(year_of(cell) if spec.unit and spec.unit.style == "year" else cell)
            except (TypeError, ValueError):
                raise ValueError(f"{spec.name}: {cell!r} is not a number") from None
            if math.isinf(number):
                raise ValueError(f"{spec.name}: {cell!r} is not a number")
            if math.isnan(number):
                return None
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


def columns_of(schema_file: Path) -> dict[str, str]:
    """The file's `columns:`: which column of a table fills which field, where their names differ."""
    return {str(k): str(v) for k, v in (_body(schema_file).get("columns") or {}).items()}


def read_schema_without_columns(schema_file: Path) -> CatalogSchema:
    """The schema of a file that may also hold a `columns:` mapping."""
    body = {k: v for k, v in _body(schema_file).items() if k != "columns"}
    try:
        return CatalogSchema.model_validate(body)
    except ValueError as wrong:
        raise BadInput(f"{schema_file} is not a catalogue schema: {wrong}") from wrong


def _body(schema_file: Path) -> dict[str, Any]:
    import yaml

    if not schema_file.is_file():
        raise BadInput(f"There is no schema file {schema_file}.", "Give --schema a YAML file.")
    try:
        body = yaml.safe_load(schema_file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise BadInput(f"{schema_file} is not YAML: {wrong}") from wrong
    if not isinstance(body, dict):
        raise BadInput(f"{schema_file} is not a catalogue schema: it is not a mapping.")
    return body


def _interactions(file: Path, problems: Problems) -> Iterator[Interaction]:
    if not file.is_file():
        return
    for number, row in rows_of(file, "csv", problems):
        try:
            rating, stamp = _number(row.get("rating")), _number(row.get("timestamp"))
            yield Interaction(user=row["user"], item=row["item"], rating=rating, timestamp=stamp)
        except (KeyError, ValueError):
            problems.report(file, number, "expected user,item[,rating[,timestamp]]")


def _recbole_interactions(file: Path, problems: Problems) -> Iterator[Interaction]:
    for number, row in rows_of(file, "recbole", problems):
        try:
            rating, stamp = _number(row.get("rating")), _number(row.get("timestamp"))
            yield Interaction(user=row["user_id"], item=row["item_id"], rating=rating, timestamp=stamp)
        except (KeyError, ValueError):
            problems.report(file, number, "expected user_id, item_id and perhaps rating and timestamp")


def _number(cell: str | None) -> float | None:
    return float(cell) if cell else None
