"""A turn and a conversation: what goes in and what comes out of `respond(conversation, message)`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from core.items import Item
from core.ledger import Ledger, LedgerPatch
from core.plan import TurnPlan
from core.preferences import Verdict
from core.profile import Profile
from core.values import Value

BuiltInController = Literal["rules", "model"]
ControllerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A controller that comes with the program, or one that an extension adds."""


class ReceiptLine(Value):
    """One preference held against one item."""

    preference: str
    """Id of the preference in the ledger."""
    label: str
    """The preference in words."""
    verdict: Verdict
    """unknown: the catalogue does not say."""
    strength: Literal["hard", "soft"]
    """An item that fails a hard preference is never recommended."""
    evidence: str = ""
    """The catalogue fact it was read from; empty when unknown."""
    generated: str = Field(default="", exclude_if=lambda model: not model)
    """The model that wrote that fact; empty when it is the catalogue's own."""


class Recommendation(Value):
    """An item with the reason for it, checked against the ledger."""

    item: Item
    """The item as the catalogue has it."""
    reason: str = ""
    """Why it is here, in one sentence."""
    sources: tuple[str, ...] = ()
    """Routes that brought it."""
    like: tuple[str, ...] = ()
    """Titles of liked items it is close to."""
    receipt: tuple[ReceiptLine, ...] = ()
    """Every preference held against the item."""
    notices: tuple[str, ...] = ()
    """What the house must say with it: "promoted"."""
    score: float = 0.0
    """Higher is better; comparable within one slate only."""


class Choice(Value):
    """One answer to a question, with what it leaves and what it writes."""

    label: str
    """The answer in words; sent back as a message it takes this choice."""
    count: int | None = None
    """Items left when it is chosen."""
    patch: LedgerPatch = LedgerPatch()
    """The change of the ledger that it makes."""
    aliases: tuple[str, ...] = ()
    """Other words that mean this answer."""


class Question(Value):
    """One question of ours, with choices."""

    text: str
    """The question in words."""
    kind: Literal["preference", "which_item", "relax", "confirm"]
    """About a preference; which of several items was meant; what to let go of; whether something is all right."""
    field: str | None = None
    """Name of the field it is about; null: none."""
    choices: tuple[Choice, ...] = ()
    """Answers offered; others are fine too."""


class StageTrace(Value):
    """One stage of a turn: what went in, what came out, how long it took."""

    stage: str
    """Name of the stage."""
    into: int | None = None
    """Items that went in; null where that means nothing."""
    out: int | None = None
    """Items that came out; null where that means nothing."""
    ms: float = 0.0
    """Time it took, in milliseconds."""
    note: str = ""
    """What else it did, in words."""
    fallback: bool = False
    """True when a model's answer was replaced by its rule twin."""


class Usage(Value):
    """What the turn cost."""

    calls: int = 0
    """Model calls."""
    tokens_in: int = 0
    """Tokens of the prompts."""
    tokens_out: int = 0
    """Tokens of the answers."""
    tokens_cached: int = 0
    """Of the tokens of the prompts, those the server had cached."""
    cost: float | None = None
    """In the currency of the price table; None when the model has no price set."""
    ms: float = 0.0
    """Time from beginning to end, in milliseconds."""

    def plus(self, other: Usage) -> Usage:
        """Both together."""
        costs = [u.cost for u in (self, other) if u.cost is not None]
        return Usage(
            calls=self.calls + other.calls,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            tokens_cached=self.tokens_cached + other.tokens_cached,
            cost=sum(costs) if costs else None,
            ms=self.ms + other.ms,
        )


class Turn(Value):
    """Everything that happened for one message."""

    conversation: str
    number: int = Field(ge=1)
    catalog: str
    controller: ControllerName
    """Which controller answered; "rules" also when a model was configured but fell away. An extension's has its own."""
    message: str
    plan: TurnPlan
    reply: str
    question: Question | None = None
    slate: tuple[Recommendation, ...] = ()
    focus: tuple[str, ...] = ()
    """Ids of the items a question was about; what "it" means next."""
    ledger: Ledger
    trace: tuple[StageTrace, ...] = ()
    usage: Usage = Usage()

    def public(self) -> dict[str, object]:
        """The documented JSON of `tastemaker ask --json` and of the HTTP door."""
        return self.model_dump(mode="json", exclude={"ledger"}) | {"ledger": self.ledger.public()}

    def same_as(self, other: Turn) -> bool:
        """Whether both hold the same answer, leaving out conversation id and clock readings."""
        return self._timeless() == other._timeless()

    def _timeless(self) -> dict[str, object]:
        dump = self.model_dump(exclude={"conversation": True, "usage": {"ms"}})
        for stage in dump["trace"]:
            stage.pop("ms")
        return dump


class Conversation(Value):
    """A dialogue so far. The agent keeps nothing; this is all there is to know."""

    id: str
    catalog: str
    turns: tuple[Turn, ...] = ()
    ledger: Ledger = Ledger()
    """The ledger now: that of the last turn, or later when buttons were pressed since."""
    title: str = ""
    profile: Profile = Profile()
    """Whom it is held with, as known when it was loaded; a guest by default."""
    version: int = 0
    """Counts the changes stored so far; a store refuses to write over a newer one."""
    owner: str = ""
    """Whose API keys reach it; empty: it belongs to this installation's own people."""

    @property
    def last(self) -> Turn | None:
        """The last turn, or None."""
        return self.turns[-1] if self.turns else None

    @property
    def question(self) -> Question | None:
        """The question that is open, or None."""
        return self.turns[-1].question if self.turns else None

    @property
    def slate(self) -> tuple[Recommendation, ...]:
        """The last slate shown in this conversation."""
        return next((t.slate for t in reversed(self.turns) if t.slate), ())

    def plus(self, turn: Turn) -> Conversation:
        """The conversation after `turn`."""
        title = self.title or _title_of(turn.message)
        return self.model_copy(update={"turns": (*self.turns, turn), "ledger": turn.ledger, "title": title})

    def edit(self, patch: LedgerPatch) -> Conversation:
        """The conversation after a change of the ledger by hand (chips and buttons)."""
        return self.model_copy(update={"ledger": self.ledger.apply(patch).ledger})


def _title_of(message: str) -> str:
    words = " ".join(message.split())
    return words if len(words) <= 40 else words[:39].rsplit(" ", 1)[0] + "…"
