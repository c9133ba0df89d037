"""What an act came to: plain values that a writer turns into words."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from core.items import Item
from core.ledger import Displaced
from core.preferences import Preference
from core.schema import Direction
from core.turn import Question, ReceiptLine, Recommendation
from core.values import Scalar, Value


class Release(Value):
    """What letting go of some hard preferences would bring back."""

    preferences: tuple[Preference, ...]
    count: int


class Recommended(Value):
    """Items were chosen."""

    kind: Literal["recommended"] = "recommended"
    slate: tuple[Recommendation, ...]
    pool: int
    """Items that satisfy every hard preference."""
    cards: tuple[Recommendation, ...] = ()
    """The best candidates (at most twenty), the slate among them: what a model may choose from."""
    question: Question | None = None
    """A follow-up merged with the recommendation."""
    settled: bool = False
    """The slate needs no model, neither to choose nor to word it."""
    unmet: tuple[Preference, ...] = ()
    """Soft wishes that none of the items in the pool meets, and words that none of them says."""


class Abstained(Value):
    """Nothing satisfies all hard preferences."""

    kind: Literal["abstained"] = "abstained"
    conflicts: tuple[tuple[Preference, ...], ...] = ()
    """Minimal sets of hard preferences that no item meets together, smallest first."""
    releases: tuple[Release, ...] = ()
    shown_already: int = 0
    """Items that would fit but have been shown, seen or turned down."""
    open: tuple[Item, ...] = ()
    """Of those, the latest ones shown that were neither turned down nor said to be known."""
    question: Question | None = None
    house: tuple[Preference, ...] = ()
    """What the house asks of every item for this person; it cannot be released."""
    kept_back: int = 0
    """Items that would fit but break a rule of the house's own, which cannot be released either."""
    final: bool = False
    """The person keeps all conditions: nothing is offered."""


class Asked(Value):
    """A question was chosen instead of a slate."""

    kind: Literal["asked"] = "asked"
    question: Question
    pool: int


class Fact(Value):
    """One field of one item; no values: the catalogue does not say."""

    item: Item
    field: str
    values: tuple[Scalar, ...]


class LookedUp(Value):
    """Facts about items."""

    kind: Literal["looked_up"] = "looked_up"
    items: tuple[Item, ...]
    facts: tuple[Fact, ...]
    overview: bool = False


class Checked(Value):
    """Wishes held against items."""

    kind: Literal["checked"] = "checked"
    items: tuple[Item, ...]
    receipts: tuple[tuple[ReceiptLine, ...], ...]


class Compared(Value):
    """Items side by side."""

    kind: Literal["compared"] = "compared"
    items: tuple[Item, ...]
    fields: tuple[str, ...]
    superlative: Direction | None = None
    winners: tuple[str, ...] = ()
    """Ids of the items that are most or least on the field of the superlative."""
    among: int | None = None
    """Items of the catalogue the superlative was sought among; None: only those named."""
    preferences: tuple[Preference, ...] = ()
    """What these items satisfy."""


class Absent(Value):
    """An item that was not recommended, and what stood against it."""

    card: Recommendation
    reason: Literal["breaks", "disliked", "seen", "shown", "house", "place"]
    """breaks: a hard preference; house: a rule of the house; place: it fits, but others came first."""
    place: int | None = None
    """Its place in the ranking, from 1; None: not among the candidates."""
    house: tuple[str, ...] = ()
    """Names of the rules it would break."""


class Explained(Value):
    """Recommendations whose receipts are to be told, and items that were not recommended."""

    kind: Literal["explained"] = "explained"
    slate: tuple[Recommendation, ...]
    absent: tuple[Absent, ...] = ()


class Counted(Value):
    """How many items satisfy wishes."""

    kind: Literal["counted"] = "counted"
    preferences: tuple[Preference, ...]
    count: int


class ShownLedger(Value):
    """The ledger is to be told."""

    kind: Literal["shown_ledger"] = "shown_ledger"
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    remembered: tuple[str, ...] = ()
    """What is known from other conversations, a sentence each."""


class Chatted(Value):
    """Talk."""

    kind: Literal["chatted"] = "chatted"
    topic: str
    items: tuple[Item, ...] = ()
    """The item taken, which is what "it" means next."""
    unclear: bool = False
    """One of several items is taken, and it was not said which."""


class NothingMeant(Value):
    """A question about items that no item could be found for."""

    kind: Literal["nothing_meant"] = "nothing_meant"


Outcome = Annotated[
    Recommended
    | Abstained
    | Asked
    | LookedUp
    | Checked
    | Compared
    | Explained
    | Counted
    | ShownLedger
    | Chatted
    | NothingMeant,
    Field(discriminator="kind"),
]


class Remarks(Value):
    """What listening has to say beside the outcome."""

    understood: tuple[Preference, ...] = ()
    """Preferences added or changed by this message."""
    dropped: tuple[Preference, ...] = ()
    displaced: tuple[Displaced, ...] = ()
    hardened: tuple[Preference, ...] = ()
    """Soft until now; said again, they must hold."""
    liked: tuple[str, ...] = ()
    disliked: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    unknown_titles: tuple[str, ...] = ()
    not_understood: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    undone: Literal["undo", "redo", "nothing"] | None = None
    reset: bool = False
    cut: bool = False
    """The message was too long and only its beginning was read."""
