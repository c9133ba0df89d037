"""A LangChain chat model of another making than OpenAI's, and a handler that writes down what it is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr


class CannedModel(BaseChatModel):
    """Answers from a list; fills in the tool it is given, and streams word by word otherwise."""

    answers: list[str]
    tools: list[dict[str, Any]] = []
    model: str = "canned-1"
    _given: list[int] = PrivateAttr(default_factory=lambda: [0])

    @property
    def _llm_type(self) -> str:
        return "canned"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any) -> CannedModel:
        bound = self.model_copy(update={"tools": [convert_to_openai_tool(t) for t in tools]})
        bound._given = self._given
        return bound

    def _next(self) -> AIMessage:
        text = self.answers[self._given[0]]
        self._given[0] += 1
        if not self.tools:
            return AIMessage(text)
        call = {"name": self.tools[0]["function"]["name"], "args": json.loads(text), "id": "call_1"}
        return AIMessage("", tool_calls=[call])

    def _generate(self, messages: list[BaseMessage], *more: Any, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._next())])

    def _stream(self, messages: list[BaseMessage], *more: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for word in str(self._next().text).split(" "):
            yield ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))


class Recorder(BaseCallbackHandler):
    """Keeps run name, tags and metadata of every model call, and how it ended."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.ended: list[str] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **told: Any) -> None:
        self.started.append({"name": told.get("name"), "tags": told["tags"], "metadata": told["metadata"]})

    def on_llm_end(self, response: Any, **told: Any) -> None:
        self.ended.append("end")

    def on_llm_error(self, error: BaseException, **told: Any) -> None:
        self.ended.append("error")


class NamedRecorder(Recorder):
    """A recorder that can be named in the settings; all of them write to one list."""

    seen: list[str] = []

    def on_chat_model_start(self, serialized: Any, messages: Any, **told: Any) -> None:
        self.seen.append(told["name"])


class NotAHandler:
    """Something else."""
