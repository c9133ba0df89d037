"""What a simulated person is: somebody who, given the conversation so far, says the next thing or ends it."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, Protocol

from core.turn import Conversation, Turn
from core.values import Value
from simulation.tasks import Constraint


class EndReason(StrEnum):
    """Why a dialogue ended: the first three are the person's choice, the others the machinery's."""

    accepted = "accepted"
    """The person took an item."""
    nothing_fits = "nothing_fits"
    """The agent said that nothing fits, and the person left it at that."""
    given_up = "given_up"
    """The person had enough."""
    turn_limit = "turn_limit"
    """The runner stopped it."""
    agent_failed = "agent_failed"
    """The agent raised an error."""
    person_failed = "person_failed"
    """The model that plays the person gave nothing that could be read."""

    @property
    def by_choice(self) -> bool:
        """Whether the person ended it."""
        return self in {EndReason.accepted, EndReason.nothing_fits, EndReason.given_up}


UserAct = Literal[
    "open",
    "tell",
    "name_liked",
    "answer",
    "no_preference",
    "reject",
    "critique",
    "say_known",
    "ask",
    "change",
    "insist",
    "release",
    "confirm",
    "repeat",
    "chat",
]
"""What a message of a simulated person does; a message may do several things.

- open: asks for anything; tell: says a wish unasked; name_liked: names an item they like;
- answer: tells what was asked for; no_preference: has none there, or no idea; confirm: says yes or no;
- reject: turns down what was shown; critique: says how it should differ; say_known: knows an item shown;
- ask: asks about an item;
- change: takes back or changes a wish; insist: keeps all wishes though nothing fits; release: lets one go;
- repeat: says the same again; chat: anything else.
"""


class Utterance(Value):
    """The next message of the person."""

    text: str
    acts: tuple[UserAct, ...] = ()
    """What it does, as its author meant it; empty where nobody knows."""
    told: tuple[Constraint, ...] = ()
    """Everything wanted that has been told by now, this message included."""
    agrees: bool | None = None
    """Whether the person says yes or no to a question put to them; None where none was, or where nobody knows."""


class End(Value):
    """The person ends the dialogue."""

    reason: EndReason
    item: str | None = None
    """Id of the item that was taken."""
    last_word: str = ""
    """What is said in parting; nobody answers it."""


class User(Protocol):
    """A simulated person; sees what a person sees, never the agent's inside."""

    def next(self, conversation: Conversation) -> Utterance | End:
        """What is said next, given everything said and shown so far."""
        ...


class Dialogue(Value):
    """A finished conversation."""

    turns: tuple[Turn, ...]
    agreed: tuple[bool | None, ...] = ()
    """For each turn, what its message meant as an answer (`Utterance.agrees`)."""
    acts: tuple[tuple[UserAct, ...], ...] = ()
    """For each turn, what its message did (`Utterance.acts`)."""
    told: tuple[tuple[Constraint, ...], ...] = ()
    """For each turn, what was known to be wanted when it was answered (`Utterance.told`)."""
    ending: EndReason
    accepted: str | None = None
    """Id of the item that was taken."""
    last_word: str = ""
    fault: str = ""
    """What went wrong, when the machinery ended it."""
