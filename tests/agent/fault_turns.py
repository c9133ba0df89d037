"""Turns against a server that fails in a chosen way, each held to what every turn owes the person.

The double plans and writes rightly; the fault takes the place of one call's answer. What is checked is written down in
`problems_of`: nothing is lost, nothing hangs, nothing ungrounded is shown, and what was degraded is named.
"""

from __future__ import annotations

import json
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from agent.build import Tastemaker
from agent.models.compose import compose_model
from agent.models.probe import Probe, keep
from agent.settings import Settings, load_settings
from agent.turn import AWAY
from core.events import TextDelta, TextReplaced, TurnDone
from core.turn import Conversation, Turn
from tests.servers.faults import BROKEN_PLAN, INVENTED, Fault, faults
from tests.servers.openai_server import Answer, Body, OpenAIServer
from tools.filtering.receipt import verdict

KEY = "sk-matrix-3f9c-never-show-this"
SAID = "I would start with [[1]]. Should you want something as light, there is [[2]]."
Call = Literal["plan", "repair", "say"]
Wire = Literal["streamed", "whole"]
Door = Literal["respond", "stream"]


def _wish(field_name: str, value: str, quote: str) -> dict[str, object]:
    return {"kind": "want", "field": field_name, "values": [value], "quote": quote}


def _plan(*wishes: dict[str, object]) -> str:
    return json.dumps({"heard": wishes, "act": "recommend", "search": {"count": 2, "query": "light"}})


SCRIPT: dict[str, dict[str, str]] = {
    "films": {
        "a comedy under 110 minutes": _plan(
            _wish("genres", "comedy", "a comedy"), _wish("runtime", "< 110", "under 110 minutes")
        ),
        "a drama from the nineties": _plan(
            _wish("genres", "drama", "a drama"),
            _wish("year", "1990-1999", "from the nineties"),
        ),
    },
    "books": {
        "a fantasy novel under 400 pages": _plan(
            _wish("genres", "fantasy", "a fantasy novel"), _wish("pages", "< 400", "under 400 pages")
        ),
        "a mystery from before 1980": _plan(
            _wish("genres", "mystery", "a mystery"), _wish("year", "< 1980", "before 1980")
        ),
    },
}


@dataclass(frozen=True)
class Cell:
    """One turn to play."""

    fault: str
    call: Call
    wire: Wire
    door: Door
    catalog: str
    message: str


@dataclass
class Played:
    """What came of it."""

    cell: Cell
    seconds: float
    fate: str
    reason: str
    problems: list[str] = field(default_factory=list)


