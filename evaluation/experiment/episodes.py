"""Episodes: the dialogues of an experiment as written to disk, one JSON line each, the same bytes for the same seed."""

from __future__ import annotations

from typing import Literal

from core.values import Value
from simulation.model_user import PlayRecord
from simulation.protocol import EndReason, UserAct

UserKind = Literal["agenda", "taste", "model", "free-model"]
Measures = dict[str, float | None]
"""By name (see `evaluation.experiment.measures`); None: unscored, which is not zero."""


class ShownItem(Value):
    """An item on a slate."""

    id: str
    title: str
    relevant: bool | None = None
    """Whether it is one the person is known to like; None where nobody knows."""
    fits: bool = True
    """Whether it meets every wish the person had told by then."""
    reason: str = ""


class Asked(Value):
    """A question of the agent."""

    kind: str
    field: str | None = None
    text: str = ""


class Stage(Value):
    """One stage of a turn, without its time."""

    stage: str
    into: int | None = None
    out: int | None = None
    note: str = ""
    fallback: bool = False


class Exchange(Value):
    """One message of the person and the turn that answered it."""

    said: str
    acts: tuple[UserAct, ...] = ()
    reply: str
    asked: Asked | None = None
    slate: tuple[ShownItem, ...] = ()
    knows: tuple[str, ...] = ()
    """The ledger after the turn, in words."""
    trace: tuple[Stage, ...] = ()
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None


class Episode(Value):
    """One dialogue, measured."""

    system: str
    """Name of the recommender in this experiment."""
    user: UserKind
    member: str
    """Id of the person in the population."""
    trial: int
    seed: int
    persona: str = ""
    segments: dict[str, str] = {}
    wants: tuple[str, ...] = ()
    """What the person wants, in words, each with when it is told."""
    target: ShownItem | None = None
    """The item in mind, where there is one."""
    ending: EndReason
    accepted: str | None = None
    last_word: str = ""
    fault: str = ""
    exchanges: tuple[Exchange, ...] = ()
    played: PlayRecord = PlayRecord()
    """How a language model played the person, where one did."""
    measures: Measures = {}


class Timing(Value):
    """What an episode took. Kept apart from it: clocks differ from run to run."""

    system: str
    user: UserKind
    member: str
    trial: int
    ms: float
    """The whole dialogue, the person's side included."""
    turns_ms: tuple[float, ...] = ()
    """The agent's side, turn by turn."""
    stages_ms: dict[str, float] = {}
    """The agent's side by stage, summed over turns."""
