"""The words by which two toolkits name what is done in a dialogue; data, to be replaced by an agent's own."""

from __future__ import annotations

from core.values import Value
from simulation.protocol import UserAct

CIR6: dict[UserAct, str] = {
    "open": "DISCLOSE",
    "tell": "DISCLOSE",
    "name_liked": "DISCLOSE",
    "answer": "DISCLOSE",
    "no_preference": "DISCLOSE",
    "confirm": "DISCLOSE",
    "repeat": "DISCLOSE",
    "critique": "REVEAL",
    "change": "REVEAL",
    "insist": "REVEAL",
    "release": "REVEAL",
    "reject": "INQUIRE",
    "ask": "NAVIGATE",
    "say_known": "NOTE",
}


class Vocabulary(Value):
    """Intents and slots of the other side. The defaults are CIR6, the intent scheme that UserSimCRS documents."""

    user_intents: dict[UserAct, str] = CIR6
    """Our acts to their user intents; an act that is left out is not annotated."""
    complete: str = "COMPLETE"
    """User intent of parting words."""
    shows: tuple[str, ...] = ("REVEAL", "RECOMMEND")
    """Agent intents that show items; ours uses the first."""
    asks: tuple[str, ...] = ("INQUIRE", "ELICIT")
    """Agent intents that put a question; ours uses the first."""
    stop: str = "EXIT"
    """Agent intent that ends the dialogue; DialogueKit's own default."""
    leaves: tuple[str, ...] = ("COMPLETE", "END", "EXIT", "STOP")
    """User intents by which somebody leaves our agent."""
    titles: tuple[str, ...] = ("TITLE", "NAME", "ITEM")
    """Slots whose value is the title of an item."""
    fields: dict[str, str] = {}
    """Slots to fields of our schema, where they are not named alike (in whatever case)."""