class Rehearsal:
    """The whole program before a server whose answers are chosen turn by turn."""

    def __init__(
        self, home: Path, *, deadline_s: float, timeout_s: float, retries: int, backoff_s: float = 0.4
    ) -> None:
        self._backoff_s = backoff_s
        self.faults = faults(KEY)
        self.deadline_s = deadline_s
        self.log = StringIO()
        self._cell: Cell | None = None
        self._met = 0
        self._broken = False
        self.server = OpenAIServer(self._answer, key=KEY)
        self._nowhere = f"http://127.0.0.1:{_free_port()}/v1"
        self._settings = load_settings(
            home=home,
            controller="model",
            base_url=self.server.base_url,
            api_key=KEY,
            person="guest",
            structured="json_schema",
            turn_deadline_s=deadline_s,
            timeout_s=timeout_s,
            max_retries=retries,
            breaker_failures=0,
            database_url=f"sqlite:///{home}/fault-turns-{threading.get_native_id()}-{time.monotonic_ns()}.db",
        )
        self.app = Tastemaker(self._settings)
        for catalog, script in SCRIPT.items():  # what is loaded once is no part of a turn's time
            self.app.answer(Conversation(id="warm-up", catalog=catalog), next(iter(script)), "rules")
        self._models = {
            (wire, there): self._model(wire, there=there) for wire in ("streamed", "whole") for there in (True, False)
        }

    def _model(self, wire: str, *, there: bool) -> object:
        address = self.server.base_url if there else self._nowhere
        settings = self._settings.model_copy(update={"model": wire, "base_url": address})
        streams: Literal["yes", "failed"] = "yes" if wire == "streamed" else "failed"
        known = Probe(model=wire, date="2026-01-01", modes={"json_schema": "yes"}, streams=streams)
        keep(known, settings)
        model: Any = compose_model(settings)
        model._limits = model._limits.model_copy(update={"backoff_s": self._backoff_s})
        return model

    @contextmanager
    def open(self) -> Iterator[Rehearsal]:
        """The server runs and everything that is logged is caught."""
        root = logging.getLogger()
        catching, level = logging.StreamHandler(self.log), root.level
        root.addHandler(catching)
        root.setLevel(logging.DEBUG)
        try:
            with self.server:
                yield self
        finally:
            root.setLevel(level)
            root.removeHandler(catching)
            self.app.close()

    def _answer(self, body: Body) -> Answer:
        planning, cell = "response_format" in body, self._cell
        good = _planned(body) if planning else SAID
        if cell is None or planning != (cell.call != "say"):
            return Answer(good)
        if cell.call == "repair" and not self._broken:
            self._broken = True
            return Answer(BROKEN_PLAN)
        fault = self.faults[cell.fault]
        self._met += 1
        return Answer(good) if fault.first_only and self._met > 1 else fault.make(good)

    def play(self, cell: Cell) -> Played:
        """One turn, stored, and what is wrong about it."""
        fault = self.faults[cell.fault]
        self._cell, self._met, self._broken = cell, 0, False
        self.app.model = self._models[cell.wire, True]  # type: ignore[assignment]
        if fault.nobody:
            self.app.model = _Turncoat(self._models, cell)  # type: ignore[assignment]
        conversation = self.app.start(cell.catalog)
        began = time.monotonic()
        turn, shown, told = self._through(cell.door, conversation.id, cell.message)
        seconds = time.monotonic() - began
        stage = next(s for s in turn.trace if s.stage == ("say" if cell.call == "say" else "plan"))
        played = Played(cell, round(seconds, 3), "lost" if stage.fallback else "used", stage.note)
        stored = self.app.load(conversation.id).turns
        played.problems += problems_of(self.app, turn, shown)
        if [t.same_as(turn) for t in stored] != [True]:
            played.problems.append(f"stored {len(stored)} times, or otherwise than answered")
        if seconds > self.deadline_s + 10:
            played.problems.append(f"took {seconds:.1f} s of {self.deadline_s}")
        if KEY in told:
            played.problems.append("the key was told")
        played.problems += _fate_problems(fault, played, turn)
        return played

    def _through(self, door: Door, conversation: str, message: str) -> tuple[Turn, str, str]:
        """(turn, what the person saw last, everything told) by one door."""
        if door == "respond":
            turn = self.app.respond(conversation, message)
            return turn, turn.reply, turn.model_dump_json()
        shown, told, turns = "", "", []
        for event in self.app.stream(conversation, message):
            told += event.model_dump_json()
            if isinstance(event, TextDelta):
                shown += event.text
            elif isinstance(event, TextReplaced):
                shown = event.text
            elif isinstance(event, TurnDone):
                turns.append(event.turn)
        (turn,) = turns
        return turn, shown, told


class _Turncoat:
    """Asks a server that is there for the other calls, and nobody for the one that is to fail."""

    name = "nobody"

    def __init__(self, models: dict[tuple[str, bool], object], cell: Cell) -> None:
        self._models, self._cell = models, cell

    def complete(self, request, on_delta=None, *, within=None):  # type: ignore[no-untyped-def]
        model = self._models[self._cell.wire, request.call != self._cell.call]
        return model.complete(request, on_delta, within=within)  # type: ignore[attr-defined]


def problems_of(app: Tastemaker, turn: Turn, shown: str) -> list[str]:
    """What a turn owes whoever asked, and does not give."""
    catalog = app.catalog(turn.catalog)
    schema = catalog.schema
    found = []
    if not turn.reply.strip():
        found.append("nothing was said")
    if shown != turn.reply:
        found.append("what was shown last is not the reply")
    if not (turn.slate or turn.question):
        found.append("neither items nor a question")
    for item in (r.item for r in turn.slate):
        if not catalog.find([item.id]):
            found.append(f"{item.title} is not in the catalogue")
        hard = [p for p in turn.ledger.preferences if p.strength == "hard"]
        found += [f"{item.title} fails {p.label(schema)}" for p in hard if verdict(p, item, schema) == "failed"]
    slate = {r.item.title for r in turn.slate}
    found += [f"{b} is no item shown" for b in re.findall(r"\*\*(.+?)\*\*", turn.reply) if b not in slate]
    if INVENTED in turn.reply:
        found.append("an invented title was shown")
    if re.search(r"Traceback|File \"|[\ud800-\udfff\0]", turn.model_dump_json() + turn.reply):
        found.append("a stack or a torn character was told")
    return found


