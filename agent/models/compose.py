"""The language model of an installation: the adapter, and around it what settings ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agent.models.breaker import Breaker
from agent.models.cached import CachedModel
from agent.models.chat import model_over, open_model
from agent.models.fallback import FallbackModel
from agent.models.probe import kept
from agent.models.protocol import ChatModel
from agent.settings import Settings

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.language_models import BaseChatModel

CACHE = "model-replies.db"
_SAMPLING = ("base_url", "model", "structured", "plan_temperature", "say_temperature", "max_output_tokens")


def compose_model(
    settings: Settings, callbacks: Sequence[BaseCallbackHandler] = (), chat: BaseChatModel | None = None
) -> ChatModel:
    """The model that turns call; raises OperatorMustFix when it cannot be set up. Calls no server.

    `chat`: a LangChain chat model in the place of the first.
    Each of two models has a breaker of its own, and a cache in front of it: an answer kept is given even while its
    server is left alone.
    """
    first = _one(settings, callbacks, chat)
    return FallbackModel(first, _one(second_of(settings), callbacks)) if settings.fallback_model else first


def second_of(settings: Settings) -> Settings:
    """The settings with the second model in the place of the first.

    The first model's key is never sent to another server than its own.
    """
    same = settings.fallback_base_url is None or settings.fallback_base_url == settings.base_url
    return settings.model_copy(
        update={
            "model": settings.fallback_model,
            "base_url": settings.base_url if same else settings.fallback_base_url,
            "api_key": settings.fallback_api_key or (settings.api_key if same else None),
            "fallback_model": "",
        }
    )


def _one(settings: Settings, callbacks: Sequence[BaseCallbackHandler], chat: BaseChatModel | None = None) -> ChatModel:
    found = kept(settings)
    model: ChatModel
    if chat is None:
        model = open_model(settings, found.known if found is not None else None, callbacks)
    else:
        model = model_over(chat, settings, callbacks=callbacks)
    if settings.breaker_failures:
        model = Breaker(model, failures=settings.breaker_failures, pause_s=settings.breaker_pause_s)
    if settings.response_cache:
        settings.home.mkdir(parents=True, exist_ok=True)
        identity = {name: getattr(settings, name) for name in _SAMPLING}
        model = CachedModel(model, settings.home / CACHE, identity=identity, most=settings.response_cache)
    return model
