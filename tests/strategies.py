"""Random schemas, catalogues and ledgers for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from core.items import Item
from core.ledger import Ledger
from core.preferences import Preference
from core.schema import CatalogSchema, Consumption, FieldSpec, Noun
from tests.worlds import MemoryCatalog

COLOURS = ("red", "green", "blue", "grey")
SIZES = ("small", "medium", "large")
MAKERS = ("Ada Moss", "Ben Holt", "Cy Ash")

SCHEMA = CatalogSchema(
    name="lamps",
    title="Lamps",
    noun=Noun(one="lamp", many="lamps"),
    consumption=Consumption(bare=("buy",), past=("bought", "had")),
    purpose="find a lamp",
    fields=(
        FieldSpec(name="title", type="text", role="title"),
        FieldSpec(name="colour", type="category", many=True, role="genre"),
        FieldSpec(name="size", type="category", order=SIZES),
        FieldSpec(name="maker", type="people", many=True, role="creator"),
        FieldSpec(name="price", type="number"),
        FieldSpec(name="dimmable", type="flag"),
        FieldSpec(name="note", type="text", role="description"),
    ),
)

prices = st.integers(0, 20)


@st.composite
def items(draw: st.DrawFn) -> list[Item]:
    count = draw(st.integers(1, 25))
    made = []
    for number in range(count):
        fields = {
            "title": f"Lamp {number}",
            "colour": tuple(draw(st.lists(st.sampled_from(COLOURS), max_size=3, unique=True))),
            "size": draw(st.none() | st.sampled_from(SIZES)),
            "maker": tuple(draw(st.lists(st.sampled_from(MAKERS), max_size=2, unique=True))),
            "price": draw(st.none() | prices),
            "dimmable": draw(st.none() | st.booleans()),
            "note": draw(st.sampled_from((None, "a warm light", "cold steel"))),
        }
        made.append(Item(id=f"i{number}", title=fields["title"], fields=fields))
    return made


catalogs = items().map(lambda made: MemoryCatalog("lamps", SCHEMA, made))


@st.composite
def preferences(draw: st.DrawFn) -> Preference:
    more = {
        "polarity": draw(st.sampled_from(("want", "avoid"))),
        "strength": draw(st.sampled_from(("hard", "soft"))),
    }
    match draw(st.sampled_from(("colour", "size", "maker", "price", "dimmable", "text"))):
        case "colour":
            values = tuple(draw(st.lists(st.sampled_from(COLOURS), min_size=1, max_size=2, unique=True)))
            return Preference(field="colour", op=draw(st.sampled_from(("any_of", "all_of"))), value=values, **more)
        case "size":
            return Preference(
                field="size",
                op=draw(st.sampled_from(("lt", "le", "gt", "ge"))),
                value=draw(st.sampled_from(SIZES)),
                **more,
            )
        case "maker":
            return Preference(field="maker", op="any_of", value=(draw(st.sampled_from(MAKERS)),), **more)
        case "price":
            op = draw(st.sampled_from(("lt", "le", "gt", "ge", "eq", "between")))
            low, high = sorted((draw(prices), draw(prices)))
            return Preference(field="price", op=op, value=(low, high) if op == "between" else low, **more)
        case "dimmable":
            return Preference(field="dimmable", op="eq", value=draw(st.booleans()), **more)
    return Preference(field=None, op="about", value=draw(st.sampled_from(("warm light", "steel"))), **more)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    from core.ledger import LedgerPatch

    ledger = Ledger().apply(LedgerPatch(put=tuple(draw(st.lists(preferences(), max_size=5))))).ledger
    ids = st.lists(st.sampled_from([f"i{n}" for n in range(25)]), max_size=4, unique=True).map(tuple)
    return ledger.model_copy(update={"liked": draw(ids), "disliked": draw(ids), "seen": draw(ids), "shown": draw(ids)})