def _fate_problems(fault: Fault, played: Played, turn: Turn) -> list[str]:
    cell = played.cell
    due = fault.fate(cell.call, streamed=cell.wire == "streamed")
    found = []
    if due not in {"either", played.fate}:
        found.append(f"the model's answer was {played.fate}, not {due}: {played.reason}")
    named = [s.note for s in turn.trace if s.fallback and "(model: " in s.note]
    if played.fate == "lost" and (not named or not turn.reply.startswith(tuple(AWAY.values()))):
        found.append("the degradation is not named")
    if played.fate == "used" and any(s.fallback for s in turn.trace):
        found.append("another call fell back as well")
    return found


def cells(names: list[str], catalogs: dict[str, list[str]], doors: tuple[Door, ...]) -> Iterator[Cell]:
    """Every fault in every call, by every wire and door, in every catalogue."""
    for name in names:
        for catalog, messages in catalogs.items():
            for message in messages:
                for door in doors:
                    yield Cell(name, "plan", "streamed", door, catalog, message)
                    yield Cell(name, "repair", "streamed", door, catalog, message)
                    yield Cell(name, "say", "streamed", door, catalog, message)
                    yield Cell(name, "say", "whole", door, catalog, message)


def threads_left(within_s: float) -> list[str]:
    """Names of threads of model calls that still run after so many seconds."""
    until = time.monotonic() + within_s
    while True:
        left = [t.name for t in threading.enumerate() if t.name.startswith("model-")]
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.05)


def _planned(body: Body) -> str:
    asked = body["messages"][-1]["content"]
    told = {asked.rfind(message): plan for script in SCRIPT.values() for message, plan in script.items()}
    return told[max(told)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def outage(home: Path, *, turns: int, failures: int = 3, pause_s: float = 2.0) -> dict[str, object]:
    """A server that is down for so many turns, with a circuit breaker before it, and comes back."""
    down = threading.Event()
    down.set()

    def answer(body: Body) -> Answer:
        if down.is_set():
            return Answer("overloaded", status=503)
        return Answer(_planned(body) if "response_format" in body else SAID)

    message = next(iter(SCRIPT["films"]))
    with OpenAIServer(answer, key=KEY) as server:
        app = Tastemaker(
            _settings(home, server.base_url, breaker_failures=failures, breaker_pause_s=pause_s, max_retries=0)
        )
        app.answer(Conversation(id="warm-up", catalog="films"), message, "rules")
        during = [app.answer(Conversation(id=f"down-{n}", catalog="films"), message) for n in range(turns)]
        asked = len(server.requests)
        down.clear()
        time.sleep(pause_s * 10)
        after = app.answer(Conversation(id="back", catalog="films"), message)
    return {
        "turns": turns,
        "calls_made": asked,
        "calls_counted": sum(t.usage.calls for t in during),
        "answered_by_rules": sum(t.controller == "rules" and bool(t.slate) for t in during),
        "last_reason": during[-1].trace[0].note,
        "after_the_pause": after.controller,
    }


SEVERAL = ("401 repeating the key", "429, quota spent", "503", "reset", "refusal", "silence")


def second_model(home: Path, names: tuple[str, ...] = SEVERAL) -> dict[str, dict[str, Any]]:
    """A first model that fails in several ways, and a second one at another server."""
    message = next(iter(SCRIPT["films"]))
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        fault = faults(KEY)[name]
        with (
            OpenAIServer(lambda body, fault=fault: fault.make("")) as first,
            OpenAIServer(lambda body: Answer(_planned(body) if "response_format" in body else SAID)) as second,
        ):
            more = {
                "fallback_model": "second",
                "fallback_base_url": second.base_url,
                "max_retries": 0,
                "timeout_s": 0.5,
            }
            app = Tastemaker(_settings(home, first.base_url, **more))
            turn = app.answer(Conversation(id="c", catalog="films"), message)
        found[name] = {
            "controller": turn.controller,
            "fell_back_to_rules": any(s.fallback for s in turn.trace),
            "notes": [s.note for s in turn.trace if s.stage in {"plan", "say"}],
            "calls": turn.usage.calls,
            "key_sent_on": any(KEY in str(h) for h in second.headers),
        }
    return found


def _settings(home: Path, address: str, **more: object) -> Settings:
    return load_settings(
        home=home, controller="model", base_url=address, api_key=KEY, person="guest", turn_deadline_s=20.0, **more
    )
