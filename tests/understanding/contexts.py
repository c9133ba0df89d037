"""The fixed contexts of the understanding corpus: a slate that was just shown, a question that is open."""

from __future__ import annotations

from agent.which_item import which_item
from core.ledger import Ledger, LedgerPatch
from core.plan import Ask, ItemOpinion, Recommend, Reference, TurnPlan
from core.preferences import Preference
from core.turn import Conversation, Recommendation, Turn
from tests.worlds import World

_SLATES = {
    "films": (
        "tense thrillers from the 70s",
        (("The Conversation", 1974), ("The Taking of Pelham One Two Three", 1974), ("Duel", 1971)),
    ),
    "books": (
        "science fiction, nothing too long",
        (("Dune", 1965), ("The Left Hand of Darkness", 1969), ("Foundation", 1951)),
    ),
}


def context_of(name: str, world: World) -> Conversation:
    """The conversation an entry starts from."""
    empty = Conversation(id="c", catalog=world.catalog.name)
    if not name:
        return empty
    if name == "slate":
        return _slate(world, empty)
    if name == "asked":
        return _asked(world, empty)
    raise ValueError(f"unknown context {name!r}")


def _slate(world: World, empty: Conversation) -> Conversation:
    message, wanted = _SLATES[world.catalog.name]
    items = [world.item(title, year) for title, year in wanted]
    ledger = Ledger().apply(LedgerPatch(put=_preferences(world))).ledger.show(tuple(i.id for i in items))
    slate = tuple(Recommendation(item=i) for i in items)
    return empty.plus(_turn(world, message, ledger, slate=slate))


def _preferences(world: World) -> tuple[Preference, ...]:
    if world.catalog.name == "films":
        return (
            Preference(field="moods", op="any_of", value=("tense",), strength="soft", quote="tense", turn=1),
            Preference(field="genres", op="any_of", value=("Thriller",), quote="thrillers", turn=1),
            Preference(field="year", op="between", value=(1970, 1979), quote="70s", turn=1),
        )
    bound = world.catalog.schema.field("pages").vague["long"].at
    assert isinstance(bound, float)
    return (
        Preference(field="genres", op="any_of", value=("Science Fiction",), quote="science fiction", turn=1),
        Preference(field="pages", op="lt", value=bound, quote="nothing too long", turn=1),
    )


def _asked(world: World, empty: Conversation) -> Conversation:
    items = [world.item("Crash", 1996), world.item("Crash", 2004)]
    question = which_item(items, ItemOpinion(item=Reference(title="Crash"), stance="liked"), world.catalog.schema)
    return empty.plus(_turn(world, "I liked Crash", Ledger(), act=Ask(), question=question))


def _turn(world: World, message: str, ledger: Ledger, **more: object) -> Turn:
    act = more.pop("act", Recommend())
    return Turn(
        conversation="c",
        number=1,
        catalog=world.catalog.name,
        controller="rules",
        message=message,
        plan=TurnPlan(act=act),  # type: ignore[arg-type]
        reply="…",
        ledger=ledger,
        **more,  # type: ignore[arg-type]
    )
