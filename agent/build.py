"""The composition root: the one place that builds everything from settings."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.act import Actor
from agent.asking import Conduct
from agent.drivers import Limits, Watch, run, stream
from agent.listen import Listener
from agent.looks import Looker
from agent.models.protocol import ChatModel
from agent.observing import Observer, Unobserved
from agent.plan.planner import RulePlanner, fame_of
from agent.profile.apply import fitting
from agent.profile.people import person_named
from agent.recommend import CARDS, Pipeline
from agent.reranking import Reranking
from agent.say import TemplateWriter
from agent.settings import Settings, load_settings
from agent.spending import Booked, Spent, spent_in
from agent.store import SqlStore, open_store
from agent.toolbox import Toolbox
from agent.turn import Agent
from agent.twin import LanguageTwin
from core.errors import IndexMismatch, OperatorMustFix
from core.events import Event, Origin, TurnDone
from core.ledger import LedgerPatch
from core.profile import Profile
from core.protocols import VectorIndex
from core.schema import CatalogSchema
from core.turn import ControllerName, Conversation, Turn, Usage
from core.values import Value
from tools.catalog.columns import NumberColumn
from tools.catalog.store import StoredCatalog, list_catalogs, live_build, open_catalog
from tools.embedding import build_embedder
from tools.linking.lexicon import build_lexicon
from tools.linking.linker import Linker
from tools.linking.titles import build_titles
from tools.ranking.fitted import Opened, read_fitted
from tools.ranking.item_knn import ItemKNN
from tools.ranking.ranker import Scorer
from tools.ranking.taste import Evidence, Taste
from tools.reranking.gate import GATE, Gate
from tools.retrieval.lexical import LexicalRoute
from tools.retrieval.vector_index import choose_index
from tools.tagging.tagger import Tagger

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
    ) -> None:
        """`chat`: a LangChain chat model in the place of the one named; it answers unless the settings say rules.

        `callbacks`: LangChain handlers told of every model call.
        """
        if chat is not None and settings.controller == "auto":
            settings = settings.model_copy(update={"controller": "model"})
        self.settings = settings
        self._chat, self._callbacks = chat, callbacks
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
        ]

    def room(self, name: str) -> Room:
        """The parts for one catalogue, opened once and again after an import has replaced it."""
        build = live_build(self.settings.home, name)
        with self._lock:
            room = self._rooms.get(name)
            if room is None or room.catalog.version != build:
                room = self._rooms[name] = Room(self.settings, name, self.this_year, lambda: self.model)
            return room

    def catalog(self, name: str) -> StoredCatalog:
        """An installed catalogue; raises UnknownCatalog."""
        return self.room(name).catalog

    def toolbox(self, name: str) -> Toolbox:
        """The tools over one catalogue."""
        return self.room(name).toolbox

    def start(self, catalog: str, conversation_id: str | None = None, person: str | None = None) -> Conversation:
        """A new conversation with a person: that of the settings when left out, a guest when "" or "guest".

        Raises UnknownCatalog, and BadInput for what cannot be a name.
        """
        open_catalog(self.settings.home, catalog)
        return self.store.create(catalog, conversation_id, self.profile(catalog, person))

    def profile(self, catalog: str, person: str | None = None) -> Profile:
        """A person's long-term profile as far as it fits the catalogue as it is now."""
        whose = person_named(self.settings.person if person is None else person)
        return self._fitted(self.store.profiles.get(whose, catalog).profile, catalog)

    def load(self, conversation_id: str) -> Conversation:
        """A stored conversation with the profile to use in it; raises UnknownConversation."""
        found = self.store.load(conversation_id)
        return found.model_copy(update={"profile": self._fitted(found.profile, found.catalog)})

    def respond(self, conversation_id: str, message: str, controller: str | None = None) -> Turn:
        """One turn, answered and stored in one transaction."""
        conversation = self.load(conversation_id)
        turn = self.answer(conversation, message, controller)
        self.store.append(conversation, turn, self.model.name if turn.usage.calls and self.model else "")
        return turn

    def answer(self, conversation: Conversation, message: str, controller: str | None = None) -> Turn:
        """One turn, without storing it: the stateless agent."""
        model = self._model_for(controller)
        agent = self.room(conversation.catalog).agent(with_model=model is not None, in_pieces=False)
        return run(
            agent.turn(conversation, message), model, self._limits(conversation, model), self._watch(conversation)
        )

    def stream(self, conversation_id: str, message: str, controller: str | None = None) -> Iterator[Event]:
        """The same turn as events; it is stored before TurnDone is yielded."""
        conversation = self.load(conversation_id)
        model = self._model_for(controller)
        agent = self.room(conversation.catalog).agent(with_model=model is not None)
        turn, watch = agent.turn(conversation, message), self._watch(conversation)
        for event in stream(turn, model, self._limits(conversation, model), watch=watch):
            if isinstance(event, TurnDone):
                self.store.append(conversation, event.turn, model.name if model else "")
            yield event

    def edit(self, conversation_id: str, patch: LedgerPatch) -> Conversation:
        """A change of the ledger by hand."""
        return self.store.edit(self.store.load(conversation_id), patch)

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

    def _model_for(self, controller: str | None) -> ChatModel | None:
        chosen = controller or self.settings.resolved_controller
        if chosen == "rules":
            return None
        if self.model is None:
            raise OperatorMustFix(
                "The model controller was asked for, but no language model is configured.",
                "Set OPENAI_API_KEY or OPENAI_BASE_URL (see .env.example), or use the rules controller.",
            )
        return self.model


