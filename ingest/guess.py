"""A first schema for a table: types from the values, roles from the names. Meant to be read over by a person."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.schema import CatalogSchema, Consumption, FieldSpec, Noun, Role, Unit
from ingest.readers.rows import rows_of, unknown, year_of
from ingest.source import Problems

SAMPLE = 2000
_ROLES: tuple[tuple[str, Role], ...] = (
    (r"^(title|name|label|product_?name)$", "title"),
    (r"(description|overview|plot|summary|abstract|synopsis)", "description"),
    (r"(^|_)(year|release|published|publication)", "release"),
    (r"(rating_?count|num_?ratings|votes|popularity|ratings_count|reviews)", "popularity"),
    (r"(rating|score|stars)", "quality"),
    (r"(^|_)(genre|genres|category|categories|type)$", "genre"),
    (r"(author|artist|director|brand|creator|maker|developer)", "creator"),
    (r"(series|franchise|collection)", "series"),
    (r"(runtime|duration|length|pages|num_pages)", "length"),
)


@dataclass(frozen=True)
class Guess:
    """A first schema, and which column of the table fills which field."""

    schema: CatalogSchema
    columns: dict[str, str]
    """Field name, or "id", to column name; only where the two differ."""


def guess_table(file: Path, kind: str) -> Guess:
    """What the first rows of a table suggest; raises BadInput when no column can be a title."""
    if not file.is_file():
        raise BadInput(f"There is no file {file}.")
    rows = [dict(row) for _, row in itertools.islice(rows_of(file, kind, Problems()), SAMPLE)]
    names = [str(n) for n in dict.fromkeys(n for row in rows for n in row) if n]
    if not names:
        raise BadInput(f"{file} has no rows to guess a schema from.")
    key = next((n for n in names if re.fullmatch(r"(?i)(item_?)?id|.*_id|asin|isbn|sku", n)), None)
    taken: set[str] = set()
    filled: dict[str, str] = {}
    fields: list[FieldSpec] = []
    for name in names:
        spec = _field(_plain(name, filled), [r.get(name) for r in rows], taken) if name != key else None
        if spec is not None:
            fields.append(spec)
            filled[spec.name] = name
    fields = fields if "title" in taken else _titled(fields, file, names)
    schema = CatalogSchema(
        name=re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") or "table",
        title=file.stem.replace("_", " ").title(),
        noun=Noun(one="item", many="items", aliases=("thing", "things", "product", "products")),
        consumption=Consumption(bare=("try", "use"), past=("tried", "used", "had")),
        purpose="find something you will like",
        fields=tuple(fields),
    )
    columns = {"id": key or names[0], **filled}
    return Guess(schema, {field: column for field, column in columns.items() if field != column})


def _plain(column: str, filled: Mapping[str, str]) -> str:
    """A name for a column's field, in small letters and of its own."""
    clean = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_") or "field"
    numbered = (f"{clean}_{k}" for k in itertools.count(2))
    return next(n for n in itertools.chain([clean], numbered) if n not in filled)


def _titled(fields: list[FieldSpec], file: Path, names: list[str]) -> list[FieldSpec]:
    """The fields with the likeliest one made the title."""
    likely = [f for f in fields if re.search(r"_(title|name)$", f.name)]
    texts = [f for f in fields if f.type == "text"]
    chosen = next(iter(likely or texts or [f for f in fields if f.type != "number"]), None)
    if chosen is None:
        raise BadInput(
            f"{file} has no column that could be a title (it has {', '.join(names)}).",
            "Name the column in a schema of your own, as the field with `role: title`.",
        )
    told = chosen.model_copy(update={"role": "title", "type": "text", "many": False})
    return [told if f is chosen else f for f in fields]


def _field(clean: str, cells: list[Any], taken: set[str]) -> FieldSpec | None:
    told = [c for c in cells if not unknown(c)]
    if not told:
        return None
    role = next((r for pattern, r in _ROLES if re.search(pattern, clean) and r not in taken), None)
    lists = sum(isinstance(c, list) or (isinstance(c, str) and "|" in c) for c in told) > len(told) / 10
    numbers = sum(_is_number(year_of(c) if role == "release" else c) for c in told) >= 0.98 * len(told)
    words = sum(len(str(c).split()) for c in told) / len(told)
    distinct = len({str(c) for c in told}) / len(told)
    spec: dict[str, Any] = {"name": clean}
    if role == "title":
        spec |= {"type": "text"}
    elif all(isinstance(c, bool) for c in told):
        role = None
        spec |= {"type": "flag", "indexed": False}
    elif numbers and not lists:
        role = role if role in {"release", "popularity", "quality", "length"} else None
        style = {"release": "year", "quality": "score"}.get(role or "", "plain")
        spec |= {
            "type": "number",
            "unit": Unit(name="", plural="", style=style),
            "indexed": False,
            "card": role in {"release", "length"},
        }
    elif role == "description" or (words > 8 and distinct > 0.5):
        spec |= {"type": "text"}
    else:
        role = role if role in {"genre", "creator", "series"} else None
        spec |= {
            "type": "people" if role == "creator" else "category",
            "many": lists,
            "card": role in {"genre", "creator"},
        }
        if role == "genre":
            spec |= {"ask": f"Which {clean.replace('_', ' ')} do you have in mind?"}
    if role:
        spec["role"] = role
        taken.add(role)
    return FieldSpec(**spec)


def _is_number(cell: Any) -> bool:  # noqa: ANN401 (a cell of any table)
    if isinstance(cell, bool | list):
        return False
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True
