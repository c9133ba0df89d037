"""A small catalogue of teas: a domain the code has never heard of."""

from __future__ import annotations

from pathlib import Path

from core.items import Interaction, Item
from core.schema import CatalogSchema, Consumption, FieldSpec, Noun, Policy, Unit, Vague, ValueSpec

NAME = "teas"
KINDS = ("green", "black", "oolong", "white", "herbal")
TASTES = ("smoky", "floral", "malty", "fresh", "fruity", "earthy")
ORIGINS = ("Japan", "China", "India", "Taiwan")
FIRST = ("Silver", "Golden", "Morning", "Misty", "Jade", "Autumn")
SECOND = ("Needle", "Monkey", "Cloud", "Leaf", "Harbour", "Peak", "Garden", "Lantern")

SCHEMA = CatalogSchema(
    name=NAME,
    title="Teas",
    noun=Noun(one="tea", many="teas"),
    consumption=Consumption(bare=("drink", "try"), past=("tasted", "drunk")),
    purpose="find something to drink",
    fields=(
        FieldSpec(name="name", type="text", role="title"),
        FieldSpec(
            name="kind",
            type="category",
            role="genre",
            spoken=("kind", "type"),
            values={k: ValueSpec(aliases=(f"{k} tea",)) for k in KINDS},
            ask="Which kind of tea?",
            answerable=0.9,
            card=True,
        ),
        FieldSpec(
            name="tastes",
            type="category",
            role="mood",
            many=True,
            label="taste",
            strength="soft",
            values={t: ValueSpec() for t in TASTES},
            ask="Which taste?",
        ),
        FieldSpec(
            name="steep",
            type="number",
            role="length",
            unit=Unit(name="minute", plural="minutes", style="duration", spoken={"minute": 1, "minutes": 1}),
            spoken=("steeping time",),
            vague={"quick": Vague(op="le", at=3)},
            card=True,
            indexed=False,
        ),
        FieldSpec(name="origin", type="category", linked_by=("from",), card=True),
        FieldSpec(name="notes", type="text", role="description"),
    ),
    policies=(Policy(rule="not_seen"), Policy(rule="not_disliked"), Policy(rule="not_shown")),
    examples=("something smoky, under 4 minutes", "a floral green tea"),
)


def items() -> list[Item]:
    """Forty-eight teas; one carries markup in its name and description, as catalogues do."""
    made = []
    for n in range(48):
        title = f"{FIRST[n % 6]} {SECOND[n // 6]}"
        notes = f"A {TASTES[n % 6]} cup, number {n}, from a hillside."
        if n == 0:
            title, notes = (
                'Silver <b>Needle</b> & "Co" $5 *x*',
                "<script>alert(1)</script> ![x](http://evil.example/x.png)",
            )
        fields = {
            "name": title,
            "kind": KINDS[n % 5],
            "tastes": (TASTES[n % 6], TASTES[(n * 5 + 1) % 6]),
            "steep": 2 + n % 7,
            "origin": ORIGINS[n % 4] if n % 9 else None,
            "notes": notes,
        }
        made.append(Item(id=f"tea-{n}", title=title, fields=fields))
    return made


def ratings() -> list[Interaction]:
    """Forty people who each rated twelve teas."""
    return [
        Interaction(user=f"u{u}", item=f"tea-{(u * 7 + k * 5) % 48}", rating=1.0 + (u + k) % 5, timestamp=float(k))
        for u in range(40)
        for k in range(12)
    ]


def build(home: Path) -> None:
    """Install the teas under `home`."""
    from ingest.build import build_catalog

    build_catalog(home, NAME, SCHEMA, items(), ratings(), embedder_spec="hashing:64", chroma=False, source="test")