class Room:
    """The parts that serve one catalogue."""

    def __init__(
        self, settings: Settings, name: str, this_year: Callable[[], int], model: Callable[[], ChatModel | None]
    ) -> None:
        """`model`: the language model, where one is configured; looked for when it is needed."""
        self.settings = settings
        self.this_year = this_year
        self.model = model
        self.catalog = open_catalog(settings.home, name)

    @cached_property
    def linker(self) -> Linker:
        """Spoken words to items and values."""
        catalog = self.catalog
        release = catalog.schema.role("release")
        column = catalog.columns.get(release.name) if release else None
        years = column.data if isinstance(column, NumberColumn) else None
        titles = build_titles(catalog.titles(), years, fame_of(catalog.schema, catalog.columns))
        return Linker(catalog, catalog.columns, build_lexicon(catalog.schema, catalog.columns), titles)

    @cached_property
    def lexical(self) -> LexicalRoute:
        """The word index."""
        return LexicalRoute(self.catalog.lexical_path, len(self.catalog))

    @cached_property
    def planner(self) -> RulePlanner:
        """The rule planner."""
        linker = self.linker
        settings = self.settings
        tagger = Tagger(settings.home / "models", settings.threads) if settings.tagger else None
        return RulePlanner(
            self.catalog.schema,
            linker.columns,
            linker.lexicon,
            linker.titles,
            self.lexical.knows,
            self.this_year,
            tagger,
        )

    @cached_property
    def embed(self) -> QueryEmbedder | None:
        """Texts to vectors, as the catalogue's were made; None where it has none."""
        embed = QueryEmbedder(self.settings.embedder, self.settings.home, self.catalog, self.settings.threads)
        return embed if embed.ready else None

    @cached_property
    def twin(self) -> LanguageTwin:
        """The model's side of a turn."""
        settings = self.settings
        return LanguageTwin.of(
            self.linker, history=settings.history_turns, budget=settings.prompt_tokens, embed=self.embed
        )

    @cached_property
    def pipeline(self) -> Pipeline:
        """The recommendation pipeline."""
        fitted = self._fitted()
        return Pipeline(
            self.catalog,
            self.lexical,
            self.embed,
            self._collaborative(fitted),
            self._index(),
            fitted.sequential if fitted is not None else None,
            self._taste(fitted),
            conduct=conduct_of(self.settings),
        )

    def _fitted(self) -> Opened | None:
        """What `tastemaker fit` left for this catalogue; None where it left nothing, or ratings are to be left out."""
        if "collaborative" in parts_left_out(self.settings):
            return None
        return read_fitted(self.settings.rankers or self.catalog.rankers_path)

    def _collaborative(self, fitted: Opened | None) -> Scorer | None:
        """What people's ratings say: what was fitted for this, else the ranker that importing leaves."""
        if fitted is not None:
            return fitted.scorer
        folder = (self.settings.rankers or self.catalog.rankers_path) / "item-knn"
        left_out = "collaborative" in parts_left_out(self.settings)
        return ItemKNN.load(folder) if folder.exists() and not left_out else None

    def _taste(self, fitted: Opened | None) -> Taste | None:
        """Taste as it was learnt with the ranker."""
        if fitted is None or fitted.taste is None:
            return None
        weights, likers = fitted.taste
        return Taste(Evidence.of(self.catalog, fitted.scorer, likers), weights)

    def _index(self) -> VectorIndex | None:
        vectors, settings = self.catalog.vectors, self.settings
        if vectors is None:
            return None
        url = settings.chroma_url or ""
        return choose_index(vectors, settings.home, self.catalog.name, self.catalog.version, settings.vector_index, url)

    @cached_property
    def toolbox(self) -> Toolbox:
        """The tools, callable one by one."""
        return Toolbox(Listener(self.linker), self.pipeline, self.reranking)

    @cached_property
    def reranking(self) -> Reranking:
        """Reranking by the model there is, behind the gate calibrated for this catalogue."""
        file = (self.settings.rankers or self.catalog.rankers_path) / GATE
        gate = Gate.load(file) if file.exists() else Gate()
        return Reranking(self.pipeline, self.model, gate, self.settings.turn_deadline_s)

    def agent(self, *, with_model: bool, in_pieces: bool = True) -> Agent:
        """The agent, with or without the model's side, and streaming word by word or not."""
        listener = Listener(self.linker)
        return Agent(
            planner=self.planner,
            listener=listener,
            actor=Actor(listener, self.pipeline, self.settings.slate_size, cards=CARDS if with_model else 0),
            writer=TemplateWriter(self.catalog.schema),
            model=self.twin if with_model else None,
            looker=Looker(listener, self.pipeline) if with_model else None,
            clock=time.perf_counter,
            in_pieces=in_pieces,
        )


