"""A server that speaks the OpenAI protocol and plays people by rule: no language model, but the whole path to one.

    python -m benchmarks.automaton --port 8123
    OPENAI_BASE_URL=http://127.0.0.1:8123/v1 tastemaker simulate run … --user model

It does what the prompt of a controlled `ModelUser` says after "Now", in plain words. What comes of it tells whether the
machinery works at scale, and nothing about how a language model would speak.
"""

from __future__ import annotations

import argparse
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SAYS: tuple[tuple[str, str], ...] = (
    (r"Take item (\d+)", "I'll take number {0}, thanks"),
    (r"leave it at that, in a short", "then not, bye"),
    (r"break off", "that's enough for me, bye"),
    (r"Ask for .* in general", "can you recommend me something?"),
    (r"Say that you liked number ([\d and]+) of <liked>", "I liked {liked}"),
    (r"Answer the question with wish ([\d and]+)", "{wishes}"),
    (r"it does not matter to you", "I don't mind"),
    (r"with a clear (yes|no)", "{0}"),
    (r"with yes or no, as your wishes have it", "no"),
    (r"none of these", "none of these"),
    (r"Turn down what was shown, because of wish (\d+)", "no, not that: {wishes}"),
    (r"Turn down what was shown, without", "no, something else please"),
    (r"you know item (\d+) of <shown> already", "I know the {place} one already"),
    (r"ask about this of item (\d+) of <shown>: ([^.]+)\.", "what is the {1} of the {place} one?"),
    (r"Say wish ([\d and]+)", "{wishes}"),
    (r"keep all your wishes", "no, all of that matters to me"),
    (r"this may go: number (\d+) of <choices>", "{choice}"),
    (r"Say again, in other words, what you want: wish ([\d and]+)", "as I said, {wishes}"),
    (r"ask to be shown something instead", "just show me something"),
)
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8123)
    args = parser.parse_args()
    ThreadingHTTPServer(("127.0.0.1", args.port), Handler).serve_forever()


class Handler(BaseHTTPRequestHandler):
    """Chat completions, one answer a request."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        """Answer as the prompt says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        system, user = (str(m["content"]) for m in body["messages"][:2])
        self._send(body, json.dumps(played(system, user), ensure_ascii=False), len(system) + len(user))

    def _send(self, body: dict[str, Any], content: str, read: int) -> None:
        answer = {
            "id": "automaton",
            "object": "chat.completion",
            "created": 0,
            "model": body.get("model", "automaton"),
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
            "usage": {
                "prompt_tokens": read // 4,
                "completion_tokens": len(content) // 4,
                "total_tokens": (read + len(content)) // 4,
            },
        }
        data = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def played(system: str, user: str) -> dict[str, Any]:
    """The message that the prompt asks for, and the numbers of the wishes it tells."""
    wishes, liked, choices = numbered(system, "wishes"), numbered(system, "liked"), numbered(user, "choices")
    said: list[str] = []
    told: list[int] = []
    for line in user.rpartition("\nNow")[2].splitlines():
        found = next(((m, way) for pattern, way in SAYS if (m := re.search(pattern, line))), None)
        if found is None or not line.startswith("- "):
            continue
        match, way = found
        numbers = [int(n) for n in re.findall(r"\d+", match[1] if match.groups() else "")]
        if "{wishes}" in way:
            told += numbers
        said.append(
            way.format(
                *match.groups(),
                wishes=", ".join(wishes.get(n, "") for n in numbers),
                liked=" and ".join(liked.get(n, "") for n in numbers),
                choice=choices.get(numbers[0], "") if numbers else "",
                place=PLACES[min(numbers[0], len(PLACES)) - 1] if numbers else "first",
            )
        )
    return {"say": ". ".join(said) or "hm", "told": told, "leaves": False}


def numbered(prompt: str, tag: str) -> dict[int, str]:
    """The numbered lines of a block, by number, without what stands in brackets behind them."""
    block = re.search(rf"<{tag}>\n(.*?)\n</{tag}>", prompt, re.DOTALL)
    lines = re.findall(r"^(\d+)\. (.*?)(?: \((?:no )?must; [a-z ]+\))?$", block[1], re.MULTILINE) if block else []
    return {int(number): text for number, text in lines}


if __name__ == "__main__":
    main()
