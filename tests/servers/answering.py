"""The OpenAI server of the tests with answers that are a function of the request, and a writer of descriptions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from zlib import crc32

from tests.servers.openai_server import Answer, Body, OpenAIServer

WORDS = ("calm", "bright", "odd", "grand", "plain", "quick", "late", "shared")


class AnsweringServer(OpenAIServer):
    """Every request is answered by a function of its body; `requests` is the log of what was asked."""

    def __init__(self, answer: Callable[[Body], Answer], key: str | None = None) -> None:
        super().__init__(key=key)
        self._answer = answer

    def take(self, body: Body, headers: dict[str, str]) -> Answer:
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
        return self._answer(body)


def user_text(body: Body) -> str:
    """The user's message of a request."""
    text: str = body["messages"][-1]["content"]
    return text


def titles_in(body: Body) -> list[str]:
    """The titles that a request to describe items holds, in their order."""
    return re.findall(r"^\[\d+\]\ntitle: (.*)$", user_text(body), re.MULTILINE)


def described(body: Body) -> list[dict[str, Any]]:
    """A well-made answer: by title, a few values of each field, within its vocabulary where it has one."""
    shape = body["response_format"]["json_schema"]["schema"]["properties"]["items"]["items"]["properties"]
    wanted = re.findall(r"^fields to write: (.*)$", user_text(body), re.MULTILINE)
    made = []
    for number, (title, names) in enumerate(zip(titles_in(body), wanted, strict=True), start=1):
        entry: dict[str, Any] = {"number": number}
        bare = re.sub(r"[^\w ]", "", title)
        for name, kind in shape.items():
            if name == "number":
                continue
            asked = name in names.split(", ")
            chance = crc32(f"{title} {name}".encode())
            if kind["type"] == "string":
                entry[name] = f"What people call {bare}." if asked else ""
            else:
                words = kind["items"].get("enum", WORDS)
                entry[name] = [words[chance % len(words)]] if asked else []
        made.append(entry)
    return made


def described_as_text(body: Body) -> Answer:
    """The same as the server sends it, with the tokens it counts."""
    text = json.dumps({"items": described(body)})
    asked = sum(len(m["content"]) for m in body["messages"]) // 4
    usage = {"prompt_tokens": asked, "completion_tokens": len(text) // 4, "total_tokens": asked + len(text) // 4}
    return Answer(text, usage=usage, chunk=200)
