"""The records of an enrichment, one JSON line each: what was asked, what came back, what was made of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from core.turn import Usage
from core.values import Value
from ingest.enriching.asking import Key
from ingest.enriching.reading import Written
from ingest.enriching.targets import Target


class Begun(Value):
    """A run begins; one that was cut off goes on under the same record."""

    kind: Literal["begun"] = "begun"
    run: int
    model: str
    prompt: str
    targets: tuple[Target, ...]
    """The fields it fills."""
    at: str
    """UTC, YYYY-MM-DDTHH:MM:SSZ."""


class Asked(Value):
    """A call is about to be made; on disk before the request leaves."""

    kind: Literal["asked"] = "asked"
    run: int
    call: int
    keys: tuple[Key, ...]
    alone: bool
    """Whether this is the second try of one item."""
    tokens_in: int
    """By estimate."""
    most_out: int


class Answered(Value):
    """What came back, word for word; on disk before anything is made of it."""

    kind: Literal["answered"] = "answered"
    call: int
    text: str
    usage: Usage
    at: str


class Broken(Value):
    """The call ended without an answer that could be kept."""

    kind: Literal["broken"] = "broken"
    call: int
    why: str
    how: Literal["lost", "refused", "unreadable"]
    """lost: it may have been paid; refused: it was not; unreadable: it was, but the answer was cut off or empty, and
    its items are tried alone."""


class Read(Value):
    """What was made of an answer."""

    kind: Literal["read"] = "read"
    call: int
    kept: dict[str, Written]
    failed: dict[str, str]
    strangers: int = 0


class Ended(Value):
    """A run is over; what comes next is a run of its own, with a ceiling of its own."""

    kind: Literal["ended"] = "ended"
    run: int
    why: Literal["done", "ceiling"]


class Aside(Value):
    """The answers of these runs are out of the catalogue, and kept."""

    kind: Literal["aside"] = "aside"
    runs: tuple[int, ...]


class Restored(Value):
    """Answers that were put aside count again."""

    kind: Literal["restored"] = "restored"
    keys: tuple[Key, ...]


class Retried(Value):
    """Items that failed may be asked for again."""

    kind: Literal["retried"] = "retried"
    keys: tuple[Key, ...]


Record = Annotated[
    Begun | Asked | Answered | Broken | Read | Ended | Aside | Restored | Retried, Field(discriminator="kind")
]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)
