"""Random domains for property tests: schemas of any fields, items of them, preferences of every operator."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.items import Item
from core.preferences import Preference
from core.schema import CatalogSchema, FieldSpec
from ingest.text import item_text
from tests.strategies import SCHEMA
from tests.worlds import MemoryCatalog
from tools.text import terms

VALUES = ("Red", "red", "blue", "Dark Blue", "Straße", "small", "Large")
WORDS = ("warm", "light", "steel", "the", "lights", "shade", "trait", "")
OPS = ("eq", "any_of", "all_of", "lt", "le", "gt", "ge", "between", "contains")


class WordSearch:
    """Which items hold words, as the lexical index tells: from the text that searches read."""

    def __init__(self, schema: CatalogSchema, items: Sequence[Item]) -> None:
        self.said = [set(terms(item_text(schema, item))) for item in items]

    def holding(self, phrase: str) -> NDArray[np.int64]:
        asked = set(terms(phrase))
        return np.asarray([n for n, said in enumerate(self.said) if asked and asked <= said], dtype=np.int64)


@st.composite
def schemas(draw: st.DrawFn) -> CatalogSchema:
    fields = [FieldSpec(name="title", type="text", role="title")]
    for n in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(("category", "people", "number", "flag", "text")))
        order = draw(st.sampled_from(((), ("small", "Red", "large")))) if kind == "category" else ()
        indexed = draw(st.booleans())
        role = "mood" if kind == "category" and not order and draw(st.booleans()) else None
        trait = FieldSpec(name=f"f{n}", type=kind, role=role, label="trait", many=True, order=order, indexed=indexed)
        fields.append(trait)
    return SCHEMA.model_copy(update={"fields": tuple(fields)})


phrases = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)
numbers = st.integers(-3, 3) | st.sampled_from((0.5, 1.5))


def fact(spec: FieldSpec) -> st.SearchStrategy[object]:
    match spec.type:
        case "number":
            return st.none() | numbers
        case "flag":
            return st.none() | st.booleans()
        case "text":
            return st.none() | phrases.filter(bool)
    return st.lists(st.sampled_from(VALUES), max_size=3, unique=True).map(tuple)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[MemoryCatalog, WordSearch]:
    """A catalogue of a random domain, and its word index."""
    schema = draw(schemas())
    made = []
    for n in range(draw(st.integers(1, 12))):
        fields = {f.name: draw(fact(f)) for f in schema.fields if f.role != "title"}
        title = draw(phrases) or "untitled"
        made.append(Item(id=f"i{n}", title=title, fields={"title": title, **fields}))
    # A catalogue is always served with the schema it was built with, so both are taken from one place.
    return MemoryCatalog("random", schema, made), WordSearch(schema, made)


@st.composite
def preferences_of(draw: st.DrawFn, schema: CatalogSchema) -> Preference:
    """Any preference a person, a model or an edit by hand can put: fitting the field or not."""
    more = {
        "polarity": draw(st.sampled_from(("want", "avoid"))),
        "strength": draw(st.sampled_from(("hard", "soft"))),
    }
    name = draw(st.sampled_from((*schema.by_name, "no_such_field", None)))
    if name is None:
        return Preference(field=None, op="about", value=draw(phrases), **more)
    op = draw(st.sampled_from(OPS))
    kind = schema.by_name[name].type if name in schema.by_name else "number"
    fitting = {"number": numbers, "flag": st.booleans(), "text": phrases}.get(kind, st.sampled_from(VALUES))
    one = fitting | st.sampled_from(("two hours", 7)) if draw(st.booleans()) else fitting
    count = 2 if op == "between" else draw(st.integers(0, 3)) if op in {"any_of", "all_of"} else 1
    values = tuple(draw(one) for _ in range(count))
    return Preference(field=name, op=op, value=values if op in {"between", "any_of", "all_of"} else values[0], **more)
