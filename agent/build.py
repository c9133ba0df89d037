"""The composition root: the one place that builds everything from settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from agent.drivers import Limits, Watch, run, stream
from agent.entries import Entry
from agent.extensions import Extension, load_extensions
from agent.models.protocol import ChatModel
from agent.observing import Observer, Unobserved
from agent.profile.apply import fitting
from agent.profile.people import person_named
from agent.room import Room
from agent.settings import Settings, load_settings
from agent.spending import Booked, Spent, spent_in
from agent.store import SqlStore, open_store
from agent.toolbox import Toolbox
from core.errors import BadInput, ConversationMoved, IndexMismatch, OperatorMustFix
from core.events import Event, Origin, TurnDone
from core.ledger import LedgerPatch
from core.profile import Profile
from core.schema import CatalogSchema
from core.turn import ControllerName, Conversation, Turn, Usage
from core.values import Value
from tools.catalog.store import StoredCatalog, list_catalogs, live_build, open_catalog

if TYPE_CHECKING:
    from langchain_core.callbacks import BaseCallbackHandler
    from langchain_core.language_models import BaseChatModel


class CatalogInfo(Value):
    """An installed catalogue, for choosing."""

    name: str
    title: str
    items: int
    schema_: CatalogSchema


class ControllerInfo(Value):
    """A controller, and whether it can answer."""

    name: ControllerName
    ready: bool
    why: str


class Tastemaker:
    """Everything the doors call. Safe to share between threads; conversations live in the store alone."""

    def __init__(
        self,
        settings: Settings,
        this_year: Callable[[], int] | None = None,
        chat: BaseChatModel | None = None,
        callbacks: Sequence[BaseCallbackHandler] = (),
        extensions: Sequence[Extension] = (),
    ) -> None:
        """`chat`: a LangChain chat model in the place of the one named; it answers unless the settings name another.

        `callbacks`: LangChain handlers told of every model call. `extensions`: beside those that the settings name.
        """
        if chat is not None and settings.controller == "auto":
            settings = settings.model_copy(update={"controller": "model"})
        self.settings = settings
        self._chat, self._callbacks = chat, callbacks
        self.extensions = load_extensions(settings.extensions, extensions)
        if settings.resolved_controller not in self.extensions.controller_names:
            raise OperatorMustFix(
                f"TASTEMAKER_CONTROLLER names {settings.controller!r}, and there is no such controller.",
                f"There are: auto, {', '.join(self.extensions.controller_names)}. TASTEMAKER_EXTENSIONS can add one.",
            )
        self.this_year = this_year or (lambda: datetime.now(UTC).year)
        self._rooms: dict[str, Room] = {}
        self._lock = threading.Lock()

    @cached_property
    def store(self) -> SqlStore:
        """The conversation store."""
        self.settings.home.mkdir(parents=True, exist_ok=True)
        return open_store(self.settings.store_url)

    @cached_property
    def model(self) -> ChatModel | None:
        """The language model, when one is configured."""
        if self.settings.resolved_controller != "model":
            return None
        from agent.models.compose import compose_model

        return Booked(compose_model(self.settings, self._callbacks, self._chat), lambda: self.store.spending)

    @cached_property
    def observer(self) -> Observer:
        """Who looks on at turns: tracing, where the settings ask for it; raises OperatorMustFix."""
        if self.settings.tracing == "off":
            return Unobserved()
        from agent.tracing import open_tracing

        return open_tracing(self.settings)

    def catalogs(self) -> list[CatalogInfo]:
        """Installed catalogues, by name."""
        found = []
        for name in list_catalogs(self.settings.home):
            try:
                catalog = open_catalog(self.settings.home, name)
            except IndexMismatch:  # `doctor` and `catalog check` say so; the others still serve
                continue
            found.append(CatalogInfo(name=name, title=catalog.schema.title, items=len(catalog), schema_=catalog.schema))
        return found

    def controllers(self) -> list[ControllerInfo]:
        """The controllers and whether they are ready."""
        configured = self.settings.resolved_controller == "model"
        named = self.settings.model if self._chat is None else type(self._chat).__name__
        why = f"{named} is configured" if configured else "no language model is configured"
        return [
            ControllerInfo(name="rules", ready=True, why="built in: no key, no network"),
            ControllerInfo(name="model", ready=configured, why=why),
            *(ControllerInfo(name=n, ready=True, why="added by an extension") for n in self.extensions.controllers),
        ]

    def room(self, name: str) -> Room:
        """The parts for one catalogue, opened once and again after an import has replaced it."""
        build = live_build(self.settings.home, name)
        with self._lock:
            room = self._rooms.get(name)
            if room is None or room.catalog.version != build:
                room = self._rooms[name] = Room(
                    self.settings, name, self.this_year, lambda: self.model, self.extensions
                )
            return room

    def catalog(self, name: str) -> StoredCatalog:
        """An installed catalogue; raises UnknownCatalog."""
        return self.room(name).catalog

    def toolbox(self, name: str) -> Toolbox:
        """The tools over one catalogue."""
        return self.room(name).toolbox

    def start(self, catalog: str, conversation_id: str | None = None, person: str | None = None) -> Conversation:
        """A new conversation with a person: that of the settings when left out, a guest when "" or "guest".

        Raises UnknownCatalog, BadInput for what cannot be a name, and OperatorMustFix for a house without its rules.
        """
        self.room(catalog)
        return self.store.create(catalog, conversation_id, self.profile(catalog, person))

    def profile(self, catalog: str, person: str | None = None) -> Profile:
        """A person's long-term profile as far as it fits the catalogue as it is now."""
        whose = person_named(self.settings.person if person is None else person)
        return self._fitted(self.store.profiles.get(whose, catalog).profile, catalog)

    def load(self, conversation_id: str, owner: str | None = None) -> Conversation:
        """A stored conversation with the profile to use in it; raises UnknownConversation, also for another owner's."""
        found = self.store.load(conversation_id, owner)
        return found.model_copy(update={"profile": self._fitted(found.profile, found.catalog)})

    def respond(self, conversation_id: str, message: str, controller: str | None = None) -> Turn:
        """One turn, answered and stored in one transaction."""
        conversation = self.load(conversation_id)
        turn = self.answer(conversation, message, controller)
        self.keep(conversation, turn)
        return turn

    def keep(self, conversation: Conversation, turn: Turn, entries: Sequence[Entry] = ()) -> Conversation:
        """Store a turn of a conversation, and `entries` with it; raises ConversationMoved."""
        model = self.model.name if turn.usage.calls and self.model else ""
        return self.store.append(conversation, turn, model, entries)

    def answer(self, conversation: Conversation, message: str, controller: str | None = None) -> Turn:
        """One turn, without storing it: the stateless agent."""
        chosen, model = self._who(controller)
        agent = self.room(conversation.catalog).agent(with_model=model is not None, in_pieces=False, controller=chosen)
        return run(
            agent.turn(conversation, message), model, self._limits(conversation, model), self._watch(conversation)
        )

    def stream(self, conversation_id: str, message: str, controller: str | None = None) -> Iterator[Event]:
        """The same turn as events; it is stored before TurnDone is yielded."""
        return self.events(self.load(conversation_id), message, controller)

    def events(
        self, conversation: Conversation, message: str, controller: str | None = None, entries: Sequence[Entry] = ()
    ) -> Iterator[Event]:
        """`stream` for a conversation at hand; `entries` are stored with the turn."""
        chosen, model = self._who(controller)
        agent = self.room(conversation.catalog).agent(with_model=model is not None, controller=chosen)
        turn, watch = agent.turn(conversation, message), self._watch(conversation)
        for event in stream(turn, model, self._limits(conversation, model), watch=watch):
            if isinstance(event, TurnDone):
                self.keep(conversation, event.turn, entries)
            yield event

    def edit(self, conversation_id: str, patch: LedgerPatch, version: int | None = None) -> Conversation:
        """A change of the ledger by hand; raises ConversationMoved when it is not at `version`, where one is named."""
        return self.edit_in(self.store.load(conversation_id), patch, version)

    def edit_in(self, conversation: Conversation, patch: LedgerPatch, version: int | None = None) -> Conversation:
        """`edit` for a conversation at hand."""
        if version is not None and version != conversation.version:
            raise ConversationMoved(
                f"The conversation {conversation.id} is at version {conversation.version}, not {version}.",
                "Load it again and repeat the change.",
            )
        return self.store.edit(conversation, patch)

    def close(self) -> None:
        """Release the store, and send what spans are still held."""
        if "store" in self.__dict__:
            self.store.close()
        if "observer" in self.__dict__:
            self.observer.close()

    def _limits(self, conversation: Conversation, model: ChatModel | None) -> Limits:
        """What this turn's model calls may take, by what was spent before."""
        if model is None:
            return Limits()
        limits = Limits.of(self.settings)
        today = self.store.spending.today() if limits.ceilings.by_day else Usage()
        return limits.model_copy(update={"spent": Spent(conversation=spent_in(conversation), day=today)})

    def _watch(self, conversation: Conversation) -> Watch:
        origin = Origin(conversation=conversation.id, catalog=conversation.catalog, turn=len(conversation.turns) + 1)
        return Watch(origin, self.observer)

    def _fitted(self, profile: Profile, catalog: str) -> Profile:
        if profile.empty:
            return profile
        at = self.catalog(catalog)
        named = {i.id for i in at.find((*profile.liked, *profile.disliked, *profile.seen))}
        return fitting(profile, at.schema, named.__contains__)

    def _who(self, controller: str | None) -> tuple[str, ChatModel | None]:
        """Whose plans are followed where no model plans, and the model where one does."""
        chosen = controller or self.settings.resolved_controller
        there = self.extensions.controller_names
        if chosen not in there:
            raise BadInput(f"There is no controller {chosen!r}.", f"There are: {', '.join(there)}.")
        if chosen != "model":
            return chosen, None
        if self.model is None:
            raise OperatorMustFix(
                "The model controller was asked for, but no language model is configured.",
                "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example), or use the rules controller.",
            )
        return "rules", self.model


def build(
    settings: Settings | None = None,
    *,
    chat: BaseChatModel | None = None,
    callbacks: Sequence[BaseCallbackHandler] = (),
    extensions: Sequence[Extension] = (),
) -> Tastemaker:
    """Everything, from settings (the environment when not given); see Tastemaker for what can be passed in."""
    return Tastemaker(settings or load_settings(), chat=chat, callbacks=callbacks, extensions=extensions)
