"""Everything that can go wrong with a model server, each as an answer in the place of the right one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tests.servers.openai_answers import Answer

Fate = Literal["used", "lost", "either"]
"""What becomes of the model's answer: it is used after all, the rules take its place, or both are right."""
LATE_S = 30.0
"""A silence longer than any deadline of a test."""
ERROR = json.dumps({"error": {"message": "overloaded", "type": "server_error", "code": 503}})
HTML = {"Content-Type": "text/html"}
PAGE = "<html><body><h1>502 Bad Gateway</h1></body></html>"
BROKEN_PLAN = json.dumps({"act": "fly to the moon"})
INVENTED = "The Moonlit Saxophone"


@dataclass(frozen=True)
class Fault:
    """One way to fail; `make` turns the right text into what the server does."""

    make: Callable[[str], Answer]
    plan: Fate = "lost"
    streamed: Fate = "lost"
    whole: Fate = "lost"
    """Fate of a reply that is asked for in one piece."""
    first_only: bool = False
    """Only the first try of a call meets it."""
    spoils_repair: bool = False
    """The answer to a repair is final, so that meeting it once is enough."""
    nobody: bool = False
    """There is no server at all."""

    def fate(self, call: str, *, streamed: bool) -> Fate:
        """What becomes of the answer to a call."""
        if call == "repair" and self.spoils_repair:
            return "lost"
        return self.plan if call != "say" else self.streamed if streamed else self.whole


def _status(status: int, text: str = "no", **more: object) -> Fault:
    return Fault(lambda _: Answer(text, status=status, **more))  # type: ignore[arg-type]


def _raw(text: str, **more: object) -> Fault:
    return Fault(lambda _: Answer(raw=text, **more))  # type: ignore[arg-type]


def _every(fate: Fate, make: Callable[[str], Answer], **more: bool) -> Fault:
    return Fault(make, fate, fate, fate, **more)


def _holding(good: str, letter: str) -> str:
    """The right text with a letter that cannot be stored before a word of it, escaped where it is JSON."""
    return good.replace("light", f"{json.dumps(letter)[1:-1] if good.startswith('{') else letter} light")


def _deep(good: str) -> Answer:
    return Answer('{"act": ' + '{"a": ' * 20_000 + "1" + "}" * 20_001 if good.startswith("{") else "[" * 20_000)


def faults(key: str) -> dict[str, Fault]:
    """Every fault by its name; `key`: an API key that careless servers repeat."""
    return {
        "401 repeating the key": _status(401, f"Incorrect API key provided: {key}"),
        "403": _status(403, f"not allowed with {key}"),
        "404": _status(404, "no such model"),
        "400": _status(400, "the messages are too long: maximum context length is 8192 tokens"),
        "408": _status(408),
        "429": _status(429),
        "429, wait 1 s": _every("used", lambda _: Answer("slow", 429, headers={"Retry-After": "1"}), first_only=True),
        "429, wait 10 min": _status(429, headers={"Retry-After": "600"}),
        "429, wait till a date": _status(429, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}),
        "429, quota spent": _status(429, code="insufficient_quota"),
        "500": _status(500),
        "500 with the key and a stack": _status(500, f"Traceback (most recent call last): File x.py, key={key}"),
        "502 with a page": Fault(lambda _: Answer(raw=PAGE, status=502, headers=HTML)),
        "503": _status(503),
        "503 once": _every("used", lambda _: Answer("busy", 503), first_only=True),
        "redirect": Fault(lambda _: Answer(raw="", status=307, headers={"Location": "http://127.0.0.1:9/v1"})),
        "nobody listens": Fault(Answer, nobody=True),
        "reset": Fault(lambda _: Answer(drop="reset")),
        "reset once": _every("used", lambda _: Answer(drop="reset"), first_only=True),
        "half a header": Fault(lambda _: Answer(drop="half_header")),
        "silence": Fault(lambda good: Answer(good, delay_s=LATE_S)),
        "a drip": Fault(lambda good: Answer(good + " and so on" * 200, chunk=1, gap_s=0.1)),
        "slow but in time": _every("used", lambda good: Answer(good, delay_s=0.1)),
        "cut at once": Fault(lambda good: Answer(good, cut_after=0)),
        "cut in the middle": Fault(lambda good: Answer(good, cut_after=3)),
        "no closing mark": _every("used", lambda good: Answer(good, done=False)),
        "no reason to end": Fault(lambda good: Answer(good, finish=None), "used", "lost", "used"),
        "over the longest length": Fault(lambda good: Answer(good, finish="length")),
        "endless": Fault(lambda good: Answer(good, endless=True)),
        "endless body": Fault(lambda good: Answer(raw=good * 100, endless=True)),
        "empty": Fault(lambda _: Answer("")),
        "blank": Fault(lambda _: Answer(" \n ")),
        "refusal": Fault(lambda _: Answer(refusal="I cannot help with that.")),
        "prose about something else": Fault(lambda _: Answer("Let me tell you about the weather instead.")),
        "JSON that breaks off": Fault(lambda good: Answer(good[: len(good) // 2]), "lost", "either", "either"),
        "an act that does not exist": Fault(lambda _: Answer(BROKEN_PLAN)),
        "an act that does not exist, once": Fault(
            lambda _: Answer(BROKEN_PLAN), plan="used", first_only=True, spoils_repair=True
        ),
        "nested too deep": Fault(_deep),
        "nested too deep outside": _raw('{"choices": ' + "[" * 20_000 + "]" * 20_000 + "}"),
        "an invented title": Fault(
            lambda good: Answer(good if good.startswith("{") else f"{good} Or see **{INVENTED}** (1987)."),
            "used",
            "either",
            "either",
        ),
        "a torn character": _every("used", lambda good: Answer(_holding(good, "\ud83d"))),
        "a zero character": _every("used", lambda good: Answer(_holding(good, "\0"))),
        "every piece twice": Fault(lambda good: Answer(good, twice=True), "used", "either", "used"),
        "no usage": _every("used", lambda good: Answer(good, usage=None)),
        "usage of another shape": _every("either", lambda good: Answer(good, usage={"prompt_tokens": "many"})),
        "a body without JSON": _raw("{not json"),
        "a page": Fault(lambda _: Answer(raw=PAGE, headers=HTML)),
        "another content type": _every("either", lambda good: Answer(good, headers={"Content-Type": "text/plain"})),
        "no choices": _raw('{"choices": []}'),
        "choices of another shape": _raw('{"choices": "none"}'),
        "an error in a good answer": _raw(ERROR),
        "an error in a stream": Fault(lambda _: Answer(sse=(ERROR,))),
        "a stream without JSON": Fault(lambda _: Answer(sse=("{not json",))),
        "an empty stream": Fault(lambda _: Answer(sse=())),
        "no stream where one was asked for": Fault(lambda good: Answer(good, unstreamed=True), "used", "lost", "used"),
    }