PARTS = frozenset({"asking", "rejections", "policies", "relaxation", "collaborative"})


def parts_left_out(settings: Settings) -> frozenset[str]:
    """What is switched off; raises OperatorMustFix for a part that does not exist."""
    without = frozenset(part.strip() for part in settings.without.split(",") if part.strip())
    if without - PARTS:
        raise OperatorMustFix(
            f"TASTEMAKER_WITHOUT names parts that do not exist: {', '.join(sorted(without - PARTS))}.",
            f"There are: {', '.join(sorted(PARTS))}.",
        )
    return without


def conduct_of(settings: Settings) -> Conduct:
    """How the dialogue is led under these settings."""
    without = parts_left_out(settings)
    return Conduct(
        asking="never" if "asking" in without else settings.asking,
        learning="rejections" not in without,
        policies="policies" not in without,
        relaxing="relaxation" not in without,
    )


class QueryEmbedder:
    """Embeds query texts with the embedder the catalogue's vectors were made with; the last few are remembered."""

    def __init__(self, spec: str, home: Path, catalog: StoredCatalog, threads: int | None = None) -> None:
        key = catalog.embedder_key
        self.embedder = None
        if key is not None:
            spec = f"hashing:{catalog.manifest['dim']}" if key.startswith("hashing") else spec
            self.embedder = build_embedder(spec, home, threads)
        if self.embedder is not None and self.embedder.key != key:
            raise IndexMismatch(
                f"The vectors of {catalog.name!r} were made by {key}, the settings ask for {self.embedder.key}.",
                f"Run `tastemaker catalog check {catalog.name} --mend`, or set TASTEMAKER_EMBEDDER back.",
            )
        self.ready = self.embedder is not None
        self._recent: dict[str, NDArray[np.float32]] = {}

    def __call__(self, text: str) -> NDArray[np.float32]:
        """(dim,) unit vector."""
        found = self._recent.get(text)
        if found is None:
            assert self.embedder is not None
            found = self.embedder.embed([text])[0]
            if len(self._recent) >= 256:
                self._recent.pop(next(iter(self._recent)), None)
            self._recent[text] = found
        return found


def build(
    settings: Settings | None = None,
    *,
    chat: BaseChatModel | None = None,
    callbacks: Sequence[BaseCallbackHandler] = (),
) -> Tastemaker:
    """Everything, from settings (the environment when not given); see Tastemaker for `chat` and `callbacks`."""
    return Tastemaker(settings or load_settings(), chat=chat, callbacks=callbacks)
