"""The adapter to language models through LangChain; nothing above it imports LangChain or a provider's client."""

from __future__ import annotations

import importlib
import importlib.util
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from agent.models.asking import OPENAI_MODES, OTHER_MODES, Mode, asking, in_words, tool
from agent.models.callbacks import named_callbacks
from agent.models.failures import meaning, refused_parameter, retry_after
from agent.models.http import TIME_IS_UP, TOO_LONG, BoundedClient, Bounds
from agent.models.protocol import OnDelta
from agent.models.tokens import count_tokens
from agent.settings import Price, Settings
from core.errors import ModelBrokeSchema, ModelRejected, ModelUnavailable, OperatorMustFix
from core.events import ModelReply, ModelRequest
from core.turn import Usage
from core.values import Value
from tools.text import storable

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableConfig

PROSE = frozenset({"say", "person"})
"""Calls whose answer a person reads."""


class CallLimits(Value):
    """How patient one model call is, and how it is asked."""

    timeout_s: float = 20.0
    """Longest silence of the server."""
    max_retries: int = 2
    backoff_s: float = 0.4
    """Pause before the first retry; doubled for each further one, plus up to as much again by chance."""
    max_output_tokens: int | None = None
    plan_temperature: float | None = None
    say_temperature: float | None = None
    structured: Literal["auto"] | Mode = "auto"
    longest_chars: int = 100_000
    """A streamed answer that has grown past this is given up."""


class Known(Value):
    """What is known of a server before it is asked."""

    mode: Mode | None = None
    """The strictest way of holding the model to a schema that works there; None: to be found out."""
    streams: bool = True
    temperature: bool = True
    logprobs: bool = True


