"""What a model server can do, found out by a few tiny calls and kept in the home folder.

Every ability is tried by the adapter's own way of asking. A schema counts as held to only when the answer fits it,
though the question does not describe it: a server that merely ignores `response_format` is found out.
"""

from __future__ import annotations

import hashlib
import json
import os
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from agent.models.asking import OPENAI_MODES, Mode
from agent.models.chat import Known, LangChainModel, open_model
from agent.models.strict import fits
from agent.settings import Settings
from core.errors import ModelBrokeSchema, ModelRejected, ModelUnavailable
from core.events import ModelReply, ModelRequest
from core.turn import Usage
from core.values import Value

Found = Literal["yes", "no", "failed"]
"""No: refused, or answered otherwise; failed: the server gave no whole answer at all."""
LONGEST = 1000
"""Tokens allowed to one answer; models that think before they speak need most of it for that."""
_T = TypeVar("_T")
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["red", "yellow", "blue"]}, "sure": {"type": "boolean"}},
    "required": ["colour", "sure"],
    "additionalProperties": False,
}
_SYSTEM = "You answer in one word."
_USER = "What colour is a ripe lemon?"


class Probe(Value):
    """What one model at one server can do."""

    base_url: str = ""
    model: str
    date: str
    """Day of the probe, in UTC."""
    modes: dict[Mode, Found]
    streams: Found
    counts_streamed: bool = False
    """Whether the tokens of a streamed answer are told."""
    logprobs: bool = False
    temperature: bool = True
    latency_ms: float = 0.0
    """Median over the calls that were answered."""
    usage: Usage = Usage()

    @property
    def mode(self) -> Mode | None:
        """The strictest way of holding the model to a schema that works; None when none does."""
        return next((mode for mode in OPENAI_MODES if self.modes.get(mode) == "yes"), None)

    @property
    def known(self) -> Known:
        """The same for the adapter; what failed is not tried again before the next probe."""
        return Known(
            mode=self.mode,
            streams=self.streams == "yes",
            temperature=self.temperature,
            logprobs=self.logprobs,
        )


class _Costs:
    """The calls made so far."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.ms: list[float] = []

    def made(self, reply: ModelReply) -> ModelReply:
        self.usage = self.usage.plus(reply.usage)
        self.ms.append(reply.usage.ms)
        return reply

    def tried(self, ask: Callable[[], _T]) -> tuple[Found, _T | None]:
        """Whether a call succeeds, and what it brought."""
        try:
            return "yes", ask()
        except (ModelRejected, ModelBrokeSchema):
            found: Found = "no"
        except ModelUnavailable:
            found = "failed"
        self.usage = self.usage.plus(Usage(calls=1))
        return found, None


def probe(settings: Settings, opened: Callable[[Settings], LangChainModel] = open_model) -> Probe:
    """Ask the server of the settings; at most six calls of some forty tokens each way.

    Raises what the first call raises when the server cannot be reached, refuses the key or has no such model.
    """
    costs = _Costs()
    plain = opened(settings.model_copy(update={"plan_temperature": 0.0}))
    asked = ModelRequest(call="probe", system=_SYSTEM, user=_USER, alternatives=2, longest=LONGEST)
    first = costs.made(plain.complete(asked))
    streaming, streamed = costs.tried(lambda: costs.made(_streamed(plain, asked)))
    modes: dict[Mode, Found] = {}
    for mode in OPENAI_MODES:
        if mode != "text" or "yes" not in modes.values():
            modes[mode] = _holds(opened, settings, mode, costs)
    return Probe(
        base_url=_shown(settings.base_url or ""),
        model=settings.model,
        date=datetime.now(UTC).date().isoformat(),
        modes=modes,
        streams=streaming,
        counts_streamed=streamed is not None and not streamed.estimated,
        logprobs=bool(first.alternatives),
        temperature=plain.takes_temperature,
        latency_ms=round(statistics.median(costs.ms), 1),
        usage=costs.usage,
    )


def _streamed(model: LangChainModel, asked: ModelRequest) -> ModelReply:
    return model.complete(asked.model_copy(update={"stream": True, "alternatives": 0}), lambda _: None)


def _holds(opened: Callable[[Settings], LangChainModel], settings: Settings, mode: Mode, costs: _Costs) -> Found:
    model = opened(settings.model_copy(update={"structured": mode}))
    asked = ModelRequest(call="probe", system=_SYSTEM, user=_USER, json_schema=_SCHEMA, longest=LONGEST)
    found, reply = costs.tried(lambda: costs.made(model.complete(asked)))
    if reply is None:
        return found
    try:
        return "yes" if fits(json.loads(reply.text), _SCHEMA) else "no"
    except (ValueError, RecursionError):
        return "no"


def keep(found: Probe, settings: Settings) -> None:
    """Write a probe into the home folder; raises OSError."""
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=path.parent, encoding="utf-8", delete=False) as file:
        file.write(found.model_dump_json(indent=1))
    os.replace(file.name, path)  # noqa: PTH105 - the readers see the old file or the new


def kept(settings: Settings) -> Probe | None:
    """The probe kept for the server and model of the settings, or None."""
    path = _path(settings)
    if not path.is_file():
        return None
    try:
        return Probe.model_validate_json(path.read_text("utf-8"))
    except ValidationError:  # written by another version; the next doctor asks again
        return None


def _path(settings: Settings) -> Path:
    name = hashlib.sha256(json.dumps([settings.base_url, settings.model]).encode()).hexdigest()[:16]
    return settings.home / "model-probes" / f"{name}.json"


def _shown(address: str) -> str:
    """An address without the name and password in it."""
    scheme, mark, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}{mark}{host.rpartition('@')[2]}{slash}{path}"
