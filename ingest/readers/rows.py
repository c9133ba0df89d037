"""Rows of a table, streamed with their line numbers: CSV, TSV, JSON, JSON lines, Parquet, RecBole."""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from core.errors import BadInput
from ingest.source import Problems

csv.field_size_limit(10_000_000)
Row = Mapping[str, Any]
_TITLE = re.compile(r"(^|_)(title|name)$")
"""Columns whose words make one value, though RecBole calls them a sequence of tokens."""


def rows_of(file: Path, kind: str, problems: Problems) -> Iterator[tuple[int, Row]]:
    """(line number, row) of a table, streamed; raises BadInput for a file that is not of this kind."""
    try:
        match kind:
            case "jsonl":
                yield from _json_rows(file, problems)
            case "json":
                yield from _json_list(file, problems)
            case "parquet":
                yield from _parquet_rows(file)
            case "recbole":
                yield from _recbole_rows(file, problems)
            case _:
                yield from _csv_rows(file, problems)
    except UnicodeDecodeError as wrong:
        raise BadInput(f"{file} is not text in UTF-8: {wrong}.", "Save it in UTF-8.") from wrong
    except csv.Error as wrong:
        raise BadInput(f"{file} is not a table: {wrong}.", "Is it CSV or TSV?") from wrong


def unknown(cell: Any) -> bool:  # noqa: ANN401 (a cell of any table)
    """Whether a cell says nothing: none, empty, or a number that is none."""
    return cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell))


def year_of(cell: Any) -> Any:  # noqa: ANN401 (a cell of any table)
    """The year of a date written with the year first (2025-12-17); anything else unchanged."""
    dated = re.match(r"\s*(\d{4})[-/]\d{1,2}\b", str(cell))
    return dated[1] if dated else cell


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


def _json_list(file: Path, problems: Problems) -> Iterator[tuple[int, Row]]:
    """Rows of a file that is one JSON list of objects, by their place in it from 1; the whole file is held in memory."""
    try:
        body = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as wrong:
        raise BadInput(f"{file} is not JSON: {wrong}.", "Is it JSON lines? Then import it as jsonl.") from None
    if not isinstance(body, list):
        raise BadInput(f"{file} is JSON, but not a list of objects.", "Give the list that holds the rows.")
    for number, row in enumerate(body, start=1):
        if isinstance(row, dict):
            yield number, row
        else:
            problems.report(file, number, "not an object")


def _parquet_rows(file: Path) -> Iterator[tuple[int, Row]]:
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(file)
    except (OSError, ValueError) as wrong:
        raise BadInput(f"{file} is not a Parquet file: {wrong}", "Give the path of one Parquet file.") from wrong
    number = 0
    for batch in table.iter_batches(batch_size=2048):
        for row in batch.to_pylist():
            number += 1
            yield number, row


def _recbole_rows(file: Path, problems: Problems) -> Iterator[tuple[int, Row]]:
    """(line number, row) of a RecBole atomic file, whose header says NAME:TYPE."""
    with file.open(encoding="utf-8") as lines:
        header = [h.rpartition(":") for h in lines.readline().rstrip("\n").split("\t")]
        if not all(name for name, _, _ in header):
            raise BadInput(f"{file} is not a RecBole atomic file.", "Its header must say NAME:TYPE, parted by tabs.")
        for number, line in enumerate(lines, start=2):
            cells = line.rstrip("\n").split("\t")
            if len(cells) != len(header):
                problems.report(file, number, f"expected {len(header)} columns, found {len(cells)}")
                continue
            yield (
                number,
                {
                    name: cell.split(" ") if kind == "token_seq" and not _TITLE.search(name) else cell
                    for (name, _, kind), cell in zip(header, cells, strict=True)
                },
            )
