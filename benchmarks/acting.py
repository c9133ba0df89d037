"""A server that plays a language model over the real protocol: answers are computed from each request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.servers.openai_server import Answer, OpenAIServer

Body = dict[str, Any]


class ActingServer(OpenAIServer):
    """Answers every chat request by `play`; what that raises is raised when the block is left."""

    def __init__(self, play: Callable[[Body], Answer]) -> None:
        super().__init__()
        self._play = play

    def take(self, body: Body, headers: dict[str, str]) -> Answer:
        """The computed answer."""
        self.requests.append(body)
        self.headers.append(headers)
        try:
            return self._play(body)
        except (LookupError, ValueError) as error:
            self.problems.append(f"call {len(self.requests)}: {type(error).__name__} {error}")
            return Answer("this call cannot be played", status=403)
