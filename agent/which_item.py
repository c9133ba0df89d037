"""Which of several items of one name was meant: the question, and the mark that an opinion leaves."""

from __future__ import annotations

from collections.abc import Sequence

from core.items import Item
from core.ledger import LedgerPatch, Mark
from core.plan import ItemOpinion
from core.schema import CatalogSchema
from core.turn import Choice, Question

_PARTICLES = frozenset(
    {
        "le",
        "la",
        "de",
        "du",
        "des",
        "van",
        "von",
        "der",
        "den",
        "di",
        "da",
        "del",
        "della",
        "dos",
        "ter",
        "al",
        "el",
        "st",
    }
)


def mark_for(item: Item, opinion: ItemOpinion) -> Mark:
    """The mark an opinion leaves on an item."""
    match opinion.stance:
        case "liked" | "anchor":
            anchor = True if opinion.stance == "anchor" else None
            return Mark(item=item.id, opinion="liked", seen=True if opinion.seen else None, anchor=anchor)
        case "disliked":
            return Mark(item=item.id, opinion="disliked", seen=True if opinion.seen else None)
        case "seen":
            return Mark(item=item.id, seen=True)
        case _:
            return Mark(item=item.id, seen=False)


def which_item(items: Sequence[Item], opinion: ItemOpinion, schema: CatalogSchema) -> Question:
    """The question which of several items of one name was meant; the answer marks the item."""
    choices = []
    places = _by_age(items[:4], schema)
    release, creator = schema.role("release"), schema.role("creator")
    for item in items[:4]:
        year = next(iter(item.values(release.name)), None) if release else None
        people = [str(v) for v in item.values(creator.name)[:2]] if creator else []
        surnames = [_surname(p) for p in people]
        others = [str(v) for f in schema.fields if f.type == "people" for v in item.values(f.name)]
        label = (
            item.title + (f" ({year})" if year is not None else "") + (f", {' & '.join(surnames)}" if surnames else "")
        )
        aliases = (*([str(year), f"the {year} one"] if year is not None else []), *people, *surnames, *others)
        aliases = (*aliases, *places.get(item.id, ()))
        patch = LedgerPatch(marks=(mark_for(item, opinion),))
        choices.append(Choice(label=label, patch=patch, aliases=tuple(aliases)))
    names = {item.title for item in items}
    text = f"Which {items[0].title} do you mean?" if len(names) == 1 else "Which one do you mean?"
    return Question(text=text, kind="which_item", choices=tuple(choices))


def _surname(name: str) -> str:
    """The last name with the particles that belong to it: "Le Guin", "van der Rohe"."""
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start - 1].casefold() in _PARTICLES:
        start -= 1
    return " ".join(words[start:])


def _by_age(items: Sequence[Item], schema: CatalogSchema) -> dict[str, tuple[str, ...]]:
    """What the oldest and the newest of several items also go by."""
    release = schema.role("release")
    dated = [(float(v), i.id) for i in items for v in (i.values(release.name)[:1] if release else ())]
    dated = sorted((year, item) for year, item in dated if isinstance(year, float))
    if len(dated) < 2:
        return {}
    return {
        dated[0][1]: ("older", "oldest", "original", "earlier"),
        dated[-1][1]: ("newer", "newest", "later", "latest", "recent"),
    }
