"""A first schema for a table: types from the values, roles from the names. Meant to be read over by a person."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

from core.errors import BadInput
from core.schema import CatalogSchema, Consumption, FieldSpec, Noun, Role, Unit
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


def guess_schema(file: Path, kind: str) -> CatalogSchema:
    """A schema from the first rows of a table; raises BadInput when no column can be a title."""
    from ingest.readers.tables import rows_of

    rows = [dict(row) for _, row in itertools.islice(rows_of(file, kind, Problems()), SAMPLE)]
    if not rows:
        raise BadInput(f"{file} has no rows to guess a schema from.")
    names = [n for n in rows[0] if n]
    key = next((n for n in names if re.fullmatch(r"(?i)(item_?)?id|.*_id|asin|isbn", n)), names[0])
    fields: list[FieldSpec] = []
    taken: set[str] = set()
    for name in names:
        if name == key:
            continue
        spec = _field(name, [r.get(name) for r in rows], taken)
        if spec is not None:
            fields.append(spec)
    if "title" not in taken:
        texts = [f for f in fields if f.type == "text"] or [f for f in fields if f.type != "number"]
        if not texts:
            raise BadInput(f"{file} has no column that could be a title (it has {', '.join(names)}).")
        chosen = texts[0]
        fields = [
            f.model_copy(update={"role": "title", "type": "text", "many": False}) if f is chosen else f for f in fields
        ]
    return CatalogSchema(
        name=re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") or "table",
        title=file.stem.replace("_", " ").title(),
        noun=Noun(one="item", many="items", aliases=("thing", "things", "product", "products")),
        consumption=Consumption(bare=("try", "use"), past=("tried", "used", "had")),
        purpose="find something you will like",
        fields=tuple(fields),
    )


def _field(name: str, cells: list[Any], taken: set[str]) -> FieldSpec | None:
    told = [c for c in cells if c not in (None, "")]
    if not told:
        return None
    clean = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    role = next((r for pattern, r in _ROLES if re.search(pattern, clean) and r not in taken), None)
    lists = sum(isinstance(c, list) or (isinstance(c, str) and "|" in c) for c in told) > len(told) / 10
    numbers = sum(_is_number(c) for c in told) >= 0.98 * len(told)
    words = sum(len(str(c).split()) for c in told) / len(told)
    distinct = len({str(c) for c in told}) / len(told)
    spec: dict[str, Any] = {"name": clean}
    if role == "title":
        spec |= {"type": "text"}
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