class LangChainModel:
    """A ChatModel over any LangChain chat model; safe to share between threads.

    Retries what another try may mend, within the time given and only while nothing has been streamed. A schema is
    asked for in the strictest way the server takes: what it refuses once is not asked again.
    """

    def __init__(
        self,
        chat: BaseChatModel,
        *,
        name: str = "",
        limits: CallLimits | None = None,
        price: Price | None = None,
        secrets: tuple[str, ...] = (),
        failures: tuple[type[Exception], ...] = (),
        callbacks: Sequence[BaseCallbackHandler] = (),
        known: Known | None = None,
        bounds: Bounds | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`failures`: errors of the client, besides those LangChain and OpenAI define; `bounds`: what it keeps to.

        `callbacks`: LangChain handlers that are told of every call, besides those the environment or the chat model
        itself brings.
        """
        self._chat = chat
        self._limits = limits or CallLimits()
        self._price = price
        self._secrets = secrets
        self._callbacks = list(callbacks)
        self._clock, self._sleep, self._rng = time.monotonic, sleep, random.Random()  # noqa: S311 - jitter
        self._openai = _is_openai(chat)
        self._caught = (*_known_failures(), *failures)
        known = known or Known()
        self._modes = _modes(self._limits.structured, known.mode, OPENAI_MODES if self._openai else OTHER_MODES)
        self._takes_temperature, self._takes_logprobs, self._streams = known.temperature, known.logprobs, known.streams
        self._bounds = bounds or Bounds()
        self.name = name or name_of(chat)
        self.provider = "openai" if self._openai else type(chat).__module__.split(".")[0].removeprefix("langchain_")
        """Whose client makes the calls: "openai", "anthropic"."""

    @property
    def takes_temperature(self) -> bool:
        """Whether the server has not refused a temperature so far."""
        return self._takes_temperature

    def complete(
        self, request: ModelRequest, on_delta: OnDelta | None = None, *, within: float | None = None
    ) -> ModelReply:
        """The answer to `request`; see ChatModel."""
        call = _Call(self._clock, within, on_delta if request.stream else None)
        while True:
            try:
                return self._once(request, call)
            except self._caught as error:
                if self._step_down(request, error):
                    continue
                ours = meaning(error, self._secrets)
                pause = retry_after(error)
            except ModelUnavailable as error:
                ours, pause = error, None
            self._pause_or_raise(call, ours, pause)

    def _pause_or_raise(self, call: _Call, error: Exception, told: float | None) -> None:
        if not isinstance(error, ModelUnavailable) or call.heard or call.retries >= self._limits.max_retries:
            raise error from None
        pause = self._limits.backoff_s * 2**call.retries * (1 + self._rng.random())
        pause = max(pause, told or 0.0)
        if pause >= call.left:
            raise error from None
        call.retries += 1
        self._sleep(pause)

    def _step_down(self, request: ModelRequest, error: BaseException) -> bool:
        """Whether the call may be repeated without what the server would not take."""
        refused = "schema" if isinstance(error, NotImplementedError) else refused_parameter(error)
        if refused == "temperature" and self._takes_temperature:
            self._takes_temperature = False
            return True
        if refused == "logprobs" and self._takes_logprobs:
            self._takes_logprobs = False
            return True
        if refused == "schema" and request.json_schema is not None and len(self._modes) > 1:
            self._modes = self._modes[1:]
            return True
        return False

    def _once(self, request: ModelRequest, call: _Call) -> ModelReply:
        started = self._clock()
        if call.left <= 0:
            raise ModelUnavailable(TIME_IS_UP)
        chat, messages, options = self._prepared(request, call)
        options["config"] = self._told(request)
        with self._bounds.lasting(call.left):
            message = self._answer(chat, messages, options, call)
        text = self._text_of(request, message)
        if not call.heard:
            call.hear(text)
        return ModelReply(
            text=text,
            usage=self._usage(request, message, text, 1000 * (self._clock() - started)),
            alternatives=_alternatives(message) if request.alternatives else {},
            model=str(message.response_metadata.get("model_name") or self.name),
            finish=str(message.response_metadata.get("finish_reason") or ""),
            id=str(message.response_metadata.get("id") or message.id or ""),
            note=f"after {call.retries} further {'try' if call.retries == 1 else 'tries'}" if call.retries else "",
            estimated=not message.usage_metadata,
        )

    def _answer(self, chat: Any, messages: list[Any], options: dict[str, Any], call: _Call) -> AIMessage:  # noqa: ANN401
        if call.on_delta is not None and self._streams:
            return self._stream(_chunks(chat, messages, options), call)
        with _of_known_shape():
            message: AIMessage = chat.invoke(messages, **options)
        return message

    def _told(self, request: ModelRequest) -> RunnableConfig:
        """What LangChain tells callbacks of a call: what it is for and where it belongs, nothing a person wrote.

        Joined with what the caller runs under, when a turn is part of a LangChain program.
        """
        from langchain_core.runnables.config import merge_configs, var_child_runnable_config

        origin = {k: v for k, v in request.origin.model_dump().items() if v}
        ours: RunnableConfig = {
            "run_name": request.call,
            "tags": ["tastemaker", request.call],
            "metadata": origin | ({"prompt_hash": request.prompt_hash} if request.prompt_hash else {}),
            "callbacks": self._callbacks,
        }
        return merge_configs(var_child_runnable_config.get(), ours)

    def _stream(self, chunks: Iterator[Any], call: _Call) -> AIMessage:
        whole: Any = None
        length = 0
        for chunk in chunks:
            whole = chunk if whole is None else whole + chunk
            if piece := storable(str(chunk.text)):
                length += len(piece)
                call.hear(piece)
            if length > self._limits.longest_chars:
                raise ModelBrokeSchema(TOO_LONG)
            if call.left <= 0:
                raise ModelUnavailable(TIME_IS_UP)
        if whole is None or (self._openai and not whole.response_metadata.get("finish_reason")):
            raise ModelUnavailable("The model server broke off in the middle of its answer.")
        message: AIMessage = whole
        return message

    def _prepared(self, request: ModelRequest, call: _Call) -> tuple[Any, list[Any], dict[str, Any]]:
        from langchain_core.messages import HumanMessage, SystemMessage

        chat: Any = self._chat
        system, options = request.system, self._options(request, call)
        if request.json_schema is not None:
            mode = self._modes[0]
            if mode in {"json_object", "text"}:
                system += in_words(request)
            if mode == "tools" and not self._openai:
                chat = chat.bind_tools([tool(request)["function"]], tool_choice="any")
            else:
                options |= asking(request, mode)
        return chat, [SystemMessage(system), HumanMessage(request.user)], options

    def _options(self, request: ModelRequest, call: _Call) -> dict[str, Any]:
        if not self._openai:
            return {}
        limits = self._limits
        options: dict[str, Any] = {"timeout": max(0.05, min(limits.timeout_s, call.left))}
        temperature = limits.say_temperature if request.call in PROSE else limits.plan_temperature
        if temperature is not None and self._takes_temperature:
            options["temperature"] = temperature
        longest = request.longest or limits.max_output_tokens
        if longest is not None:
            options["max_tokens"] = longest
        if request.alternatives and self._takes_logprobs:
            options |= {"logprobs": True, "top_logprobs": request.alternatives}
        return options

    def _text_of(self, request: ModelRequest, message: AIMessage) -> str:
        refusal = message.additional_kwargs.get("refusal")
        if refusal:
            raise ModelRejected("The model refused to answer.")
        if request.json_schema is not None and message.tool_calls:
            return json.dumps(message.tool_calls[0]["args"])
        if request.json_schema is not None and message.invalid_tool_calls:
            return message.invalid_tool_calls[0]["args"] or ""
        text = storable(str(message.text))
        if message.response_metadata.get("finish_reason") == "length":
            raise ModelBrokeSchema("The model's answer was cut at its longest length.")
        if not text.strip():
            raise ModelBrokeSchema("The model answered with nothing, or refused without a word.")
        return text

    def _usage(self, request: ModelRequest, message: AIMessage, text: str, ms: float) -> Usage:
        told = message.usage_metadata
        if told:
            cached = (told.get("input_token_details") or {}).get("cache_read") or 0
            tokens_in, tokens_out = told["input_tokens"], told["output_tokens"]
        else:
            cached = 0
            tokens_in, tokens_out = count_tokens(request.system + request.user), count_tokens(text)
        cost = None if self._price is None else _cost(self._price, tokens_in, tokens_out, cached)
        return Usage(calls=1, tokens_in=tokens_in, tokens_out=tokens_out, tokens_cached=cached, cost=cost, ms=ms)


class _Call:
    """The state of one `complete`: its clock, its retries, and whether anything has been streamed."""

    def __init__(self, clock: Callable[[], float], within: float | None, on_delta: OnDelta | None) -> None:
        self._clock = clock
        self._until = float("inf") if within is None else clock() + within
        self.on_delta = on_delta
        self.heard = False
        self.retries = 0

    @property
    def left(self) -> float:
        return self._until - self._clock()

    def hear(self, piece: str) -> None:
        self.heard = True
        if self.on_delta is not None:
            self.on_delta(piece)


def open_model(
    settings: Settings, known: Known | None = None, callbacks: Sequence[BaseCallbackHandler] = ()
) -> LangChainModel:
    """The model that the settings name; raises OperatorMustFix when it cannot be set up. Calls no server."""
    from langchain.chat_models import init_chat_model

    bounds = Bounds()
    provider, _, name = settings.model.rpartition(":")
    options: dict[str, Any] = {"model_provider": provider or "openai", "max_retries": 0}
    key = settings.api_key.get_secret_value() if settings.api_key else None
    if settings.base_url:
        options["base_url"] = settings.base_url
    if key or settings.base_url:
        options["api_key"] = key or "not-needed"
    if options["model_provider"] == "openai":
        options |= {"use_responses_api": False, "stream_usage": True, "timeout": settings.timeout_s}
        options["http_client"] = BoundedClient(bounds)
    setup_failures: tuple[type[Exception], ...] = (*_known_failures(), ImportError, ValueError)
    try:
        chat = init_chat_model(name, **options)
    except setup_failures as error:
        raise OperatorMustFix(
            f"The model {settings.model!r} cannot be set up: {meaning(error, settings.secrets).args[0]}",
            "Check TASTEMAKER_MODEL and TASTEMAKER_API_KEY, or set TASTEMAKER_CONTROLLER=rules.",
        ) from None
    return model_over(chat, settings, name=name, known=known, bounds=bounds, callbacks=callbacks)


def model_over(
    chat: BaseChatModel,
    settings: Settings,
    *,
    name: str = "",
    known: Known | None = None,
    bounds: Bounds | None = None,
    callbacks: Sequence[BaseCallbackHandler] = (),
) -> LangChainModel:
    """Any LangChain chat model, called as the settings say; the price is found by its name.

    Raises OperatorMustFix for a callback of the settings that cannot be made.
    """
    limits = {k: v for k, v in settings.model_dump().items() if k in CallLimits.model_fields}
    name = name or name_of(chat)
    price = settings.prices.get(settings.model if settings.model.endswith(name) else name) or settings.prices.get(name)
    return LangChainModel(
        chat,
        name=name,
        limits=CallLimits(**limits),
        price=price,
        secrets=settings.secrets,
        callbacks=[*callbacks, *named_callbacks(settings.callbacks)],
        known=known,
        bounds=bounds,
    )


def name_of(chat: BaseChatModel) -> str:
    """What a chat model calls its model, else the name of its class."""
    named = getattr(chat, "model_name", "") or getattr(chat, "model", "")
    return named if isinstance(named, str) and named else type(chat).__name__


def _modes(chosen: str, known: Mode | None, possible: tuple[Mode, ...]) -> tuple[Mode, ...]:
    """The ways of asking for a schema that are open, strictest first."""
    if chosen != "auto":
        return tuple(mode for mode in OPENAI_MODES if mode == chosen)
    return possible[possible.index(known) :] if known in possible else possible


def _known_failures() -> tuple[type[Exception], ...]:
    """What LangChain, the OpenAI client and the HTTP client below it raise."""
    from langchain_core.exceptions import LangChainException
    from openai import OpenAIError

    http: list[type[Exception]] = [
        importlib.import_module(n).HTTPError for n in ("httpx", "httpx2") if importlib.util.find_spec(n)
    ]
    return (LangChainException, OpenAIError, *http, OSError, NotImplementedError)


@contextmanager
def _of_known_shape() -> Iterator[None]:
    """Around LangChain's reading of an answer: a body of another shape than the protocol's ends in one of these."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
        if isinstance(error, _known_failures()):
            raise
        raise ModelUnavailable("The model server's answer has another shape than the protocol says.") from error


def _chunks(chat: BaseChatModel, messages: list[Any], options: dict[str, Any]) -> Iterator[Any]:
    with _of_known_shape():
        yield from chat.stream(messages, **options)


def _is_openai(chat: BaseChatModel) -> bool:
    from langchain_openai.chat_models.base import BaseChatOpenAI

    return isinstance(chat, BaseChatOpenAI)


def _alternatives(message: AIMessage) -> dict[str, float]:
    """The likeliest first tokens of an answer with their log-probabilities, as far as they are told."""
    told = message.response_metadata.get("logprobs")
    places = told.get("content") if isinstance(told, dict) else None
    first = places[0] if isinstance(places, list) and places else {}
    held = [first, *first.get("top_logprobs", ())]
    return {str(t["token"]): float(t["logprob"]) for t in held if "token" in t and t.get("logprob") is not None}


def _cost(price: Price, tokens_in: int, tokens_out: int, cached: int) -> float:
    cheap = price.tokens_in if price.tokens_cached is None else price.tokens_cached
    return ((tokens_in - cached) * price.tokens_in + cached * cheap + tokens_out * price.tokens_out) / 1e6
